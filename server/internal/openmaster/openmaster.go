// Package openmaster is the OpenMaster dialect: /oauth/authorize,
// /oauth/access_token, /user and /authorizations, as OpenMaster's OAuth document
// writes them. Like package ham it reads HTTP and calls the core in package
// oauth; not one rule is written twice.
//
// What the document has and RFC 9700 advises against (the password grant,
// response_type=token, tokens in the query) is off until a client's
// registration turns it on, and each use is logged with audit=true.
package openmaster

import (
	"log/slog"
	"net/http"
	"time"

	"hamconnect/server/internal/clientauth"
	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/password"
	"hamconnect/server/internal/store"
)

// OpenMaster serves the dialect's endpoints. All fields are required.
type OpenMaster struct {
	DB        *store.DB
	Log       *slog.Logger
	Now       func() time.Time
	Clients   *clientauth.Clients
	OpenIDKey oauth.OpenIDKey
	Passwords *password.Hasher
	GrantAge  time.Duration // how old a yes may be that counts beside a new one

	// Next decides what comes after a request that is in order.
	Next func(http.ResponseWriter, *http.Request, oauth.Request) error
}

// Authorize answers GET /oauth/authorize.
func (o *OpenMaster) Authorize(w http.ResponseWriter, r *http.Request) error {
	request, err := o.Clients.Authorization(r, oauth.OpenMaster)
	if err != nil {
		return err
	}
	if request.Implicit {
		o.audit(r, "response_type=token", request.Client)
	}
	o.Log.DebugContext(r.Context(), "sign-in page", "app", request.Client.Name, "client_id", request.Client.ID, "scopes", request.Scopes.String())
	return o.Next(w, r, request)
}

// audit writes down the use of a legacy part.
func (o *OpenMaster) audit(r *http.Request, what string, client oauth.Client) {
	o.Log.InfoContext(r.Context(), "legacy use", "audit", true, "what", what, "client_id", client.ID, "app", client.Name, "address", limit.Address(r))
}
