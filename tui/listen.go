package tui

import (
	"context"

	tea "github.com/charmbracelet/bubbletea"

	"hamconnect/tui/client"
)

// listener waits for news of one account at a time.
type listener struct {
	ctx    context.Context //nolint:containedctx // of the program
	send   func(tea.Msg)
	cancel context.CancelFunc // of the account that is listened to, nil for none
}

// to listens to account instead of whatever was listened to before; nil is
// nobody. It is called in Update only, and returns at once.
func (l *listener) to(a *account) {
	if l == nil {
		return
	}
	if l.cancel != nil {
		l.cancel()
		l.cancel = nil
	}
	if a == nil {
		return
	}
	ctx, cancel := context.WithCancel(l.ctx)
	l.cancel = cancel
	go listen(ctx, a, l.send)
}

// listen sends what becomes of an account until ctx ends.
func listen(ctx context.Context, a *account, send func(tea.Msg)) {
	err := a.Listen(ctx, client.Listener{
		Changed: func() { send(newsMsg{of: a}) },
		Lost:    func(err error) { send(lostMsg{of: a, err: err}) },
	})
	if ctx.Err() == nil { // the device was removed
		send(meMsg{of: a, err: err})
	}
}
