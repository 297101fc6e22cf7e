package openmaster

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"hamconnect/server/internal/clientauth"
	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/password"
	"hamconnect/server/internal/store"
)

// errWrong says that email and password do not belong together, that nobody
// has this email, or that who has it may not sign in: these are not told apart,
// by words or by time.
var errWrong = errors.New("openmaster: wrong email or password")

// Waiting is how long somebody must wait before the next password is looked
// at.
type Waiting struct{ Left time.Duration }

func (w *Waiting) Error() string { return "openmaster: passwords have to wait" }

// Unwrap gives the refusal that the client reads.
func (w *Waiting) Unwrap() error {
	seconds := int(math.Ceil(w.Left.Seconds()))
	return &oauth.Error{
		Code:        oauth.SlowDown,
		Description: fmt.Sprintf("Too many wrong passwords for this account or from this address. Try again in %d s", seconds),
	}
}

func guesses(kind, name string, free int, forgive time.Duration) store.Guesses {
	return store.Guesses{
		Key:     oauth.Secret(kind + "\x00" + name).Hash(),
		Forgive: forgive,
		Wait:    func(failures int) time.Duration { return password.Wait(failures, free) },
	}
}

// signIn gives the person of an email address and password, and the hash that
// the password was compared with. A try is counted before it is made, for the
// account, whether there is such a one or not, and for the address; so neither
// many at once nor many addresses make guessing faster. Behind the address of an
// app's server are all who use the app: what is wrong there is soon forgotten.
func (o *OpenMaster) signIn(r *http.Request, with clientauth.Credentials) (oauth.User, string, error) {
	ctx := r.Context()
	leave, err := o.Passwords.Enter()
	if err != nil { // before anything is written: a flood costs next to nothing
		return oauth.User{}, "", &Waiting{5 * time.Second}
	}
	defer leave()
	account := guesses("account", strings.ToLower(with.ID), password.FreeAccount, time.Hour)
	from := guesses("address", limit.AddressKey(limit.Address(r)), password.FreeAddress, 10*time.Second)
	left, err := o.DB.TryPassword(ctx, o.Now(), account, from)
	if err != nil {
		return oauth.User{}, "", fmt.Errorf("counting a password: %w", err)
	}
	if left > 0 {
		o.Log.InfoContext(ctx, "password not looked at: too many were wrong", "audit", true, "account", account.Key.Short(), "address", limit.Address(r), "wait", left.Round(time.Second))
		return oauth.User{}, "", &Waiting{left}
	}
	user, hash, err := o.DB.Password(ctx, with.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return oauth.User{}, "", fmt.Errorf("looking up a password: %w", err)
	}
	right, err := o.Passwords.Verify(ctx, with.Secret.Reveal(), hash)
	if err != nil { // it was not looked at, and counts for nothing
		err = errors.Join(err, o.DB.TakeBackTry(ctx, account), o.DB.TakeBackTry(ctx, from))
		if errors.Is(err, password.ErrBusy) {
			return oauth.User{}, "", &Waiting{5 * time.Second}
		}
		return oauth.User{}, "", err
	}
	if !right || !user.MayUseApps() {
		o.Log.InfoContext(ctx, "password refused", "audit", true, "account", account.Key.Short(), "address", limit.Address(r))
		return oauth.User{}, "", errWrong
	}
	err = errors.Join(o.DB.ForgetTries(ctx, account.Key), o.DB.TakeBackTry(ctx, from))
	return user, hash, err
}

// wrongCredentials turns a refusal into the form of the endpoint. What is
// ErrNotFound has gone since the password was looked at.
func wrongCredentials(err error, code oauth.ErrorCode) error {
	if errors.Is(err, errWrong) || errors.Is(err, store.ErrNotFound) {
		return &oauth.Error{Code: code, Description: "Email and password do not belong together"}
	}
	return err
}
