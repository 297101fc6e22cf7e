package hamweb_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Whoever holds a copy of a browser's cookies can have a code of the console's,
// which must not outlive the browser's session.
func TestACodeEndsWithTheSessionOfTheBrowserThatWasGivenIt(t *testing.T) {
	p, app := console(t)
	phone, _ := p.AddPhone("Lin")
	b := newFront(t, p)
	b.signIn(phone)
	info := b.asks(app, map[string]any{"scope": []string{}})
	code := landed(t, app, b.allows(app, info.text("nonce"), map[string]any{"scope": []string{}})).Get("code")
	sessions, err := phone.Sessions(t.Context())
	if err != nil || len(sessions) == 0 {
		t.Fatalf("%d sessions (%v)", len(sessions), err)
	}
	for _, s := range sessions {
		if err := phone.EndSession(t.Context(), s.ID); err != nil {
			t.Fatal(err)
		}
	}
	other := newFront(t, p)
	if a := other.call(http.MethodPost, "/web/auth/app-callback", map[string]string{"code": code}); a.status == http.StatusOK || other.me() != "" {
		t.Errorf("the code signed a browser in: %d, as %q", a.status, other.me())
	}
}

// A sibling's host can set cookies of the same names; they must not keep a
// session alive that the person ends.
func TestLogoutEndsTheSessionBesidePlantedCookies(t *testing.T) {
	p, _ := console(t)
	phone, _ := p.AddPhone("Lin")
	b := newFront(t, p)
	b.signIn(phone)
	u, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	var cookies []string
	for _, c := range b.client.Jar.Cookies(u) {
		cookies = append(cookies, c.Name+"=planted", c.Name+"="+c.Value, c.Name+"=a~b")
	}
	a := newFront(t, p).send(http.MethodPost, "/web/auth/logout", http.Header{"Cookie": {strings.Join(cookies, "; ")}}, nil)
	sessions, err := phone.Sessions(t.Context())
	if a.status != http.StatusNoContent || err != nil || len(sessions) != 0 || b.me() != "" {
		t.Errorf("answered %d, %d sessions are left (%v)", a.status, len(sessions), err)
	}
}
