package servertest

import (
	"context"
	"net/http"
	"net/url"

	"hamconnect/server"
	"hamconnect/tui/client"
)

// AddOpenMasterApp registers an app of OpenMaster's dialect.
func (p *Provider) AddOpenMasterApp(change func(*server.Client)) App {
	p.TB.Helper()
	return p.AddApp(func(c *server.Client) {
		c.Dialect, c.Name, c.RedirectURIs, c.Scopes = server.OpenMaster, "Brand Watch", []string{"http://foo.com"}, server.OpenMasterScopes()
		if change != nil {
			change(c)
		}
	})
}

// AddPassword gives a user an email address, a username and a password.
func (p *Provider) AddPassword(u server.User, email, username, password string) {
	p.TB.Helper()
	_, err := p.Admin().UpdateUser(context.Background(), u.ID, func(u *server.User) { u.Email, u.Username = email, username })
	if err != nil {
		p.TB.Fatal(err)
	}
	if err := p.Admin().SetPassword(context.Background(), u.ID, password); err != nil {
		p.TB.Fatal(err)
	}
}

// AuthorizeOpenMaster is the address by which an app asks for everything; more
// replaces or adds parameters, and takes out those that it gives as empty.
func (p *Provider) AuthorizeOpenMaster(a App, more ...string) string {
	q := url.Values{"client_id": {a.ID}, "response_type": {"code"}, "scope": {"user,brand"}, "state": {"xY7Kq9fZ2pLmN8vB"}}
	for i := 0; i+1 < len(more); i += 2 {
		if q.Set(more[i], more[i+1]); more[i+1] == "" {
			q.Del(more[i])
		}
	}
	return p.URL + "/oauth/authorize?" + q.Encode()
}

// BeginAt opens the sign-in page at address in a browser of its own, and its
// socket.
func (p *Provider) BeginAt(address string) *SignIn {
	p.TB.Helper()
	page, err := NewBrowser(p.URL).Open(context.Background(), address)
	if err != nil {
		p.TB.Fatal(err)
	}
	s := &SignIn{Page: page, p: p}
	s.Reconnect()
	p.TB.Cleanup(func() { s.Socket.Close() }) // and until then it is open, which nobody may scan otherwise
	return s
}

// AccessToken calls POST /oauth/access_token with the app's credentials in a
// form; more are further parameters.
func (p *Provider) AccessToken(a App, more ...string) Answer {
	p.TB.Helper()
	form := url.Values{"client_id": {a.ID}, "client_secret": {a.Secret}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return p.Send(http.MethodPost, "/oauth/access_token", form, nil)
}

// OpenMasterTokens signs the phone's user in to a and gives the answer with
// the tokens.
func (p *Provider) OpenMasterTokens(a App, phone *client.Account, more ...string) Answer {
	p.TB.Helper()
	code := p.BeginAt(p.AuthorizeOpenMaster(a, more...)).Scan(phone).Approve().Land().Get("code")
	answer := p.AccessToken(a, "grant_type", "authorization_code", "code", code)
	if answer.Status != http.StatusOK {
		p.TB.Fatalf("the exchange answered %d %s", answer.Status, answer.Text("error"))
	}
	return answer
}

// Bearer calls an endpoint with a token.
func (p *Provider) Bearer(method, path, token string) Answer {
	p.TB.Helper()
	return p.Send(method, path, nil, http.Header{"Authorization": {"bearer " + token}})
}
