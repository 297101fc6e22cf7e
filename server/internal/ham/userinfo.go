package ham

import (
	"errors"
	"log/slog"
	"net/http"

	"hamconnect/server/internal/clientauth"
	"hamconnect/server/internal/oauth"
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
	header, err := clientauth.ReadAuthorization(r.Header.Values("Authorization"), "bearer")
	if err != nil {
		return err
	}
	basic, err := header.Client()
	if err != nil {
		return err
	}
	body, err := userinfoForm(r)
	if err != nil {
		return err
	}
	claimed, err := clientauth.One(basic, body)
	if err != nil {
		return err
	}
	access, err := h.Clients.Access(r, header.Bearer, oauth.Ham)
	if err != nil && !errors.Is(err, oauth.ErrInvalidToken) {
		return err
	}
	known := err == nil
	if claimed.ID != "" {
		if err := h.prove(r, claimed, access.Client); err != nil {
			return err
		}
	}
	switch {
	case header.Bearer == "":
		return oauth.ErrMissingToken
	case !known:
		return oauth.ErrInvalidToken
	case claimed.ID == "" && access.Client.UserinfoAuth != oauth.UserinfoBearer:
		return errBothFactors
	case claimed.ID != "" && claimed.ID != access.Token.ClientID:
		return &oauth.Error{Code: oauth.InsufficientScope, Description: "The token was granted to another client"}
	}
	if h.Log.Enabled(r.Context(), slog.LevelDebug) {
		h.Log.DebugContext(r.Context(), "userinfo read", "client_id", access.Client.ID, "token", access.Token.Hash.Short(), "scopes", access.Token.Scopes.String())
	}
	return clientauth.WriteJSON(w, http.StatusOK, access.Claims(h.OpenIDKey))
}

// prove checks credentials; owner is the token's client, which is nearly
// always the one that asks and then needs no look-up of its own.
func (h *Ham) prove(r *http.Request, claimed clientauth.Credentials, owner oauth.Client) error {
	if claimed.ID == owner.ID {
		return h.Clients.Prove(r, claimed, owner)
	}
	_, err := h.Clients.Authenticate(r, claimed, oauth.Ham)
	return err
}

// userinfoForm reads the credentials that a POST may bring in its body. No
// parameter may stand in the URL.
func userinfoForm(r *http.Request) (clientauth.Credentials, error) {
	if r.Method != http.MethodPost || r.ContentLength == 0 {
		if r.URL.RawQuery != "" {
			return clientauth.Credentials{}, clientauth.Invalid("Userinfo takes no parameters in the URL, where they would be logged")
		}
		return clientauth.Credentials{}, nil
	}
	form, err := clientauth.ReadForm(r)
	if err != nil {
		return clientauth.Credentials{}, err
	}
	return form.Credentials(), nil
}
