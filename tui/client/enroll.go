package client

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
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

// TwiceError says that Enroll was to add an account that is kept here already,
// with a key that works. The link's code is spent, and nothing else has changed.
type TwiceError struct {
	Account *Account // the one that is here
	Device  string   // what the server calls it
}

func (e *TwiceError) Error() string {
	return fmt.Sprintf("%s is signed in to %s here already, as the device %q; the link is spent, and nothing was changed",
		e.Account.Name(), e.Account.Server, e.Device)
}

// Enroll makes a key for this device, has the server of link accept it, and
// keeps the account in o.Dir. The link's code is spent by it. An account that
// is already there stays, and the error is a *SignedInError, unless o.Replace
// says to give it up, or o.Add to keep the new one beside it and use that: then
// one of the same person on the same server is a *TwiceError.
func Enroll(ctx context.Context, link qr.Link, o Options) (*Account, error) {
	if link.Kind != qr.KindEnroll {
		return nil, errors.New("this is not an enrol link; one looks like https://HOST/enroll/CODE")
	}
	if !isOrigin(link.Origin) {
		return nil, errors.New("the enrol link would send the key's proof unprotected; it has to begin with https://")
	}
	h, err := o.home()
	if err != nil {
		return nil, err
	}
	name, replace, err := h.place(o)
	if err != nil {
		return nil, err
	}
	a := newAccount(o, h.folder(name))
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the device key: %w", err)
	}
	a.Server = link.Origin
	record := file{Server: a.Server, Key: key.Seed()}
	a.put(record)
	draft, err := h.prepare(name, record)
	if err != nil {
		return nil, err
	}
	me, err := a.enroll(ctx, pairing.Enroll{Code: link.Code, DeviceName: deviceName(o.DeviceName)})
	if err != nil {
		return nil, errors.Join(err, h.abandon(name, draft))
	}
	record.UserID, record.Nickname, record.DeviceID, record.DeviceName = me.UserID, me.Nickname, me.DeviceID, me.DeviceName
	a.become(record)
	var dead []*Account
	if o.Add {
		ctx := context.WithoutCancel(ctx) // the key is accepted: who stops now must not leave it halfway
		if dead, err = h.others(ctx, o, a); err != nil {
			return nil, errors.Join(err, a.Leave(ctx), h.abandon(name, draft))
		}
	}
	var before file // whose place it takes
	err = locked(a.dir, func() error {
		before, _ = read(a.dir) // there may be none, or a damaged one
		return keep(a.dir, draft, record, replace)
	})
	if errors.Is(err, fs.ErrExist) && !replace { // another program has enrolled meanwhile; both keys are accepted, so both stay
		name = rand.Text()
		a.dir = h.folder(name)
		err = os.MkdirAll(a.dir, 0o700)
		if err == nil {
			err = keep(a.dir, draft, record, false)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the server accepted this device, but it cannot be kept in %s: %w", filepath.Clean(a.dir), err)
	}
	if replace {
		err = before.forgetElsewhere()
	}
	if !o.Replace {
		err = h.settle(name)
	}
	for _, old := range dead {
		err = errors.Join(err, old.Forget())
	}
	if err != nil {
		return nil, fmt.Errorf("%s is signed in here now, but: %w", a.Handle(), err)
	}
	return a, nil
}

// place gives the name under which an enrolment keeps its account: that of the
// one that it may replace, else the first, else a new one.
func (h home) place(o Options) (name string, replace bool, err error) {
	if o.Replace {
		name, err := h.chosen(o)
		if !errors.Is(err, ErrNotSignedIn) {
			return name, true, err
		}
	} else if !o.Add {
		if old, err := Load(o); err == nil {
			return "", false, &SignedInError{old}
		} else if !errors.Is(err, ErrNotSignedIn) {
			return "", false, err
		}
	}
	if !present(h.folder(first)) {
		return first, false, nil
	}
	return rand.Text(), false, nil
}

// others looks for more accounts of the person that has just enrolled as a. One
// whose key still works is a *TwiceError; those whose key does not are given.
func (h home) others(ctx context.Context, o Options, a *Account) (dead []*Account, err error) {
	all, err := h.accounts(o)
	if err != nil {
		return nil, err
	}
	for _, k := range all {
		if k.Damaged != nil || k.Server != a.Server || k.UserID != a.UserID {
			continue
		}
		me, err := k.Me(ctx)
		if !errors.Is(err, ErrNotSignedIn) {
			return nil, &TwiceError{Account: k.Account, Device: cmp.Or(me.DeviceName, k.DeviceName, k.DeviceID)}
		}
		dead = append(dead, k.Account)
	}
	return dead, nil
}

// abandon takes away what an enrolment that came to nothing has made.
func (h home) abandon(name, draft string) error {
	err := removeDraft(draft)
	if name != first {
		_ = os.Remove(h.folder(name)) // it stays if it is of use to somebody
	}
	return err
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
	if err := os.Remove(draft); err != nil && !errors.Is(err, fs.ErrNotExist) { // another program may have swept it
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
