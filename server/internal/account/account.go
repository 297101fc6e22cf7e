package account

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"hamconnect/passkey"
	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/person"
	"hamconnect/server/internal/picture"
	"hamconnect/server/internal/session"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

// Account serves the person's own pages. All fields but Passkeys are required.
type Account struct {
	DB      *store.DB
	Acts    *person.Acts
	Log     *slog.Logger
	Now     func() time.Time
	Pages   *web.Pages
	Secure  bool     // the public URL is https
	FormKey [32]byte // of the tokens in forms, and of the cookies' seals

	Passkeys   *passkey.RelyingParty // nil where the address can have none
	Tries      *limit.Rate           // passkey logins begun, by address
	Recoveries *limit.Rate           // recovery codes tried, by address
	Changes    *limit.Rate           // forms of the account page, by user
	Uploads    *limit.Gauge          // pictures on their way, by user
	Pictures   *picture.Fetcher

	// Enrolment makes the right to connect a Ham app, and its link.
	Enrolment func(userID string) (store.Enrolment, string)

	// SignIn writes the page that signs a browser in, or has who is signed in
	// already do it anew: then it is given their nickname.
	SignIn func(w http.ResponseWriter, r *http.Request, nickname string) error
}

var (
	// ErrSignedOut: nobody is signed in here, or no longer.
	ErrSignedOut = errors.New("account: signed out")
	// ErrTooMany: too many recovery codes of this address, or changes of this
	// account.
	ErrTooMany = errors.New("account: too many from this address")
	// ErrForm: a form without its token, or of another session.
	ErrForm = errors.New("account: a form of another session")
)

// Visitor is who is signed in in the browser that asks.
type Visitor struct {
	Session session.Session
	User    oauth.User
}

// Visitor gives who is signed in, or ErrSignedOut. A session secret that has
// gone idle is replaced with the help of the refresh secret, in new cookies.
// What answers r speaks the person's language from then on.
func (a *Account) Visitor(w http.ResponseWriter, r *http.Request) (Visitor, error) {
	v, err := a.bySession(r)
	if errors.Is(err, ErrSignedOut) {
		v, err = a.byRefresh(w, r)
	}
	if err == nil && v.User.Disabled {
		return Visitor{}, ErrSignedOut
	}
	if err == nil {
		web.Speak(r, v.User.Language)
	}
	return v, err
}

// bySession goes by the cookie that opens pages.
func (a *Account) bySession(r *http.Request) (Visitor, error) {
	id, secret := a.cookie(r, sessionCookie)
	if id == "" {
		return Visitor{}, ErrSignedOut
	}
	s, u, err := a.DB.Session(r.Context(), id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return Visitor{}, ErrSignedOut
	case err != nil:
		return Visitor{}, err
	case !s.Secret.Matches(secret):
		return Visitor{}, ErrSignedOut
	}
	write, err := s.Use(a.Now())
	if err != nil {
		return Visitor{}, ErrSignedOut
	}
	if write {
		_, err := a.DB.UpdateSession(r.Context(), id, func(s *session.Session) error {
			_, err := s.Use(a.Now())
			return err
		})
		if err != nil && !errors.Is(err, store.ErrNotFound) && !errors.Is(err, session.ErrOver) {
			return Visitor{}, err
		}
	}
	return Visitor{s, u}, nil
}

// byRefresh goes by the cookie that buys a new pair. One that was used before,
// too long ago for a retry, ends the session: somebody has a copy.
func (a *Account) byRefresh(w http.ResponseWriter, r *http.Request) (Visitor, error) {
	id, refresh := a.cookie(r, refreshCookie)
	if id == "" {
		return Visitor{}, ErrSignedOut
	}
	var pair session.Pair
	s, err := a.DB.UpdateSession(r.Context(), id, func(s *session.Session) (err error) {
		pair, _, err = s.Buy(a.Now(), refresh)
		return err
	})
	switch {
	case errors.Is(err, session.ErrReused):
		a.Log.WarnContext(r.Context(), "a refresh secret was used twice; the browser is signed out", "session", id)
		if err := a.DB.EndStolenSession(r.Context(), s); err != nil {
			return Visitor{}, err
		}
		return Visitor{}, ErrSignedOut
	case errors.Is(err, store.ErrNotFound), errors.Is(err, session.ErrOver):
		return Visitor{}, ErrSignedOut
	case err != nil:
		return Visitor{}, err
	}
	a.setCookies(w, s, pair)
	u, err := a.DB.User(r.Context(), s.UserID)
	if errors.Is(err, store.ErrNotFound) {
		return Visitor{}, ErrSignedOut
	}
	return Visitor{s, u}, err
}

// SignedIn gives the browser its cookies. A session that it had before ends,
// also one that was idle: nobody is left signed in behind the one who signs in
// now.
func (a *Account) SignedIn(w http.ResponseWriter, r *http.Request, s session.Session, pair session.Pair) {
	for _, name := range []string{sessionCookie, refreshCookie} {
		id, _ := a.cookie(r, name)
		if id == "" || id == s.ID {
			continue
		}
		err := a.DB.DropSession(r.Context(), id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			a.Log.ErrorContext(r.Context(), "ending the session before", "error", err)
		}
	}
	a.setCookies(w, s, pair)
	a.remember(w, s.UserID)
}

// formToken is what the forms of a session carry.
func (a *Account) formToken(s session.Session) string { return a.mac("form", s.ID) }

// mac is HMAC-SHA-256 over texts, in base64url.
func (a *Account) mac(texts ...string) string {
	mac := hmac.New(sha256.New, a.FormKey[:])
	mac.Write([]byte("hamconnect account\x00" + strings.Join(texts, "\x00")))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// isForm reports whether token is that of the session's forms.
func (a *Account) isForm(s session.Session, token string) bool {
	return hmac.Equal([]byte(token), []byte(a.formToken(s)))
}
