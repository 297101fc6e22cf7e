package tui

import (
	"io"
	"strings"
	"testing"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"hamconnect/qr"
)

// What is light in a code must be light in the terminal, or phones do not read it.
func TestACodeIsLightWhereItShouldBe(t *testing.T) {
	code, err := qr.Encode("https://ham.example/passkey/ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		noColour string
		profile  termenv.Profile
		dark     bool
		begins   string
	}{
		"colours on dark":     {"", termenv.TrueColor, true, "\x1b[38;5;16;48;5;231m "},
		"colours on light":    {"", termenv.ANSI256, false, "\x1b[38;5;16;48;5;231m "},
		"few colours on dark": {"", termenv.ANSI, true, "█"},
		"NO_COLOR on dark":    {"1", termenv.Ascii, true, "█"},
		"NO_COLOR on light":   {"1", termenv.Ascii, false, "\x1b[7m█"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("NO_COLOR", c.noColour)
			t.Setenv("TERM", "xterm-256color")
			r := lipgloss.NewRenderer(io.Discard)
			r.SetColorProfile(c.profile)
			r.SetHasDarkBackground(c.dark)
			lines := newStyles(r).code(code)
			cols, rows := code.TerminalSize()
			if len(lines) != rows || !strings.HasPrefix(lines[0], c.begins) {
				t.Errorf("%d lines, the first %q", len(lines), lines[0])
			}
			for _, line := range lines {
				if cells(line) != cols || c.noColour != "" && strings.Contains(line, "\x1b[3") {
					t.Errorf("%q", line)
				}
			}
		})
	}
}
