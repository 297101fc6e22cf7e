package hamweb_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"hamconnect/server"
	"hamconnect/server/servertest"
)

// console is a provider whose console's client is registered.
func console(t *testing.T) (*servertest.Provider, servertest.App) {
	t.Helper()
	var id string
	p := start(t, nil)
	app := p.AddApp(func(c *server.Client) {
		c.Name, c.RedirectURIs = "Ham Web", []string{"https://web.example/login/callback", "https://web.example/elsewhere"}
	})
	id = app.ID
	p.Reconfigure(func(c *server.Config) { c.WebConsoleClient = id })
	return p, app
}

func TestACodeOfTheConsoleSignsInOnce(t *testing.T) {
	p, app := console(t)
	phone, user := p.AddPhone("Lin")
	second := p.AnotherPhone(user)
	other := p.AddApp(nil)
	callback := func(b *front, code string) answer {
		return b.call(http.MethodPost, "/web/auth/app-callback", map[string]string{"code": code})
	}
	b := newFront(t, p)
	code := p.Code(app, phone, "scope", "")
	if a := callback(b, code); a.status != http.StatusOK || len(a.cookies) != 2 || b.me() != "Lin" {
		t.Fatalf("answered %d %v, and set %v", a.status, a.fields, a.cookies)
	}
	if sessions, err := second.Sessions(t.Context()); err != nil || len(sessions) != 1 || sessions[0].Method != "app" {
		t.Errorf("the app lists %+v, %v", sessions, err)
	}
	thief := newFront(t, p)
	thief.refused(callback(thief, code), http.StatusBadRequest, "invalid_code")
	if b.me() != "" || thief.me() != "" {
		t.Error("a code that came twice has not ended what it began")
	}
	for name, code := range map[string]string{
		"another client's": p.Code(other, phone), "nonsense": "x", "none": "",
		"for another address":    p.Code(app, phone, "redirect_uri", "https://web.example/elsewhere"),
		"with a PKCE challenge":  p.Code(app, phone, "code_challenge", strings.Repeat("A", 43), "code_challenge_method", "S256"),
		"swapped for its tokens": func() string { c := p.Code(app, phone); p.Exchange(app, c); return c }(),
	} {
		t.Run(name, func(t *testing.T) {
			b := newFront(t, p)
			b.refused(callback(b, code), http.StatusBadRequest, "invalid_code")
			if b.me() != "" {
				t.Error("it signs in")
			}
		})
	}
	late := p.Code(app, phone)
	p.Clock.Advance(6 * time.Minute)
	b.refused(callback(b, late), http.StatusBadRequest, "invalid_code")

	stolen := p.Code(app, phone)
	kept := p.Code(app, phone)
	if a := callback(b, kept); a.status != http.StatusOK {
		t.Fatal("a second code does not sign in")
	}
	if err := phone.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b.me() != "" {
		t.Error("a browser stays signed in by a Ham app that was removed")
	}
	b.refused(callback(b, stolen), http.StatusBadRequest, "invalid_code")
	none := newFront(t, start(t, nil))
	none.refused(callback(none, "x"), http.StatusNotFound, "not_found")
}

func TestOneOfManyUsesOfAConsoleCodeWinsRace(t *testing.T) {
	p, app := console(t)
	phone, _ := p.AddPhone("Lin")
	code := p.Code(app, phone)
	var wait sync.WaitGroup
	answers := make([]answer, 16)
	for i := range answers {
		b := newFront(t, p)
		wait.Go(func() {
			answers[i] = b.call(http.MethodPost, "/web/auth/app-callback", map[string]string{"code": code})
		})
	}
	wait.Wait()
	won := 0
	for _, a := range answers {
		if a.status == http.StatusOK {
			won++
		}
	}
	if won != 1 {
		t.Errorf("%d uses won", won)
	}
}
