package client

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"unicode/utf8"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
)

// SignedInError says that Enroll found an account and was not told to replace it.
type SignedInError struct{ Account *Account }

func (e *SignedInError) Error() string {
	return fmt.Sprintf("this device is signed in to %s as %s already; sign out first", e.Account.Server, e.Account.Name())
}

// Enroll makes a key for this device, has the server of link accept it, and
// keeps the account in o.Dir. The link's code is spent by it. Unless o.Replace
// is set an account that is already there stays, and the error is a
// *SignedInError.
func Enroll(ctx context.Context, link qr.Link, o Options) (*Account, error) {
	if link.Kind != qr.KindEnroll {
		return nil, errors.New("this is not an enrol link; one looks like https://HOST/enroll/CODE")
	}
	if !isOrigin(link.Origin) {
		return nil, errors.New("the enrol link would send the key's proof unprotected; it has to begin with https://")
	}
	a, err := newAccount(o)
	if err != nil {
		return nil, err
	}
	if !o.Replace {
		if old, err := Load(o); err == nil {
			return nil, &SignedInError{old}
		} else if !errors.Is(err, ErrNotSignedIn) {
			return nil, err
		}
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the device key: %w", err)
	}
	a.Server, a.key = link.Origin, key
	record := file{Server: a.Server, Key: key.Seed()}
	draft, err := prepare(a.dir, record)
	if err != nil {
		return nil, err
	}
	me, err := a.enroll(ctx, pairing.Enroll{Code: link.Code, DeviceName: deviceName(o.DeviceName)})
	if err != nil {
		return nil, errors.Join(err, removeDraft(draft))
	}
	a.UserID, a.Nickname, a.DeviceID = me.UserID, me.Nickname, me.DeviceID
	record.UserID, record.Nickname, record.DeviceID = me.UserID, me.Nickname, me.DeviceID
	if err := keep(a.dir, draft, record); err != nil {
		return nil, fmt.Errorf("the server accepted this device, but it cannot be kept in %s: %w", filepath.Clean(a.dir), err)
	}
	return a, nil
}

func (a *Account) enroll(ctx context.Context, e pairing.Enroll) (pairing.Me, error) {
	text, err := a.post(ctx, "/app/v1/enroll", e)
	if err != nil {
		if f, ok := errors.AsType[*Failure](err); ok {
			f.enrolling = true
		}
		return pairing.Me{}, err
	}
	me, _, err := decode[pairing.Me](a, text)
	if err == nil && (me.UserID == "" || me.DeviceID == "") {
		err = a.odd("it does not say who is signed in")
	}
	return me, err
}

func removeDraft(draft string) error {
	if err := os.Remove(draft); err != nil {
		return fmt.Errorf("removing %s: %w", draft, err)
	}
	return nil
}

// deviceName is 1 to 64 characters, as the server wants it.
func deviceName(name string) string {
	if name == "" {
		name, _ = os.Hostname()
	}
	name = cmp.Or(Clean(name), "Ham app")
	if utf8.RuneCountInString(name) > 64 {
		name = string([]rune(name)[:64])
	}
	return name
}
