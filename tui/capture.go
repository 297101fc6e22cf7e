package tui

import (
	"bytes"
	"errors"
	"path/filepath"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"hamconnect/qr"
	"hamconnect/tui/client"
)

// The keys that get a code in. They are no letters, which belong to the field.
const (
	pasteKey  = "ctrl+v"
	screenKey = "ctrl+s"
	cameraKey = "ctrl+o"
)

// capture does what such a key is for, and reports whether it was one.
func (e *entry) capture(msg tea.KeyMsg) (cmd tea.Cmd, mine bool) {
	t := e.app.texts
	if msg.Paste || e.try != nil {
		return nil, false
	}
	switch msg.String() {
	case pasteKey:
		if e.input.Value() != "" {
			return nil, false // into the text that is there
		}
		what := t.get("scan.reading_clipboard")
		if has := e.app.sources.desktop; has != nil && !has() {
			what = t.get("scan.asking_terminal") // which may ask the person first, or never answer
		}
		return e.wait(what, e.paste), true
	case screenKey:
		return e.find(t.get("scan.shooting"), e.app.sources.onScreen), true
	case cameraKey:
		return send(screenMsg{open: func() screen { return newScan(e.app, e.of) }}), true
	}
	return nil, false
}

// find looks for links somewhere; what says where.
func (e *entry) find(what string, find finder) tea.Cmd {
	return e.wait(what, func(t *try) tea.Cmd { return e.of.find(t, find) })
}

// paste takes what is in the clipboard: a text goes to the field, and a
// picture is looked at.
func (e *entry) paste(t *try) tea.Cmd {
	read, use := e.app.sources.clipboard, e.of.use
	return tea.Batch(t.spin.Tick, func() tea.Msg {
		content, err := read(t.ctx)
		switch {
		case err != nil:
			return failedMsg{t, err}
		case content.Image == nil:
			return pastedMsg{try: t, text: content.Text}
		}
		links, err := client.FindRead(t.ctx, bytes.NewReader(content.Image))
		if err != nil {
			return failedMsg{t, err}
		}
		return use(t, links)
	})
}

// watched looks at a picture that came into the folder, unless the person is
// at something else.
func (e *entry) watched(msg watchedMsg, busy bool) tea.Cmd {
	switch {
	case msg.err != nil:
		e.remark, e.app.watched = remark{text: e.app.sentence(msg.err), bad: true}, ""
		return nil
	case busy || e.typing():
		return nil
	}
	name := fileName(msg.path)
	of := e.of
	if of.unasked != nil {
		of.use = of.unasked
	}
	cmd := e.wait(e.app.texts.get("scan.looking_at", fit(name, 30)), func(t *try) tea.Cmd { return of.find(t, inFile(msg.path)) })
	e.auto = name
	return cmd
}

// unasked reports whether what failed was a look at a picture that holds no
// code of ours, and that nobody had asked for. It is told, as no fault.
func (e *entry) unasked(msg failedMsg) bool {
	_, notLink := errors.AsType[*qr.LinkError](msg.err)
	if e.auto == "" || !notLink && !errors.Is(msg.err, qr.ErrNoCode) {
		return false
	}
	e.remark = remark{text: e.app.texts.get("scan.not_ours", e.auto)}
	return true
}

func (e *entry) captureKeys() []key.Binding {
	t := e.app.texts
	return []key.Binding{
		bind(t.get("scan.key_clipboard"), pasteKey, pasteKey),
		bind(t.get("scan.key_screen"), screenKey, screenKey),
		bind(t.get("scan.key_camera"), cameraKey, cameraKey),
	}
}

// hintLines tell the keys below the field.
func (e *entry) hintLines(width int) []string {
	if e.typing() || e.err != nil {
		return nil
	}
	s, line, used := e.app.styles, "", 0
	var lines []string
	for _, k := range e.captureKeys() {
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
	if e.app.watched != "" {
		lines = append(lines, s.muted.Render(fit(e.app.texts.get("scan.watching", e.app.watched), width-2)))
	}
	for i := range lines {
		lines[i] = "  " + lines[i]
	}
	return lines
}

func fileName(path string) string { return client.Clean(filepath.Base(path)) }
