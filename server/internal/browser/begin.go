package browser

import (
	"errors"
	"net/http"

	"hamconnect/passkey"
	"hamconnect/qr/pairing"
	"hamconnect/server/internal/ceremony"
	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/session"
	"hamconnect/server/internal/store"
)

// ErrNotAllowed says that the user was disabled or deleted after the approval.
var ErrNotAllowed = errors.New("browser: the user may no longer sign in")

// Method is how the person of a pairing authenticated.
func Method(p pairing.Pairing) string {
	if p.ByPasskey() {
		return session.ByPhone
	}
	return session.ByApp
}

// Opener is what they authenticated by.
func Opener(p pairing.Pairing) oauth.Opener {
	if p.ByPasskey() {
		return oauth.Opener{Method: Method(p), ID: p.Claim.PasskeyID}
	}
	return oauth.Opener{Method: Method(p), ID: p.Claim.DeviceID}
}

// FromPairing gives the session that a finished pairing of a kind that SignsIn
// begins; u is who approved it.
func (k *Keeper) FromPairing(p pairing.Pairing, u oauth.User) (session.Session, session.Pair, error) {
	if u.Disabled {
		return session.Session{}, session.Pair{}, ErrNotAllowed
	}
	s, pair := session.Begin(k.Now(), u.ID, Method(p), Opener(p).ID, p.Browser.Name, p.Browser.Address)
	return s, pair, nil
}

// FromPasskey checks an assertion and stores the session that it begins. Its
// refusals are those of package ceremony.
func (k *Keeper) FromPasskey(r *http.Request, passkeys *passkey.RelyingParty, answer passkey.Answer) (Visitor, session.Pair, error) {
	login, err := passkeys.FinishLogin(r.Context(), answer)
	if err != nil {
		return Visitor{}, session.Pair{}, ceremony.Refuse(r.Context(), k.Log, k.DB, passkeys, err)
	}
	user, err := k.DB.User(r.Context(), login.UserID)
	if errors.Is(err, store.ErrNotFound) || err == nil && user.Disabled {
		return Visitor{}, session.Pair{}, ceremony.Disabled
	}
	if err != nil {
		return Visitor{}, session.Pair{}, err
	}
	s, pair := session.Begin(k.Now(), user.ID, session.ByPasskey, login.Credential.ID, session.BrowserName(r.UserAgent()), limit.Address(r))
	err = k.DB.AddPasskeySession(r.Context(), s)
	if errors.Is(err, store.ErrNotFound) { // removed, or disabled, in this very moment
		return Visitor{}, session.Pair{}, ceremony.Disabled
	}
	if err != nil {
		return Visitor{}, session.Pair{}, err
	}
	k.Log.InfoContext(r.Context(), "signed in with a passkey", "user", user.Nickname, "browser", s.Browser, "address", s.Address)
	return Visitor{s, user}, pair, nil
}

// FromCode gives the session that a spent code of a front end's own client
// begins. It ends with the Ham app or passkey by which the person was signed
// in when the code was made.
func (k *Keeper) FromCode(c oauth.Code, r *http.Request) (session.Session, session.Pair) {
	method := c.Opener.Method
	if method == "" { // a code of the days before this was kept
		method = session.ByApp
	}
	return session.Begin(k.Now(), c.UserID, method, c.Opener.ID, session.BrowserName(r.UserAgent()), limit.Address(r))
}
