package openmaster

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"hamconnect/server/internal/clientauth"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store"
)

// authorization is how one is shown to the person whose it is.
type authorization struct {
	ID       string       `json:"id"`
	ClientID string       `json:"client_id"`
	App      string       `json:"app"`
	Scopes   oauth.Scopes `json:"scopes"`
	Note     string       `json:"note"`
	Created  time.Time    `json:"created_at"`
	Updated  time.Time    `json:"updated_at"`
}

func shown(a store.Authorization) authorization {
	return authorization{a.ID, a.ClientID, a.App, a.Scopes, a.Note, a.Created.UTC().Truncate(time.Second), a.Updated.UTC().Truncate(time.Second)}
}

// created is an authorization with what it gives, which is told here and never
// again. token is the access token under a second name.
type created struct {
	authorization
	tokenAnswer
	Token string `json:"token"`
}

// maxNote bounds a note, in characters.
const maxNote = 200

// CreateAuthorization answers POST /authorizations, the document's "use basic
// authentication to create an OAuth2 token".
func (o *OpenMaster) CreateAuthorization(w http.ResponseWriter, r *http.Request) error {
	var scopes []string
	var reuse bool
	form, err := clientauth.ReadObject(r, map[string]any{"scopes": &scopes, "idempotent": &reuse})
	if err != nil {
		return err
	}
	note := form.Get("note")
	if utf8.RuneCountInString(note) > maxNote || strings.ContainsFunc(note, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return clientauth.Invalid(fmt.Sprintf("note must have at most %d characters, and no control characters", maxNote))
	}
	if len(scopes) > 100 {
		return clientauth.Invalid("scopes names more than 100")
	}
	claimed := form.Credentials()
	if claimed.ID == "" || claimed.Secret == "" {
		return &oauth.Error{Code: oauth.InvalidClient, Description: "client_id and client_secret are missing in the JSON body; the Authorization header is for the person's email and password"}
	}
	client, err := o.Clients.Authenticate(r, claimed, oauth.OpenMaster)
	if err != nil {
		return err
	}
	user, hash, err := o.person(r)
	if err != nil {
		return err
	}
	o.audit(r, "POST /authorizations", client)
	now := o.Now()
	granted := oauth.Scopes{}
	for _, s := range client.Scopes {
		if slices.Contains(scopes, s) {
			granted = append(granted, s)
		}
	}
	code, issued := oauth.Direct(client, oauth.Agreement{UserID: user.ID, Granted: granted, Method: store.ByPassword, At: now, GrantAge: o.GrantAge})
	stored, issued, renewed, err := o.DB.Authorize(r.Context(), store.Authorization{
		ID: issued.Refresh.Family, UserID: user.ID, ClientID: client.ID, Scopes: granted, Note: note, Created: now, Updated: now,
	}, code, issued, hash, reuse)
	switch {
	case errors.Is(err, store.ErrTooMany):
		return clientauth.Invalid("There are too many authorizations of this app already: delete some, or send idempotent: true")
	case err != nil:
		return wrongCredentials(err, oauth.InvalidCredentials)
	}
	stored.App = client.Name
	status := http.StatusCreated
	if renewed {
		status = http.StatusOK
	}
	w.Header().Set("Location", "/authorizations/"+stored.ID)
	return clientauth.WriteJSON(w, status, created{shown(stored), answerOf(issued), issued.Secret.Reveal()})
}

// Authorizations answers GET /authorizations.
func (o *OpenMaster) Authorizations(w http.ResponseWriter, r *http.Request) error {
	user, _, err := o.person(r)
	if err != nil {
		return err
	}
	all, err := o.DB.Authorizations(r.Context(), user.ID, o.Now())
	if err != nil {
		return fmt.Errorf("listing authorizations: %w", err)
	}
	out := make([]authorization, len(all))
	for i, a := range all {
		out[i] = shown(a)
	}
	return clientauth.WriteJSON(w, http.StatusOK, out)
}

// Authorization answers GET /authorizations/{id}.
func (o *OpenMaster) Authorization(w http.ResponseWriter, r *http.Request) error {
	user, _, err := o.person(r)
	if err != nil {
		return err
	}
	a, err := o.DB.Authorization(r.Context(), user.ID, r.PathValue("id"), o.Now())
	if err != nil {
		return noAuthorization(err)
	}
	return clientauth.WriteJSON(w, http.StatusOK, shown(a))
}

// DeleteAuthorization answers DELETE /authorizations/{id}: its tokens die at
// once.
func (o *OpenMaster) DeleteAuthorization(w http.ResponseWriter, r *http.Request) error {
	user, _, err := o.person(r)
	if err != nil {
		return err
	}
	if err := o.DB.DeleteAuthorization(r.Context(), user.ID, r.PathValue("id")); err != nil {
		return noAuthorization(err)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func noAuthorization(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return &oauth.Error{Code: oauth.NotFound, Description: "You have no authorization of this id; GET /authorizations lists them"}
	}
	return err
}

// person gives who has signed the request with email and password.
func (o *OpenMaster) person(r *http.Request) (oauth.User, string, error) {
	header, err := clientauth.ReadAuthorization(r.Header.Values("Authorization"))
	if err != nil || header.Basic.ID == "" {
		return oauth.User{}, "", &oauth.Error{Code: oauth.InvalidCredentials, Description: "Email and password are missing: send Authorization: Basic base64(email:password)"}
	}
	user, hash, err := o.signIn(r, header.Basic)
	return user, hash, wrongCredentials(err, oauth.InvalidCredentials)
}
