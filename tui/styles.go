package tui

import (
	"os"
	"strings"

	"github.com/charmbracelet/bubbles/textinput"
	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"hamconnect/qr"
)

// styles are all looks of the app. No colour is used beside this file.
type styles struct {
	plain  lipgloss.Style
	brand  lipgloss.Style // Ham's blue: the name, marks, spinners
	title  lipgloss.Style // the first line of a screen
	muted  lipgloss.Style // what is there to be found, not to be read first
	faint  lipgloss.Style // rules and dots
	key    lipgloss.Style
	good   lipgloss.Style
	warn   lipgloss.Style
	bad    lipgloss.Style
	button lipgloss.Style
	chosen lipgloss.Style // the button with the focus
	field  lipgloss.Style // the border of a text field
	panel  lipgloss.Style
	code   func(c *qr.Code) []string // a QR code, in lines of equal width

	colours bool // there are enough of them for a picture
}

func newStyles(r *lipgloss.Renderer) styles {
	colour := func(light, dark string) lipgloss.TerminalColor {
		return lipgloss.AdaptiveColor{Light: light, Dark: dark}
	}
	if os.Getenv("NO_COLOR") != "" {
		// no-color.org asks for no colour, not for no emphasis; termenv would
		// drop both, and with them the cursor.
		if r.ColorProfile() == termenv.Ascii && os.Getenv("TERM") != "dumb" {
			r.SetColorProfile(termenv.ANSI)
		}
		colour = func(string, string) lipgloss.TerminalColor { return lipgloss.NoColor{} }
	}
	plain := r.NewStyle()
	blue := colour("#3b6d9c", "#a8c8e8")
	line := colour("#c9d3dd", "#3d4b5c")
	s := styles{
		plain:   plain,
		brand:   plain.Foreground(blue).Bold(true),
		title:   plain.Bold(true),
		muted:   plain.Foreground(colour("#5f6b7a", "#8d99a8")),
		faint:   plain.Foreground(line),
		key:     plain.Foreground(blue),
		good:    plain.Foreground(colour("#2e7d4f", "#8fd0a5")).Bold(true),
		warn:    plain.Foreground(colour("#8a5a00", "#e8c37a")).Bold(true),
		bad:     plain.Foreground(colour("#b3261e", "#f2a7a0")).Bold(true),
		button:  plain.Foreground(blue),
		chosen:  plain.Foreground(colour("#ffffff", "#10202f")).Background(blue).Bold(true),
		field:   plain.Border(lipgloss.RoundedBorder()).BorderForeground(blue),
		code:    codeStyle(r),
		colours: os.Getenv("NO_COLOR") == "" && r.ColorProfile() <= termenv.ANSI256,
		panel:   plain.Border(lipgloss.RoundedBorder()).BorderForeground(line).Padding(1, 3),
	}
	if os.Getenv("NO_COLOR") != "" {
		s.chosen = plain.Reverse(true).Bold(true)
	}
	return s
}

// codeStyle draws QR codes: in black on white where there are colours, else so
// that what is light in the code is what is light in the terminal.
func codeStyle(r *lipgloss.Renderer) func(c *qr.Code) []string {
	colour := os.Getenv("NO_COLOR") == "" && r.ColorProfile() <= termenv.ANSI256
	light := r.NewStyle().Reverse(!colour && !r.HasDarkBackground())
	return func(c *qr.Code) []string {
		lines := strings.Split(c.Terminal(colour), "\n")
		for i, line := range lines {
			if !colour {
				lines[i] = light.Render(line)
			}
		}
		return lines
	}
}

// input gives a text field in our looks.
func (s styles) input(placeholder string) textinput.Model {
	in := textinput.New()
	in.Placeholder = placeholder
	in.Prompt = ""
	in.CharLimit = 8192
	in.TextStyle = s.plain
	in.PlaceholderStyle = s.muted
	in.Cursor.Style = s.plain.Foreground(s.brand.GetForeground())
	in.Cursor.TextStyle = s.plain
	return in
}
