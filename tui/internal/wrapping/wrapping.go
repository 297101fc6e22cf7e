// Package wrapping breaks texts into lines as English, Chinese and Japanese do,
// for both forms of the Ham app.
package wrapping

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// IsWide reports whether r takes two cells, and so may have a line break beside
// it: the letters and the punctuation of Chinese and Japanese.
func IsWide(r rune) bool { return r >= 0x1100 && ansi.StringWidth(string(r)) == 2 }

// What no line may begin with, and what none may end with, after JIS X 4051 and
// CLREQ: closing and opening punctuation, small kana, and the marks that repeat
// or lengthen the letter before them.
const (
	neverFirst = "、。，．・：；？！」』）］】〕〉》｝”’…‥ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ々〻ヽヾゝゞ～％,.:;?!)]}%"
	neverLast  = "「『（［【〔〈《｛“‘([{"
)

// Long is what becomes of a word that is longer than a line.
type Long bool

const (
	Breaks Long = false
	Stays  Long = true // whole, as a link that somebody copies has to
)

// Line breaks a text without line breaks at its blanks and hyphens, and beside
// wide letters where the rules for the start and the end of a line allow it.
func Line(s string, width int, long Long) (lines []string) {
	begin, used := 0, 0       // of the line
	mayBreak, mayUse := -1, 0 // the last place where it may be broken, and the cells before it
	before, wasWide := rune(0), false
	for at := 0; at < len(s); {
		cluster, w := ansi.FirstGraphemeCluster(s[at:], ansi.GraphemeWidth)
		r, _ := utf8.DecodeRuneInString(cluster)
		wide := IsWide(r)
		switch {
		case at == begin, r == ' ':
		case before == ' ', before == '-' && long == Breaks,
			(wide || wasWide) && !strings.ContainsRune(neverFirst, r) && !strings.ContainsRune(neverLast, before):
			mayBreak, mayUse = at, used
		}
		if used+w > width && at > begin && r != ' ' && (mayBreak > begin || long == Breaks) { // blanks at the end take no room
			to := mayBreak
			if to <= begin {
				to, mayUse = at, used // nowhere: in the middle of a word
			}
			lines = append(lines, strings.TrimRight(s[begin:to], " "))
			begin, used, mayBreak = to, used-mayUse, -1
		}
		used += w
		at += len(cluster)
		before, wasWide = r, wide
	}
	return append(lines, strings.TrimRight(s[begin:], " "))
}
