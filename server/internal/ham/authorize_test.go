package ham_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hamconnect/server"
	"hamconnect/server/servertest"
)

// browse opens an address as a browser does that follows no redirect.
func browse(t *testing.T, h house, query string) servertest.Answer {
	t.Helper()
	return h.Send(http.MethodGet, "/sso-authorize?"+h.fill(query), nil, http.Header{"Accept": {"text/html"}})
}

func TestWhileClientOrRedirectAreInDoubtThereIsAPageAndNoRedirect(t *testing.T) {
	// The client wants errors by redirect, and still gets none of these.
	h := build(t, func(c *server.Client) {
		c.RedirectErrors = true
		c.RedirectURIs = []string{"https://library.example/callback", "http://localhost:8485/callback"}
	})
	disabled := h.AddApp(func(c *server.Client) { c.RedirectErrors, c.Disabled = true, true })
	const uri = "redirect_uri=https%3A%2F%2Flibrary.example%2Fcallback"
	for name, query := range map[string]string{
		"nothing at all":                         "",
		"no client_id":                           uri,
		"an empty client_id":                     "client_id=&" + uri,
		"an unknown client":                      "client_id=nobody&" + uri,
		"a client_id in another case":            "client_id=" + strings.ToUpper(h.app.ID) + "&" + uri,
		"a client_id with a zero byte":           "client_id={id}%00&" + uri,
		"client_id twice":                        "client_id={id}&client_id={id}&" + uri,
		"client_id twice, another first":         "client_id={other-id}&client_id={id}&" + uri,
		"a disabled client":                      "client_id=" + disabled.ID + "&" + uri,
		"no redirect_uri":                        "client_id={id}",
		"redirect_uri twice":                     "client_id={id}&" + uri + "&" + uri,
		"redirect_uri twice, another second":     "client_id={id}&" + uri + "&redirect_uri=https://evil.example/",
		"another host":                           "client_id={id}&redirect_uri=https://evil.example/callback",
		"a user name in front":                   "client_id={id}&redirect_uri=https://library.example@evil.example/callback",
		"a host that goes on":                    "client_id={id}&redirect_uri=https://library.example.evil.example/callback",
		"a slash more":                           "client_id={id}&" + uri + "%2F",
		"a path below":                           "client_id={id}&" + uri + "%2Fx",
		"a query more":                           "client_id={id}&" + uri + "%3Fx%3D1",
		"a fragment more":                        "client_id={id}&" + uri + "%23x",
		"plain http":                             "client_id={id}&redirect_uri=http://library.example/callback",
		"a line break":                           "client_id={id}&" + uri + "%0d%0aSet-Cookie:a=b",
		"javascript":                             "client_id={id}&redirect_uri=javascript:alert(1)",
		"another port of localhost":              "client_id={id}&redirect_uri=http://localhost:1/callback",
		"wrong redirect and wrong response_type": "client_id={id}&redirect_uri=https://evil.example/&response_type=token",
		"a broken escape":                        "client_id={id}&" + uri + "&x=%zz",
		"a semicolon":                            "client_id={id};" + uri,
		"a request of 9 KB":                      "client_id={id}&" + uri + "&x=" + strings.Repeat("x", 9<<10),
		"two states and an unknown client":       "client_id=nobody&" + uri + "&state=a&state=b",
		"markup in client_id":                    "client_id=%3Cscript%3Ealert(1)%3C/script%3E&" + uri,
	} {
		t.Run(name, func(t *testing.T) {
			a := browse(t, h, query)
			if a.Status != http.StatusBadRequest || a.Header.Get("Location") != "" || len(a.Header["Set-Cookie"]) > 0 {
				t.Fatalf("answered %d, Location %q, %d cookies", a.Status, a.Header.Get("Location"), len(a.Header["Set-Cookie"]))
			}
			if !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") || strings.Contains(strings.ToLower(a.Raw), "http-equiv") ||
				strings.Contains(a.Raw, "evil.example") || strings.Contains(a.Raw, "<script>alert") {
				t.Error("the page is none, leads away, or repeats what it was given")
			}
			for name, want := range map[string]string{"Cache-Control": "no-store", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer"} {
				if got := a.Header.Get(name); got != want {
					t.Errorf("%s is %q", name, got)
				}
			}
		})
	}
}

func TestErrorsAfterThatGoToClientsThatWantThemAndToNobodyElse(t *testing.T) {
	h := build(t, func(c *server.Client) { c.RedirectErrors = true })
	for name, c := range map[string]struct{ query, code, state string }{
		"response_type=token":  {"&state=a+%26b&response_type=token", "unsupported_response_type", "a &b"},
		"PKCE plain":           {"&state=s&code_challenge=x&code_challenge_method=plain", "invalid_request", "s"},
		"scope twice":          {"&state=s&scope=profile&scope=profile", "invalid_request", "s"},
		"two states, none won": {"&state=a&state=b", "invalid_request", ""},
	} {
		t.Run(name, func(t *testing.T) {
			query := "&redirect_uri=" + url.QueryEscape("https://library.example/callback") + c.query
			a := browse(t, h, "client_id={id}"+query)
			to, err := url.Parse(a.Header.Get("Location"))
			if err != nil || a.Status != http.StatusSeeOther || to.Scheme+"://"+to.Host+to.Path != "https://library.example/callback" {
				t.Fatalf("answered %d, Location %q", a.Status, a.Header.Get("Location"))
			}
			if q := to.Query(); q.Get("error") != c.code || q.Get("state") != c.state || q.Has("state") != (c.state != "") || q.Has("code") {
				t.Errorf("with %v", q)
			}
			if a := browse(t, h, "client_id={other-id}"+query); a.Status != http.StatusBadRequest || a.Header.Get("Location") != "" {
				t.Errorf("a client that wants none: %d, Location %q", a.Status, a.Header.Get("Location"))
			}
		})
	}
}

func TestPlainHTTPRedirectsAreForTheSandboxOnly(t *testing.T) {
	local := func(c *server.Client) { c.RedirectURIs = []string{"http://localhost:8485/callback"} }
	sandbox := build(t, local)
	if _, err := servertest.NewBrowser(sandbox.URL).Open(t.Context(), sandbox.Authorize(sandbox.app)); err != nil {
		t.Errorf("in the sandbox: %v", err)
	}
	public := house{Provider: servertest.Start(t, func(c *server.Config) { c.PublicURL = "https://ham.example" })}
	app := public.AddApp(local)
	_, err := servertest.NewBrowser(public.URL).Open(t.Context(), public.Authorize(app))
	var status *servertest.StatusError
	if !errors.As(err, &status) || status.Status != http.StatusBadRequest {
		t.Errorf("on https://ham.example: %v", err)
	}
}

func TestOpeningTheSignInPageStoresNothingAndCanBeDoneTwice(t *testing.T) {
	h := build(t, nil)
	b := servertest.NewBrowser(h.URL)
	first, err := b.Open(t.Context(), h.Authorize(h.app))
	if err != nil {
		t.Fatal(err)
	}
	second, err := b.Open(t.Context(), h.Authorize(h.app))
	if err != nil || first.Pairing == second.Pairing || first.Link == second.Link {
		t.Errorf("two pages share a pairing (%v)", err)
	}
	if _, err := first.Poll(t.Context()); err == nil {
		t.Error("a pairing exists before its page has connected")
	}
	if a := h.Send(http.MethodHead, strings.TrimPrefix(h.Authorize(h.app), h.URL), nil, nil); a.Status != http.StatusOK {
		t.Errorf("HEAD is answered %d", a.Status)
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodOptions} {
		if a := h.Send(method, "/sso-authorize?client_id="+h.app.ID, nil, nil); a.Status != http.StatusMethodNotAllowed {
			t.Errorf("%s is answered %d", method, a.Status)
		}
	}
}
