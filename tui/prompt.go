package tui

import (
	"context"
	"errors"
	"strings"

	"github.com/charmbracelet/bubbles/cursor"
	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/spinner"
	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"hamconnect/tui/internal/failures"
)

// prompt asks for one text and does something with it.
type prompt struct {
	app   *app
	title string
	text  string // what the person should know before
	what  string // what is waited for
	yes   string // what Enter does
	grave bool   // the text is a warning
	alone bool   // there is no way back, and no connection is needed
	check func(value string) (why string)
	do    func(ctx context.Context, a *account, value string) (done string, err error)
	back  func() screen

	input  textinput.Model
	try    *try
	remark remark
}

func newPrompt(p prompt, value string) *prompt {
	p.input = p.app.styles.input("")
	p.input.Cursor.SetMode(cursor.CursorStatic)
	p.input.SetValue(value)
	p.input.Focus()
	return &p
}

// newRename asks for the new name of a passkey.
func newRename(a *app, r row) screen {
	t := a.texts
	return newPrompt(prompt{
		app: a, title: t.get("passkeys.name", fit(r.name, 40)), what: t.get("passkeys.renaming"), yes: t.get("passkeys.rename"),
		do: func(ctx context.Context, server *account, value string) (string, error) {
			return t.get("passkeys.renamed", value), server.RenamePasskey(ctx, r.id, value)
		},
		back: func() screen { return newList(a, passkeys(a.account)) },
	}, r.name)
}

func (p *prompt) init() tea.Cmd { return nil }

func (p *prompt) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyMsg:
		return p.press(msg)
	case sizeMsg:
		p.input.Width = msg.width - 5
		p.input.SetCursor(p.input.Position())
	case spinner.TickMsg:
		return p.try.turn(msg)
	case meMsg:
		if p.remark.offline {
			p.remark = remark{} // it is back
		}
	case promptedMsg:
		if msg.try == p.try && p.try != nil {
			return p.answered(msg)
		}
	}
	return nil
}

func (p *prompt) press(msg tea.KeyMsg) (cmd tea.Cmd) {
	switch {
	case p.try != nil:
		if key.Matches(msg, esc) {
			p.try.stop() // answered says what that means
		}
	case key.Matches(msg, esc) && p.alone:
		p.input.SetValue("")
	case key.Matches(msg, esc):
		return send(screenMsg{open: p.back})
	case key.Matches(msg, enter):
		return p.submit()
	default:
		p.remark = remark{}
		p.input, cmd = p.input.Update(msg)
	}
	return cmd
}

func (p *prompt) submit() tea.Cmd {
	value := p.input.Value()
	if !p.alone { // a passphrase is taken as it is
		value = strings.TrimSpace(value)
	}
	switch {
	case value == "":
		return nil
	case p.app.offline && !p.alone:
		p.remark = remark{text: p.app.texts.get("list.offline"), bad: true, offline: true}
		return nil
	}
	if p.check != nil {
		if why := p.check(value); why != "" {
			p.remark = remark{text: why, bad: true}
			return nil
		}
	}
	p.try = newTry(p.app, p.what)
	t, server, do := p.try, p.app.account, p.do
	return tea.Batch(t.spin.Tick, func() tea.Msg {
		done, err := do(t.ctx, server, value)
		return promptedMsg{t, done, err}
	})
}

func (p *prompt) answered(msg promptedMsg) tea.Cmd {
	p.leave()
	switch {
	case msg.err == nil:
		if p.alone {
			return send(screenMsg{open: p.back})
		}
		return tea.Batch(whoAmI(p.app, byItself), send(screenMsg{p.back, remark{text: msg.done, good: true}}))
	case errors.Is(msg.err, context.Canceled):
		p.remark = remark{text: p.app.texts.get("list.cancelled")}
	default:
		p.remark = remark{text: p.app.sentenceAbout(failures.ARow, msg.err), bad: true}
	}
	return nil
}

func (p *prompt) view(width, _ int) []string {
	s := p.app.styles
	lines := append(wrap(p.title, width), "")
	for i, line := range lines[:len(lines)-1] {
		lines[i] = s.title.Render(line)
	}
	if p.text != "" {
		if p.grave {
			for i, line := range wrap(p.text, width-2) {
				lines = append(lines, s.warn.Render(mark("!", i)+" "+line))
			}
		} else {
			lines = append(lines, wrap(p.text, width)...)
		}
		lines = append(lines, "")
	}
	lines = append(lines, strings.Split(s.field.Width(width-2).Padding(0, 1).Render(p.input.View()), "\n")...)
	if p.try != nil {
		return append(lines, p.try.line(p.app, width))
	}
	return append(lines, p.remark.lines(s, width)...)
}

func (p *prompt) keys() []key.Binding {
	if p.try != nil {
		return []key.Binding{p.app.texts.told(keyStop, "key.stop")}
	}
	if p.alone {
		return []key.Binding{bind(p.yes, "enter", "enter")}
	}
	return []key.Binding{bind(p.yes, "enter", "enter"), bind(p.app.texts.get("key.back"), "esc", "esc")}
}

func (p *prompt) typing() bool { return p.try == nil }

func (p *prompt) leave() {
	p.try.stop()
	p.try = nil
}
