package tui

import (
	"context"
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// undoFor is how long an act that can be taken back waits before it is done.
const undoFor = 5 * time.Second

// later is an act that waits. The server knows nothing of it yet; the row that
// it is about is not shown any more. It is done when its time is over, at once
// when another one begins or the person leaves the app, and not at all when
// they take it back. A nil one is none.
type later struct {
	list  string // the listing's name
	act   *act
	row   row
	of    *account
	until time.Time
}

func (l *later) is(list, id string) bool { return l != nil && l.list == list && l.row.id == id }

// line says what is going to happen, and by which key not.
func (l *later) line(a *app, width int) string {
	left := max(1, int((l.until.Sub(a.now())+time.Second-1)/time.Second))
	undo := "u " + a.texts.get("key.undo")
	text := fit(a.texts.get(l.list+".undoing", fit(l.row.name, 30), left), width-cells(undo)-3)
	return a.styles.warn.Render(text) + "   " + a.styles.key.Render("u") + undo[1:]
}

// postpone makes an act wait; one that waits already is done now.
func (r *root) postpone(msg laterMsg) tea.Cmd {
	before := r.fire()
	l := &later{list: msg.list, act: msg.act, row: msg.row, of: r.app.account, until: r.app.now().Add(undoFor)}
	r.app.later = l
	return tea.Batch(before, nextDue(l), r.screen.update(msg))
}

func nextDue(l *later) tea.Cmd {
	return tea.Tick(time.Second, func(time.Time) tea.Msg { return dueMsg{l} })
}

// due does what waits once its time has come.
func (r *root) due(l *later) tea.Cmd {
	switch {
	case l != r.app.later:
		return nil // done or taken back
	case r.app.now().Before(l.until):
		return nextDue(l)
	}
	return r.fire()
}

// fire does what waits.
func (r *root) fire() tea.Cmd {
	l := r.app.later
	if l == nil {
		return nil
	}
	r.app.later = nil
	a := r.app
	return func() tea.Msg { return actedMsg{list: l.list, act: l.act, row: l.row, later: true, err: l.do(a.ctx)} }
}

// doWithin bounds what is done when the app is left already.
const doWithin = 10 * time.Second

func (l *later) do(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), doWithin)
	defer cancel()
	return l.act.do(ctx, l.of, l.row)
}

// undo takes back what waits.
func (r *root) undo() tea.Cmd {
	r.app.later = nil
	return r.screen.update(laterMsg{})
}
