package account

import (
	"crypto/hmac"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"hamconnect/passkey"
	"hamconnect/server/internal/browser"
	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/person"
	"hamconnect/server/internal/picture"
	"hamconnect/server/internal/session"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

// Account serves the person's own pages. All fields but Passkeys are required.
type Account struct {
	DB     *store.DB
	Acts   *person.Acts
	Log    *slog.Logger
	Now    func() time.Time
	Pages  *web.Pages
	Keeper *browser.Keeper // made by Keep; its key is also that of the tokens in forms

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
	ErrSignedOut = browser.ErrSignedOut
	// ErrTooMany: too many recovery codes of this address, or changes of this
	// account.
	ErrTooMany = errors.New("account: too many from this address")
	// ErrForm: a form without its token, or of another session.
	ErrForm = errors.New("account: a form of another session")
)

// Visitor is who is signed in in the browser that asks.
type Visitor = browser.Visitor

// Visitor gives who is signed in, or ErrSignedOut. A session secret that has
// gone idle is replaced with the help of the refresh secret, in new cookies.
// What answers r speaks the person's language from then on.
func (a *Account) Visitor(w http.ResponseWriter, r *http.Request) (Visitor, error) {
	v, err := a.Keeper.BySession(r.Context(), value(r, a.Keeper.Session))
	if errors.Is(err, ErrSignedOut) {
		var pair session.Pair
		if v, pair, err = a.Keeper.ByRefresh(r.Context(), value(r, a.Keeper.Refresh)); err == nil {
			a.setCookies(w, v.Session, pair)
		}
	}
	if err == nil {
		web.Speak(r, v.User.Language)
	}
	return v, err
}

// SignedIn gives the browser its cookies, in the place of those of a session
// that it had before.
func (a *Account) SignedIn(w http.ResponseWriter, r *http.Request, s session.Session, pair session.Pair) {
	a.Keeper.Replace(r.Context(), value(r, a.Keeper.Session), value(r, a.Keeper.Refresh), s)
	a.setCookies(w, s, pair)
	a.remember(w, s.UserID)
}

// formToken is what the forms of a session carry.
func (a *Account) formToken(s session.Session) string { return a.mac("form", s.ID) }

func (a *Account) mac(texts ...string) string { return browser.MAC(a.Keeper.Key, label, texts...) }

// isForm reports whether token is that of the session's forms.
func (a *Account) isForm(s session.Session, token string) bool {
	return hmac.Equal([]byte(token), []byte(a.formToken(s)))
}
