// Package ham is the Ham Connect dialect: /sso-authorize, /oauth/token,
// /oauth/userinfo and the metadata that describes them, as Ham's Integration
// Guide writes them. It reads HTTP, calls the core in package oauth, and
// writes what comes out; every refusal is returned as an error and rendered in
// one place, outside.
package ham

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store"
)

// Ham serves the dialect's endpoints. All fields are required.
type Ham struct {
	DB        *store.DB
	Log       *slog.Logger
	Now       func() time.Time
	PublicURL string // without a slash at the end
	Sandbox   bool   // the server runs on loopback: plain http redirects to loopback are allowed
	OpenIDKey oauth.OpenIDKey
	Failures  *limit.Rate // refused client credentials, by address

	// Next decides what comes after a request that is in order.
	Next func(http.ResponseWriter, *http.Request, oauth.Request) error
}

// maxQuery bounds an authorization request, in bytes.
const maxQuery = 8 << 10

// Authorize answers GET /sso-authorize.
func (h *Ham) Authorize(w http.ResponseWriter, r *http.Request) error {
	if len(r.URL.RawQuery) > maxQuery {
		return &oauth.PageError{Parameter: "request", Description: "it is longer than 8192 bytes"}
	}
	parameters, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return &oauth.PageError{Parameter: "request", Description: "its parameters are not percent-encoded as they should be"}
	}
	request, err := h.Request(r.Context(), parameters)
	if err != nil {
		return err
	}
	h.Log.DebugContext(r.Context(), "sign-in page", "app", request.Client.Name, "client_id", request.Client.ID, "scopes", request.Scopes.String())
	return h.Next(w, r, request)
}

// Request checks an authorization request, wherever it comes from: a browser,
// the start of a pairing, or a deep link in the app.
func (h *Ham) Request(ctx context.Context, parameters url.Values) (oauth.Request, error) {
	id, err := oauth.ClientID(parameters)
	if err != nil {
		return oauth.Request{}, err
	}
	client, err := h.DB.Client(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return oauth.Request{}, &oauth.PageError{Parameter: "client_id", Description: "this server knows no app of that client_id"}
	}
	if err != nil {
		return oauth.Request{}, fmt.Errorf("looking up the client: %w", err)
	}
	return oauth.Check(parameters, client, h.Sandbox)
}

// authenticate gives the client of these credentials.
func (h *Ham) authenticate(r *http.Request, c credentials) (oauth.Client, error) {
	client, err := h.DB.Client(r.Context(), c.id)
	if errors.Is(err, store.ErrNotFound) {
		// A hash is computed for an unknown client too: the time tells nothing.
		client, err = oauth.Client{Disabled: true}, nil
	}
	if err != nil {
		return oauth.Client{}, fmt.Errorf("looking up the client: %w", err)
	}
	if err := client.Authenticate(c.secret); err != nil {
		return oauth.Client{}, h.failed(r, err)
	}
	return client, nil
}

// failed counts a refusal against the address; past the limit it says so.
func (h *Ham) failed(r *http.Request, refusal error) error {
	if !h.Failures.Allow(limit.AddressKey(limit.Address(r))) {
		return &oauth.Error{Code: oauth.SlowDown, Description: "Too many wrong client credentials from this address. Wait a minute, then check client_id and client_secret"}
	}
	return refusal
}

func writeJSON(w http.ResponseWriter, answer any) error {
	body, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("encoding the answer: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json;charset=UTF-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
	_, _ = w.Write(append(body, '\n')) // a client that has gone needs no answer
	return nil
}
