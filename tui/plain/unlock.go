package plain

import (
	"errors"
	"time"

	"hamconnect/tui/client"
	"hamconnect/tui/internal/rules"
)

// vault is the key of an account, as far as the conversation needs it;
// *client.Account is one.
type vault interface {
	Sealing() client.Sealing
	Locked() bool
	Lock()
	Unlock(passphrase string) error
}

// idleFor is how long nothing has to be typed until a sealed key is locked.
const idleFor = 10 * time.Minute

// errLocked: the key was locked, and that was told.
var errLocked = errors.New("the key was locked")

// locked reports whether the account's key has to be unlocked first.
func (a *account) locked() bool { return a.vault != nil && a.vault.Locked() }

// idle starts a clock that is over when nothing was typed for idleFor; there
// is none where no key could be locked.
func (s *session) idle() (over <-chan time.Time, stop func()) {
	if s.account == nil || s.account.vault == nil || s.account.vault.Sealing() != client.Passphrase || s.account.locked() {
		return nil, func() {}
	}
	t := time.NewTimer(idleFor - rules.Away(s.now(), s.typed))
	return t.C, func() { t.Stop() }
}

// lock forgets the key. Whatever was asked is over: who comes back may be
// somebody else.
func (s *session) lock() error {
	s.quiet()
	s.account.vault.Lock()
	s.say("unlock.idle")
	return errLocked
}

// unlock asks for the passphrase of the account's key. b leads to the other
// accounts, which may need none.
func (s *session) unlock() error {
	s.explain = "unlock.help"
	passphrase, err := s.secret(s.get("unlock.ask", s.account.name, s.account.host))
	if errors.Is(err, errBack) {
		return s.switchAccount()
	}
	if err != nil {
		return err
	}
	s.say("unlock.doing")
	if err := s.account.vault.Unlock(passphrase); err != nil {
		return s.fails("unlock.what", err)
	}
	s.begun = false
	return nil
}

// secret has a text typed that no terminal shows, and takes it as it is.
func (s *session) secret(question string) (string, error) {
	if s.hide != nil {
		show, err := s.hide()
		if err != nil {
			s.say("unlock.shown")
		} else {
			before := s.noEcho
			s.noEcho = true
			defer func() { s.noEcho = before; show() }()
		}
	}
	for {
		typed, err := s.answer(func() string { return question })
		if err != nil || typed.text != "" {
			return typed.raw, err
		}
	}
}
