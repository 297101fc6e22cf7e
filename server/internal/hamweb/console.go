package hamweb

import (
	"errors"
	"net/http"
	"net/url"

	"hamconnect/server/internal/browser"
	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/session"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

// AppCallback answers POST /web/auth/app-callback: a code of the console's own
// client signs the browser in. Nothing is issued to the client by it.
func (h *Web) AppCallback(w http.ResponseWriter, r *http.Request) error {
	in, err := read(r, nil, "code")
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

// isCallback reports whether a code was made for the console's own login page:
// one that was made for another address of the same client is none of ours.
func isCallback(redirectURI string) bool {
	u, err := url.Parse(redirectURI)
	return err == nil && u.Path == "/login/callback" && u.RawQuery == ""
}
