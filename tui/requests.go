package tui

import (
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"hamconnect/qr/pairing"
	"hamconnect/tui/internal/failures"
)

// The keys for what a browser asks are no letters: they work while a text is
// typed, too.
var (
	keyLook   = on("f4", "f4")
	keyReport = on("f8", "f8")
)

// requested is the latest of what browsers ask the person to look at.
func (a *app) requested() (pairing.BrowserRequest, bool) {
	if a.account == nil || len(a.account.me.Requests) == 0 || !a.now().Before(a.requestUntil) {
		return pairing.BrowserRequest{}, false
	}
	return a.account.me.Requests[0], true
}

// watchRequests has the server asked again once the latest has run out.
func (a *app) watchRequests() tea.Cmd {
	if len(a.account.me.Requests) == 0 {
		return nil
	}
	left := time.Duration(a.account.me.Requests[0].ExpiresIn) * time.Second
	a.requestUntil = a.now().Add(left)
	of, ctx := a.account, a.ctx
	return func() tea.Msg {
		over := time.NewTimer(left)
		defer over.Stop()
		select {
		case <-over.C:
			return newsMsg{of: of}
		case <-ctx.Done():
			return nil
		}
	}
}

// requestLines says what a browser asks for; empty if none does.
func (h *home) requestLines(width int) []string {
	r, ok := h.app.requested()
	if !ok {
		return nil
	}
	s, t := h.app.styles, h.app.texts
	title := t.get("requests.sign_in")
	if r.Kind == pairing.KindAuthorize {
		title = t.get("requests.authorize", r.AppName)
	}
	lines := atMost(2, title, width-2)
	for i, line := range lines {
		lines[i] = s.brand.Render(mark("▸", i) + " " + line)
	}
	from := strings.TrimSpace(r.Browser.Name + " · " + r.Browser.Address)
	if r.RedirectHost != "" {
		from = r.RedirectHost + " ← " + from
	}
	lines = append(lines, "  "+fit(from, width-2))
	keys := s.key.Render("f4") + " " + t.get("requests.look") + "   " + s.key.Render("f8") + " " + t.get("requests.report")
	return append(lines, "  "+fit(keys, width-2))
}

// lookAtRequest claims what a browser asks for.
func (h *home) lookAtRequest() tea.Cmd {
	r, ok := h.app.requested()
	if !ok || h.entry.try != nil {
		return nil
	}
	h.entry.err = nil
	h.entry.try = newTry(h.app, h.app.texts.get("requests.asking"))
	t, server := h.entry.try, h.app.account
	return tea.Batch(t.spin.Tick, func() tea.Msg {
		ask, err := server.AnswerRequest(t.ctx, r.ID)
		if err != nil {
			return failedMsg{t, err}
		}
		return foundMsg{t, ask}
	})
}

// reportRequest says that the person did not begin it.
func (h *home) reportRequest() tea.Cmd {
	r, ok := h.app.requested()
	if !ok || h.entry.try != nil {
		return nil
	}
	server, ctx, t := h.app.account, h.app.ctx, h.app.texts
	return func() tea.Msg {
		if err := server.ReportRequest(ctx, r.ID); err != nil {
			return remarkMsg{remark{text: t.sentence(server.host, failures.ACode, err), bad: true}}
		}
		return remarkMsg{remark{text: t.get("requests.reported"), good: true}}
	}
}
