package tui

import (
	tea "github.com/charmbracelet/bubbletea"

	"hamconnect/qr"
	"hamconnect/tui/internal/failures"
)

// newChoice lets the person say which of several links is meant. The codes'
// first letters stand below them on the pages, too.
func newChoice(a *app, of purpose, links []qr.Link) *menu {
	return newMenu(a, "", func(m *menu) {
		t := a.texts
		m.title, m.warning = t.get("scan.which"), t.get(of.which)
		m.stays = of.about == failures.AnEnrolLink
		m.back = func() tea.Cmd { return send(screenMsg{open: func() screen { return of.back(nil) }}) }
		m.choices = nil
		for _, link := range links {
			name, note := t.get("scan.here"), ""
			if link.Kind != qr.KindAuthorize {
				name, note = link.Origin, link.Code[:min(len(link.Code), 8)]+"…"
			}
			m.choices = append(m.choices, choice{name: name, note: note, open: func() tea.Cmd {
				return send(screenMsg{open: func() screen { return of.back(onlyThis(link)) }})
			}})
		}
	})
}
