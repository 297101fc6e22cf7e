package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestEveryPageCarriesTheHeaders(t *testing.T) {
	p := newPages(t)
	for name, test := range map[string]struct {
		write func(http.ResponseWriter, *http.Request) error
		csp   string
	}{
		"sign in": {
			func(w http.ResponseWriter, r *http.Request) error { return p.SignIn(w, r, 200, sample("waiting")) },
			"default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self' wss://ham.example ws://ham.example; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
		},
		"opened by a camera": {
			func(w http.ResponseWriter, r *http.Request) error { return p.PhoneStart(w, r, someStart()) },
			"default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self' wss://ham.example ws://ham.example; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
		},
		"decided on a phone": {
			func(w http.ResponseWriter, r *http.Request) error { return p.Phone(w, r, 200, someClaim("claimed")) },
			"default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self' wss://ham.example ws://ham.example; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
		},
		"approved on a phone": {
			func(w http.ResponseWriter, r *http.Request) error { return p.Phone(w, r, 200, someClaim("approved")) },
			"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
		},
		"problem": {
			func(w http.ResponseWriter, r *http.Request) error { return p.Problem(w, r, 400, UnknownApp) },
			"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := render(t, "en", test.write).Header()
			for key, want := range map[string]string{
				"Content-Security-Policy": test.csp,
				"Content-Type":            "text/html; charset=utf-8",
				"Cache-Control":           "no-store",
				"Referrer-Policy":         "no-referrer",
				"X-Content-Type-Options":  "nosniff",
				"X-Frame-Options":         "DENY",
			} {
				if got := h.Get(key); got != want {
					t.Errorf("%s: %q, want %q", key, got, want)
				}
			}
			if h.Get("Permissions-Policy") == "" {
				t.Error("there is no Permissions-Policy")
			}
		})
	}
}

func TestHostCannotWriteIntoThePolicy(t *testing.T) {
	for _, host := range []string{"evil.example; script-src *", "a b", "*", "x;y", "", "[::1]:80"} {
		if got := policy(host, needs{script: true}); !strings.Contains(got, "connect-src 'self';") {
			t.Errorf("%q: %s", host, got)
		}
	}
}

func TestOtherPagesInEveryLanguage(t *testing.T) {
	p := newPages(t)
	pages := map[string]func(http.ResponseWriter, *http.Request) error{
		"home": func(w http.ResponseWriter, r *http.Request) error {
			return p.Home(w, r, Home{PublicURL: "https://ham.example"})
		},
		"pair": func(w http.ResponseWriter, r *http.Request) error {
			return p.AppLink(w, r, AppLink{PairLink, "HTTPS://HAM.EXAMPLE/Q/ABC"})
		},
		"enroll": func(w http.ResponseWriter, r *http.Request) error {
			return p.AppLink(w, r, AppLink{EnrollLink, "https://ham.example/enroll/ABC"})
		},
	}
	for _, problem := range knownProblems {
		pages[problem.Title] = func(w http.ResponseWriter, r *http.Request) error {
			return p.Problem(w, r, http.StatusBadRequest, problem.With("redirect_uri", "r-1"))
		}
	}
	for name, write := range pages {
		for _, lang := range []string{"en", "zh-Hans", "ja"} {
			t.Run(name+" "+lang, func(t *testing.T) {
				doc := parse(t, render(t, lang, write).Body.String())
				cleanOfInline(t, doc)
				noRawKeys(t, p, doc)
				if got := doc.all("html")[0].attr["lang"]; got != lang {
					t.Errorf("lang is %q", got)
				}
				if len(doc.all("h1")) != 1 || len(doc.all("script")) != 0 {
					t.Error("the page has no heading, or a script")
				}
			})
		}
	}
}

func TestAppLinkRepeatsOnlyPlainLinks(t *testing.T) {
	for link, want := range map[string]string{
		"HTTPS://HAM.EXAMPLE/Q/ABC":      "ham approve HTTPS://HAM.EXAMPLE/Q/ABC",
		"https://ham.example/Q/`reboot`": "ham approve LINK",
		"https://ham.example/Q/a;b":      "ham approve LINK",
		"$(x)":                           "ham approve LINK",
		"":                               "ham approve LINK",
	} {
		if got := (appLinkPage{AppLink: AppLink{PairLink, link}}).Command(); got != want {
			t.Errorf("%q: %q, want %q", link, got, want)
		}
	}
}

func TestProblemShowsTextsOfItsCaller(t *testing.T) {
	p := newPages(t)
	problem := Problem{Title: "Not <today>", Text: "Come back.", Again: "//evil.example"}
	w := render(t, "ja", func(w http.ResponseWriter, r *http.Request) error { return p.Problem(w, r, http.StatusTeapot, problem) })
	if w.Code != http.StatusTeapot {
		t.Errorf("status %d", w.Code)
	}
	doc := parse(t, w.Body.String())
	if got := doc.all("h1")[0].text; got != "Not <today>" {
		t.Errorf("the title is %q", got)
	}
	if len(doc.all("a")) != 0 {
		t.Error("there is a link to another host")
	}
}

func TestAssetsAreServedForEver(t *testing.T) {
	p := newPages(t)
	for name, contentType := range map[string]string{
		"style.css": "text/css; charset=utf-8", "signin.js": "text/javascript; charset=utf-8", "ham.svg": "image/svg+xml",
	} {
		address, err := p.assets.address(name)
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		p.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
		h := w.Header()
		if w.Code != http.StatusOK || h.Get("Content-Type") != contentType ||
			h.Get("Cache-Control") != "public, max-age=31536000, immutable" || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %v", address, w.Code, h)
		}
	}
	for _, path := range []string{"/assets/", "/assets/style.css", "/assets/../web.go", "/assets/style-0000000000000000.css"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.Path = path
		p.Handler().ServeHTTP(w, r)
		if w.Code != http.StatusNotFound || strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestNothingIsWrittenWhenAPageFails(t *testing.T) {
	p := newPages(t)
	w := httptest.NewRecorder()
	err := p.write(w, httptest.NewRequest(http.MethodGet, "/", nil), http.StatusOK, "signin", needs{}, struct{ Texts }{Texts{Lang: "en"}})
	if err == nil || w.Body.Len() != 0 || len(w.Header()) != 0 {
		t.Errorf("err %v, %d bytes, headers %v", err, w.Body.Len(), w.Header())
	}
}
