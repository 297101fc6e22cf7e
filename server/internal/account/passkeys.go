package account

import (
	"errors"
	"net/http"
	"net/url"

	"hamconnect/passkey"
	"hamconnect/server/internal/ceremony"
	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/session"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

// What a ceremony counts for. One that adds a passkey is bound to the session
// that asked for it.
const purposeLogin = "login"

func purposeAdd(s session.Session) string { return "add " + s.ID }

// LoginOptions answers POST /passkeys/login/options: a fresh challenge for the
// button or for autofill.
func (a *Account) LoginOptions(w http.ResponseWriter, r *http.Request) error {
	if a.Passkeys == nil {
		return ceremony.Off
	}
	if !a.Tries.Allow(limit.AddressKey(limit.Address(r))) {
		return ceremony.TooMany
	}
	begun, err := a.Passkeys.BeginLogin(r.Context(), passkey.Ask{Purpose: purposeLogin})
	if err != nil {
		return err
	}
	return ceremony.Write(w, begun)
}

// Login answers POST /passkeys/login: the browser is signed in.
func (a *Account) Login(w http.ResponseWriter, r *http.Request) error {
	if a.Passkeys == nil {
		return ceremony.Off
	}
	if !a.Tries.Allow(limit.AddressKey(limit.Address(r))) {
		return ceremony.TooMany
	}
	in, err := ceremony.Read(r)
	if err != nil {
		return err
	}
	v, pair, err := a.Keeper.FromPasskey(r, a.Passkeys, passkey.Answer{Ceremony: in.Ceremony, Purpose: purposeLogin, JSON: in.JSON})
	if err != nil {
		return err
	}
	a.SignedIn(w, r, v.Session, pair)
	return web.JSON(w, struct{}{})
}

// AddOptions answers POST /account/passkeys/options.
func (a *Account) AddOptions(w http.ResponseWriter, r *http.Request) error {
	v, _, err := a.adding(w, r)
	if err != nil {
		return err
	}
	return a.beginAdding(w, r, purposeAdd(v.Session), v.User)
}

// beginAdding gives the options for a new passkey of u.
func (a *Account) beginAdding(w http.ResponseWriter, r *http.Request, purpose string, u oauth.User) error {
	existing, err := a.DB.Passkeys(r.Context(), u.ID)
	if err != nil {
		return err
	}
	begun, err := a.Passkeys.BeginRegistration(r.Context(), purpose, passkey.User{ID: u.ID, Name: u.Nickname, DisplayName: u.Nickname}, existing)
	if err != nil {
		return ceremony.Refuse(r.Context(), a.Log, a.DB, a.Passkeys, err)
	}
	return ceremony.Write(w, begun)
}

// Add answers POST /account/passkeys.
func (a *Account) Add(w http.ResponseWriter, r *http.Request) error {
	v, in, err := a.adding(w, r)
	if err != nil {
		return err
	}
	rp := a.Passkeys.With(store.SessionCredentials{DB: a.DB, SessionID: v.Session.ID})
	err = a.finishAdding(w, r, rp, v.User, passkey.Answer{
		Ceremony: in.Ceremony, Purpose: purposeAdd(v.Session), UserID: v.User.ID, JSON: in.JSON,
	})
	if errors.Is(err, store.ErrNotFound) {
		return ErrSignedOut
	}
	return err
}

func (a *Account) finishAdding(w http.ResponseWriter, r *http.Request, rp *passkey.RelyingParty, u oauth.User, answer passkey.Answer) error {
	added, err := rp.FinishRegistration(r.Context(), answer)
	if err != nil {
		return ceremony.Refuse(r.Context(), a.Log, a.DB, a.Passkeys, err)
	}
	a.Log.InfoContext(r.Context(), "passkey added", "user", u.Nickname, "name", added.Name)
	return web.JSON(w, struct{}{})
}

// adding checks who wants to add a passkey: signed in, a short while ago, on a
// page of this session.
func (a *Account) adding(w http.ResponseWriter, r *http.Request) (v Visitor, in ceremony.Answer, err error) {
	if a.Passkeys == nil {
		return v, in, ceremony.Off
	}
	if !a.Tries.Allow(limit.AddressKey(limit.Address(r))) {
		return v, in, ceremony.TooMany
	}
	if v, err = a.Visitor(w, r); err != nil {
		return v, in, err
	}
	if in, err = ceremony.Read(r); err != nil {
		return v, in, err
	}
	switch {
	case !a.isForm(v.Session, in.Form):
		return v, in, ceremony.Foreign
	case !v.User.Leaves.IsZero():
		return v, in, ceremony.Disabled
	case !v.Session.IsFresh(a.Now()):
		if err := a.putDown(w, pending{UserID: v.User.ID, Section: "passkeys"}); err != nil {
			return v, in, err
		}
		return v, in, ceremony.StepUp
	}
	return v, in, nil
}

// renamePasskey gives a passkey another name.
func (a *Account) renamePasskey(_ http.ResponseWriter, r *http.Request, v Visitor) error {
	return a.Acts.RenamePasskey(r.Context(), v.User, r.PostForm.Get("passkey"), r.PostForm.Get("name"))
}

// removePasskey removes one, unless it is the last way in.
func (a *Account) removePasskey(_ http.ResponseWriter, r *http.Request, v Visitor) error {
	return a.Acts.RemovePasskey(r.Context(), v.User, r.PostForm.Get("passkey"), v.Session.ID)
}

func (a *Account) passkeyName(r *http.Request, v Visitor, fields url.Values) (string, error) {
	c, err := a.DB.Credential(r.Context(), fields.Get("passkey"))
	if errors.Is(err, passkey.UnknownCredential) || err == nil && c.UserID != v.User.ID {
		return "", store.ErrNotFound
	}
	return c.Name, err
}
