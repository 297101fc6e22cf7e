package servertest

import (
	"context"
	"net/url"

	"hamconnect/tui/client"
)

// SignIn is one way through the house: a page with its socket, and what the
// app was asked. Each step fails the test if it does not go well.
type SignIn struct {
	*Page
	Socket *Socket
	Phone  *client.Account
	Ask    *client.Ask
	Number int // the check number, once claimed
	p      *Provider
}

// Begin opens the page for an app in a browser of its own, and its socket.
func (p *Provider) Begin(a App, more ...string) *SignIn {
	p.TB.Helper()
	return p.BeginAt(p.Authorize(a, more...))
}

// Reconnect gives the page a new socket.
func (s *SignIn) Reconnect() {
	s.p.TB.Helper()
	if s.Socket != nil {
		s.Socket.Close()
	}
	socket, err := s.Connect(context.Background())
	if err != nil {
		s.p.TB.Fatal(err)
	}
	s.Socket = socket
}

// Scan has the phone claim the code that the page arrived with, and reads the
// check number from the desktop.
func (s *SignIn) Scan(phone *client.Account) *SignIn {
	s.p.TB.Helper()
	ask, err := phone.Claim(context.Background(), Code(s.Link))
	if err != nil {
		s.p.TB.Fatal(err)
	}
	view, err := s.Socket.Until("claimed")
	if err != nil {
		s.p.TB.Fatal(err)
	}
	s.Phone, s.Ask, s.Number = phone, ask, view.Number
	return s
}

// Approve allows scopes, or all that were asked if none are named.
func (s *SignIn) Approve(scopes ...string) *SignIn {
	s.p.TB.Helper()
	if len(scopes) == 0 {
		scopes = s.Ask.ScopeNames()
	}
	if _, err := s.Phone.Approve(context.Background(), s.Ask, s.Number, scopes); err != nil {
		s.p.TB.Fatal(err)
	}
	if _, err := s.Socket.Until("approved"); err != nil {
		s.p.TB.Fatal(err)
	}
	return s
}

// Land finishes and gives what the app's redirect URI is called with.
func (s *SignIn) Land() url.Values {
	s.p.TB.Helper()
	return s.LandAt().Query()
}

// LandAt finishes and gives where the browser goes.
func (s *SignIn) LandAt() *url.URL {
	s.p.TB.Helper()
	defer s.Socket.Close()
	location, err := s.Finish(context.Background())
	if err != nil {
		s.p.TB.Fatal(err)
	}
	u, err := url.Parse(location)
	if err != nil {
		s.p.TB.Fatal("the redirect cannot be parsed")
	}
	return u
}

// Code signs the phone's user in to a and gives the authorization code.
func (p *Provider) Code(a App, phone *client.Account, more ...string) string {
	p.TB.Helper()
	return p.Begin(a, more...).Scan(phone).Approve().Land().Get("code")
}

// Token signs the phone's user in to a and gives the access token.
func (p *Provider) Token(a App, phone *client.Account) string {
	p.TB.Helper()
	answer := p.Exchange(a, p.Code(a, phone))
	if answer.Status != 200 {
		p.TB.Fatalf("the exchange answered %d %s", answer.Status, answer.Text("error"))
	}
	return answer.Text("access_token")
}
