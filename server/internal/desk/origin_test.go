package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"hamconnect/server/servertest"
)

func TestASocketIsOpenedByAPageOfThisOriginAlone(t *testing.T) {
	h := build(t, nil)
	var refused sync.WaitGroup // all at once: it takes a while to be sure that nobody has a pairing
	host := strings.TrimPrefix(h.URL, "http://")
	name, port, _ := strings.Cut(host, ":")
	for what, origins := range map[string][]string{
		"no Origin":            nil,
		"an empty one":         {""},
		"null":                 {"null"},
		"another scheme":       {"https://" + host},
		"another port":         {"http://" + name + ":1" + port},
		"no port":              {"http://" + name},
		"another name":         {"http://localhost:" + port},
		"HOST@evil":            {"http://" + host + "@evil.example"},
		"evil with HOST below": {"http://" + host + ".evil.example"},
		"evil":                 {"https://evil.example"},
		"a slash more":         {h.URL + "/"},
		"upper case":           {strings.ToUpper(h.URL)},
		"two in one line":      {h.URL + ", https://evil.example"},
		"two lines, evil last": {h.URL, "https://evil.example"},
		"two lines, the same":  {h.URL, h.URL},
	} {
		page := h.open(t)
		if _, err := page.ConnectWith(t.Context(), http.Header{"Origin": origins}); status(err) != http.StatusForbidden {
			t.Errorf("%s: the socket: %v", what, err)
		}
		refused.Go(func() { h.noneBegun(t, what, page) })
	}
	refused.Wait()
}

// noneBegun fails the test if the page's pairing is stored, or held by a socket.
func (h house) noneBegun(t *testing.T, what string, page *servertest.Page) {
	t.Helper()
	if _, err := page.Poll(t.Context()); status(err) != http.StatusNotFound {
		t.Errorf("%s: a pairing was begun all the same: %v", what, err)
	}
}

func TestChangesThatAnotherSitesPageAsksForAreRefused(t *testing.T) {
	h := build(t, nil)
	foreign := map[string]http.Header{
		"cross-site":            {"Sec-Fetch-Site": {"cross-site"}},
		"same-site":             {"Sec-Fetch-Site": {"same-site"}},
		"a foreign Origin":      {"Origin": {"https://evil.example"}},
		"a null Origin":         {"Origin": {"null"}},
		"another port's Origin": {"Origin": {"http://127.0.0.1:1"}},
	}
	var refused sync.WaitGroup
	defer refused.Wait()
	whole := t
	for what, header := range foreign {
		t.Run(what, func(t *testing.T) {
			page := h.open(whole)
			begin := "?pairing=" + page.Pairing + "&" + strings.SplitN(h.Authorize(h.app), "?", 2)[1]
			for _, path := range []string{"/sso-authorize/pairing" + begin, "/sso-authorize/plain" + begin} {
				if got, _, _ := request(t, page, http.MethodPost, h.URL+path, header); got != http.StatusForbidden {
					t.Errorf("begin: %d", got)
				}
			}
			refused.Go(func() { h.noneBegun(whole, what, page) })
			s := h.Begin(h.app).Scan(h.phone).Approve()
			if got, _, _ := request(t, s.Page, http.MethodPost, h.URL+"/sso-authorize/pairing/"+s.Pairing+"/cancel", header); got != http.StatusForbidden {
				t.Errorf("cancel: %d", got)
			}
			if header.Get("Sec-Fetch-Site") != "" {
				if got, _, _ := request(t, s.Page, http.MethodGet, h.URL+"/sso-authorize/finish?pairing="+s.Pairing, header); got != http.StatusForbidden {
					t.Errorf("finish: %d", got)
				}
			}
			if v, err := s.Poll(t.Context()); err != nil || v.State != "approved" {
				t.Errorf("the pairing is %s (%v)", v.State, err)
			}
		})
	}
}

func TestOnlyAGETOfTheBrowserItselfFinishes(t *testing.T) {
	h := build(t, nil)
	s := h.Begin(h.app).Scan(h.phone).Approve()
	address := h.URL + "/sso-authorize/finish?pairing=" + s.Pairing
	for _, method := range []string{http.MethodHead, http.MethodPost, http.MethodPut, http.MethodOptions} {
		got, _, header := request(t, s.Page, method, address, nil)
		if got < 400 || header.Get("Location") != "" {
			t.Errorf("%s: %d, Location %q", method, got, header.Get("Location"))
		}
	}
	cookie := cookieOf(t, s.Page)
	if cookie.Value == "" {
		t.Fatal("no cookie")
	}
	got, _, header := request(t, s.Page, http.MethodGet, address, http.Header{"Sec-Fetch-Site": {"none"}})
	to, err := url.Parse(header.Get("Location"))
	if err != nil || got != http.StatusSeeOther || to.Query().Get("code") == "" {
		t.Fatalf("the address typed by hand: %d", got)
	}
	for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"} {
		if header.Get(name) != want {
			t.Errorf("%s is %q", name, header.Get(name))
		}
	}
}

func TestThePairingsCookieIsForThisPairingAndNoScript(t *testing.T) {
	h := build(t, nil)
	for name, public := range map[string]*servertest.Provider{"http": h.Provider, "https": startHTTPS(t)} {
		app := public.AddApp(nil)
		path := strings.TrimPrefix(public.Authorize(app), public.URL)
		a := public.Send(http.MethodGet, path, nil, nil)
		lines := a.Header.Values("Set-Cookie")
		if len(lines) != 1 {
			t.Fatalf("%s: %d cookies", name, len(lines))
		}
		cookie, err := http.ParseSetCookie(lines[0])
		if err != nil {
			t.Fatal(err)
		}
		if !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Path != "/" || cookie.Domain != "" || cookie.MaxAge > 900 || len(cookie.Value) < 40 {
			t.Errorf("%s: HttpOnly %t, SameSite %d, Path %q, Domain %q, MaxAge %d, %d characters", name, cookie.HttpOnly, cookie.SameSite, cookie.Path, cookie.Domain, cookie.MaxAge, len(cookie.Value))
		}
		if cookie.Secure != (name == "https") || strings.HasPrefix(cookie.Name, "__Host-") != (name == "https") {
			t.Errorf("%s: Secure %t, named %s", name, cookie.Secure, cookie.Name)
		}
		if strings.Contains(a.Raw, cookie.Value) {
			t.Errorf("%s: the page holds the browser's secret", name)
		}
	}
}
