package desk_test

import (
	"net/http"
	"testing"

	"hamconnect/server"
	"hamconnect/server/servertest"
)

func TestWhatIsTakenAwayBetweenApprovalAndFinishStopsTheFinish(t *testing.T) {
	for what, c := range map[string]struct{ do, undo func(house) error }{
		"the client is disabled": {
			func(h house) error { return h.client(func(c *server.Client) { c.Disabled = true }) },
			func(h house) error { return h.client(func(c *server.Client) { c.Disabled = false }) },
		},
		"the user is disabled": {
			func(h house) error { return h.person(func(u *server.User) { u.Disabled = true }) },
			func(h house) error { return h.person(func(u *server.User) { u.Disabled = false }) },
		},
		"the redirect URI is removed": {
			func(h house) error {
				return h.client(func(c *server.Client) { c.RedirectURIs = []string{"https://library.example/other"} })
			},
			func(h house) error {
				return h.client(func(c *server.Client) { c.RedirectURIs = []string{h.app.RedirectURI} })
			},
		},
		"the device is removed": {func(h house) error { return h.phone.Logout(h.TB.Context()) }, nil},
		"the client is deleted": {func(h house) error { return h.Admin().DeleteClient(h.TB.Context(), h.app.ID) }, nil},
		"the user is deleted":   {func(h house) error { return h.Admin().DeleteUser(h.TB.Context(), h.user.ID) }, nil},
	} {
		t.Run(what, func(t *testing.T) {
			h := build(t, nil)
			s := h.Begin(h.app).Scan(h.phone).Approve()
			if err := c.do(h); err != nil {
				t.Fatal(err)
			}
			if location, err := s.Finish(t.Context()); status(err) != http.StatusForbidden {
				t.Fatalf("it finished: %v, %d bytes of Location", err, len(location))
			}
			if c.undo == nil {
				return
			}
			if err := c.undo(h); err != nil {
				t.Fatal(err)
			}
			if s.Land().Get("code") == "" {
				t.Error("after it is given back there is no code")
			}
		})
	}
}

func (h house) client(change func(*server.Client)) error {
	_, err := h.Admin().UpdateClient(h.TB.Context(), h.app.ID, change)
	return err
}

func (h house) person(change func(*server.User)) error {
	_, err := h.Admin().UpdateUser(h.TB.Context(), h.user.ID, change)
	return err
}

// evil is a change of the client that a person should not be asked to confirm
// who saw another one.
func (h house) evil() {
	h.TB.Helper()
	err := h.client(func(c *server.Client) {
		c.Name, c.RedirectErrors = "Evil Library", true
		c.RedirectURIs = append(c.RedirectURIs, "https://evil.example/")
	})
	if err != nil {
		h.TB.Fatal(err)
	}
}

func TestALaterChangeOfTheClientDoesNotReachAPairingUnderWay(t *testing.T) {
	h := build(t, nil)
	s := h.Begin(h.app)
	s.Scan(h.phone)
	h.evil()
	if ask, err := h.phone.Claim(t.Context(), servertest.Code(s.Link)); err != nil || ask.AppName != "Campus Library" || ask.RedirectURI != h.app.RedirectURI {
		t.Errorf("the app is asked for %q at %q (%v)", ask.AppName, ask.RedirectURI, err)
	}
	if _, err := s.Cancel(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Finish(t.Context()); status(err) != http.StatusConflict {
		t.Errorf("a refusal is sent on: %v", err)
	}
}

// Until somebody scans nothing is stored, so the app is asked for what there is
// then: that has to be what the page shows, or nothing comes of it.
func TestAChangeOfTheClientBeforeTheScanEndsThePairing(t *testing.T) {
	h := build(t, nil)
	s := h.Begin(h.app)
	h.evil()
	if ask, err := h.phone.Claim(t.Context(), servertest.Code(s.Link)); err == nil {
		t.Fatalf("the app is asked for %q at %q", ask.AppName, ask.RedirectURI)
	}
	if v, err := s.Socket.Until("expired"); err != nil || v.Link != "" {
		t.Errorf("the page is not told: %s (%v)", v.State, err)
	}
	if _, err := s.Connect(t.Context()); status(err) != http.StatusNotFound {
		t.Errorf("it comes back: %v", err)
	}
	if s := h.Begin(h.app).Scan(h.phone); s.Ask.AppName != "Evil Library" {
		t.Errorf("a new page asks for %q", s.Ask.AppName)
	}
}

func TestAfterItsEndAPairingSaysWhichEndItWas(t *testing.T) {
	h := build(t, nil)
	for state, end := range map[string]func(*servertest.SignIn){
		"denied": func(s *servertest.SignIn) {
			if _, err := s.Scan(h.phone).Phone.Deny(t.Context(), s.Ask); err != nil {
				t.Fatal(err)
			}
		},
		"cancelled": func(s *servertest.SignIn) {
			if _, err := s.Scan(h.phone).Approve().Cancel(t.Context()); err != nil { // "not me"
				t.Fatal(err)
			}
		},
		"expired": func(*servertest.SignIn) { h.Clock.Advance(181e9) },
	} {
		t.Run(state, func(t *testing.T) {
			s := h.Begin(h.app)
			end(s)
			if v, err := s.Socket.Until(state); err != nil || v.Number != 0 || v.Link != "" || v.Finish != "" {
				t.Fatalf("the socket: %s, link %t, finish %t (%v)", v.State, v.Link != "", v.Finish != "", err)
			}
			if _, err := s.Socket.Next(); err == nil {
				t.Error("the socket goes on after the end")
			}
			s.Reconnect()
			if v, err := s.Socket.Next(); err != nil || v.State != state {
				t.Errorf("a new socket: %s (%v)", v.State, err)
			}
			if _, err := s.Finish(t.Context()); status(err) != http.StatusConflict {
				t.Errorf("the finish: %v", err)
			}
			if v, err := s.Cancel(t.Context()); err != nil || v.State != state {
				t.Errorf("cancelling afterwards: %s (%v)", v.State, err)
			}
		})
	}
}

func TestAClientThatWantsRefusalsIsToldOfThem(t *testing.T) {
	h := build(t, nil)
	h.app = h.AddApp(func(c *server.Client) { c.RedirectErrors = true })
	s := h.Begin(h.app).Scan(h.phone)
	if _, err := s.Phone.Deny(t.Context(), s.Ask); err != nil {
		t.Fatal(err)
	}
	if v, err := s.Socket.Until("denied"); err != nil || v.Finish == "" {
		t.Fatalf("the page is told no way on (%v)", err)
	}
	q := s.Land()
	if q.Get("error") != "access_denied" || q.Get("state") != "xY7Kq9fZ2pLmN8vB" || q.Has("code") {
		t.Errorf("it gets error %q, state %q", q.Get("error"), q.Get("state"))
	}
}
