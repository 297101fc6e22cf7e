package tui

import (
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"
)

// colourful are screens that have most of the colours.
var colourful = map[string]func(d *driver){
	"home":     func(d *driver) { d.requested(); d.tell(1) },
	"consent":  func(d *driver) { d.scan(nil); d.keys("up"); d.pass(50) },
	"approved": func(d *driver) { d.scan(nil); d.keys("42", "enter") },
	"refused":  func(d *driver) { d.scan(nil); d.keys("r") },
	"apps":     func(d *driver) { d.keys("1", "x") },
	"passkeys": func(d *driver) { d.keys("3", "j", "x") },
	"profile":  func(d *driver) { d.keys("6") },
	"offline":  func(d *driver) { d.send(lostMsg{of: d.root.app.account}); d.keys("2", "j", "x") },
}

// inColours gives a screen as it is drawn for a terminal.
func inColours(t *testing.T, steps func(d *driver), profile termenv.Profile, dark bool) (screen string) {
	t.Helper()
	driveAccount(t, func(d *driver) {
		renderer := lipgloss.NewRenderer(io.Discard)
		renderer.SetColorProfile(profile)
		renderer.SetHasDarkBackground(dark)
		d.root.app.styles = newStyles(renderer)
		d.fake.picture = nil // its colours are its own
		steps(d)
		screen = d.root.View()
	})
	return screen
}

func TestScreensInColours(t *testing.T) {
	for name, steps := range colourful {
		plain := inColours(t, steps, termenv.Ascii, true)
		for theme, dark := range map[string]bool{"dark": true, "light": false} {
			for _, profile := range []termenv.Profile{termenv.TrueColor, termenv.ANSI256, termenv.ANSI} {
				screen := inColours(t, steps, profile, dark)
				if got := ansi.Strip(screen); got != ansi.Strip(plain) {
					t.Errorf("%s, %s: in colours it says something else:\n%s", name, theme, got)
				}
				if profile != termenv.TrueColor {
					continue
				}
				golden(t, fmt.Sprintf("colours-%s_%s_80x24", name, theme), screen, 80, 24)
				readable(t, name+" in the "+theme, screen, dark)
			}
		}
	}
}

var colourCode = regexp.MustCompile(`\x1b\[([0-9;]*)m([^\x1b]*)`)

// readable wants each letter in a contrast of 4.5 to what it stands on, as
// WCAG 2.1 does; lines and frames are no letters.
func readable(t *testing.T, name, screen string, dark bool) {
	t.Helper()
	ground := [3]int{30, 30, 30} // of common terminals; black and white are easier
	if !dark {
		ground = [3]int{250, 250, 250}
	}
	for _, m := range colourCode.FindAllStringSubmatch(screen, -1) {
		ink, paper, coloured := [3]int{}, ground, false
		parts := strings.Split(m[1], ";")
		for i := 0; i+4 < len(parts); i++ {
			if parts[i+1] != "2" || parts[i] != "38" && parts[i] != "48" {
				continue
			}
			var colour [3]int
			for j := range colour {
				colour[j], _ = strconv.Atoi(parts[i+2+j]) // termenv writes numbers
			}
			if parts[i] == "38" {
				ink, coloured = colour, true
			} else {
				paper = colour
			}
		}
		if letters := strings.Trim(m[2], " ─│╭╮╰╯·\n▸"); coloured && letters != "" {
			if c := contrast(ink, paper); c < 4.5 {
				t.Errorf("%s: %q has a contrast of %.1f", name, letters, c)
			}
		}
	}
}

func contrast(a, b [3]int) float64 {
	light := func(c [3]int) float64 {
		var sum float64
		for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
			v := float64(c[i]) / 255
			if v <= 0.04045 {
				v /= 12.92
			} else {
				v = math.Pow((v+0.055)/1.055, 2.4)
			}
			sum += weight * v
		}
		return sum
	}
	la, lb := light(a), light(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}
