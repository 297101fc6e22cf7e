package hamweb_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"

	"hamconnect/server"
	"hamconnect/server/servertest"
)

// standIn does what Ham Web's proxy does: /api/X goes to /web/X, of the cookies
// only four pass, and headers are copied one by one.
func standIn(t *testing.T, p *servertest.Provider) *front {
	t.Helper()
	passes := []string{"ham_session", "ham_refresh", "NEXT_LOCALE", "NEXT_THEME"}
	var mine string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rest, ok := strings.CutPrefix(r.URL.Path, "/api/")
		if !ok {
			http.NotFound(w, r)
			return
		}
		to, err := http.NewRequestWithContext(r.Context(), r.Method, p.URL+"/web/"+rest+"?"+r.URL.RawQuery, r.Body)
		if err != nil {
			t.Error(err)
			return
		}
		for name, values := range r.Header {
			if name != "Cookie" && name != "Host" && name != "Connection" {
				to.Header[name] = slices.Clone(values)
			}
		}
		for _, c := range r.Cookies() {
			if slices.Contains(passes, c.Name) {
				to.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
			}
		}
		to.Header.Set("X-Forwarded-For", "203.0.113.9")
		to.Header.Set("X-Forwarded-Host", strings.TrimPrefix(mine, "http://"))
		response, err := http.DefaultTransport.RoundTrip(to)
		if err != nil {
			http.Error(w, "", http.StatusBadGateway)
			return
		}
		defer response.Body.Close()
		for name, values := range response.Header {
			for _, value := range values {
				w.Header().Add(name, value)
			}
		}
		w.WriteHeader(response.StatusCode)
		io.Copy(w, response.Body)
	}))
	t.Cleanup(proxy.Close)
	mine = proxy.URL
	b := newFront(t, p)
	b.origin = proxy.URL
	b.Header.Set("Origin", proxy.URL)
	u, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	b.client.Jar.SetCookies(u, []*http.Cookie{{Name: "NEXT_LOCALE", Value: "en", Path: "/"}, {Name: "other", Value: "x", Path: "/"}})
	return b
}

func TestEverythingGoesThroughHamWebsProxy(t *testing.T) {
	p, _, key := withPasskey(t, func(c *server.Config) {
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
		c.PasskeyOrigins = []string{"http://localhost:3000"}
	})
	phone, _ := p.AddPhone("Mei")
	app := p.AddApp(nil)
	b := standIn(t, p)
	call := func(method, path string, body any) answer {
		t.Helper()
		return b.call(method, "/api/"+path, body)
	}
	ticket := call(http.MethodPost, "auth/qr/ticket", nil).text("ticket")
	ask := scan(t, phone, ticket)
	if ask.Browser.Address != "203.0.113.9" || ask.Browser.Name != "Chrome on Linux" {
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
	assertion, err := key.Get([]byte(begun.text("json")), "http://localhost:3000")
	if err != nil {
		t.Fatal(err)
	}
	a := call(http.MethodPost, "auth/passkey/login", map[string]string{"assertion_json": string(assertion), "session": begun.text("session")})
	if a.status != http.StatusOK || who() != "Lin" {
		t.Errorf("the passkey answered %d %v", a.status, a.fields)
	}
}
