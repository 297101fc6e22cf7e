package ham_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"hamconnect/server/servertest"
)

func TestTheMetadataIsTrue(t *testing.T) {
	h := build(t, nil)
	a := h.Send(http.MethodGet, "/.well-known/oauth-authorization-server", nil, nil)
	if a.Status != 200 || a.Text("issuer") != h.URL {
		t.Fatalf("answered %d, issuer %q", a.Status, a.Text("issuer"))
	}
	probes := map[string]struct {
		method string
		status int // of a request without anything
	}{
		"authorization_endpoint": {http.MethodGet, 400},
		"token_endpoint":         {http.MethodPost, 400},
		"userinfo_endpoint":      {http.MethodGet, 401},
	}
	for name, value := range a.Fields {
		address, isText := value.(string)
		if !isText || name == "issuer" {
			continue
		}
		probe, ok := probes[name]
		path, ours := strings.CutPrefix(address, h.URL)
		if !ok || !ours {
			t.Errorf("%s names %s, which nobody has looked at", name, address)
			continue
		}
		if got := h.Send(probe.method, path, nil, nil); got.Status != probe.status {
			t.Errorf("%s answers %d", name, got.Status)
		}
		delete(probes, name)
	}
	for name := range probes {
		t.Errorf("%s is not named", name)
	}
	list := func(name string) (texts []string) {
		values, _ := a.Fields[name].([]any)
		for _, v := range values {
			text, _ := v.(string)
			texts = append(texts, text)
		}
		return texts
	}
	for name, want := range map[string][]string{
		"response_types_supported":              {"code"},
		"grant_types_supported":                 {"authorization_code"},
		"token_endpoint_auth_methods_supported": {"client_secret_basic", "client_secret_post"},
		"code_challenge_methods_supported":      {"S256"},
		"scopes_supported":                      {"profile", "is_student", "mcp", "mcp:read", "mcp:write"},
	} {
		if got := list(name); !slices.Equal(got, want) {
			t.Errorf("%s is %q", name, got)
		}
	}
	for _, locale := range list("ui_locales_supported") {
		page, err := servertest.NewBrowser(h.URL).Open(t.Context(), h.Authorize(h.app, "ui_locales", locale))
		if err != nil || !strings.Contains(page.HTML, `<html lang="`+locale) {
			t.Errorf("there is no page in %s (%v)", locale, err)
		}
	}
}

func TestHealthAndReadinessAnswer(t *testing.T) {
	h := build(t, nil)
	for _, path := range []string{"/healthz", "/readyz"} {
		if a := h.Send(http.MethodGet, path, nil, nil); a.Status != 200 || a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
}
