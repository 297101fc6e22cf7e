package ham

import (
	"fmt"
	"net/http"

	"hamconnect/server/internal/oauth"
)

// tokenAnswer is the success of the token endpoint (Integration Guide §3.3).
// The token is a plain string here and nowhere else.
type tokenAnswer struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"` // seconds
	Scope       string `json:"scope"`
}

// Token answers POST /oauth/token.
func (h *Ham) Token(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(r)
	if err != nil {
		return err
	}
	header, err := parseAuthorization(r.Header.Values("Authorization"))
	if err != nil {
		return err
	}
	claimed, err := one(header.basic, form.credentials())
	switch {
	case err != nil:
		return err
	case claimed.id == "" || claimed.secret == "":
		return &oauth.Error{Code: oauth.InvalidClient, Description: "Client credentials are missing: send Authorization: Basic base64(client_id:client_secret), or client_id and client_secret in the body"}
	}
	client, err := h.authenticate(r, claimed)
	if err != nil {
		return err
	}
	switch grant := form.get("grant_type"); grant {
	case "":
		return invalidRequest("grant_type is missing: send grant_type=authorization_code")
	case "authorization_code":
	default:
		return &oauth.Error{Code: oauth.UnsupportedGrantType, Description: "grant_type must be authorization_code"}
	}
	code := oauth.Secret(form.get("code"))
	if code == "" {
		return invalidRequest("code is missing")
	}
	token, secret, err := h.DB.RedeemCode(r.Context(), h.Now(), code.Hash(), oauth.Redemption{
		ClientID:     client.ID,
		RedirectURI:  form.get("redirect_uri"),
		CodeVerifier: form.get("code_verifier"),
	})
	if err != nil {
		return fmt.Errorf("redeeming a code: %w", err)
	}
	h.Log.InfoContext(r.Context(), "code exchanged", "client_id", client.ID, "code", token.CodeHash.Short(), "token", token.Hash.Short(), "scopes", token.Scopes.String())
	return writeJSON(w, tokenAnswer{
		AccessToken: secret.Reveal(),
		TokenType:   "Bearer",
		ExpiresIn:   int(oauth.TokenLifetime.Seconds()),
		Scope:       token.Scopes.String(),
	})
}
