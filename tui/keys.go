package tui

import (
	"github.com/charmbracelet/bubbles/key"
)

// Keys of all screens. A binding is also its line in the help.
var (
	keyQuit    = bind("leave the app", "ctrl+c", "ctrl+c")
	keySuspend = bind("put the app aside; fg brings it back", "ctrl+z", "ctrl+z")
	keyUndo    = bind("undo", "u", "u")
	keyHelp    = bind("keys", "?", "?")
	keyHelpF1  = bind("these keys, also while typing", "f1", "f1")
)

// bind gives a binding: what it does, how the help writes it, and its keys.
func bind(does, shown string, keys ...string) key.Binding {
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(shown, does))
}

// shortHelp is the line at the bottom: as many bindings as fit, and always the
// one that shows the rest.
func shortHelp(s styles, keys []key.Binding, width int) string {
	line, used := "", 0
	last := keyHelp.Help()
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

// helpLines is the full help.
func helpLines(s styles, keys []key.Binding, width int) []string {
	lines := []string{s.title.Render("Keys"), ""}
	widest := 0
	all := append(keys[:len(keys):len(keys)], keyHelpF1, keySuspend, keyQuit)
	for _, k := range all {
		widest = max(widest, cells(k.Help().Key))
	}
	for _, k := range all {
		h := k.Help()
		if !k.Enabled() {
			continue
		}
		lines = append(lines, s.key.Render(h.Key)+repeat(" ", widest-cells(h.Key)+3)+fit(h.Desc, width-widest-3))
	}
	return lines
}
