package server_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hamconnect/server"
	"hamconnect/server/servertest"
)

// openMaster is a provider with an app of that dialect that may do everything,
// and a browser in which a person is signed in who has a password.
func openMaster(t *testing.T) (p *servertest.Provider, app servertest.App, b *servertest.Browser, u server.User) {
	t.Helper()
	p = servertest.Start(t, nil)
	app = p.AddOpenMasterApp(func(c *server.Client) { c.Implicit, c.Password = true, true })
	phone, u := p.AddPhone("Lin")
	p.AddPassword(u, "lin@campus.example", "lin", "correct horse battery")
	return p, app, signedIn(t, p, phone), u
}

// unasked sends the browser where an app would, with prompt=none, and gives
// what the app is told.
func unasked(t *testing.T, b *servertest.Browser, p *servertest.Provider, a servertest.App, more ...string) (query, fragment url.Values) {
	t.Helper()
	status, to, err := b.Get(t.Context(), strings.TrimPrefix(p.AuthorizeOpenMaster(a, append(more, "prompt", "none")...), p.URL))
	if err != nil || status != http.StatusSeeOther {
		t.Fatalf("answered %d (%v)", status, err)
	}
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal("the redirect cannot be parsed")
	}
	if fragment, err = url.ParseQuery(u.Fragment); err != nil {
		t.Fatal("nor can its fragment")
	}
	return u.Query(), fragment
}

func TestAYesInTheBrowserSparesTheQuestionForACodeAndNeverForAToken(t *testing.T) {
	p, app, b, _ := openMaster(t)
	nonce, page := consentPage(t, b, p.AuthorizeOpenMaster(app))
	for _, text := range []string{"lin@campus.example", "Your username, and an ID"} {
		if !strings.Contains(page, text) {
			t.Errorf("the page does not say %q", text)
		}
	}
	if status, to := answerConsent(t, b, nonce, "allow", "user", "brand"); status != http.StatusSeeOther || !strings.HasPrefix(to, "http://foo.com?code=") {
		t.Fatalf("allowed: %d", status)
	}
	if query, _ := unasked(t, b, p, app); !query.Has("code") {
		t.Errorf("the same again asks: %q", query.Get("error"))
	}
	query, fragment := unasked(t, b, p, app, "response_type", "token", "redirect_uri", "http://foo.com/go?to=https://evil.example/")
	if fragment.Get("error") != "consent_required" || fragment.Has("access_token") || query.Has("code") {
		t.Errorf("a token is given unasked, to whatever the callback leads to")
	}
	// Asked, and allowed by a click, it comes; a second click is asked again.
	nonce, _ = consentPage(t, b, p.AuthorizeOpenMaster(app, "response_type", "token"))
	if status, to := answerConsent(t, b, nonce, "allow", "user"); status != http.StatusSeeOther || !strings.HasPrefix(to, "http://foo.com#access_token=") {
		t.Errorf("allowed: %d", status)
	}
	if _, to := answerConsent(t, b, nonce, "allow", "user"); !strings.HasPrefix(to, "/oauth/authorize?") {
		t.Error("the second click leads somewhere else than to the question")
	}
}

func TestAPasswordIsNoYesThatOutlivesIt(t *testing.T) {
	p, app, b, u := openMaster(t)
	a := p.AccessToken(app, "grant_type", "password", "email", "lin@campus.example", "password", "correct horse battery", "scope", "user,brand")
	if a.Status != http.StatusOK {
		t.Fatal(a.Status)
	}
	if err := p.Admin().SetPassword(t.Context(), u.ID, "another password"); err != nil {
		t.Fatal(err)
	}
	if query, _ := unasked(t, b, p, app); query.Has("code") || query.Get("error") != "consent_required" {
		t.Error("what was given by password spares the question in the browser")
	}
}

func TestAScopeThatMeansSomethingElseNowIsAskedAgain(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, a *server.Admin, app servertest.App){
		"its texts are changed": func(*testing.T, *server.Admin, servertest.App) {},
		"it is removed and defined anew": func(t *testing.T, a *server.Admin, app servertest.App) {
			t.Helper()
			set := func(scopes ...string) {
				if _, err := a.UpdateClient(t.Context(), app.ID, func(c *server.Client) { c.Scopes = scopes }); err != nil {
					t.Fatal(err)
				}
			}
			if err := a.RemoveScope(t.Context(), "re_ports"); err == nil {
				t.Error("a scope that an app is registered for can be removed")
			}
			set("user")
			if err := a.RemoveScope(t.Context(), "re_ports"); err != nil {
				t.Fatal(err)
			}
			define(t, a, "Delete your reports")
			set("user", "re_ports", "rexports")
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, _, b, _ := openMaster(t)
			define(t, p.Admin(), "Read your reports")
			if err := p.Admin().SetScope(t.Context(), server.CustomScope{Name: "rexports", En: "Exports", Zh: "导出", Ja: "書き出し"}); err != nil {
				t.Fatal(err)
			}
			app := p.AddOpenMasterApp(func(c *server.Client) { c.Scopes = []string{"user", "re_ports", "rexports"} })
			nonce, _ := consentPage(t, b, p.AuthorizeOpenMaster(app, "scope", "re_ports,rexports"))
			_, to := answerConsent(t, b, nonce, "allow", "re_ports", "rexports")
			u, err := url.Parse(to)
			if err != nil {
				t.Fatal("the redirect cannot be parsed")
			}
			tokens := p.AccessToken(app, "grant_type", "authorization_code", "code", u.Query().Get("code"))
			change(t, p.Admin(), app)
			define(t, p.Admin(), "Delete your reports")
			if query, _ := unasked(t, b, p, app, "scope", "re_ports"); query.Has("code") {
				t.Error("the old yes answers for the new meaning")
			}
			if query, _ := unasked(t, b, p, app, "scope", "rexports"); !query.Has("code") {
				t.Error("a scope of another name is asked again too")
			}
			if a := p.AccessToken(app, "grant_type", "refresh_token", "refresh_token", tokens.Text("refresh_token")); a.Text("scope") != "rexports" {
				t.Errorf("a refresh gives %q", a.Text("scope"))
			}
			if scopes := p.Bearer(http.MethodGet, "/user", tokens.Text("access_token")).Header.Get("X-OAuth-Scopes"); scopes != "rexports" {
				t.Errorf("the token stands for %q", scopes)
			}
		})
	}
}

func define(t *testing.T, a *server.Admin, text string) {
	t.Helper()
	if err := a.SetScope(t.Context(), server.CustomScope{Name: "re_ports", En: text, Zh: text, Ja: text}); err != nil {
		t.Fatal(err)
	}
}
