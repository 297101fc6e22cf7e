package hamweb_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hamconnect/passkey/softkey"
	"hamconnect/server"
	"hamconnect/server/servertest"
	"hamconnect/tui/client"
)

func TestASessionIsRefreshedAndEndsByLogout(t *testing.T) {
	p := start(t, nil)
	phone, user := p.AddPhone("Lin")
	b := newFront(t, p)
	b.refused(b.call(http.MethodGet, "/web/auth/me", nil), http.StatusUnauthorized, "signed_out")
	b.refused(b.call(http.MethodPost, "/web/auth/refresh", nil), http.StatusUnauthorized, "signed_out")
	b.signIn(phone)
	if a := b.call(http.MethodGet, "/web/auth/me", nil); a.text("user_id") != user.ID || a.text("avatar_url") != user.AvatarURL {
		t.Errorf("me is %v", a.fields)
	}
	p.Clock.Advance(31 * time.Minute)
	if b.me() != "" {
		t.Error("an idle session opens something")
	}
	if a := b.call(http.MethodPost, "/web/auth/refresh", struct{}{}); a.status != http.StatusNoContent || !slices.Equal(a.cookies, []string{"ham_refresh", "ham_session"}) {
		t.Fatalf("refreshing answered %d, and set %v", a.status, a.cookies)
	}
	if b.me() != "Lin" {
		t.Fatal("it is signed out after refreshing")
	}
	kept := b.twin()
	if a := b.call(http.MethodPost, "/web/auth/logout", nil); a.status != http.StatusNoContent || len(a.cookies) != 2 {
		t.Errorf("logout answered %d, and set %v", a.status, a.cookies)
	}
	if len(b.cookies()) != 0 || kept.me() != "" {
		t.Error("the session goes on after logout")
	}
	kept.refused(kept.call(http.MethodPost, "/web/auth/refresh", nil), http.StatusUnauthorized, "signed_out")
	if a := b.call(http.MethodPost, "/web/auth/logout", nil); a.status != http.StatusNoContent {
		t.Errorf("a second logout answered %d", a.status)
	}
}

func TestTabsThatRefreshAtOnceStaySignedInRace(t *testing.T) {
	p := start(t, nil)
	phone, _ := p.AddPhone("Lin")
	b := newFront(t, p)
	b.signIn(phone)
	tabs := make([]*front, 20)
	for i := range tabs {
		tabs[i] = b.twin()
	}
	var wait sync.WaitGroup
	for _, tab := range tabs {
		wait.Go(func() { tab.call(http.MethodPost, "/web/auth/refresh", nil) })
	}
	wait.Wait()
	for i, tab := range tabs {
		if tab.me() != "Lin" || !maps.Equal(tab.cookies(), tabs[0].cookies()) {
			t.Errorf("tab %d is signed out, or holds a pair of its own", i)
		}
	}
	p.Clock.Advance(time.Minute)
	b.refused(b.call(http.MethodPost, "/web/auth/refresh", nil), http.StatusUnauthorized, "signed_out") // a copy, too late
	if tabs[0].me() != "" {
		t.Error("a refresh cookie that came twice does not end the session")
	}
}

func TestTheAccountPageAndHamWebKeepTheirCookiesApart(t *testing.T) {
	p := start(t, nil)
	phone, _ := p.AddPhone("Lin")
	b := newFront(t, p)
	b.signIn(phone)
	mine := b.cookies()
	other := newFront(t, p)
	other.hold(map[string]string{"account_ham_session": mine["ham_session"], "account_ham_refresh": mine["ham_refresh"]})
	response, err := other.client.Get(p.URL + "/account")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || strings.Contains(string(text), `data-testid="account"`) || strings.Contains(string(text), "/account/sign-out") {
		t.Errorf("the cookies of Ham Web open the account page, %v", err)
	}
	if sessions, err := phone.Sessions(t.Context()); err != nil || len(sessions) != 1 {
		t.Errorf("there are %d sessions, %v", len(sessions), err)
	}
	if b.me() != "Lin" {
		t.Error("looking at the account page with these cookies has ended the session")
	}
	if other.me() != "" {
		t.Error("a cookie of another name signs in")
	}
}

func TestARemovedDeviceTakesItsBrowsersWithIt(t *testing.T) {
	p := start(t, nil)
	phone, user := p.AddPhone("Lin")
	second := p.AnotherPhone(user)
	b := newFront(t, p)
	b.signIn(phone)
	if err := phone.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b.me() != "" {
		t.Error("it is still signed in")
	}
	b.signIn(second)
	if _, err := p.Admin().UpdateUser(t.Context(), user.ID, func(u *server.User) { u.Disabled = true }); err != nil {
		t.Fatal(err)
	}
	if b.me() != "" {
		t.Error("a disabled person is signed in")
	}
	b.refused(b.call(http.MethodPost, "/web/auth/refresh", nil), http.StatusUnauthorized, "signed_out")
}

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

// console is a provider whose console's client is registered.
func console(t *testing.T) (*servertest.Provider, servertest.App) {
	t.Helper()
	var id string
	p := start(t, nil)
	app := p.AddApp(func(c *server.Client) {
		c.Name, c.RedirectURIs = "Ham Web", []string{"https://web.example/login/callback", "https://web.example/elsewhere"}
	})
	id = app.ID
	p.Reconfigure(func(c *server.Config) { c.WebConsoleClient = id })
	return p, app
}

func TestACodeOfTheConsoleSignsInOnce(t *testing.T) {
	p, app := console(t)
	phone, user := p.AddPhone("Lin")
	second := p.AnotherPhone(user)
	other := p.AddApp(nil)
	callback := func(b *front, code string) answer {
		return b.call(http.MethodPost, "/web/auth/app-callback", map[string]string{"code": code})
	}
	b := newFront(t, p)
	code := p.Code(app, phone, "scope", "")
	if a := callback(b, code); a.status != http.StatusOK || len(a.cookies) != 2 || b.me() != "Lin" {
		t.Fatalf("answered %d %v, and set %v", a.status, a.fields, a.cookies)
	}
	if sessions, err := second.Sessions(t.Context()); err != nil || len(sessions) != 1 || sessions[0].Method != "app" {
		t.Errorf("the app lists %+v, %v", sessions, err)
	}
	thief := newFront(t, p)
	thief.refused(callback(thief, code), http.StatusBadRequest, "invalid_code")
	if b.me() != "" || thief.me() != "" {
		t.Error("a code that came twice has not ended what it began")
	}
	for name, code := range map[string]string{
		"another client's": p.Code(other, phone), "nonsense": "x", "none": "",
		"for another address":    p.Code(app, phone, "redirect_uri", "https://web.example/elsewhere"),
		"with a PKCE challenge":  p.Code(app, phone, "code_challenge", strings.Repeat("A", 43), "code_challenge_method", "S256"),
		"swapped for its tokens": func() string { c := p.Code(app, phone); p.Exchange(app, c); return c }(),
	} {
		t.Run(name, func(t *testing.T) {
			b := newFront(t, p)
			b.refused(callback(b, code), http.StatusBadRequest, "invalid_code")
			if b.me() != "" {
				t.Error("it signs in")
			}
		})
	}
	late := p.Code(app, phone)
	p.Clock.Advance(6 * time.Minute)
	b.refused(callback(b, late), http.StatusBadRequest, "invalid_code")

	stolen := p.Code(app, phone)
	kept := p.Code(app, phone)
	if a := callback(b, kept); a.status != http.StatusOK {
		t.Fatal("a second code does not sign in")
	}
	if err := phone.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b.me() != "" {
		t.Error("a browser stays signed in by a Ham app that was removed")
	}
	b.refused(callback(b, stolen), http.StatusBadRequest, "invalid_code")
	none := newFront(t, start(t, nil))
	none.refused(callback(none, "x"), http.StatusNotFound, "not_found")
}

func TestOneOfManyUsesOfAConsoleCodeWinsRace(t *testing.T) {
	p, app := console(t)
	phone, _ := p.AddPhone("Lin")
	code := p.Code(app, phone)
	var wait sync.WaitGroup
	answers := make([]answer, 16)
	for i := range answers {
		b := newFront(t, p)
		wait.Go(func() {
			answers[i] = b.call(http.MethodPost, "/web/auth/app-callback", map[string]string{"code": code})
		})
	}
	wait.Wait()
	won := 0
	for _, a := range answers {
		if a.status == http.StatusOK {
			won++
		}
	}
	if won != 1 {
		t.Errorf("%d uses won", won)
	}
}

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
	for _, wrong := range []string{"*", "https://web.example/", "web.example", "http://web.example", "https://web.example:443", "HTTPS://web.example", "https://a@web.example", "null", ""} {
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
		"a name twice":       b.send(http.MethodPost, "/web/tokens", http.Header{"Content-Type": {"application/json"}}, []byte(`{"name":"a","name":"b","scopes":["mcp"],"ttl_days":1}`)),
	} {
		if a.status != http.StatusBadRequest || a.text("code") != "invalid_request" {
			t.Errorf("%s answered %d %v", name, a.status, a.fields)
		}
	}
	if b.me() != "Lin" {
		t.Error("one of them did something")
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
