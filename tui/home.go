package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// home is where a code goes in.
type home struct {
	app    *app
	entry  entry
	notice notice
	link   string // to be looked at right away
}

func newHome(a *app, n notice, link string) *home {
	h := &home{app: a, notice: n, link: link}
	h.entry = newEntry(a, "link or path of a picture", "Asking the server about this code", look)
	h.entry.input.SetValue(link)
	return h
}

func (h *home) init() tea.Cmd {
	if h.link == "" {
		return nil
	}
	return h.entry.submit()
}

func (h *home) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case noticeMsg:
		h.notice = msg.notice
		return nil
	case tea.KeyMsg:
		h.notice = notice{} // read by now
	}
	return h.entry.update(msg)
}

func (h *home) view(width, height int) []string {
	s := h.app.styles
	lines := []string{s.title.Render("Scan a code"), ""}
	lines = append(lines, wrap("Paste the link that stands below the QR code on the desktop, or type the path of a picture of it.", width)...)
	lines = append(lines, "")
	lines = append(lines, h.entry.view(width)...)
	lines = append(lines, h.notice.lines(s, width)...)
	hints := []string{
		"https://HOST/Q/CODE   a sign-in on a desktop",
		"ham://sso-authorize?… a sign-in on this device",
		"screenshot.png        also JPEG, GIF, WebP",
	}
	if width < cells(hints[1]) {
		hints = []string{"Pictures: PNG, JPEG, GIF, WebP."}
	}
	if room := height - len(lines); room > len(hints)+1 {
		lines = append(lines, "")
		for _, hint := range hints {
			lines = append(lines, s.muted.Render(fit(hint, width)))
		}
	}
	return lines
}

func (h *home) keys() []key.Binding { return h.entry.keys() }
func (h *home) typing() bool        { return h.entry.typing() }
func (h *home) leave()              { h.entry.leave() }

func (n notice) lines(s styles, width int) []string {
	if n.text == "" {
		return nil
	}
	m := s.brand.Render("·")
	switch {
	case n.good:
		m = s.good.Render("✓")
	case n.bad:
		m = s.bad.Render("!")
	}
	lines := wrap(n.text, width-2)
	for i, line := range lines {
		lines[i] = mark(m, i) + " " + line
	}
	return lines
}
