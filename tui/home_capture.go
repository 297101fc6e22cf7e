package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// The keys that get a code in. They are no letters, which belong to the field.
const (
	pasteKey  = "ctrl+v"
	screenKey = "ctrl+s"
	cameraKey = "ctrl+o"
)

// capture does what such a key is for, and reports whether it was one.
func (h *home) capture(msg tea.KeyMsg) (cmd tea.Cmd, mine bool) {
	t := h.app.texts
	if msg.Paste || h.entry.try != nil {
		return nil, false
	}
	switch msg.String() {
	case pasteKey:
		if h.entry.input.Value() != "" {
			return nil, false // into the text that is there
		}
		h.ready()
		return h.entry.wait(t.get("scan.reading_clipboard"), paste), true
	case screenKey:
		return h.find(t.get("scan.shooting"), h.app.sources.onScreen), true
	case cameraKey:
		return send(screenMsg{open: func() screen { return newScan(h.app) }}), true
	}
	return nil, false
}

// ready makes room for what comes of a search.
func (h *home) ready() {
	h.focus, h.auto, h.remark = 0, "", remark{}
}

func (h *home) find(what string, find finder) tea.Cmd {
	h.ready()
	return h.entry.wait(what, func(a *app, t *try) tea.Cmd { return lookAt(a, t, find) })
}

// watched looks at a picture that came into the folder, unless the person does
// something else.
func (h *home) watched(msg watchedMsg) tea.Cmd {
	switch {
	case msg.err != nil:
		h.remark = remark{text: h.app.sentence(msg.err), bad: true}
		return nil
	case h.entry.typing() || h.focus > 0:
		return nil
	}
	name := fileName(msg.path)
	cmd := h.find(h.app.texts.get("scan.looking_at", fit(name, 30)), inFile(msg.path))
	h.auto = name
	return cmd
}

func (h *home) captureKeys() []key.Binding {
	t := h.app.texts
	return []key.Binding{
		bind(t.get("scan.key_clipboard"), pasteKey, pasteKey),
		bind(t.get("scan.key_screen"), screenKey, screenKey),
		bind(t.get("scan.key_camera"), cameraKey, cameraKey),
	}
}

// hintLines tell the keys below the field.
func (h *home) hintLines(width int) []string {
	if h.entry.typing() || h.entry.err != nil {
		return nil
	}
	s, line, used := h.app.styles, "", 0
	var lines []string
	for _, k := range h.captureKeys() {
		text := k.Help()
		w := cells(text.Key) + 1 + cells(text.Desc)
		if used > 0 && used+3+w > width-2 {
			lines, line, used = append(lines, line), "", 0
		}
		if used > 0 {
			line, used = line+s.faint.Render(" · "), used+3
		}
		line, used = line+s.key.Render(text.Key)+" "+s.muted.Render(fit(text.Desc, width-cells(text.Key)-3)), used+w
	}
	lines = append(lines, line)
	for i := range lines {
		lines[i] = "  " + lines[i]
	}
	return lines
}
