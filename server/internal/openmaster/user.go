package openmaster

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"hamconnect/server/internal/clientauth"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store"
)

// User answers GET and HEAD /user: who the token's person is, as far as its
// scopes show.
func (o *OpenMaster) User(w http.ResponseWriter, r *http.Request) error {
	access, err := o.access(w, r)
	if err != nil {
		return err
	}
	return clientauth.WriteJSON(w, http.StatusOK, access.Profile(o.OpenIDKey))
}

// UserByID answers GET and HEAD /user/{id}. An app sees nobody but the token's
// own person: ids are of no use to find others.
func (o *OpenMaster) UserByID(w http.ResponseWriter, r *http.Request) error {
	access, err := o.access(w, r)
	if err != nil {
		return err
	}
	profile := access.Profile(o.OpenIDKey)
	if r.PathValue("id") != profile.UUID {
		return &oauth.Error{Code: oauth.NotFound, Description: "The token is of nobody with this id; GET /user says of whom it is"}
	}
	return clientauth.WriteJSON(w, http.StatusOK, profile)
}

// ChangeUser answers PATCH /user: a new username.
func (o *OpenMaster) ChangeUser(w http.ResponseWriter, r *http.Request) error {
	access, err := o.access(w, r)
	if err != nil {
		return err
	}
	if !access.Token.Scopes.Has(oauth.ScopeUser) {
		return &oauth.Error{Code: oauth.InsufficientScope, Description: "Changing the profile wants the scope user, see X-OAuth-Scopes and X-Accepted-OAuth-Scopes"}
	}
	form, err := clientauth.ReadObject(r, nil)
	if err != nil {
		return err
	}
	name := form.Get("username")
	if len(form) != 1 || name == "" {
		return clientauth.Invalid("Send a JSON object with username, which is all that can be changed")
	}
	if err := oauth.ValidUsername(name); err != nil {
		return clientauth.Invalid("username " + err.Error())
	}
	err = o.DB.ChangeUsername(r.Context(), access.User.ID, access.Client, name)
	switch {
	case errors.Is(err, store.ErrExists):
		return clientauth.Invalid("username is taken by somebody else")
	case errors.Is(err, store.ErrTooMany):
		return clientauth.Invalid("The username was changed too often, and stays")
	case err != nil:
		return fmt.Errorf("changing a username: %w", err)
	}
	access.User.Username = name
	return clientauth.WriteJSON(w, http.StatusOK, access.Profile(o.OpenIDKey))
}

// access gives what the request's token opens, and writes the two headers that
// every answer about a user has: what the token's scopes are, and which the
// action looks for.
func (o *OpenMaster) access(w http.ResponseWriter, r *http.Request) (oauth.Access, error) {
	h := w.Header() // spelled as the document does: Set would write X-Oauth-Scopes
	h["X-OAuth-Scopes"] = []string{""}
	h["X-Accepted-OAuth-Scopes"] = []string{oauth.ScopeUser}
	token, inQuery, err := token(r)
	if err != nil {
		return oauth.Access{}, err
	}
	access, err := o.Clients.Access(r, token, oauth.OpenMaster)
	if err != nil {
		return oauth.Access{}, err
	}
	if inQuery {
		if !access.Client.QueryToken {
			return oauth.Access{}, clientauth.Invalid("Tokens in the URL are not turned on for this app: send Authorization: bearer TOKEN")
		}
		o.audit(r, "access_token in the URL", access.Client)
	}
	scopes := slices.Sorted(slices.Values(access.Token.Scopes))
	h["X-OAuth-Scopes"] = []string{strings.Join(scopes, ", ")}
	if o.Log.Enabled(r.Context(), slog.LevelDebug) {
		o.Log.DebugContext(r.Context(), "userinfo read", "client_id", access.Client.ID, "token", access.Token.Hash.Short(), "scopes", access.Token.Scopes.String())
	}
	return access, nil
}

// token reads the token of a request: "bearer TOKEN" or "token TOKEN" in the
// header, in any case, or access_token in the query, but not both (RFC 6750 §2).
func token(r *http.Request) (token oauth.Secret, inQuery bool, err error) {
	header, err := clientauth.ReadAuthorization(r.Header.Values("Authorization"), "bearer", "token")
	if err != nil {
		return "", false, err
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return "", false, clientauth.Invalid("The URL's parameters are not percent-encoded as they should be")
	}
	switch given := query["access_token"]; {
	case len(given) == 0:
		token = header.Bearer
	case len(given) > 1 || header.Bearer != "":
		return "", false, clientauth.Invalid("The token is given more than once")
	default:
		token, inQuery = oauth.Secret(given[0]), true
	}
	if token == "" {
		return "", false, oauth.ErrMissingToken
	}
	return token, inQuery, nil
}
