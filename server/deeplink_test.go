package server_test

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"hamconnect/qr"
	"hamconnect/server/servertest"
)

var openApp = regexp.MustCompile(`<a [^>]*data-testid="open-app"([^>]*) href="([^"]*)"`)

func TestThePagesDeepLinkAsksForWhatThePageAsks(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" // RFC 7636, appendix B
	for name, state := range map[string]string{
		"a plain state":  "xY7Kq9fZ2pLmN8vB",
		"markup":         `"><script>alert(1)</script>`,
		"another scheme": "javascript:alert(1)",
		"separators":     "a&client_id=evil&redirect_uri=https://evil.example/#x;y+z%26 'q'`",
		"no Latin":       "状态 é",
	} {
		t.Run(name, func(t *testing.T) {
			page, err := servertest.NewBrowser(p.URL).Open(t.Context(), p.Authorize(app, "state", state, "code_challenge", challenge, "code_challenge_method", "S256", "unknown", "javascript:alert(2)"))
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(page.HTML, "ham://"); n != 1 {
				t.Fatalf("there are %d deep links", n)
			}
			m := openApp.FindStringSubmatch(page.HTML)
			if m == nil || !strings.Contains(m[1], "data-at-once") {
				t.Fatal("the page has no deep link that a phone tries")
			}
			link, err := qr.ParseLink(html.UnescapeString(m[2]))
			if err != nil {
				t.Fatal(err)
			}
			want := url.Values{
				"client_id": {app.ID}, "redirect_uri": {app.RedirectURI}, "scope": {"profile is_student"}, "state": {state},
				"code_challenge": {challenge}, "code_challenge_method": {"S256"},
			}
			if got := link.Authorize.Encode(); got != want.Encode() {
				t.Errorf("it asks for\n%s, want\n%s", got, want.Encode())
			}
			ask, err := phone.CheckAuthorize(t.Context(), link.Authorize)
			if err != nil {
				t.Fatal(err)
			}
			back, err := phone.ApproveAuthorize(t.Context(), ask, ask.ScopeNames())
			if err != nil {
				t.Fatal(err)
			}
			if u, err := url.Parse(back); err != nil || u.Query().Get("state") != state || u.Query().Get("code") == "" {
				t.Error("the app does not get its state back with a code")
			}
		})
	}
}

func TestADeepLinkIsTriedOnlyWhereItHelps(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	for name, c := range map[string]struct {
		address      string
		link, atOnce bool
	}{
		"a request":                     {p.Authorize(app), true, true},
		"asked anew":                    {p.Authorize(app, "prompt", "consent"), true, true},
		"another account":               {p.Authorize(app, "prompt", "login"), true, false},
		"a state that the app refuses":  {p.Authorize(app, "state", "a\x1b[2Jb"), false, false},
		"a state too long for the app":  {p.Authorize(app, "state", strings.Repeat("/", 2000)), false, false},
		"the account page, without app": {p.URL + "/account", false, false},
	} {
		page, err := servertest.NewBrowser(p.URL).Open(t.Context(), c.address)
		if err != nil {
			t.Fatal(err)
		}
		m := openApp.FindStringSubmatch(page.HTML)
		if (m != nil) != c.link || m != nil && strings.Contains(m[1], "data-at-once") != c.atOnce {
			t.Errorf("%s: the page has %q", name, m)
		}
	}
}
