package tui

import (
	"errors"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
	"hamconnect/tui/internal/rules"
)

// cells is how wide a text stands in the terminal.
func cells(s string) int { return ansi.StringWidth(s) }

// fit cuts a text to width cells; a wide character is never split.
func fit(s string, width int) string { return ansi.Truncate(s, max(0, width), "…") }

// wrap breaks a text into lines of at most width cells.
func wrap(s string, width int) []string {
	return strings.Split(ansi.Wrap(s, max(1, width), ""), "\n")
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

// sentence makes an error's text one for the screen, with what to try.
func sentence(err error) string { return rules.Sentence(err) }

// isFailure gives the server's refusal in err, and whether it is for one of
// reasons.
func isFailure(err error, reasons ...pairing.FailureCode) (*client.Failure, bool) {
	f, ok := errors.AsType[*client.Failure](err)
	return f, ok && slices.Contains(reasons, f.Code)
}

// path makes of what was typed the path of a picture, if it is one.
func path(text string) string { return rules.Path(text) }
