package tui

import (
	"context"
	"errors"
	"time"

	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"

	"hamconnect/tui/client"
	"hamconnect/tui/internal/failures"
	"hamconnect/tui/internal/rules"
)

// vault is the key of an account, as far as the screens need it; *client.Account
// is one.
type vault interface {
	Sealing() client.Sealing
	Locked() bool
	Lock()
	Unlock(passphrase string) error
}

// idleFor is how long nothing has to be pressed until a sealed key is locked.
const idleFor = 10 * time.Minute

// newUnlock asks for the passphrase of the account's key. why says why, if it
// was open before; link is looked at afterwards, unless it is empty.
func newUnlock(a *app, why, link string) screen {
	t := a.texts
	p := newPrompt(prompt{
		app: a, title: t.get("unlock.title"), text: why, what: t.get("unlock.doing"), yes: t.get("unlock.open"), alone: true,
		do: func(_ context.Context, of *account, value string) (string, error) {
			err := of.vault.Unlock(value)
			if errors.Is(err, client.ErrPassphrase) {
				err = failures.Said(t.get("unlock.wrong"))
			}
			return "", err
		},
		back: func() screen {
			a.listen.to(a.account)
			h := newHome(a, remark{}, link)
			h.why = atStart
			return h
		},
	}, "")
	p.input.EchoMode = textinput.EchoPassword
	return p
}

// locked reports whether the account's key has to be unlocked first.
func (a *account) locked() bool { return a.vault != nil && a.vault.Locked() }

// watchIdle looks, twice a minute, whether a sealed key has to be locked.
func watchIdle() tea.Cmd {
	return tea.Tick(30*time.Second, func(time.Time) tea.Msg { return idleMsg{} })
}

// away reports whether a sealed key is open, and nothing was pressed for idleFor.
func (r *root) away() bool {
	a := r.app
	return a.account != nil && a.account.vault != nil && a.account.vault.Sealing() == client.Passphrase && !a.account.locked() &&
		rules.Away(a.now(), r.pressed) >= idleFor
}

// idle locks the key once nothing was pressed for idleFor.
func (r *root) idle() tea.Cmd {
	if !r.away() {
		return watchIdle()
	}
	return tea.Batch(watchIdle(), r.lock())
}

// lock closes the key. What waits to be done is done before.
func (r *root) lock() tea.Cmd {
	a := r.app
	if a.account == nil || a.account.vault == nil {
		return nil
	}
	if l := a.later; l != nil { // its five seconds are long over
		return tea.Sequence(r.fire(), func() tea.Msg { return lockMsg{} })
	}
	a.account.vault.Lock()
	a.listen.to(nil)
	a.notices = nil
	return r.show(newUnlock(a, a.texts.get("unlock.idle"), ""))
}
