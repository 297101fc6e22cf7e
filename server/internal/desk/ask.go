package desk

import (
	"errors"
	"net/http"
	"strings"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

// A browser that knows who is to sign in can ask that person's Ham apps, in
// place of being scanned. It knows them because they were signed in in it, or
// because the app names them (login_hint). Nobody is asked who has not turned
// that on; and what a browser is told never says whether somebody whom the
// hint names exists, or wants to be asked.

// ErrTooOften is returned where a person was asked too often lately.
var ErrTooOften = errors.New("desk: asked too often")

// maxHint bounds a login_hint, in bytes.
const maxHint = 128

// askable is whom the page of a request may ask.
func (d *Desk) askable(r *http.Request, kind pairing.Kind, hint string) (*web.AskPhone, error) {
	u, err := d.remembered(r)
	switch {
	case err == nil && u.Asks:
		return &web.AskPhone{Nickname: u.Nickname}, nil
	case err != nil && !errors.Is(err, store.ErrNotFound):
		return nil, err
	case kind == pairing.KindAuthorize && hint != "" && len(hint) <= maxHint:
		return &web.AskPhone{Hint: hint}, nil
	}
	return nil, nil
}

// remembered is who was signed in in this browser last.
func (d *Desk) remembered(r *http.Request) (oauth.User, error) {
	id, since := d.Remembered(r)
	if id == "" {
		return oauth.User{}, store.ErrNotFound
	}
	u, err := d.DB.User(r.Context(), id)
	if err == nil && (u.Disabled || since.Before(u.KnownSince)) {
		err = store.ErrNotFound
	}
	return u, err
}

// Ask answers POST …/pairing/{id}/ask: the request appears in the person's Ham
// apps by itself. The check number is asked for all the same.
func (d *Desk) Ask(w http.ResponseWriter, r *http.Request) error {
	p, _, err := d.mine(r)
	if err != nil {
		return err
	}
	source := limit.AddressKey(limit.Address(r))
	if !d.Begins.Allow(source) {
		return ErrTooMany
	}
	p.Settle(d.Now())
	if p.State != pairing.Waiting {
		return &pairing.StateError{State: p.State}
	}
	hinted := r.PostFormValue("login_hint") != ""
	u, err := d.asked(r, p)
	if err == nil {
		err = d.DB.AddAsk(r.Context(), store.Ask{PairingID: p.ID, UserID: u.ID, Source: source, Hinted: hinted})
	}
	switch {
	case err == nil:
		d.Log.InfoContext(r.Context(), "asked a person's Ham apps", "pairing", p.ID, "user", u.Nickname)
	case errors.Is(err, store.ErrNotFound), hinted && errors.Is(err, store.ErrTooOften): // which of them it is, is nobody's business
	case errors.Is(err, store.ErrTooOften):
		return ErrTooOften
	default:
		return err
	}
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	http.Redirect(w, r, plainPath(p)+"?asked=1", http.StatusSeeOther) //nolint:gosec // a path of our own
	return nil
}

// asked is who the form means.
func (d *Desk) asked(r *http.Request, p pairing.Pairing) (oauth.User, error) {
	hint := r.PostFormValue("login_hint")
	if hint == "" {
		return d.remembered(r)
	}
	if p.Kind != pairing.KindAuthorize || len(hint) > maxHint {
		return oauth.User{}, store.ErrNotFound
	}
	return d.DB.UserByOpenID(r.Context(), p.Request.ClientID, hint)
}
