package library

import (
	"context"
	"net/http"

	"golang.org/x/oauth2"
)

// OpenMaster is a provider that speaks OpenMaster's OAuth.
type OpenMaster struct{}

// Endpoint gives where to sign in at a provider. The credentials go in the
// body, as OpenMaster's document has it.
func (OpenMaster) Endpoint(provider string) oauth2.Endpoint {
	return oauth2.Endpoint{
		AuthURL: provider + "/oauth/authorize", TokenURL: provider + "/oauth/access_token",
		AuthStyle: oauth2.AuthStyleInParams,
	}
}

// Scopes are what the app asks for.
func (OpenMaster) Scopes() []string { return []string{"user,brand"} }

// Reader asks whose the token is. The token is not kept after that, so it does
// not matter that OpenMaster counts its life in milliseconds, and
// golang.org/x/oauth2 reads them as seconds.
func (OpenMaster) Reader(ctx context.Context, c Config, calls *http.Client, token *oauth2.Token) (*Reader, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Provider+"/user", nil)
	if err != nil {
		return nil, err
	}
	token.SetAuthHeader(request)
	var person struct {
		Email    string `json:"email"` // empty where it was not granted
		Username string `json:"username"`
		UUID     string `json:"uuid"`
	}
	if err := get(calls, request, &person); err != nil {
		return nil, err
	}
	return &Reader{ID: person.UUID, Name: person.Username, Facts: []Fact{
		{"email", "Email", orNotShared(person.Email)},
		{"username", "Username", person.Username},
	}}, nil
}
