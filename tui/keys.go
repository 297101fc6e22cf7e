package tui

import (
	"github.com/charmbracelet/bubbles/key"
)

// Keys of all screens, as they are matched and shown; told adds what they do.
var (
	keyQuit    = on("ctrl+c", "ctrl+c")
	keySuspend = on("ctrl+z", "ctrl+z")
	keyUndo    = on("u", "u")
	keyHelp    = on("?", "?")
	keyHelpF1  = on("f1", "f1")
)

// on gives a binding: how the help writes it, and its keys.
func on(shown string, keys ...string) key.Binding { return bind("", shown, keys...) }

// told gives a binding its line in the help, in the language of now.
func (t texts) told(b key.Binding, text string) key.Binding {
	b.SetHelp(b.Help().Key, t.get(text))
	return b
}

// bind gives a binding: what it does, how the help writes it, and its keys.
func bind(does, shown string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(shown, does))
}

// shortHelp is the line at the bottom: as many bindings as fit, and always the
// one that shows the rest.
func shortHelp(a *app, keys []key.Binding, width int) string {
	s, line, used := a.styles, "", 0
	last := a.texts.told(keyHelp, "key.help").Help()
	room := width - cells(last.Key) - cells(last.Desc) - 1
	for _, k := range keys {
		h := k.Help()
		w := cells(h.Key) + cells(h.Desc) + 4 // two spaces and a dot between, one inside
		if !k.Enabled() || used+w > room {
			continue
		}
		line += s.key.Render(h.Key) + " " + s.muted.Render(h.Desc) + s.faint.Render(" · ")
		used += w
	}
	return line + s.key.Render(last.Key) + " " + s.muted.Render(last.Desc)
}

// helpLines is the full help; what is too long for a line goes on in the next,
// where there is room for it.
func helpLines(a *app, keys []key.Binding, width, height int) []string {
	s, t := a.styles, a.texts
	lines := []string{s.title.Render(t.get("key.title")), ""}
	widest := 0
	all := append(keys[:len(keys):len(keys)], t.told(keyHelpF1, "key.help_typing"), t.told(keySuspend, "key.suspend"), t.told(keyQuit, "key.quit"))
	for _, k := range all {
		widest = max(widest, cells(k.Help().Key))
	}
	whole := lines[:len(lines):len(lines)]
	for _, k := range all {
		h := k.Help()
		if !k.Enabled() {
			continue
		}
		start := s.key.Render(h.Key) + repeat(" ", widest-cells(h.Key)+3)
		lines = append(lines, start+fit(h.Desc, width-widest-3))
		for i, line := range wrap(h.Desc, width-widest-3) {
			if i > 0 {
				start = repeat(" ", widest+3)
			}
			whole = append(whole, start+line)
		}
	}
	if len(whole) <= height {
		return whole
	}
	return lines
}
