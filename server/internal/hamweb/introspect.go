package hamweb

import (
	"errors"
	"net/http"

	"hamconnect/server/internal/clientauth"
	"hamconnect/server/internal/oauth"
)

// introspection is RFC 7662 §2.2. The subject is the person's id within the
// service that asks, as everywhere: two services cannot compare notes.
type introspection struct {
	Active  bool   `json:"active"`
	Client  string `json:"client_id,omitempty"` // that the person gave it to; none for an API token
	Scope   string `json:"scope,omitempty"`
	Type    string `json:"token_type,omitempty"`
	Subject string `json:"sub,omitempty"`
	Expires int64  `json:"exp,omitempty"`
	Issued  int64  `json:"iat,omitempty"`
	Issuer  string `json:"iss,omitempty"`
}

// Introspect answers POST /web/tokens/introspect (RFC 7662), for services of the
// operator's that take API tokens.
func (h *Web) Introspect(w http.ResponseWriter, r *http.Request) error {
	body, err := clientauth.ReadForm(r)
	if err != nil {
		return err
	}
	claimed, err := clientauth.ClientOf(r, body)
	if err != nil {
		return err
	}
	client, err := h.Clients.Authenticate(r, claimed, oauth.Ham)
	if err != nil {
		return err
	}
	secret := oauth.Secret(body.Get("token"))
	switch {
	case secret == "":
		return clientauth.Invalid("token is missing")
	case !oauth.IsAPIToken(secret):
		return h.introspectAccess(w, r, client, secret)
	}
	t, u, err := h.live(r, secret)
	if errors.Is(err, errToken) {
		return clientauth.WriteJSON(w, http.StatusOK, introspection{})
	}
	if err == nil && t.Use(h.Now()) {
		err = h.Keeper.DB.UseAPIToken(r.Context(), t, h.Now())
	}
	if err != nil {
		return err
	}
	return clientauth.WriteJSON(w, http.StatusOK, introspection{
		Active: true, Scope: t.Scopes.String(), Type: "Bearer", Subject: h.Keeper.DB.OpenID(client.ID, u.ID),
		Expires: t.Expires.Unix(), Issued: t.Created.Unix(), Issuer: h.PublicURL,
	})
}

// introspectAccess is Introspect for an access token of an app. What was given
// for the userinfo endpoint is nobody else's business, so only its scopes for
// such services are told, and a token without any is none.
func (h *Web) introspectAccess(w http.ResponseWriter, r *http.Request, client oauth.Client, secret oauth.Secret) error {
	access, err := h.Clients.Access(r, secret, oauth.Ham)
	if errors.Is(err, oauth.ErrInvalidToken) {
		return clientauth.WriteJSON(w, http.StatusOK, introspection{})
	}
	if err != nil {
		return err
	}
	scopes := oauth.ParseScopes(access.Token.Scopes.String(), oauth.APIScopes)
	if len(scopes) == 0 {
		return clientauth.WriteJSON(w, http.StatusOK, introspection{})
	}
	return clientauth.WriteJSON(w, http.StatusOK, introspection{
		Active: true, Client: access.Client.ID, Scope: scopes.String(), Type: "Bearer", Subject: h.Keeper.DB.OpenID(client.ID, access.User.ID),
		Expires: access.Token.Expires.Unix(), Issued: access.Token.Expires.Add(-oauth.TokenLifetime).Unix(), Issuer: h.PublicURL,
	})
}
