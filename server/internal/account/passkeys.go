package account

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"

	"hamconnect/passkey"
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

// Refusal is what the page's script is told; Reason is a key for the text.
type Refusal struct {
	Status int
	Reason string
	Signal json.RawMessage // for PublicKeyCredential.signalUnknownCredential
	Detail string          // what was expected, where that helps
}

func (r *Refusal) Error() string { return "account: passkey refused: " + r.Reason }

// The refusals that are not package passkey's own.
var (
	errOff      = &Refusal{Status: http.StatusNotFound, Reason: "off"}
	errTooMany  = &Refusal{Status: http.StatusTooManyRequests, Reason: "slow_down"}
	errDisabled = &Refusal{Status: http.StatusForbidden, Reason: "disabled"}
	errStepUp   = &Refusal{Status: http.StatusForbidden, Reason: "step_up"}
	errForeign  = &Refusal{Status: http.StatusForbidden, Reason: "form"}
	errBody     = &Refusal{Status: http.StatusBadRequest, Reason: "malformed"}
)

// begunJSON is a ceremony for the page's script.
type begunJSON struct {
	Ceremony string          `json:"ceremony"`
	Options  json.RawMessage `json:"options"`
}

// answerJSON is what the script brings back.
type answerJSON struct {
	Form     string          `json:"form,omitempty"` // of the account page
	Ceremony string          `json:"ceremony"`
	Answer   json.RawMessage `json:"answer"` // PublicKeyCredential.toJSON()
}

// LoginOptions answers POST /passkeys/login/options: a fresh challenge for the
// button or for autofill.
func (a *Account) LoginOptions(w http.ResponseWriter, r *http.Request) error {
	if a.Passkeys == nil {
		return errOff
	}
	if !a.Tries.Allow(limit.AddressKey(limit.Address(r))) {
		return errTooMany
	}
	begun, err := a.Passkeys.BeginLogin(r.Context(), passkey.Ask{Purpose: purposeLogin})
	if err != nil {
		return err
	}
	return web.JSON(w, begunJSON{begun.Ceremony, begun.Options})
}

// Login answers POST /passkeys/login: the browser is signed in.
func (a *Account) Login(w http.ResponseWriter, r *http.Request) error {
	if a.Passkeys == nil {
		return errOff
	}
	var in answerJSON
	if err := readJSON(r, &in); err != nil {
		return err
	}
	login, err := a.Passkeys.FinishLogin(r.Context(), passkey.Answer{Ceremony: in.Ceremony, Purpose: purposeLogin, JSON: in.Answer})
	if err != nil {
		return a.refused(r.Context(), err)
	}
	user, err := a.DB.User(r.Context(), login.UserID)
	if errors.Is(err, store.ErrNotFound) || err == nil && user.Disabled {
		return errDisabled
	}
	if err != nil {
		return err
	}
	s, pair := session.Begin(a.Now(), user.ID, session.ByPasskey, login.Credential.ID, session.BrowserName(r.UserAgent()), limit.Address(r))
	if err := a.DB.AddSession(r.Context(), s); err != nil {
		return err
	}
	a.SignedIn(w, r, s, pair)
	a.Log.InfoContext(r.Context(), "signed in with a passkey", "user", user.Nickname, "browser", s.Browser, "address", s.Address)
	return web.JSON(w, struct{}{})
}

// refused turns a refusal of package passkey into one for the page.
func (a *Account) refused(ctx context.Context, err error) error {
	var e *passkey.Error
	if !errors.As(err, &e) {
		return err
	}
	a.Log.WarnContext(ctx, "passkey refused", "reason", string(e.Reason), "expected", e.Expected)
	refusal := &Refusal{Status: http.StatusForbidden, Reason: string(e.Reason)}
	switch e.Reason {
	case passkey.WrongOrigin, passkey.WrongRPID:
		refusal.Detail = e.Expected
	case passkey.UnknownCredential:
		if signal, err := a.Passkeys.UnknownCredential(e.CredentialID); err == nil {
			refusal.Signal = signal
		}
	default: // the reason says it all
	}
	return refusal
}

// AddOptions answers POST /account/passkeys/options.
func (a *Account) AddOptions(w http.ResponseWriter, r *http.Request) error {
	v, _, err := a.adding(w, r)
	if err != nil {
		return err
	}
	existing, err := a.DB.Passkeys(r.Context(), v.User.ID)
	if err != nil {
		return err
	}
	begun, err := a.Passkeys.BeginRegistration(r.Context(), purposeAdd(v.Session),
		passkey.User{ID: v.User.ID, Name: v.User.Nickname, DisplayName: v.User.Nickname}, existing)
	if err != nil {
		return a.refused(r.Context(), err)
	}
	return web.JSON(w, begunJSON{begun.Ceremony, begun.Options})
}

// Add answers POST /account/passkeys.
func (a *Account) Add(w http.ResponseWriter, r *http.Request) error {
	v, in, err := a.adding(w, r)
	if err != nil {
		return err
	}
	added, err := a.Passkeys.FinishRegistration(r.Context(), passkey.Answer{
		Ceremony: in.Ceremony, Purpose: purposeAdd(v.Session), UserID: v.User.ID, JSON: in.Answer,
	})
	if err != nil {
		return a.refused(r.Context(), err)
	}
	a.Log.InfoContext(r.Context(), "passkey added", "user", v.User.Nickname, "name", added.Name)
	return web.JSON(w, struct{}{})
}

// adding checks who wants to add a passkey: signed in, a short while ago, on a
// page of this session.
func (a *Account) adding(w http.ResponseWriter, r *http.Request) (v Visitor, in answerJSON, err error) {
	if a.Passkeys == nil {
		return v, in, errOff
	}
	if v, err = a.Visitor(w, r); err != nil {
		return v, in, err
	}
	if err := readJSON(r, &in); err != nil {
		return v, in, err
	}
	switch {
	case !a.isForm(v.Session, in.Form):
		return v, in, errForeign
	case !v.Session.IsFresh(a.Now()):
		return v, in, errStepUp
	}
	return v, in, nil
}

// RenamePasskey takes the form that gives a passkey a name.
func (a *Account) RenamePasskey() func(http.ResponseWriter, *http.Request) error {
	return a.act(func(r *http.Request, v Visitor) error {
		name := r.PostForm.Get("name")
		if err := oauth.ValidName(name); err != nil {
			return ErrName
		}
		err := a.DB.UpdateCredential(r.Context(), r.PostForm.Get("passkey"), func(c *passkey.Credential) error {
			if c.UserID != v.User.ID {
				return store.ErrNotFound
			}
			c.Name = name
			return nil
		})
		if errors.Is(err, passkey.UnknownCredential) {
			err = store.ErrNotFound
		}
		return err
	})
}

// RemovePasskey takes the form that removes one. The person must have
// authenticated a short while ago.
func (a *Account) RemovePasskey() func(http.ResponseWriter, *http.Request) error {
	return a.sensitive(func(r *http.Request, v Visitor) error {
		return a.DB.RemovePasskey(r.Context(), a.removal(v, r.PostForm.Get("passkey")))
	})
}

// readJSON reads one JSON object. The routes bound its size.
func readJSON(r *http.Request, into any) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return errBody
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || json.Unmarshal(body, into) != nil {
		return errBody
	}
	return nil
}
