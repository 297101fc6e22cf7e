package ham

import (
	"net/http"

	"hamconnect/server/internal/clientauth"
	"hamconnect/server/internal/oauth"
)

// Metadata answers GET /.well-known/oauth-authorization-server (RFC 8414).
func (h *Ham) Metadata(w http.ResponseWriter, _ *http.Request) error {
	return clientauth.WriteJSON(w, http.StatusOK, map[string]any{
		"issuer":                                h.PublicURL,
		"authorization_endpoint":                h.PublicURL + "/sso-authorize",
		"token_endpoint":                        h.PublicURL + "/oauth/token",
		"userinfo_endpoint":                     h.PublicURL + "/oauth/userinfo",
		"scopes_supported":                      oauth.HamRegistry,
		"response_types_supported":              []string{"code"},
		"response_modes_supported":              []string{"query"},
		"grant_types_supported":                 []string{"authorization_code"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
		"code_challenge_methods_supported":      []string{"S256"},
		"ui_locales_supported":                  []string{"en", "zh", "ja"},
	})
}
