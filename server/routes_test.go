package server_test

import (
	"net/http"
	"testing"

	"hamconnect/server/servertest"
)

func TestAPathWithAnotherMethodIs405AndNoPathIs404(t *testing.T) {
	p := servertest.Start(t, nil)
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{http.MethodPost, "/", 405, "GET"},
		{http.MethodPost, "/healthz", 405, "GET"},
		{http.MethodPost, "/sso-authorize", 405, "GET"},
		{http.MethodPost, "/sso-authorize/finish", 405, "GET"},
		{http.MethodGet, "/sso-authorize/pairing", 405, "POST"},
		{http.MethodDelete, "/sso-authorize/pairing/ABCDEFGHIJKLMNOP", 405, "GET"},
		{http.MethodGet, "/app/v1/pairings/claim", 401, ""}, // it reads as the status of a pairing "claim"
		{http.MethodPut, "/app/v1/enroll", 405, "POST"},
		{http.MethodOptions, "/app/v1/enroll", 405, "POST"},
		{http.MethodPost, "/Q/ABCDEFGHIJKLMNOP", 405, "GET"},
		{http.MethodGet, "/nowhere", 404, ""},
		{http.MethodPost, "/nowhere", 404, ""},
		{http.MethodGet, "/oauth/token/", 404, ""},
		{http.MethodGet, "/.git/config", 404, ""},
		{http.MethodGet, "/assets/", 404, ""},
		{http.MethodGet, "/assets/..%2f..%2fgo.mod", 404, ""},
		{http.MethodGet, "/debug/pprof/", 404, ""},
	} {
		a := p.Send(c.method, c.path, nil, http.Header{"Origin": {"https://evil.example"}})
		if a.Status != c.status || a.Header.Get("Allow") != c.allow {
			t.Errorf("%s %s: %d, Allow %q", c.method, c.path, a.Status, a.Header.Get("Allow"))
		}
		for name := range a.Header {
			if len(name) > 14 && name[:14] == "Access-Control" {
				t.Errorf("%s %s has %s", c.method, c.path, name)
			}
		}
	}
}
