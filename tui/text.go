package tui

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
	"hamconnect/tui/internal/failures"
	"hamconnect/tui/internal/rules"
)

// cells is how wide a text stands in the terminal.
func cells(s string) int { return ansi.StringWidth(s) }

// fit cuts a text to width cells; a wide character is never split.
func fit(s string, width int) string { return ansi.Truncate(s, max(0, width), "…") }

// wrap breaks a text into lines of at most width cells.
func wrap(s string, width int) (lines []string) {
	for paragraph := range strings.SplitSeq(s, "\n") {
		lines = append(lines, wrapLine(paragraph, max(1, width))...)
	}
	return lines
}

// isWide reports whether r takes two cells, and so may have a line break beside
// it: the letters and the punctuation of Chinese and Japanese.
func isWide(r rune) bool { return r >= 0x1100 && ansi.StringWidth(string(r)) == 2 }

// What no line may begin with, and what none may end with, after JIS X 4051 and
// CLREQ: closing and opening punctuation, small kana, and the marks that repeat
// or lengthen the letter before them.
const (
	neverFirst = "、。，．・：；？！」』）］】〕〉》｝”’…‥ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ々〻ヽヾゝゞ～％,.:;?!)]}%"
	neverLast  = "「『（［【〔〈《｛“‘([{"
)

// wrapLine breaks a text without line breaks at its blanks and hyphens, and
// beside wide letters where the rules for the start and the end of a line allow
// it.
func wrapLine(s string, width int) (lines []string) {
	begin, used := 0, 0       // of the line
	mayBreak, mayUse := -1, 0 // the last place where it may be broken, and the cells before it
	before, wasWide := rune(0), false
	for at := 0; at < len(s); {
		cluster, w := ansi.FirstGraphemeCluster(s[at:], ansi.GraphemeWidth)
		r, _ := utf8.DecodeRuneInString(cluster)
		wide := isWide(r)
		switch {
		case at == begin, r == ' ':
		case before == ' ', before == '-',
			(wide || wasWide) && !strings.ContainsRune(neverFirst, r) && !strings.ContainsRune(neverLast, before):
			mayBreak, mayUse = at, used
		}
		if used+w > width && at > begin && r != ' ' { // blanks at the end take no room
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

// unwrap makes one text of lines again. Between wide letters stood no blank.
func unwrap(lines []string) (text string) {
	for i, line := range lines {
		last, _ := utf8.DecodeLastRuneInString(text)
		first, _ := utf8.DecodeRuneInString(line)
		if i > 0 && !isWide(last) && !isWide(first) {
			text += " "
		}
		text += line
	}
	return text
}

// indented is wrap with each line moved to the right.
func indented(s string, by, width int) []string {
	lines := wrap(s, width-by)
	for i, line := range lines {
		lines[i] = repeat(" ", by) + line
	}
	return lines
}

func repeat(s string, n int) string { return strings.Repeat(s, max(0, n)) }

// sentence makes of an error one for the screen, with what to try.
func (a *app) sentence(err error) string { return a.sentenceAbout(failures.ACode, err) }

func (a *app) sentenceAbout(about failures.About, err error) string {
	host := ""
	if a.account != nil {
		host = a.account.host
	}
	return a.texts.sentence(host, about, err)
}

// sentence is that of an app whose server is host. In English an error's own
// words are enough.
func (t texts) sentence(host string, about failures.About, err error) string {
	if _, said := errors.AsType[failures.Said](err); t.code == languages[0] && !said {
		return rules.Sentence(failures.Meant(about, err))
	}
	return failures.Sentence(t.code, host, about, err)
}

// isFailure gives the server's refusal in err, and whether it is for one of
// reasons.
func isFailure(err error, reasons ...pairing.FailureCode) (*client.Failure, bool) {
	f, ok := errors.AsType[*client.Failure](err)
	return f, ok && slices.Contains(reasons, f.Code)
}

// path makes of what was typed the path of a picture, if it is one.
func path(text string) string { return rules.Path(text) }
