package openmaster

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"hamconnect/server/internal/clientauth"
	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store"
)

// tokenAnswer is the success of the token endpoint: the document's three
// fields, in its order, and what RFC 6749 §5.1 has besides. The tokens are
// plain strings here and nowhere else.
type tokenAnswer struct {
	AccessToken  string `json:"access_token"`
	ExpiresIn    string `json:"expires_in"`
	RefreshToken string `json:"refresh_token"`
	TokenType    string `json:"token_type"`
	Scope        string `json:"scope"`
}

func answerOf(i oauth.Issued) tokenAnswer {
	return tokenAnswer{
		AccessToken: i.Secret.Reveal(), ExpiresIn: oauth.OpenMasterExpiresIn, RefreshToken: i.RefreshSecret.Reveal(),
		TokenType: "bearer", Scope: i.Token.Scopes.Commas(),
	}
}

// Token answers POST /oauth/access_token.
func (o *OpenMaster) Token(w http.ResponseWriter, r *http.Request) error {
	form, err := clientauth.ReadFormOrObject(r)
	if err != nil {
		return err
	}
	claimed, err := clientauth.ClientOf(r, form)
	if err != nil {
		return err
	}
	client, err := o.Clients.Authenticate(r, claimed, oauth.OpenMaster)
	if err != nil {
		return err
	}
	issued, err := o.grant(r, form, client)
	if err != nil {
		return err
	}
	answer := answerOf(issued)
	if clientauth.WantsForm(r) {
		return clientauth.WriteForm(w, http.StatusOK, url.Values{
			"access_token": {answer.AccessToken}, "expires_in": {answer.ExpiresIn}, "refresh_token": {answer.RefreshToken},
			"token_type": {answer.TokenType}, "scope": {answer.Scope},
		})
	}
	return clientauth.WriteJSON(w, http.StatusOK, answer)
}

// grant gives what the client asks for.
func (o *OpenMaster) grant(r *http.Request, form clientauth.Form, client oauth.Client) (oauth.Issued, error) {
	switch form.Get("grant_type") {
	case "":
		return oauth.Issued{}, clientauth.Invalid("grant_type is missing: send authorization_code, refresh_token or password")
	case "authorization_code":
		return o.code(r, form, client)
	case "refresh_token":
		return o.refresh(r, form, client)
	case "password":
		return o.byPassword(r, form, client)
	}
	return oauth.Issued{}, &oauth.Error{Code: oauth.UnsupportedGrantType, Description: "grant_type must be authorization_code, refresh_token or password"}
}

func (o *OpenMaster) code(r *http.Request, form clientauth.Form, client oauth.Client) (oauth.Issued, error) {
	code := oauth.Secret(form.Get("code"))
	if code == "" {
		return oauth.Issued{}, clientauth.Invalid("code is missing")
	}
	issued, err := o.DB.RedeemCode(r.Context(), o.Now(), code.Hash(), oauth.Redemption{
		Client: client, RedirectURI: form.Get("redirect_uri"), CodeVerifier: form.Get("code_verifier"),
	})
	if err != nil {
		return oauth.Issued{}, fmt.Errorf("redeeming a code: %w", err)
	}
	o.Log.InfoContext(r.Context(), "code exchanged", "client_id", client.ID, "code", issued.Token.CodeHash.Short(), "token", issued.Token.Hash.Short(), "scopes", issued.Token.Scopes.String())
	return issued, nil
}

func (o *OpenMaster) refresh(r *http.Request, form clientauth.Form, client oauth.Client) (oauth.Issued, error) {
	text := oauth.Secret(form.Get("refresh_token"))
	if text == "" {
		return oauth.Issued{}, clientauth.Invalid("refresh_token is missing")
	}
	issued, again, err := o.DB.UseRefresh(r.Context(), o.Now(), client, text, form.Get("scope"))
	if errors.Is(err, oauth.ErrRefreshReused) {
		o.Log.WarnContext(r.Context(), "a used refresh token came again, and its family has ended", "audit", true, "client_id", client.ID, "app", client.Name, "token", text.Hash().Short(), "address", limit.Address(r))
	}
	if err != nil {
		return oauth.Issued{}, fmt.Errorf("using a refresh token: %w", err)
	}
	o.Log.InfoContext(r.Context(), "token refreshed", "client_id", client.ID, "token", issued.Token.Hash.Short(), "again", again)
	return issued, nil
}

// errPasswordOff is for clients whose registration does not turn it on.
var errPasswordOff = &oauth.Error{Code: oauth.UnauthorizedClient, Description: "grant_type=password is not turned on for this app; send the person to /oauth/authorize"}

// byPassword is the resource owner password grant (RFC 6749 §4.3), with the
// document's name for the user: email.
func (o *OpenMaster) byPassword(r *http.Request, form clientauth.Form, client oauth.Client) (oauth.Issued, error) {
	if !client.Password {
		return oauth.Issued{}, errPasswordOff
	}
	if form.Get("email") == "" || form.Get("password") == "" {
		return oauth.Issued{}, clientauth.Invalid("email and password must both be sent")
	}
	user, hash, err := o.signIn(r, clientauth.Credentials{ID: form.Get("email"), Secret: oauth.Secret(form.Get("password"))})
	if err != nil {
		return oauth.Issued{}, wrongCredentials(err, oauth.InvalidGrant)
	}
	o.audit(r, "grant_type=password", client)
	code, issued := oauth.Direct(client, oauth.Agreement{
		UserID: user.ID, Granted: oauth.ParseScopes(form.Get("scope"), client.Scopes), Method: store.ByPassword, At: o.Now(), GrantAge: o.GrantAge,
	})
	if err := o.DB.PasswordGrant(r.Context(), code, issued, hash); err != nil {
		return oauth.Issued{}, wrongCredentials(err, oauth.InvalidGrant)
	}
	return issued, nil
}
