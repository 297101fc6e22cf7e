package tui

import (
	"context"
	"errors"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"hamconnect/tui/internal/failures"
)

// Keys of all lists, as they are matched; keys gives them with their help.
var (
	listUp     = key.NewBinding(key.WithKeys("up", "k"))
	listDown   = key.NewBinding(key.WithKeys("down", "j"))
	listFirst  = key.NewBinding(key.WithKeys("home", "g"))
	listLast   = key.NewBinding(key.WithKeys("end", "G"))
	pageUp     = key.NewBinding(key.WithKeys("pgup", "ctrl+u", "ctrl+b"))
	pageDown   = key.NewBinding(key.WithKeys("pgdown", "ctrl+d", "ctrl+f"))
	listFilter = key.NewBinding(key.WithKeys("/"))
	listReload = key.NewBinding(key.WithKeys("ctrl+r", "f5"))
	esc        = key.NewBinding(key.WithKeys("esc"))
	enter      = key.NewBinding(key.WithKeys("enter"))
	sayYes     = key.NewBinding(key.WithKeys("y", "Y"))
	sayNo      = key.NewBinding(key.WithKeys("n", "N", "esc"))
)

// aPage is how far the keys of a page move.
const aPage = 10

func (l *list) press(msg tea.KeyMsg) tea.Cmd {
	switch {
	case l.doing != nil:
		if key.Matches(msg, esc) {
			l.doing.stop() // acted says what that means
		}
		return nil
	case l.asked != nil:
		return l.answer(msg)
	case l.filtering:
		return l.typeFilter(msg)
	}
	switch {
	case key.Matches(msg, esc):
		return l.back()
	case key.Matches(msg, listUp):
		l.move(-1)
	case key.Matches(msg, listDown):
		l.move(1)
	case key.Matches(msg, pageUp):
		l.move(-aPage)
	case key.Matches(msg, pageDown):
		l.move(aPage)
	case key.Matches(msg, listFirst):
		l.move(-len(l.rows))
	case key.Matches(msg, listLast):
		l.move(len(l.rows))
	case key.Matches(msg, listFilter):
		l.filtering = true
		return l.filter.Focus()
	case key.Matches(msg, listReload):
		l.remark = remark{}
		return l.load()
	default:
		return l.begin(msg)
	}
	l.remark = remark{} // read by now
	return nil
}

// back takes the filter off first.
func (l *list) back() tea.Cmd {
	if l.filter.Value() == "" {
		return send(homeMsg{})
	}
	l.filter.SetValue("")
	l.choose()
	return nil
}

func (l *list) typeFilter(msg tea.KeyMsg) (cmd tea.Cmd) {
	switch {
	case key.Matches(msg, esc):
		l.filter.SetValue("")
		l.endFilter()
	case key.Matches(msg, enter), msg.Type == tea.KeyUp, msg.Type == tea.KeyDown:
		l.endFilter()
	default:
		l.filter, cmd = l.filter.Update(msg)
		l.cursor = 0
	}
	l.choose()
	return cmd
}

func (l *list) endFilter() {
	l.filtering = false
	l.filter.Blur()
}

// begin starts the act of a key, or goes to the screen of a number.
func (l *list) begin(msg tea.KeyMsg) tea.Cmd {
	for i := range l.of.acts {
		a := &l.of.acts[i]
		r, ok := l.chosen()
		if msg.String() != a.key || !ok && !a.alone {
			continue
		}
		l.remark = remark{}
		if a.refuses != nil {
			if why := a.refuses(l.app.texts, r); why != "" {
				l.tell(remark{text: why})
				return nil
			}
		}
		switch {
		case l.app.offline:
			l.tell(remark{text: l.text("list.offline"), bad: true, offline: true})
			return nil
		case a.opens != nil:
			if !a.alone {
				l.app.leave(l.of.name, spot{r.id, l.cursor})
			}
			return send(screenMsg{open: func() screen { return a.opens(l.app, r) }})
		case a.asks:
			l.asked = &question{a, r.id}
			return nil
		case a.undo:
			return send(laterMsg{l.of.name, a, r})
		}
		return l.start(a, r)
	}
	return jump(l.app, msg)
}

func (l *list) answer(msg tea.KeyMsg) tea.Cmd {
	a := l.asked.act
	r, ok := l.chosen()
	switch {
	case key.Matches(msg, sayYes) && ok:
		l.asked = nil
		return l.start(a, r)
	case key.Matches(msg, sayNo):
		l.asked = nil
	}
	return nil
}

func (l *list) start(a *act, r row) tea.Cmd {
	l.doing = newTry(l.app, l.text(l.of.name+".doing"))
	return tea.Batch(l.doing.spin.Tick, doAct(l.app, l.doing, l.of.name, a, r))
}

// acted takes in what became of an act. The list is loaded again in any case:
// also what was refused may have changed it.
func (l *list) acted(msg actedMsg) tea.Cmd {
	l.doing.stop()
	l.doing = nil
	switch {
	case msg.err == nil:
		l.tell(remark{text: msg.done(l.app.texts), good: true})
	case errors.Is(msg.err, context.Canceled):
		l.tell(remark{text: l.text("list.cancelled")})
	default:
		l.tell(remark{text: l.app.sentenceAbout(failures.ARow, msg.err), bad: true})
	}
	return l.load()
}

func (l *list) keys() []key.Binding {
	t := l.app.texts
	switch {
	case l.doing != nil:
		return []key.Binding{t.told(keyStop, "key.stop")}
	case l.asked != nil:
		return []key.Binding{bind(t.get("key.yes"), "y", "y"), bind(t.get("key.no"), "n", "n")}
	case l.filtering:
		return []key.Binding{bind(t.get("key.choose"), "enter", "enter"), bind(t.get("key.clear"), "esc", "esc")}
	}
	var keys []key.Binding
	for _, a := range l.of.acts {
		if _, ok := l.chosen(); ok || a.alone {
			keys = append(keys, a.binding(t, l.of.name))
		}
	}
	back := bind(t.get("key.back"), "esc", "esc")
	if l.filter.Value() != "" {
		back = bind(t.get("key.clear"), "esc", "esc")
	}
	return append(keys, back,
		bind(t.get("key.filter"), "/", "/"),
		bind(t.get("key.up"), "↑/k", "up", "k"), bind(t.get("key.down"), "↓/j", "down", "j"),
		bind(t.get("key.page"), "pgup/pgdn", "pgup", "pgdown"),
		bind(t.get("key.reload"), "ctrl+r", "ctrl+r"),
		bind(t.get("key.jump"), "0-8", "0"))
}
