package hamweb

import (
	"errors"
	"net/http"

	"hamconnect/passkey"
	"hamconnect/server/internal/browser"
	"hamconnect/server/internal/ceremony"
	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/session"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

// Me answers GET /web/auth/me: to a browser by its cookie, to a program by its
// API token. A request that brings a token is answered by that alone.
func (h *Web) Me(w http.ResponseWriter, r *http.Request) error {
	if len(r.Header.Values("Authorization")) > 0 {
		t, u, err := h.bearer(r)
		if err != nil {
			return err
		}
		if !t.MayRead() {
			return errTokenScope
		}
		return web.JSON(w, asPerson(u))
	}
	v, err := h.visitor(r)
	if err != nil {
		return err
	}
	return web.JSON(w, asPerson(v.User))
}

// Refresh answers POST /web/auth/refresh. Two tabs that ask at once get the
// same pair.
func (h *Web) Refresh(w http.ResponseWriter, r *http.Request) error {
	if err := readNothing(r); err != nil {
		return err
	}
	b := h.held(r)
	v, pair, err := h.Keeper.ByRefresh(r.Context(), b.refresh)
	if err != nil {
		return err
	}
	h.setPair(w, b, v.Session, pair)
	return noContent(w)
}

// Logout answers POST /web/auth/logout. Who is signed out already stays so.
func (h *Web) Logout(w http.ResponseWriter, r *http.Request) error {
	if err := readNothing(r); err != nil {
		return err
	}
	b, k := h.held(r), h.Keeper
	for name, value := range map[string]string{k.Session: b.session, k.Refresh: b.refresh} {
		id, _ := k.Open(name, value)
		if id == "" {
			continue
		}
		s, _, err := k.DB.Session(r.Context(), id)
		if err == nil {
			err = k.DB.SignOut(r.Context(), s.UserID, s.ID)
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	k.Set(w, k.Session, "", -1)
	k.Set(w, k.Refresh, "", -1)
	return noContent(w)
}

// purposeLogin is what an assertion of these pages counts for, and no other.
const purposeLogin = "ham web login"

// PasskeyOption answers POST /web/auth/passkey/option.
func (h *Web) PasskeyOption(w http.ResponseWriter, r *http.Request) error {
	if err := h.mayTry(r); err != nil {
		return err
	}
	if err := readNothing(r); err != nil {
		return err
	}
	begun, err := h.Passkeys.BeginLogin(r.Context(), passkey.Ask{Purpose: purposeLogin})
	if err != nil {
		return err
	}
	return web.JSON(w, struct {
		Session string `json:"session"`
		JSON    string `json:"json"`
	}{begun.Ceremony, string(begun.Options)})
}

// PasskeyLogin answers POST /web/auth/passkey/login.
func (h *Web) PasskeyLogin(w http.ResponseWriter, r *http.Request) error {
	if err := h.mayTry(r); err != nil {
		return err
	}
	in, err := read(r, nil)
	if err != nil {
		return err
	}
	v, pair, err := h.Keeper.FromPasskey(r, h.Passkeys, passkey.Answer{
		Ceremony: in.Get("session"), Purpose: purposeLogin, JSON: []byte(in.Get("assertion_json")),
	})
	if err != nil {
		return err
	}
	h.signIn(w, r, h.held(r), v.Session, pair)
	return web.JSON(w, asPerson(v.User))
}

func (h *Web) mayTry(r *http.Request) error {
	switch {
	case h.Passkeys == nil:
		return ceremony.Off
	case !h.Begins.Allow(limit.AddressKey(limit.Address(r))):
		return errTooMany
	}
	return nil
}

// AppCallback answers POST /web/auth/app-callback: a code of the console's own
// client signs the browser in. Nothing is issued to the client by it.
func (h *Web) AppCallback(w http.ResponseWriter, r *http.Request) error {
	in, err := read(r, nil)
	switch {
	case err != nil:
		return err
	case h.Console == "":
		return errNotFound
	case !h.Begins.Allow(limit.AddressKey(limit.Address(r))):
		return errTooMany
	}
	client, err := h.Keeper.DB.Client(r.Context(), h.Console)
	if errors.Is(err, store.ErrNotFound) || err == nil && (client.Disabled || client.Dialect != oauth.Ham) {
		h.Log.WarnContext(r.Context(), "the console's client is unknown, disabled, or of another dialect; see --web-console-client", "client_id", h.Console)
		return errNotFound
	}
	if err != nil {
		return err
	}
	var v browser.Visitor
	var pair session.Pair
	err = h.Keeper.DB.BeginSession(r.Context(), oauth.Secret(in.Get("code")).Hash(), func(c *oauth.Code, u oauth.User) (session.Session, error) {
		if !isCallback(c.RedirectURI) || !u.MayUseApps() {
			return session.Session{}, oauth.ErrCodeUnknown
		}
		if _, err := c.Redeem(h.Now(), oauth.Redemption{Client: client, RedirectURI: c.RedirectURI}); err != nil {
			return session.Session{}, err
		}
		v.User = u
		v.Session, pair = h.Keeper.FromCode(*c, r)
		return v.Session, nil
	})
	if err != nil {
		var refused *oauth.Error
		if errors.As(err, &refused) { // PKCE among them: the console has no verifier to send
			return errCode
		}
		return err
	}
	h.Log.InfoContext(r.Context(), "signed in to the console", "user", v.User.Nickname, "browser", v.Session.Browser, "address", v.Session.Address)
	h.signIn(w, r, h.held(r), v.Session, pair)
	return web.JSON(w, asPerson(v.User))
}
