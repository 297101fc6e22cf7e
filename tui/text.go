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
	"hamconnect/tui/internal/wrapping"
)

// cells is how wide a text stands in the terminal.
func cells(s string) int { return ansi.StringWidth(s) }

// fit cuts a text to width cells; a wide character is never split.
func fit(s string, width int) string { return ansi.Truncate(s, max(0, width), "…") }

// wrap breaks a text into lines of at most width cells.
func wrap(s string, width int) (lines []string) {
	for paragraph := range strings.SplitSeq(s, "\n") {
		lines = append(lines, wrapping.Line(paragraph, max(1, width), wrapping.Breaks)...)
	}
	return lines
}

// unwrap makes one text of lines again. Between wide letters stood no blank.
func unwrap(lines []string) (text string) {
	for i, line := range lines {
		last, _ := utf8.DecodeLastRuneInString(text)
		first, _ := utf8.DecodeRuneInString(line)
		if i > 0 && !wrapping.IsWide(last) && !wrapping.IsWide(first) {
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
