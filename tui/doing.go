package tui

import (
	"context"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/spinner"
	tea "github.com/charmbracelet/bubbletea"

	"hamconnect/tui/internal/failures"
)

// doing is a screen that waits for one thing, says what became of it on the
// screen behind it, and is gone.
type doing struct {
	app   *app
	title string
	try   *try
	do    func(ctx context.Context, a *account) (done string, err error)
	back  func() screen
}

func newDoing(a *app, title, what string, do func(context.Context, *account) (string, error)) *doing {
	return &doing{app: a, title: title, try: newTry(a, what), do: do}
}

func (d *doing) init() tea.Cmd {
	if d.app.offline {
		return send(screenMsg{d.back, remark{text: d.app.texts.get("list.offline"), bad: true, offline: true}})
	}
	t, server, do := d.try, d.app.account, d.do
	return tea.Batch(t.spin.Tick, func() tea.Msg {
		done, err := do(t.ctx, server)
		return promptedMsg{t, done, err}
	})
}

func (d *doing) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case spinner.TickMsg:
		return d.try.turn(msg)
	case tea.KeyMsg:
		if key.Matches(msg, esc) {
			return send(screenMsg{d.back, remark{text: d.app.texts.get("list.cancelled")}})
		}
	case promptedMsg:
		switch {
		case msg.try != d.try:
		case msg.err != nil:
			return send(screenMsg{d.back, remark{text: d.app.sentenceAbout(failures.ARow, msg.err), bad: true}})
		default:
			return tea.Batch(whoAmI(d.app, byItself), send(screenMsg{d.back, remark{text: msg.done, good: true}}))
		}
	}
	return nil
}

func (d *doing) view(width, _ int) []string {
	s := d.app.styles
	return []string{s.title.Render(fit(d.title, width)), "", d.try.line(d.app, width)}
}

func (d *doing) keys() []key.Binding { return []key.Binding{d.app.texts.told(keyStop, "key.stop")} }
func (d *doing) typing() bool        { return false }
func (d *doing) leave()              { d.try.stop() }
