package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"hamconnect/tui/internal/failures"
)

// login is the first run: it explains itself and takes the enrol link.
type login struct {
	app   *app
	entry entry
	why   string // why it shows again to somebody who was signed in
	link  string // an enrol link from the command line

	adding bool // beside an account that is there, to which Esc leads back
}

func newLogin(a *app, why, link string) *login {
	l := &login{app: a, why: why, link: link}
	l.entry = newEntry(a, "https://HOST/enroll/CODE", "login.doing", failures.AnEnrolLink, join)
	l.entry.input.SetValue(link)
	return l
}

func (l *login) init() tea.Cmd {
	if l.link == "" {
		return nil
	}
	return l.entry.submit()
}

func (l *login) update(msg tea.Msg) tea.Cmd {
	if press, ok := msg.(tea.KeyMsg); ok && l.adding && !l.entry.typing() && key.Matches(press, esc) {
		return send(screenMsg{open: func() screen { return newAccounts(l.app) }})
	}
	return l.entry.update(msg)
}

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
	if len(head)+len(intro)+len(lines) <= height { // on a low terminal an error matters more
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
	if l.adding && !l.entry.typing() {
		keys = append(keys, bind(l.app.texts.get("key.back"), "esc", "esc"))
	}
	return keys
}

func (l *login) typing() bool { return l.entry.typing() }
func (l *login) leave()       { l.entry.leave() }
