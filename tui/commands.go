package tui

import (
	"cmp"
	"context"
	"time"

	"github.com/charmbracelet/bubbles/spinner"
	tea "github.com/charmbracelet/bubbletea"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
	"hamconnect/tui/internal/rules"
)

// try is one thing that a screen waits for; Esc cancels it.
type try struct {
	ctx    context.Context
	cancel context.CancelFunc
	what   string // "Reading the code", shown beside the spinner
	spin   spinner.Model
}

func newTry(a *app, what string) *try {
	ctx, cancel := context.WithCancel(a.ctx)
	spin := spinner.New(spinner.WithSpinner(spinner.MiniDot), spinner.WithStyle(a.styles.brand))
	return &try{ctx: ctx, cancel: cancel, what: what, spin: spin}
}

// turn moves the spinner on; it knows which ticks are its own.
func (t *try) turn(msg spinner.TickMsg) (cmd tea.Cmd) {
	if t != nil {
		t.spin, cmd = t.spin.Update(msg)
	}
	return cmd
}

// line is what is waited for, and by which key not, which the keys at the bottom
// say as well: it is left away rather than cut.
func (t *try) line(a *app, width int) string {
	line, stops := t.spin.View()+" "+t.what+"…", "  "+a.texts.get("key.stops")
	if cells(line)+cells(stops) > width {
		return fit(line, width)
	}
	return line + a.styles.muted.Render(stops)
}

// stop is safe on a nil try.
func (t *try) stop() {
	if t != nil {
		t.cancel()
	}
}

// whoAmI asks for name and notices.
func whoAmI(a *app, why asking) tea.Cmd {
	server, seen := a.account, a.seen
	return func() tea.Msg {
		me, err := server.Me(a.ctx)
		return meMsg{of: server, seen: seen, me: me, name: cmp.Or(me.Nickname, me.UserID), notices: me.Notices, asked: why, err: err}
	}
}

// see marks a notice as seen.
func see(a *app, id string) tea.Cmd {
	server := a.account
	return func() tea.Msg { return seenMsg{of: server, id: id, err: server.SeeNotice(a.ctx, id)} }
}

// makeLink has the server make a link for a passkey, and draws it.
func makeLink(a *app, t *try) tea.Cmd {
	server := a.account
	return tea.Batch(t.spin.Tick, func() tea.Msg {
		link, err := server.PasskeyLink(t.ctx)
		if err != nil {
			return linkMsg{try: t, err: err}
		}
		code, err := qr.Encode(link.Link)
		if err != nil {
			code = nil // the link itself is shown in any case
		}
		return linkMsg{try: t, link: link, code: code}
	})
}

// loadRows asks for a part of a list.
func loadRows(a *app, t *try, of listing, cursor string) tea.Cmd {
	server := a.account
	return func() tea.Msg {
		rows, next, err := of.load(t.ctx, server, cursor)
		return rowsMsg{try: t, rows: rows, next: next, err: err}
	}
}

// doAct does something with a row.
func doAct(a *app, t *try, list string, act *act, r row) tea.Cmd {
	server := a.account
	return func() tea.Msg {
		return actedMsg{try: t, list: list, act: act, row: r, err: act.do(t.ctx, server, r)}
	}
}

func enroll(ctx context.Context, link qr.Link, o client.Options) (*account, error) {
	a, err := client.Enroll(ctx, link, o)
	if err != nil {
		return nil, err
	}
	return newAccount(a), nil
}

// decide sends the person's answer.
func decide(a *app, t *try, ask *client.Ask, approve bool, number int, scopes []string) tea.Cmd {
	server := a.account
	return tea.Batch(t.spin.Tick, func() tea.Msg {
		msg := decidedMsg{try: t, approved: approve}
		switch {
		case approve && ask.IsTicket():
			msg.status, msg.err = server.Confirm(t.ctx, ask)
		case approve && ask.IsPairing():
			msg.status, msg.err = server.Approve(t.ctx, ask, number, scopes)
		case approve:
			msg.status.Scopes = scopes
			msg.redirect, msg.err = server.ApproveAuthorize(t.ctx, ask, scopes)
		case ask.IsPairing():
			msg.status, msg.err = server.Deny(t.ctx, ask)
		default:
			msg.redirect, msg.err = server.DenyAuthorize(t.ctx, ask)
		}
		return msg
	})
}

// watch asks once, after a pause, how a pairing stands; the answer comes when
// that changes.
func watch(ctx context.Context, server Server, of screen, id string, after int64, failures int) tea.Cmd {
	return func() tea.Msg {
		wait := time.NewTimer(rules.Pause(failures))
		defer wait.Stop()
		select {
		case <-ctx.Done():
			return nil
		case <-wait.C:
		}
		long := pairing.ClaimFor
		if failures > 0 {
			long = 0 // the person waits for word that the connection is back
		}
		status, err := server.Status(ctx, id, after, long)
		if ctx.Err() != nil {
			return nil
		}
		return statusMsg{of: of, status: status, err: err}
	}
}

func tick(a *app, of screen) tea.Cmd {
	return tea.Tick(time.Second, func(time.Time) tea.Msg { return tickMsg{of, a.now()} })
}

func openBrowser(a *app, of screen, url string) tea.Cmd {
	return func() tea.Msg { return openedMsg{of, a.open(url)} }
}

func send(msg tea.Msg) tea.Cmd { return func() tea.Msg { return msg } }
