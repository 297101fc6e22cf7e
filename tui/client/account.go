package client

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
)

// Options say where an account lives and what its calls go through. The zero
// value is right for programs.
type Options struct {
	Dir        string            // configuration folder; DefaultDir if empty
	Account    string            // which account of Dir, as in Use; the one in use if empty
	DeviceName string            // for Enroll; the computer's name if empty
	Replace    bool              // for Enroll: give up the account that is already in Dir
	Add        bool              // for Enroll: leave those that are in Dir, and use the new one
	Transport  http.RoundTripper // http.DefaultTransport with tighter limits if nil
	Now        func() time.Time  // time.Now if nil
	// Passphrase is asked for the passphrase of a key that is sealed with one.
	// Without it Load gives such an account locked; see Unlock.
	Passphrase func() (string, error)

	Language string // of what the server says: en, zh or ja, unless the person has chosen one there
}

// DefaultDir is where accounts live unless something else is said: $HAM_CONFIG,
// or the folder "ham" in the user's folder for configurations.
func DefaultDir() (string, error) {
	if dir := os.Getenv("HAM_CONFIG"); dir != "" {
		return dir, nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("there is no folder for configurations; say one with --config: %w", err)
	}
	return filepath.Join(dir, "ham"), nil
}

// Account is one user on one server, on this device. Its methods may be
// called from several goroutines.
type Account struct {
	Server     string // origin of the server, the only one that is trusted
	UserID     string
	Nickname   string // as it was at the enrolment; Me knows the present one
	DeviceID   string
	DeviceName string // as it was at the enrolment; empty if that was long ago

	dir   string // of this account alone
	vault vault
	http  *http.Client
	now   func() time.Time

	language string
}

// Load reads the account of o.Dir that o.Account names, or the one in use. Its
// errors match ErrNotSignedIn when there is none, ErrPassphrase or ErrKeyring
// when its key cannot be unlocked, *NameError when none or
// several are called so, and *LooseError when others could read it.
func Load(o Options) (*Account, error) {
	h, err := o.home()
	if err != nil {
		return nil, err
	}
	name, err := h.chosen(o)
	if err != nil {
		return nil, err
	}
	a, err := h.load(o, name)
	if err != nil || !a.Locked() {
		return a, err
	}
	switch {
	case a.Sealing() == Keyring:
		err = a.Unlock("")
	case o.Passphrase != nil:
		var passphrase string
		if passphrase, err = o.Passphrase(); err == nil {
			err = a.Unlock(passphrase)
		}
	}
	if err != nil {
		return nil, err
	}
	return a, nil
}

// become takes what is kept of an account, which may have been edited.
func (a *Account) become(kept file) {
	a.Server = kept.Server
	a.put(kept)
	a.UserID, a.Nickname = Clean(kept.UserID), Clean(kept.Nickname)
	a.DeviceID, a.DeviceName = Clean(kept.DeviceID), Clean(kept.DeviceName)
}

// newAccount gives one that nothing is known of but where it is to be kept.
func newAccount(o Options, dir string) *Account {
	transport := o.Transport
	if transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxResponseHeaderBytes = maxAnswer
		transport = t
	}
	now := o.Now
	if now == nil {
		now = time.Now
	}
	return &Account{
		dir: dir, now: now, language: o.Language,
		http: &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Check refuses a link of another server than the account's with a
// *HostError. A ham:// link names no server and passes: it goes to the
// account's own.
func (a *Account) Check(link qr.Link) error {
	if link.Kind != qr.KindAuthorize && link.Kind != qr.KindLogin && link.Origin != a.Server {
		return &HostError{Link: Clean(link.Origin), Enrolled: a.Server}
	}
	return nil
}

// Me asks the server who this device is signed in as, and what the person has
// not seen yet on it: maxNotices at most, latest first.
func (a *Account) Me(ctx context.Context) (pairing.Me, error) {
	text, err := a.get(ctx, "/app/v1/me", "", 0)
	if err != nil {
		return pairing.Me{}, err
	}
	me, raw, err := decode[pairing.Me](a, text)
	switch {
	case err != nil:
		return pairing.Me{}, err
	case me.UserID == "" || me.DeviceID == "":
		return pairing.Me{}, a.odd("it does not say who is signed in")
	}
	if err := a.checkRequests(&me, raw); err != nil {
		return me, err
	}
	return me, a.checkNotices(&me, raw)
}

// Logout has the server forget this device's key, and wipes it here. If the
// server cannot be reached the key stays, so that Logout can be tried again;
// Forget wipes it all the same.
func (a *Account) Logout(ctx context.Context) error {
	if err := a.Leave(ctx); err != nil {
		return err
	}
	return a.Forget()
}

// Leave has the server forget this device's key and touches nothing here: for
// an account whose place another one has taken.
func (a *Account) Leave(ctx context.Context) error {
	if _, err := a.post(ctx, "/app/v1/logout", nil); err != nil && !errors.Is(err, ErrNotSignedIn) {
		return err
	}
	return nil
}

// Forget wipes the account from this device and tells no server. The other
// accounts stay; if this one was in use, another is from now on. Where another
// program has put a new key in its place meanwhile, there is nothing to wipe.
func (a *Account) Forget() error {
	return locked(a.dir, func() error {
		kept, err := read(a.dir)
		if err == nil && !bytes.Equal(kept.public(), a.public()) {
			return nil
		}
		if err := wipe(a.dir); err != nil {
			return err
		}
		return kept.forgetElsewhere()
	})
}

// Name is what to call the person: the nickname, or the id where there is none.
func (a *Account) Name() string { return cmp.Or(a.Nickname, a.UserID, "somebody") }
