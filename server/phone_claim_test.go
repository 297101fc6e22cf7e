package server_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"hamconnect/passkey/softkey"
	"hamconnect/qr/pairing"
	"hamconnect/server"
	"hamconnect/server/servertest"
	"hamconnect/tui/client"
)

func TestOpeningTheLinkWithACameraChangesNothing(t *testing.T) {
	p := onLocalhost(t)
	phone, _, _ := lin(t, p)
	s := p.Begin(p.AddApp(nil))
	before, err := s.Poll(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	code := servertest.Code(s.Link)
	bad := code[:len(code)-1] + map[bool]string{true: "B", false: "A"}[strings.HasSuffix(code, "A")]
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		good, other := p.Send(method, "/Q/"+code, nil, nil), p.Send(method, "/Q/"+bad, nil, nil)
		if good.Status != http.StatusOK || good.Header["Set-Cookie"] != nil {
			t.Errorf("%s answers %d and sets %v", method, good.Status, good.Header["Set-Cookie"])
		}
		if method == http.MethodGet && (!strings.Contains(good.Raw, `data-testid="claim"`) || !strings.Contains(good.Raw, "ham approve")) {
			t.Error("the page offers no passkey, or does not say how to use the Ham app")
		}
		if strings.ReplaceAll(good.Raw, code, bad) != other.Raw || other.Status != good.Status {
			t.Error("the page tells whether the code is good")
		}
	}
	if after, err := s.Poll(t.Context()); err != nil || after.Version != before.Version {
		t.Errorf("opening the link changed the pairing, %v", err)
	}
	s.Scan(phone)
}

func TestWhereThereAreNoPasskeysThePhoneIsSentToTheApp(t *testing.T) {
	p := servertest.Start(t, nil)
	s := p.Begin(p.AddApp(nil))
	code := servertest.Code(s.Link)
	if a := p.Send(http.MethodGet, "/Q/"+code, nil, nil); a.Status != http.StatusOK || strings.Contains(a.Raw, "passkey") || !strings.Contains(a.Raw, "ham approve") {
		t.Errorf("the link answers %d, and offers a passkey", a.Status)
	}
	for _, path := range []string{"/Q/options", "/Q/claim"} {
		if a := script(t, servertest.NewBrowser(p.URL), path, map[string]any{"code": code}); a.Status != http.StatusNotFound || a.Error != "off" {
			t.Errorf("%s answers %d %s", path, a.Status, a.Error)
		}
	}
}

func TestEveryClaimThatIsRefusedSaysWhy(t *testing.T) {
	p := onLocalhost(t)
	app := p.AddApp(nil)
	phone, key, _ := lin(t, p)
	_, meis, _ := lin(t, p)
	nobody, _ := p.AddPhone("Nobody") // has no passkey
	_, disabledKey, user := lin(t, p)
	if _, err := p.Admin().UpdateUser(t.Context(), user.ID, func(u *server.User) { u.Disabled = true }); err != nil {
		t.Fatal(err)
	}
	gone := softkey.Synced()
	home := signedIn(t, p, phone)
	addPasskey(t, p, home, gone)
	ids := passkeyIDs(t, account(t, home))
	post(t, home, "/account/passkeys/remove", "passkey", ids[len(ids)-1])

	fresh := func() *servertest.Browser { return servertest.NewBrowser(p.URL) }
	with := func(k *softkey.Authenticator, faults ...softkey.Fault) func(*testing.T, *servertest.SignIn) told {
		return func(t *testing.T, s *servertest.SignIn) told {
			return claim(t, p, fresh(), servertest.Code(s.Link), k, faults...)
		}
	}
	for name, c := range map[string]struct {
		try    func(t *testing.T, s *servertest.SignIn) told
		status int
		reason string
		says   string
	}{
		"a code of nobody": {func(t *testing.T, _ *servertest.SignIn) told {
			return claim(t, p, fresh(), strings.Repeat("A", 42), key)
		}, 404, "not_found", "not known"},
		"no code": {func(t *testing.T, _ *servertest.SignIn) told { return claim(t, p, fresh(), "", key) }, 404, "not_found", "not known"},
		"a code that was replaced": {func(t *testing.T, s *servertest.SignIn) told {
			p.Clock.Advance(pairing.CodeEvery + pairing.CodeGrace + time.Second)
			return claim(t, p, fresh(), servertest.Code(s.Link), key)
		}, 404, "not_found", "Scan the one"},
		"a code that has expired": {func(t *testing.T, s *servertest.SignIn) told {
			p.Clock.Advance(pairing.WaitFor)
			return claim(t, p, fresh(), servertest.Code(s.Link), key)
		}, 404, "not_found", "has expired"},
		"a code that was cancelled": {func(t *testing.T, s *servertest.SignIn) told {
			if _, err := s.Cancel(t.Context()); err != nil {
				t.Fatal(err)
			}
			return claim(t, p, fresh(), servertest.Code(s.Link), key)
		}, 409, "cancelled", "cancelled on the computer"},
		"one that somebody else scanned": {func(t *testing.T, s *servertest.SignIn) told {
			scanned(t, p, s, meis)
			return claim(t, p, fresh(), servertest.Code(s.Link), key)
		}, 409, "already_claimed", "scanned this code already"},
		"a session and no passkey's answer": {func(t *testing.T, s *servertest.SignIn) told {
			return script(t, signedIn(t, p, phone), "/Q/claim", map[string]any{"code": servertest.Code(s.Link)})
		}, 403, "ceremony_unknown", "is over"},
		"an answer that was given to sign in": {func(t *testing.T, s *servertest.SignIn) told {
			b := fresh()
			login := ask(t, b, "/passkeys/login/options", nil)
			assertion, err := key.Get(login.Options, p.URL)
			if err != nil {
				t.Fatal(err)
			}
			return script(t, b, "/Q/claim", map[string]any{"code": servertest.Code(s.Link), "ceremony": login.Ceremony, "answer": json.RawMessage(assertion)})
		}, 403, "wrong_purpose", ""},
		"an answer that was given for another pairing": {func(t *testing.T, s *servertest.SignIn) told {
			b, other := fresh(), p.Begin(app)
			options := script(t, b, "/Q/options", map[string]any{"code": servertest.Code(other.Link)})
			assertion, err := key.Get(options.Options, p.URL)
			if err != nil {
				t.Fatal(err)
			}
			return script(t, b, "/Q/claim", map[string]any{"code": servertest.Code(s.Link), "ceremony": options.Ceremony, "answer": json.RawMessage(assertion)})
		}, 403, "wrong_purpose", ""},
		"another person's passkey where somebody is signed in": {func(t *testing.T, s *servertest.SignIn) told {
			b, code := signedIn(t, p, phone), servertest.Code(s.Link)
			options := script(t, b, "/Q/options", map[string]any{"code": code})
			assertion, err := meis.Get(options.Options, p.URL, softkey.Using(meis.Keys()[0].ID))
			if err != nil {
				t.Fatal(err)
			}
			return script(t, b, "/Q/claim", map[string]any{"code": code, "ceremony": options.Ceremony, "answer": json.RawMessage(assertion)})
		}, 403, "other_user", "another account"},
		"somebody signed in who has no passkey": {func(t *testing.T, s *servertest.SignIn) told {
			return claim(t, p, signedIn(t, p, nobody), servertest.Code(s.Link), key)
		}, 403, "none", "account page"},
		"a passkey that was removed": {with(gone), 403, "unknown_credential", "does not know this passkey"},
		"a disabled person":          {with(disabledKey), 403, "disabled", "disabled"},
		"nobody who was verified":    {with(key, softkey.NotVerified), 403, "user_not_verified", "did not check"},
		"a bad signature":            {with(key, softkey.BadSignature), 403, "bad_signature", ""},
		"no JSON of a passkey": {func(t *testing.T, s *servertest.SignIn) told {
			b, code := fresh(), servertest.Code(s.Link)
			options := script(t, b, "/Q/options", map[string]any{"code": code})
			return script(t, b, "/Q/claim", map[string]any{"code": code, "ceremony": options.Ceremony, "answer": 7})
		}, 403, "malformed", ""},
		"a body that is too large": {func(t *testing.T, s *servertest.SignIn) told {
			return script(t, fresh(), "/Q/claim", map[string]any{"code": servertest.Code(s.Link), "ceremony": strings.Repeat("x", 100<<10)})
		}, 400, "malformed", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := p.Begin(app)
			got := c.try(t, s)
			if got.Status != c.status || got.Error != c.reason || !strings.Contains(got.Message, c.says) || got.Next != "" {
				t.Errorf("answered %d %s: %s", got.Status, got.Error, got.Message)
			}
			if view, err := s.Poll(t.Context()); err != nil || view.State == "claimed" && c.reason != "already_claimed" {
				t.Errorf("and yet the desktop is %s, %v", view.State, err)
			}
		})
	}
}

func TestWhoIsSignedInIsOfferedTheirOwnPasskeys(t *testing.T) {
	p := onLocalhost(t)
	phone, key, _ := lin(t, p)
	_, meis, _ := lin(t, p)
	s := p.Begin(p.AddApp(nil))
	code := servertest.Code(s.Link)
	b := signedIn(t, p, phone)
	if options := script(t, b, "/Q/options", map[string]any{"code": code}); !strings.Contains(string(options.Options), `"allowCredentials":[{`) {
		t.Error("the options name no passkey")
	}
	if options := script(t, servertest.NewBrowser(p.URL), "/Q/options", map[string]any{"code": code}); !strings.Contains(string(options.Options), `"allowCredentials":[]`) {
		t.Error("a stranger is told of passkeys")
	}
	if _, err := meis.Get(script(t, b, "/Q/options", map[string]any{"code": code}).Options, p.URL); err == nil {
		t.Error("another person's authenticator finds a passkey in the options")
	}
	if a := claim(t, p, b, code, key); a.Status != http.StatusOK {
		t.Errorf("their own is refused: %d %s", a.Status, a.Error)
	}
}

func TestTheSameClaimAgainDoesNoHarm(t *testing.T) {
	p := onLocalhost(t)
	_, key, _ := lin(t, p)
	s := p.Begin(p.AddApp(nil))
	c := scanned(t, p, s, key)
	code := servertest.Code(s.Link)
	if a := claim(t, p, c.Browser, code, key); a.Status != http.StatusOK || a.Next != c.path {
		t.Errorf("the same browser again: %d %s", a.Status, a.Error)
	}
	c.page(t, "claimed")

	// The answer was lost on its way: no cookie came, and the person tries again.
	lost := scanned(t, p, s, key)
	lost.page(t, "claimed")
	if status, _, err := c.Get(t.Context(), c.path); err != nil || status != http.StatusNotFound {
		t.Errorf("two browsers hold one claim: %d, %v", status, err)
	}
	if view, err := s.Poll(t.Context()); err != nil || view.Contested != 0 || view.Number != c.number {
		t.Errorf("the desktop warns of %d others, %v", view.Contested, err)
	}
	lost.decide(t, "approve", lost.form(t))
	if s.Land().Get("code") == "" {
		t.Error("the app was given no code")
	}
}

func TestAppAndPhoneAreToldWhoCameFirst(t *testing.T) {
	p := onLocalhost(t)
	app := p.AddApp(nil)
	phone, key, _ := lin(t, p)
	t.Run("the app", func(t *testing.T) {
		s := p.Begin(app).Scan(phone)
		if a := claim(t, p, servertest.NewBrowser(p.URL), servertest.Code(s.Link), key); a.Status != http.StatusConflict || a.Error != "already_claimed" {
			t.Errorf("the phone's browser: %d %s", a.Status, a.Error)
		}
		status, err := phone.Status(t.Context(), s.Pairing, 0, 0)
		if err != nil || status.Contested != 1 {
			t.Errorf("the app is warned %d times, %v", status.Contested, err)
		}
		s.Approve()
	})
	t.Run("the phone's browser", func(t *testing.T) {
		s := p.Begin(app)
		c := scanned(t, p, s, key)
		if strings.Contains(c.page(t, "claimed"), `data-testid="contested">`) {
			t.Error("the page warns before anybody came")
		}
		if _, err := phone.Claim(t.Context(), servertest.Code(s.Link)); reason(err) != "already_claimed" {
			t.Errorf("the app: %v", err)
		}
		if !strings.Contains(c.page(t, "claimed"), `data-testid="contested">`) {
			t.Error("the page does not warn")
		}
		if view, err := s.Poll(t.Context()); err != nil || view.Contested != 1 {
			t.Errorf("the desktop is warned %d times, %v", view.Contested, err)
		}
		ask := &client.Ask{}
		ask.PairingID = s.Pairing
		if _, err := phone.Deny(t.Context(), ask); reason(err) != "not_found" {
			t.Errorf("the app decides on the browser's claim: %v", err)
		}
	})
}

func TestAnAddressAsksForSoManyChallenges(t *testing.T) {
	p := servertest.Start(t, func(c *server.Config) {
		c.PublicURL = strings.Replace(c.PublicURL, "127.0.0.1", "localhost", 1)
		c.Limits.Pairings = server.Rate{Every: time.Hour, Burst: 3}
	})
	p.URL = p.PublicURL()
	s := p.Begin(p.AddApp(nil))
	b := servertest.NewBrowser(p.URL)
	for i := range 4 {
		a := script(t, b, "/Q/options", map[string]any{"code": servertest.Code(s.Link)})
		if i < 3 && a.Status != http.StatusOK || i == 3 && (a.Status != http.StatusTooManyRequests || a.Error != "slow_down") {
			t.Errorf("time %d: %d %s", i, a.Status, a.Error)
		}
	}
}
