package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"hamconnect/tui/client"
)

// aside is a request that this device has claimed and that was left without an
// answer. A push, a screenshot and a camera leave no link to come back by, so
// home leads back for as long as it lives. A nil one is none.
type aside struct {
	of    *account
	ask   *client.Ask
	off   []bool // as they were ticked
	until time.Time
}

// putAside keeps the request for home; one without a desktop can be opened anew
// at any time.
func (c *consent) putAside() remark {
	if !c.ask.IsPairing() || c.left() == 0 {
		return remark{text: c.farewell()}
	}
	ask := *c.ask
	ask.Status = c.status
	c.app.aside = &aside{of: c.app.account, ask: &ask, off: c.off, until: c.until}
	return remark{}
}

func (r *aside) waits(a *app) bool {
	return r != nil && r.of == a.account && a.now().Before(r.until)
}

// left is in whole seconds, at least one.
func (r *aside) left(a *app) int {
	return int((r.until.Sub(a.now()) + time.Second - 1) / time.Second)
}

// takeUp shows the request again, with what was left out.
func (r *aside) takeUp(a *app) tea.Cmd {
	ask := *r.ask
	ask.Status.ExpiresIn = r.left(a)
	return send(screenMsg{open: func() screen {
		c := newConsent(a, &ask)
		c.off = r.off
		a.aside = nil
		return c
	}})
}

// asideLines are the card of a request that was left; empty if none waits.
func (h *home) asideLines(width int) []string {
	a := h.app
	if !a.aside.waits(a) {
		return nil
	}
	s, t := a.styles, a.texts
	lines := atMost(2, t.get("aside.waits", titleOf(t, a.aside.ask), a.aside.left(a)), width-2)
	for i, line := range lines {
		lines[i] = s.brand.Render(mark("▸", i) + " " + line)
	}
	return append(lines, "  "+fit(s.key.Render("enter")+" "+t.get("aside.take_up"), width-2))
}
