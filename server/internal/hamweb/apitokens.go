package hamweb

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"hamconnect/server/internal/browser"
	"hamconnect/server/internal/clientauth"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

// apiToken is a token as its owner sees it.
type apiToken struct {
	ID      string       `json:"id"`
	Name    string       `json:"name"`
	Last4   string       `json:"last4"`
	Scopes  oauth.Scopes `json:"scopes"`
	Used    *time.Time   `json:"last_used_at"`
	Expires time.Time    `json:"expires_at"`
	Created time.Time    `json:"created_at"`
}

func show(t oauth.APIToken) apiToken {
	shown := apiToken{t.ID, t.Name, t.Last4, t.Scopes, nil, t.Expires.UTC(), t.Created.UTC()}
	if !t.Used.IsZero() {
		used := t.Used.UTC()
		shown.Used = &used
	}
	return shown
}

// rawToken is the one answer that holds the secret.
type rawToken struct {
	Raw   string   `json:"raw_token"`
	Token apiToken `json:"token"`
}

// Tokens answers GET /web/tokens.
func (h *Web) Tokens(w http.ResponseWriter, r *http.Request) error {
	v, err := h.user(r)
	if err != nil {
		return err
	}
	tokens, err := h.Keeper.DB.APITokens(r.Context(), v.User.ID, h.Now())
	if err != nil {
		return err
	}
	shown := []apiToken{}
	for _, t := range tokens {
		shown = append(shown, show(t))
	}
	return web.JSON(w, shown)
}

// CreateToken answers POST /web/tokens.
func (h *Web) CreateToken(w http.ResponseWriter, r *http.Request) error {
	v, err := h.changing(r)
	if err != nil {
		return err
	}
	var scopes []string
	var days int
	in, err := read(r, map[string]any{"scopes": &scopes, "ttl_days": &days}, "name")
	switch {
	case err != nil:
		return err
	case oauth.ValidName(in.Get("name")) != nil:
		return errName
	case oauth.ValidAPIToken(in.Get("name"), scopes) != nil:
		return errScopes
	case oauth.ValidAPITokenAge(days) != nil:
		return errAge
	}
	token, secret := oauth.NewAPIToken(h.Now(), v.User.ID, in.Get("name"), scopes, days)
	err = h.Keeper.DB.AddAPIToken(r.Context(), v.Session.ID, token)
	if errors.Is(err, store.ErrNotFound) { // signed out in this very moment
		return errSignedOut
	}
	if err != nil {
		return err
	}
	h.Log.InfoContext(r.Context(), "API token made", "user", v.User.Nickname, "token", token.Hash.Short())
	return web.JSON(w, rawToken{secret.Reveal(), show(token)})
}

// RotateToken answers POST /web/tokens/{id}/rotate: the secret before it is
// worth nothing from then on.
func (h *Web) RotateToken(w http.ResponseWriter, r *http.Request) error {
	v, err := h.changing(r)
	if err != nil {
		return err
	}
	var days int
	if _, err = read(r, map[string]any{"ttl_days": &days}); err != nil {
		return err
	}
	if oauth.ValidAPITokenAge(days) != nil {
		return errAge
	}
	var secret oauth.Secret
	token, err := h.Keeper.DB.RotateAPIToken(r.Context(), v.Session.ID, v.User.ID, r.PathValue("id"), h.Now(), func(t *oauth.APIToken) {
		secret = t.Renew(h.Now(), days)
	})
	if err != nil {
		return err
	}
	h.Log.InfoContext(r.Context(), "API token rotated", "user", v.User.Nickname, "token", token.Hash.Short())
	return web.JSON(w, rawToken{secret.Reveal(), show(token)})
}

// DeleteToken answers DELETE /web/tokens/{id}.
func (h *Web) DeleteToken(w http.ResponseWriter, r *http.Request) error {
	if err := readNothing(r); err != nil {
		return err
	}
	v, err := h.changing(r)
	if err != nil {
		return err
	}
	if err := h.Keeper.DB.DeleteAPIToken(r.Context(), v.User.ID, r.PathValue("id")); err != nil {
		return err
	}
	return noContent(w)
}

// changing is who wants to change something, and may do so that often.
func (h *Web) changing(r *http.Request) (browser.Visitor, error) {
	v, err := h.user(r)
	if err == nil && !h.Changes.Allow(v.User.ID) {
		return v, errTooMany
	}
	return v, err
}

// bringsToken reports whether a request names a Bearer token.
func bringsToken(r *http.Request) bool {
	for _, line := range r.Header.Values("Authorization") {
		for part := range strings.SplitSeq(line, ",") {
			scheme, _, _ := strings.Cut(strings.TrimSpace(part), " ")
			if strings.EqualFold(scheme, "bearer") {
				return true
			}
		}
	}
	return false
}

// bearer gives the API token that a program brings, and whose it is.
func (h *Web) bearer(r *http.Request) (oauth.APIToken, oauth.User, error) {
	header, err := clientauth.ReadAuthorization(r.Header.Values("Authorization"), "bearer")
	if err != nil || header.Bearer == "" {
		return oauth.APIToken{}, oauth.User{}, errToken
	}
	t, u, err := h.live(r, header.Bearer)
	if err != nil || !t.Use(h.Now()) {
		return t, u, err
	}
	return t, u, h.Keeper.DB.UseAPIToken(r.Context(), t, h.Now())
}

// live gives a token that works, or errToken.
func (h *Web) live(r *http.Request, secret oauth.Secret) (oauth.APIToken, oauth.User, error) {
	if !oauth.IsAPIToken(secret) {
		return oauth.APIToken{}, oauth.User{}, errToken
	}
	t, u, err := h.Keeper.DB.APIToken(r.Context(), secret.Hash())
	if errors.Is(err, store.ErrNotFound) || err == nil && !t.Live(h.Now(), u) {
		return t, u, errToken
	}
	return t, u, err
}
