package tui

import (
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"hamconnect/qr/pairing"
)

// loadedRoot is the app at a list of n apps or events, in colour at 80×24.
func loadedRoot(b *testing.B, of func(*account) listing, n int) *root {
	b.Helper()
	renderer := lipgloss.NewRenderer(io.Discard)
	renderer.SetColorProfile(termenv.TrueColor)
	renderer.SetHasDarkBackground(true)
	ada := &account{Server: &fake{}, name: "Ada", host: "ham.example", place: time.UTC}
	a := &app{ctx: b.Context(), now: time.Now, styles: newStyles(renderer), account: ada, texts: speak("en")}
	r := newRoot(a, "", "")
	r.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	l := newList(a, of(ada))
	r.show(l)
	rows := make([]row, n)
	for i := range rows {
		rows[i] = row{id: fmt.Sprint(i), thing: pairing.AppGrant{Name: fmt.Sprintf("App %05d", i), Since: day(1, 1), Used: day(2, 2)}}
		if l.of.name == "activity" {
			rows[i].thing = pairing.Event{Title: fmt.Sprintf("Signed in to App %05d", i), At: day(1, 1), Browser: "Firefox", Address: "192.0.2.7"}
		}
	}
	r.Update(rowsMsg{try: l.try, rows: rows})
	if len(l.shown) != n {
		b.Fatalf("%d rows are shown", len(l.shown))
	}
	return r
}

// BenchmarkKeyToFrame measures a key until its frame is drawn, in lists of
// 10,000: ms/p99 is the slowest but one in a hundred.
func BenchmarkKeyToFrame(b *testing.B) {
	for list, of := range map[string]func(*account) listing{"apps": apps, "activity": happened} {
		for name, keys := range map[string]string{"move": "jjjjkG", "filter": "/a1b2"} {
			b.Run(list+"/"+name, func(b *testing.B) {
				r := loadedRoot(b, of, 10_000)
				var took []time.Duration
				for i := 0; b.Loop(); i++ {
					msg := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{rune(keys[i%len(keys)])}}
					if name == "filter" && i%len(keys) == len(keys)-1 {
						msg = tea.KeyMsg{Type: tea.KeyEsc}
					}
					began := time.Now()
					r.Update(msg)
					if r.View() == "" {
						b.Fatal("nothing is drawn")
					}
					took = append(took, time.Since(began))
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms/p99")
			})
		}
	}
}

// BenchmarkCameraFrame measures how long a picture of a camera takes until it
// is drawn, of which there are ten a second.
func BenchmarkCameraFrame(b *testing.B) {
	renderer := lipgloss.NewRenderer(io.Discard)
	renderer.SetColorProfile(termenv.TrueColor)
	s, whole := newStyles(renderer), slope()
	for b.Loop() {
		if lines := s.blocks(shrunk(whole, 72, 54), 72, 27); len(lines) != 27 {
			b.Fatal("nothing is drawn")
		}
	}
}
