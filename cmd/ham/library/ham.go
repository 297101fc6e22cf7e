package library

import (
	"context"
	"net/http"

	"golang.org/x/oauth2"
)

// Ham is the provider as its own Integration Guide describes it.
type Ham struct{}

// Endpoint gives where to sign in at a provider.
func (Ham) Endpoint(provider string) oauth2.Endpoint {
	return oauth2.Endpoint{
		AuthURL: provider + "/sso-authorize", TokenURL: provider + "/oauth/token",
		AuthStyle: oauth2.AuthStyleInHeader,
	}
}

// Scopes are what the app asks for. Ham separates them by commas.
func (Ham) Scopes() []string { return []string{"profile,is_student"} }

// Reader asks whose the token is.
func (Ham) Reader(ctx context.Context, c Config, calls *http.Client, token *oauth2.Token) (*Reader, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Provider+"/oauth/userinfo", nil)
	if err != nil {
		return nil, err
	}
	// Ham wants the client's credentials beside the token: a second line.
	request.SetBasicAuth(c.ClientID, c.ClientSecret)
	request.Header.Add("Authorization", "Bearer "+token.AccessToken)
	var person struct {
		OpenID    string `json:"open_id"`
		Nickname  string `json:"nickname"`
		AvatarURL string `json:"avatar_url"`
		IsStudent *bool  `json:"is_student"` // nil where it was not granted
	}
	if err := get(calls, request, &person); err != nil {
		return nil, err
	}
	student := notShared
	if person.IsStudent != nil {
		student = "no"
		if *person.IsStudent {
			student = "yes"
		}
	}
	return &Reader{ID: person.OpenID, Name: person.Nickname, Picture: person.AvatarURL, Facts: []Fact{
		{"shared-nickname", "Nickname", orNotShared(person.Nickname)},
		{"student", "Student", student},
	}}, nil
}
