package hamweb_test

import (
	"net/http"
	"strings"
	"testing"

	"hamconnect/server"
)

func TestOnlyNamedOriginsAreLetIn(t *testing.T) {
	p := start(t, func(c *server.Config) { c.WebOrigins = []string{"https://web.example"} })
	phone, _ := p.AddPhone("Lin")
	b := newFront(t, p)
	b.signIn(phone)
	for name, c := range map[string]struct {
		header http.Header
		in     bool
		named  bool
	}{
		"a page of ours":              {http.Header{"Sec-Fetch-Site": {"same-origin"}, "Origin": {"https://front.example"}}, true, false},
		"typed":                       {http.Header{"Sec-Fetch-Site": {"none"}}, true, false},
		"no browser":                  {http.Header{}, true, false},
		"an old browser":              {http.Header{"Origin": {p.URL}}, true, false},
		"a named one":                 {http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://web.example"}}, true, true},
		"another site":                {http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}}, false, false},
		"another host of the site":    {http.Header{"Sec-Fetch-Site": {"same-site"}, "Origin": {"https://evil.web.example"}}, false, false},
		"an old browser, elsewhere":   {http.Header{"Origin": {"https://evil.example"}}, false, false},
		"nobody says who":             {http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"null"}}, false, false},
		"named with another port":     {http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://web.example:8443"}}, false, false},
		"named without TLS":           {http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"http://web.example"}}, false, false},
		"named with something behind": {http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://web.example.evil.example"}}, false, false},
		"two":                         {http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://web.example", "https://evil.example"}}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			for path, method := range map[string]string{"/web/auth/me": http.MethodGet, "/web/auth/qr/ticket": http.MethodPost} {
				other := b.twin()
				other.t, other.Header = t, c.header
				a := other.call(method, path, nil)
				if c.in != (a.status == http.StatusOK) {
					t.Errorf("%s answered %d %v", path, a.status, a.fields)
				}
				allowed := a.header.Get("Access-Control-Allow-Origin")
				if c.named != (allowed == "https://web.example") || !c.named && allowed != "" || c.named != (a.header.Get("Access-Control-Allow-Credentials") == "true") {
					t.Errorf("%s allows %q", path, allowed)
				}
				if !strings.Contains(strings.Join(a.header.Values("Vary"), ","), "Origin") {
					t.Error("caches are not told")
				}
				before := other.call(http.MethodOptions, path, nil)
				if c.named != (before.status == http.StatusNoContent) || c.named != (before.header.Get("Access-Control-Allow-Methods") != "") {
					t.Errorf("a preflight answered %d", before.status)
				}
			}
		})
	}
	for _, wrong := range []string{"*", "https://web.example/", "web.example", "http://web.example", "https://web.example:443", "HTTPS://web.example", "https://a@web.example", "null", "", "https://*.web.example", "https://bücher.example"} {
		if _, err := server.ParseWebOrigin(wrong); err == nil {
			t.Errorf("%q is taken for an origin", wrong)
		}
	}
}

func TestARequestOfTheWrongFormIsRefusedInTheVisitorsLanguage(t *testing.T) {
	p := start(t, nil)
	phone, _ := p.AddPhone("Lin")
	b := newFront(t, p)
	b.signIn(phone)
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	for name, a := range map[string]answer{
		"a form to logout":   b.send(http.MethodPost, "/web/auth/logout", form, []byte("a=b")),
		"a form to a ticket": b.send(http.MethodPost, "/web/auth/qr/ticket", form, []byte("a=b")),
		"a form to tokens":   b.send(http.MethodPost, "/web/tokens", form, []byte("name=x")),
		"text":               b.send(http.MethodPost, "/web/tokens", http.Header{"Content-Type": {"text/plain"}}, []byte(`{"name":"x"}`)),
		"no JSON":            b.send(http.MethodPost, "/web/tokens", http.Header{"Content-Type": {"application/json"}}, []byte(`{`)),
		"a list as name":     b.send(http.MethodPost, "/web/tokens", http.Header{"Content-Type": {"application/json"}}, []byte(`{"name":["a"],"scopes":["mcp"],"ttl_days":1}`)),
		"another twice":      b.send(http.MethodPost, "/web/tokens", http.Header{"Content-Type": {"application/json"}}, []byte(`{"name":"a","x":1,"x":2,"scopes":["mcp"],"ttl_days":1}`)),
		"a name twice":       b.send(http.MethodPost, "/web/tokens", http.Header{"Content-Type": {"application/json"}}, []byte(`{"name":"a","name":"b","scopes":["mcp"],"ttl_days":1}`)),
	} {
		if a.status != http.StatusBadRequest || a.text("code") != "invalid_request" {
			t.Errorf("%s answered %d %v", name, a.status, a.fields)
		}
	}
	if b.me() != "Lin" {
		t.Error("one of them did something")
	}
	for _, path := range []string{"/web/tokens", "/web/auth/qr/ticket"} {
		long := []byte(`{"name":"` + strings.Repeat("x", 1<<17) + `"}`)
		b.refused(b.send(http.MethodPost, path, http.Header{"Content-Type": {"application/json"}}, long), http.StatusRequestEntityTooLarge, "too_large")
	}
	more := map[string]any{"name": "a", "scopes": []string{"mcp"}, "ttl_days": 1, "note": map[string]any{"deep": []int{1}}, "on": true}
	if a := b.call(http.MethodPost, "/web/tokens", more); a.status != http.StatusOK {
		t.Errorf("what nobody asked for is refused: %d %v", a.status, a.fields)
	}
	seen := map[string]bool{}
	for _, language := range []string{"en", "zh-CN,zh;q=0.9", "ja"} {
		b.Header.Set("Accept-Language", language)
		seen[b.call(http.MethodGet, "/web/nothing", nil).text("message")] = true
	}
	if len(seen) != 3 {
		t.Errorf("the messages are %v", seen)
	}
	b.refused(b.call(http.MethodGet, "/web/nothing", nil), http.StatusNotFound, "not_found")
	b.refused(b.call(http.MethodGet, "/web/auth/logout", nil), http.StatusMethodNotAllowed, "method_not_allowed")
	b.refused(b.call(http.MethodPost, "/web/auth/me", nil), http.StatusMethodNotAllowed, "method_not_allowed")
}
