package phone

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"hamconnect/passkey"
	"hamconnect/qr/pairing"
	"hamconnect/server/internal/ceremony"
	"hamconnect/server/internal/claim"
	"hamconnect/server/internal/follow"
	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/session"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

var (
	// ErrForm: a form without its token, or that of another claim.
	ErrForm = errors.New("phone: a form of another claim")
	// ErrDisabled: the person may not sign in any more.
	ErrDisabled = errors.New("phone: the person is disabled")
	// ErrTooMany: too many pages of this address wait.
	ErrTooMany = errors.New("phone: too many from this address")
	// ErrRemoved: the passkey that claimed, or its person, has been removed.
	ErrRemoved = errors.New("phone: the passkey has been removed")
)

// Phone serves the phone's browser. All fields but Passkeys are required.
type Phone struct {
	DB        *store.DB
	Log       *slog.Logger
	Now       func() time.Time
	PublicURL string // the origin: scheme, host, port; no slash at the end
	Secure    bool   // the public URL is https
	Codes     pairing.Codes
	Pages     *web.Pages
	Claims    *claim.Claims

	Passkeys *passkey.RelyingParty // nil where the address can have none
	Tries    *limit.Rate           // ceremonies begun, by address
	Waits    *limit.Gauge          // pages that wait, by address
	Follower *follow.Follower

	// Visitor gives the id of who is signed in in this browser, or "".
	Visitor func(http.ResponseWriter, *http.Request) (userID string, err error)
}

// Open answers GET /Q/{code}. Whether the code is good is not looked at: who
// only opens a link learns nothing, and changes nothing.
func (p *Phone) Open(w http.ResponseWriter, r *http.Request) error {
	code := r.PathValue("code")
	link := web.AppLink{Kind: web.PairLink, Link: p.PublicURL + "/Q/" + code}
	if p.Passkeys == nil {
		return p.Pages.AppLink(w, r, link)
	}
	return p.Pages.PhoneStart(w, r, web.PhoneStart{AppLink: link, Code: code})
}

// purpose is what an assertion counts for: this pairing and nothing else.
func purpose(id string) string { return "pairing " + id }

// read gives what a script sent, the pairing of its code, and who is signed in.
func (p *Phone) read(w http.ResponseWriter, r *http.Request) (in ceremony.Answer, id, userID string, err error) {
	if in, err = ceremony.Read(r); err != nil {
		return in, "", "", err
	}
	if id, _, err = p.Codes.Open(in.Code); err != nil {
		return in, "", "", err
	}
	userID, err = p.Visitor(w, r)
	return in, id, userID, err
}

// Options answers POST /Q/options. Who is signed in is asked for a passkey of
// their own; anybody else for whichever the phone has.
func (p *Phone) Options(w http.ResponseWriter, r *http.Request) error {
	if p.Passkeys == nil {
		return ceremony.Off
	}
	if !p.Tries.Allow(limit.AddressKey(limit.Address(r))) {
		return ceremony.TooMany
	}
	_, id, userID, err := p.read(w, r)
	if err != nil {
		return err
	}
	ask := passkey.Ask{Purpose: purpose(id), UserID: userID}
	if userID != "" {
		if ask.Offer, err = p.DB.Passkeys(r.Context(), userID); err != nil {
			return err
		}
		if len(ask.Offer) == 0 {
			return ceremony.NoPasskey
		}
	}
	begun, err := p.Passkeys.BeginLogin(r.Context(), ask)
	if err != nil {
		return err
	}
	return ceremony.Write(w, begun)
}

// next tells the script where the claim's page is.
func next(w http.ResponseWriter, id string) error {
	return web.JSON(w, struct {
		Next string `json:"next"`
	}{pagePath(id)})
}

// Claim answers POST /Q/claim.
func (p *Phone) Claim(w http.ResponseWriter, r *http.Request) error {
	if p.Passkeys == nil {
		return ceremony.Off
	}
	if !p.Tries.Allow(limit.AddressKey(limit.Address(r))) {
		return ceremony.TooMany
	}
	in, id, userID, err := p.read(w, r)
	if err != nil {
		return err
	}
	if _, _, err := p.mine(r, id); err == nil { // the same claim again
		return next(w, id)
	} else if !errors.Is(err, pairing.ErrNotFound) {
		return err
	}
	login, err := p.Passkeys.FinishLogin(r.Context(), passkey.Answer{Ceremony: in.Ceremony, Purpose: purpose(id), UserID: userID, JSON: in.JSON})
	if err != nil {
		return ceremony.Refuse(r.Context(), p.Log, p.DB, p.Passkeys, err)
	}
	user, err := p.DB.User(r.Context(), login.UserID)
	if errors.Is(err, store.ErrNotFound) || err == nil && user.Disabled {
		return ceremony.Disabled
	}
	if err != nil {
		return err
	}
	secret := oauth.NewSecret()
	_, err = p.Claims.Scan(r.Context(), in.Code, claim.Person{
		Device: pairing.Device{
			ID: deviceID(secret), PasskeyID: login.Credential.ID, UserID: user.ID, Nickname: user.Nickname, AvatarURL: user.AvatarURL,
		},
		Name: session.BrowserName(r.UserAgent()),
		Apps: user.MayUseApps(),
	})
	if err != nil {
		return err
	}
	p.setSecret(w, id, secret)
	return next(w, id)
}
