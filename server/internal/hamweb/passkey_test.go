package hamweb_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"hamconnect/passkey/softkey"
	"hamconnect/server"
	"hamconnect/server/servertest"
	"hamconnect/tui/client"
)

// withPasskey starts a provider of a name, with a person who has a passkey.
func withPasskey(t *testing.T, change func(*server.Config)) (*servertest.Provider, *client.Account, *softkey.Authenticator) {
	t.Helper()
	p := start(t, func(c *server.Config) {
		c.PublicURL = strings.Replace(c.PublicURL, "127.0.0.1", "localhost", 1)
		if change != nil {
			change(c)
		}
	})
	p.URL = p.PublicURL()
	phone, _ := p.AddPhone("Lin")
	link, err := phone.PasskeyLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	code := link.Link[strings.LastIndex(link.Link, "/")+1:]
	key := &softkey.Authenticator{Algorithms: []softkey.Algorithm{softkey.ES256}}
	page := servertest.NewBrowser(p.URL)
	var begun struct {
		Ceremony string          `json:"ceremony"`
		Options  json.RawMessage `json:"options"`
	}
	status, text, err := page.PostJSON(t.Context(), "/passkeys/add/options", map[string]any{"code": code})
	if err != nil || status != http.StatusOK || json.Unmarshal(text, &begun) != nil {
		t.Fatalf("adding a passkey answered %d %s, %v", status, text, err)
	}
	attestation, err := key.Create(begun.Options, p.URL)
	if err != nil {
		t.Fatal(err)
	}
	status, text, err = page.PostJSON(t.Context(), "/passkeys/add", map[string]any{"code": code, "ceremony": begun.Ceremony, "answer": json.RawMessage(attestation)})
	if err != nil || status != http.StatusOK {
		t.Fatalf("adding a passkey answered %d %s, %v", status, text, err)
	}
	return p, phone, key
}

// assert goes through a ceremony as the front end does.
func (f *front) assert(key *softkey.Authenticator, origin string) answer {
	f.t.Helper()
	begun := f.call(http.MethodPost, "/web/auth/passkey/option", nil)
	if begun.status != http.StatusOK {
		return begun
	}
	assertion, err := key.Get([]byte(begun.text("json")), origin)
	if err != nil {
		f.t.Fatal(err)
	}
	return f.call(http.MethodPost, "/web/auth/passkey/login", map[string]string{"assertion_json": string(assertion), "session": begun.text("session")})
}

func TestAPasskeySignsIn(t *testing.T) {
	p, phone, key := withPasskey(t, func(c *server.Config) { c.PasskeyOrigins = []string{"http://localhost:3000"} })
	for _, origin := range []string{p.URL, "http://localhost:3000"} {
		b := newFront(t, p)
		if a := b.assert(key, origin); a.status != http.StatusOK || a.text("nickname") != "Lin" || len(a.cookies) != 2 || b.me() != "Lin" {
			t.Errorf("%s: answered %d %v, and set %v", origin, a.status, a.fields, a.cookies)
		}
	}
	if sessions, err := phone.Sessions(t.Context()); err != nil || len(sessions) != 2 || sessions[0].Method != "passkey" {
		t.Errorf("the app lists %+v, %v", sessions, err)
	}
	b := newFront(t, p)
	if a := b.assert(key, "http://localhost:9999"); a.status != http.StatusForbidden || a.text("code") != "passkey_wrong_origin" || a.cookies != nil {
		t.Errorf("a page that nobody named: %d %v", a.status, a.fields)
	}
	begun := b.call(http.MethodPost, "/web/auth/passkey/option", nil)
	assertion, err := key.Get([]byte(begun.text("json")), p.URL)
	if err != nil {
		t.Fatal(err)
	}
	body := map[string]string{"assertion_json": string(assertion), "session": begun.text("session")}
	page := servertest.NewBrowser(p.URL)
	status, _, err := page.PostJSON(t.Context(), "/passkeys/login", map[string]any{"ceremony": begun.text("session"), "answer": json.RawMessage(assertion)})
	if err != nil || status != http.StatusForbidden {
		t.Errorf("an answer meant for here at the account page's door: %d, %v", status, err)
	}
	if a := b.call(http.MethodPost, "/web/auth/passkey/login", body); a.status != http.StatusForbidden {
		t.Errorf("a ceremony that is over: %d %v", a.status, a.fields)
	}
	for _, broken := range []any{
		map[string]string{"session": begun.text("session")}, map[string]string{"assertion_json": "{", "session": "x"}, map[string]any{"assertion_json": map[string]string{}, "session": "x"}, []string{},
	} {
		if a := b.call(http.MethodPost, "/web/auth/passkey/login", broken); a.status != http.StatusForbidden && a.status != http.StatusBadRequest {
			t.Errorf("%v answered %d %v", broken, a.status, a.fields)
		}
	}
	off := newFront(t, start(t, nil)) // a bare address can have none
	off.refused(off.call(http.MethodPost, "/web/auth/passkey/option", nil), http.StatusNotFound, "passkey_off")
}
