package ham

import (
	"fmt"
	"net/http"

	"hamconnect/server/internal/clientauth"
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
	form, err := clientauth.ReadForm(r)
	if err != nil {
		return err
	}
	claimed, err := clientauth.ClientOf(r, form)
	if err != nil {
		return err
	}
	client, err := h.Clients.Authenticate(r, claimed, oauth.Ham)
	if err != nil {
		return err
	}
	switch grant := form.Get("grant_type"); grant {
	case "":
		return clientauth.Invalid("grant_type is missing: send grant_type=authorization_code")
	case "authorization_code":
	default:
		return &oauth.Error{Code: oauth.UnsupportedGrantType, Description: "grant_type must be authorization_code"}
	}
	code := oauth.Secret(form.Get("code"))
	if code == "" {
		return clientauth.Invalid("code is missing")
	}
	issued, err := h.DB.RedeemCode(r.Context(), h.Now(), code.Hash(), oauth.Redemption{
		Client:       client,
		RedirectURI:  form.Get("redirect_uri"),
		CodeVerifier: form.Get("code_verifier"),
	})
	if err != nil {
		return fmt.Errorf("redeeming a code: %w", err)
	}
	token := issued.Token
	h.Log.InfoContext(r.Context(), "code exchanged", "client_id", client.ID, "code", token.CodeHash.Short(), "token", token.Hash.Short(), "scopes", token.Scopes.String())
	return clientauth.WriteJSON(w, http.StatusOK, tokenAnswer{
		AccessToken: issued.Secret.Reveal(),
		TokenType:   "Bearer",
		ExpiresIn:   int(oauth.TokenLifetime.Seconds()),
		Scope:       token.Scopes.String(),
	})
}
