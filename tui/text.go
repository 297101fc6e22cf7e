package tui

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
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
func sentence(err error) string {
	text := err.Error()
	if errors.Is(err, client.ErrUnreachable) {
		text += "; check the network, and try again"
	}
	if errors.Is(err, qr.ErrNoCode) {
		text = "no QR code was found in this picture; take it again, closer and straight"
	}
	first, size := utf8.DecodeRuneInString(text)
	text = string(unicode.ToUpper(first)) + text[size:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return client.Clean(text)
}

// isFailure gives the server's refusal in err, and whether it is for one of
// reasons.
func isFailure(err error, reasons ...pairing.FailureCode) (*client.Failure, bool) {
	f, ok := errors.AsType[*client.Failure](err)
	return f, ok && slices.Contains(reasons, f.Code)
}

// path makes of what was typed the path of a picture, if it is one: it takes
// off the quotes which a file manager puts there when a file is dropped on the
// terminal, and knows the home folder by its sign.
func path(text string) string {
	text = strings.TrimSpace(text)
	for _, quote := range []string{"'", `"`} {
		if len(text) > 2 && strings.HasPrefix(text, quote) && strings.HasSuffix(text, quote) {
			return text[1 : len(text)-1]
		}
	}
	if rest, ok := strings.CutPrefix(text, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	return text
}
