package ham

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store"
)

// errBothFactors tells a client that sent its token alone how to send both.
// curl -u cannot do it: curl drops -u when an Authorization header is given.
var errBothFactors = &oauth.Error{
	Code: oauth.InvalidClient,
	Description: "This client must send its credentials beside the token: a second header line, Authorization: Basic base64(client_id:client_secret), " +
		"or both in one line joined with a comma, or POST with client_id and client_secret in the form. With curl give both as -H, since -u is dropped beside a -H Authorization",
}

// Userinfo answers GET and POST /oauth/userinfo. The token says whose data,
// the credentials prove that the client it was given to is asking.
func (h *Ham) Userinfo(w http.ResponseWriter, r *http.Request) error {
	header, err := parseAuthorization(r.Header.Values("Authorization"))
	if err != nil {
		return err
	}
	body, err := userinfoForm(r)
	if err != nil {
		return err
	}
	claimed, err := one(header.basic, body)
	if err != nil {
		return err
	}
	access, err := h.access(r, header.bearer)
	if err != nil && !errors.Is(err, oauth.ErrInvalidToken) {
		return err
	}
	known := err == nil
	if claimed.id != "" {
		if err := h.prove(r, claimed, access.Client); err != nil {
			return err
		}
	}
	switch {
	case header.bearer == "":
		return oauth.ErrMissingToken
	case !known:
		return oauth.ErrInvalidToken
	case claimed.id == "" && access.Client.UserinfoAuth != oauth.UserinfoBearer:
		return errBothFactors
	case claimed.id != "" && claimed.id != access.Token.ClientID:
		return &oauth.Error{Code: oauth.InsufficientScope, Description: "The token was granted to another client"}
	}
	if h.Log.Enabled(r.Context(), slog.LevelDebug) {
		h.Log.DebugContext(r.Context(), "userinfo read", "client_id", access.Client.ID, "token", access.Token.Hash.Short(), "scopes", access.Token.Scopes.String())
	}
	return writeJSON(w, access.Claims(h.OpenIDKey))
}

// access gives what a token opens now, or oauth.ErrInvalidToken.
func (h *Ham) access(r *http.Request, token oauth.Secret) (oauth.Access, error) {
	if token == "" {
		return oauth.Access{}, oauth.ErrInvalidToken
	}
	access, err := h.DB.Access(r.Context(), token.Hash())
	if errors.Is(err, store.ErrNotFound) {
		return oauth.Access{}, oauth.ErrInvalidToken
	}
	if err != nil {
		return oauth.Access{}, fmt.Errorf("looking up a token: %w", err)
	}
	if err := access.Usable(h.Now()); err != nil {
		return oauth.Access{}, err
	}
	return access, nil
}

// prove checks credentials; owner is the token's client, which is nearly
// always the one that asks and then needs no look-up of its own.
func (h *Ham) prove(r *http.Request, claimed credentials, owner oauth.Client) error {
	if claimed.id != owner.ID {
		_, err := h.authenticate(r, claimed)
		return err
	}
	if err := owner.Authenticate(claimed.secret); err != nil {
		return h.failed(r, err)
	}
	return nil
}

// userinfoForm reads the credentials that a POST may bring in its body. No
// parameter may stand in the URL.
func userinfoForm(r *http.Request) (credentials, error) {
	if r.Method != http.MethodPost || r.ContentLength == 0 {
		if r.URL.RawQuery != "" {
			return credentials{}, invalidRequest("Userinfo takes no parameters in the URL, where they would be logged")
		}
		return credentials{}, nil
	}
	form, err := readForm(r)
	if err != nil {
		return credentials{}, err
	}
	return form.credentials(), nil
}
