package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// login is the first run: it explains itself and takes the enrol link, in all
// the ways in which home takes a code.
type login struct {
	app   *app
	entry entry
	why   string // why it shows again to somebody who was signed in
	link  string // an enrol link from the command line
	first finder // to be looked at right away, what is no text; nil for none

	adding bool // beside an account that is there, to which Esc leads back
}

func newLogin(a *app, why, link string) *login {
	l := &login{app: a, why: why, link: link}
	l.entry = newEntry(a, "https://HOST/enroll/CODE", l.enrolment())
	l.entry.input.SetValue(link)
	return l
}

// newAdding enrols this device for one more account.
func newAdding(a *app) *login {
	l := newLogin(a, "", "")
	l.adding = true
	l.entry.of = l.enrolment()
	return l
}

func (l *login) init() tea.Cmd {
	switch {
	case l.link != "":
		return l.entry.submit()
	case l.first != nil:
		return l.entry.look(l.first)
	}
	return nil
}

func (l *login) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case watchedMsg:
		return l.entry.watched(msg, false)
	case remarkMsg:
		l.entry.remark = msg.remark
		return nil
	case tea.KeyMsg:
		if l.adding && !l.entry.typing() && key.Matches(msg, esc) {
			return send(screenMsg{open: func() screen { return newAccounts(l.app) }})
		}
		if cmd, mine := l.entry.capture(msg); mine {
			return cmd
		}
		l.entry.remark = remark{} // read by now
	}
	return l.entry.update(msg)
}

// view explains as much as there is room for: on a low terminal an error
// matters more.
func (l *login) view(width, height int) []string {
	s, t := l.app.styles, l.app.texts
	title, text := t.get("login.title"), t.get("login.welcome")
	if l.adding {
		title, text = t.get("accounts.add"), t.get("accounts.adding")
	}
	if l.why != "" {
		title, text = t.get("login.again"), l.why
	}
	head := []string{s.title.Render(title), ""}
	intro := append(wrap(text, width), "")
	lines := append(wrap(t.get("login.how"), width), "")
	lines = append(lines, l.entry.view(width)...)
	if hints := l.entry.hintLines(width); len(head)+len(lines)+len(hints) <= height {
		lines = append(lines, hints...)
	}
	if len(head)+len(intro)+len(lines) <= height {
		head = append(head, intro...)
	}
	lines = append(head, lines...)
	hint := wrap(t.get("login.get"), width)
	if room := height - len(lines); room > len(hint)+1 {
		lines = append(lines, "")
		for _, line := range hint {
			lines = append(lines, s.muted.Render(line))
		}
	}
	return lines
}

func (l *login) keys() []key.Binding {
	keys := l.entry.keys()
	if l.entry.typing() {
		return keys
	}
	if l.adding {
		keys = append(keys, bind(l.app.texts.get("key.back"), "esc", "esc"))
	}
	return append(keys, l.entry.captureKeys()...)
}

func (l *login) typing() bool { return l.entry.typing() }
func (l *login) leave()       { l.entry.leave() }
