package hamweb_test

import (
	"net/http"
	"net/url"
	"testing"

	"hamconnect/server/servertest"
)

func TestEverythingGoesThroughHamWebsProxy(t *testing.T) {
	web := servertest.NewHamWeb(t, "")
	p, _, key := withPasskey(t, web.Configure)
	web.Behind(p)
	phone, _ := p.AddPhone("Mei")
	app := p.AddApp(nil)
	b := newFront(t, p)
	b.origin = web.URL
	b.Header.Set("Origin", web.URL)
	u, err := url.Parse(web.URL)
	if err != nil {
		t.Fatal(err)
	}
	b.client.Jar.SetCookies(u, []*http.Cookie{{Name: "NEXT_LOCALE", Value: "en", Path: "/"}, {Name: "other", Value: "x", Path: "/"}})
	call := func(method, path string, body any) answer {
		t.Helper()
		return b.call(method, "/api/"+path, body)
	}
	ticket := call(http.MethodPost, "auth/qr/ticket", nil).text("ticket")
	ask := scan(t, phone, ticket)
	if ask.Browser.Address != servertest.BrowserAddress || ask.Browser.Name != "Chrome on Linux" {
		t.Errorf("the app is shown %+v", ask.Browser)
	}
	if a := call(http.MethodGet, "auth/qr/ticket/"+ticket, nil); a.text("state") != "SCANNED" {
		t.Fatalf("after the scan: %v", a.fields)
	}
	confirm(t, phone, ask)
	if a := call(http.MethodGet, "auth/qr/ticket/"+ticket, nil); a.text("state") != "CONFIRMED" || len(a.cookies) != 2 {
		t.Fatalf("after the approval: %v, cookies %v", a.fields, a.cookies)
	}
	who := func() string { return call(http.MethodGet, "auth/me", nil).text("nickname") }
	if who() != "Mei" {
		t.Fatal("nobody is signed in")
	}
	if a := call(http.MethodPost, "auth/refresh", nil); a.status != http.StatusNoContent || len(a.cookies) != 2 || who() != "Mei" {
		t.Errorf("refreshing answered %d", a.status)
	}
	info := call(http.MethodPost, "sso/consent/info", map[string]any{
		"client_id": app.ID, "scope": []string{"profile"}, "redirect_uri": app.RedirectURI, "state": "s",
	})
	q := landed(t, app, call(http.MethodPost, "sso/consent/confirm", map[string]any{
		"client_id": app.ID, "scope": []string{"profile"}, "redirect_uri": app.RedirectURI, "state": "s", "nonce": info.text("nonce"),
	}))
	if a := p.Exchange(app, q.Get("code")); a.Status != http.StatusOK {
		t.Errorf("the exchange answered %d", a.Status)
	}
	if a := call(http.MethodPost, "tokens", map[string]any{"name": "x", "scopes": []string{"mcp"}, "ttl_days": 1}); a.status != http.StatusOK {
		t.Errorf("making a token answered %d", a.status)
	}
	if a := call(http.MethodPost, "auth/logout", nil); a.status != http.StatusNoContent || who() != "" {
		t.Errorf("logout answered %d", a.status)
	}
	begun := call(http.MethodPost, "auth/passkey/option", nil)
	assertion, err := key.Get([]byte(begun.text("json")), web.URL)
	if err != nil {
		t.Fatal(err)
	}
	a := call(http.MethodPost, "auth/passkey/login", map[string]string{"assertion_json": string(assertion), "session": begun.text("session")})
	if a.status != http.StatusOK || who() != "Lin" {
		t.Errorf("the passkey answered %d %v", a.status, a.fields)
	}
}
