package account

import (
	"context"
	"encoding/hex"
	"errors"
	"net/http"

	"hamconnect/passkey"
	"hamconnect/server/internal/ceremony"
	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

// ErrLinkOver is returned for a link for adding a passkey that is not known,
// was used, or is too old.
var ErrLinkOver = errors.New("account: no such link")

// purposeLink binds a ceremony to the link that began it.
func purposeLink(code oauth.Hash) string { return "link " + hex.EncodeToString(code[:]) }

// link gives whose link a code is.
func (a *Account) link(ctx context.Context, r *http.Request, code string) (oauth.User, oauth.Hash, error) {
	if a.Passkeys == nil {
		return oauth.User{}, oauth.Hash{}, ceremony.Off
	}
	if !a.Tries.Allow(limit.AddressKey(limit.Address(r))) {
		return oauth.User{}, oauth.Hash{}, ceremony.TooMany
	}
	hash := readCode(code).Hash()
	u, err := a.DB.PasskeyLink(ctx, hash, a.Now())
	if errors.Is(err, store.ErrNotFound) || err == nil && !u.MayUseApps() {
		err = ErrLinkOver
	}
	return u, hash, err
}

// LinkPage answers GET /passkey/{code}: it says whose account gets the
// passkey, and has a button. Showing it uses nothing up.
func (a *Account) LinkPage(w http.ResponseWriter, r *http.Request) error {
	u, _, err := a.link(r.Context(), r, r.PathValue("code"))
	var refused *ceremony.Refusal
	if errors.As(err, &refused) && refused == ceremony.TooMany {
		err = ErrTooMany
	} else if refused != nil {
		err = ErrLinkOver
	}
	if err != nil {
		return err
	}
	return a.Pages.AddPasskey(w, r, web.AddPasskeyPage{Nickname: u.Nickname, Code: r.PathValue("code")})
}

// LinkOptions answers POST /passkeys/add/options.
func (a *Account) LinkOptions(w http.ResponseWriter, r *http.Request) error {
	in, err := ceremony.Read(r)
	if err != nil {
		return err
	}
	u, code, err := a.link(r.Context(), r, in.Code)
	if err != nil {
		return err
	}
	return a.beginAdding(w, r, purposeLink(code), u)
}

// LinkAdd answers POST /passkeys/add: the passkey is stored and the link spent,
// in one step. It signs nobody in: the passkey will.
func (a *Account) LinkAdd(w http.ResponseWriter, r *http.Request) error {
	in, err := ceremony.Read(r)
	if err != nil {
		return err
	}
	u, code, err := a.link(r.Context(), r, in.Code)
	if err != nil {
		return err
	}
	rp := a.Passkeys.With(store.LinkedCredentials{DB: a.DB, Code: code})
	err = a.finishAdding(w, r, rp, u, passkey.Answer{Ceremony: in.Ceremony, Purpose: purposeLink(code), UserID: u.ID, JSON: in.JSON})
	if errors.Is(err, store.ErrNotFound) {
		return ErrLinkOver
	}
	return err
}
