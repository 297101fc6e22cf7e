package server_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"hamconnect/passkey/softkey"
	"hamconnect/server/internal/session"
	"hamconnect/server/servertest"
	"hamconnect/tui/client"
)

// freshly signs a browser in again that is signed in already, and gives what
// the account page then shows.
func freshly(t *testing.T, p *servertest.Provider, b *servertest.Browser, phone *client.Account) string {
	t.Helper()
	page, err := b.Open(t.Context(), p.URL+"/account/confirm")
	if err != nil {
		t.Fatal(err)
	}
	signInHere(t, page, phone)
	_, body, err := b.Get(t.Context(), "/account")
	if err != nil {
		t.Fatal(err)
	}
	return body
}

var actionMark = regexp.MustCompile(`<form[^>]* action="([^"]+)"`)

func TestNoFormOfTheAccountPageWorksForSomebodyElse(t *testing.T) {
	p := onLocalhost(t)
	phone, user := p.AddPhone("Lin")
	p.Token(p.AddApp(nil), phone)
	p.AnotherPhone(user)
	b, other := signedIn(t, p, phone), signedIn(t, p, phone)
	addPasskey(t, p, b, softkey.Synced())
	body := account(t, b)
	paths := map[string]bool{"/account/stay": true, "/account/picture/remove": true, "/account/tokens/remove": true}
	for _, m := range actionMark.FindAllStringSubmatch(body, -1) {
		paths[m[1]] = true
	}
	if len(paths) < 13 {
		t.Fatalf("only %d forms: %v", len(paths), paths)
	}
	own, foreign := formToken(t, body), formToken(t, account(t, other))
	for name, c := range map[string]struct {
		token  string
		header http.Header
	}{
		"without a token":               {"", nil},
		"with another session's token":  {foreign, nil},
		"from another site":             {own, http.Header{"Sec-Fetch-Site": {"cross-site"}}},
		"from a sibling domain":         {own, http.Header{"Sec-Fetch-Site": {"same-site"}}},
		"from another origin, no hints": {own, http.Header{"Sec-Fetch-Site": {""}, "Origin": {"https://evil.example"}}},
	} {
		t.Run(name, func(t *testing.T) {
			for path := range paths {
				form := url.Values{"form": {c.token}, "session": {"others"}, "device": {"others"}, "sure": {"yes"}, "nickname": {"Mallory"}}
				status, _, err := b.Post(t.Context(), path, form, c.header)
				if err != nil || status != http.StatusForbidden {
					t.Errorf("%s answered %d, %v", path, status, err)
				}
			}
		})
	}
	after := account(t, b)
	for _, mark := range []string{"device-row", "session-row", "passkey-row", "notice-row"} {
		if was, is := strings.Count(body, `"`+mark+`"`), strings.Count(after, `"`+mark+`"`); is < was {
			t.Errorf("there were %d of %s, now %d", was, mark, is)
		}
	}
	account(t, other)
}

func TestASensitiveActWaitsForAFreshSignInAndGoesOn(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, user := p.AddPhone("Lin")
	second := p.AnotherPhone(user)
	b := signedIn(t, p, phone)
	p.Clock.Advance(session.Fresh + time.Second)
	if status, where := send(t, b, "/account/devices/remove", "device", second.DeviceID, "sure", "yes"); status != http.StatusSeeOther || where != "/account/confirm" {
		t.Fatalf("answered %d %s", status, where)
	}
	body := freshly(t, p, b, phone)
	for _, want := range []string{"Remove <bdi>test phone</bdi>?", `action="/account/devices/remove"`, `value="` + second.DeviceID + `"`} {
		if !strings.Contains(body, want) {
			t.Errorf("after the sign-in the page does not go on with %s", want)
		}
	}
	if _, err := second.Me(t.Context()); err != nil {
		t.Fatalf("it was removed without a question: %v", err)
	}
	account(t, b) // it asks once
	post(t, b, "/account/devices/remove", "device", second.DeviceID)
	if _, err := second.Me(t.Context()); err == nil {
		t.Error("a fresh sign-in did not help")
	}
}

func TestAnActThatWaitsIsNotDoneByOrForAnybodyElse(t *testing.T) {
	p := servertest.Start(t, nil)
	lin, _ := p.AddPhone("Lin")
	mei, _ := p.AddPhone("Mei")
	begin := func() *servertest.Browser {
		b := signedIn(t, p, lin)
		p.Clock.Advance(session.Fresh + time.Second)
		if status, _ := send(t, b, "/account/leave"); status != http.StatusSeeOther {
			t.Fatalf("answered %d", status)
		}
		return b
	}
	asks := func(body string) bool { return strings.Contains(body, "Deactivate your account?") }
	t.Run("another person signs in", func(t *testing.T) {
		if asks(freshly(t, p, begin(), mei)) {
			t.Error("Mei is asked about what Lin was going to do")
		}
	})
	t.Run("a long time later", func(t *testing.T) {
		b := begin()
		p.Clock.Advance(11 * time.Minute)
		if asks(freshly(t, p, b, lin)) {
			t.Error("it still waits")
		}
	})
	t.Run("the cookie is made up", func(t *testing.T) {
		b := begin()
		kept := cookies(b, p.URL)["account_ham_pending"]
		value, seal, _ := strings.Cut(kept, ".")
		for _, forged := range []string{value, value + ".", value + "." + strings.Repeat("A", len(seal)), "e30." + seal, "." + seal} {
			setCookies(t, b, p.URL, map[string]string{"account_ham_pending": forged})
			if asks(freshly(t, p, b, lin)) {
				t.Errorf("a forged cookie was taken up")
			}
		}
	})
}

func TestNothingIsRemovedWithoutAQuestion(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, user := p.AddPhone("Lin")
	p.AnotherPhone(user)
	third := p.AnotherPhone(user)
	b := signedIn(t, p, phone)
	for _, device := range []string{third.DeviceID, "others"} {
		if status, body := send(t, b, "/account/devices/remove", "device", device); status != http.StatusOK || !strings.Contains(body, `data-testid="sure"`) {
			t.Errorf("answered %d without a question", status)
		}
	}
	if _, err := third.Me(t.Context()); err != nil {
		t.Fatalf("it was removed: %v", err)
	}
	post(t, b, "/account/devices/remove", "device", "others")
	if _, err := third.Me(t.Context()); err == nil {
		t.Error("another Ham app outlived the removal of all others")
	}
	if body := account(t, b); strings.Count(body, `data-testid="device-row"`) != 1 {
		t.Error("this browser's own Ham app was removed, or another was not")
	}
}

func TestAHamAppIsConnectedFromTheAccountPage(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, user := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	status, body := send(t, b, "/account/devices/connect")
	link := regexp.MustCompile(`data-link="([^"]+)"`).FindStringSubmatch(body)
	if status != http.StatusOK || link == nil {
		t.Fatalf("answered %d without a link", status)
	}
	if me, err := p.Enroll(link[1]).Me(t.Context()); err != nil || me.UserID != user.ID {
		t.Errorf("the link signed in somebody else, or nobody: %v", err)
	}
	if !strings.Contains(account(t, b), `data-kind="device_added"`) {
		t.Error("nobody is told of the new Ham app")
	}
}
