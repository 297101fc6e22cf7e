package clientauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store"
)

// Clients looks up what requests speak of. All fields are required.
type Clients struct {
	DB       *store.DB
	Now      func() time.Time
	Sandbox  bool        // the server runs on loopback: plain http redirects are allowed
	Failures *limit.Rate // refused client credentials, by address
}

// maxQuery bounds an authorization request, in bytes.
const maxQuery = 8 << 10

// Authorization checks the authorization request that a browser brings to the
// door of dialect.
func (c *Clients) Authorization(r *http.Request, dialect oauth.Dialect) (oauth.Request, error) {
	if len(r.URL.RawQuery) > maxQuery {
		return oauth.Request{}, &oauth.PageError{Parameter: "request", Description: "it is longer than 8192 bytes"}
	}
	parameters, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return oauth.Request{}, &oauth.PageError{Parameter: "request", Description: "its parameters are not percent-encoded as they should be"}
	}
	return c.check(r.Context(), parameters, dialect)
}

// Request checks an authorization request that one of the doors has let in, and
// that comes again: with a pairing, or from a consent page or a deep link.
func (c *Clients) Request(ctx context.Context, parameters url.Values) (oauth.Request, error) {
	return c.check(ctx, parameters, "")
}

func (c *Clients) check(ctx context.Context, parameters url.Values, dialect oauth.Dialect) (oauth.Request, error) {
	id, err := oauth.ClientID(parameters)
	if err != nil {
		return oauth.Request{}, err
	}
	client, err := c.DB.Client(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return oauth.Request{}, &oauth.PageError{Parameter: "client_id", Description: "this server knows no app of that client_id"}
	}
	if err != nil {
		return oauth.Request{}, fmt.Errorf("looking up the client: %w", err)
	}
	if dialect != "" && client.Dialect != dialect {
		return oauth.Request{}, &oauth.PageError{
			Parameter:   "client_id",
			Description: "this app is registered for another dialect, whose requests begin at " + client.Dialect.AuthorizePath(),
		}
	}
	return oauth.Check(parameters, client, c.Sandbox)
}

// Authenticate gives the client of these credentials, which must be one of the
// dialect.
func (c *Clients) Authenticate(r *http.Request, from Credentials, dialect oauth.Dialect) (oauth.Client, error) {
	client, err := c.DB.Client(r.Context(), from.ID)
	if errors.Is(err, store.ErrNotFound) {
		// A hash is computed for an unknown client too: the time tells nothing.
		client, err = oauth.Client{Disabled: true}, nil
	}
	if err != nil {
		return oauth.Client{}, fmt.Errorf("looking up the client: %w", err)
	}
	if err := c.Prove(r, from, client); err != nil {
		return oauth.Client{}, err
	}
	if client.Dialect != dialect {
		return oauth.Client{}, &oauth.Error{
			Code:        oauth.UnauthorizedClient,
			Description: "This client is registered for another dialect, whose token endpoint is " + client.Dialect.TokenPath(),
		}
	}
	return client, nil
}

// Prove checks credentials that claim to be those of client. A refusal counts
// against the address; past the limit it says so.
func (c *Clients) Prove(r *http.Request, from Credentials, client oauth.Client) error {
	refusal := client.Authenticate(from.Secret)
	if refusal != nil && !c.Failures.Allow(limit.AddressKey(limit.Address(r))) {
		return &oauth.Error{Code: oauth.SlowDown, Description: "Too many wrong client credentials from this address. Wait a minute, then check client_id and client_secret"}
	}
	return refusal
}

// Access gives what a token opens now at the endpoints of dialect, or
// oauth.ErrInvalidToken.
func (c *Clients) Access(r *http.Request, token oauth.Secret, dialect oauth.Dialect) (oauth.Access, error) {
	if token == "" {
		return oauth.Access{}, oauth.ErrInvalidToken
	}
	access, err := c.DB.Access(r.Context(), token.Hash())
	if errors.Is(err, store.ErrNotFound) {
		return oauth.Access{}, oauth.ErrInvalidToken
	}
	if err != nil {
		return oauth.Access{}, fmt.Errorf("looking up a token: %w", err)
	}
	if err := access.Usable(c.Now(), dialect); err != nil {
		return oauth.Access{}, err
	}
	// What the operator has taken from the client since is gone at once.
	access.Token.Scopes = oauth.ParseScopes(access.Token.Scopes.String(), access.Client.Scopes)
	return access, nil
}
