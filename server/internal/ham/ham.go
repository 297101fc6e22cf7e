// Package ham is the Ham Connect dialect: /sso-authorize, /oauth/token,
// /oauth/userinfo and the metadata that describes them, as Ham's Integration
// Guide writes them. It reads HTTP, calls the core in package oauth, and
// writes what comes out; every refusal is returned as an error and rendered in
// one place, outside.
package ham

import (
	"log/slog"
	"net/http"
	"time"

	"hamconnect/server/internal/clientauth"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store"
)

// Ham serves the dialect's endpoints. All fields are required.
type Ham struct {
	DB        *store.DB
	Log       *slog.Logger
	Now       func() time.Time
	Clients   *clientauth.Clients
	PublicURL string // without a slash at the end
	OpenIDKey oauth.OpenIDKey

	// Next decides what comes after a request that is in order.
	Next func(http.ResponseWriter, *http.Request, oauth.Request) error
}

// Authorize answers GET /sso-authorize.
func (h *Ham) Authorize(w http.ResponseWriter, r *http.Request) error {
	request, err := h.Clients.Authorization(r, oauth.Ham)
	if err != nil {
		return err
	}
	h.Log.DebugContext(r.Context(), "sign-in page", "app", request.Client.Name, "client_id", request.Client.ID, "scopes", request.Scopes.String())
	return h.Next(w, r, request)
}
