package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hamconnect/passkey"
	"hamconnect/passkey/softkey"
	"hamconnect/qr/pairing"
	"hamconnect/server"
	"hamconnect/server/internal/store"
	"hamconnect/server/servertest"
	"hamconnect/tui/client"
)

// lin gives a person with a Ham app and a passkey.
func lin(t *testing.T, p *servertest.Provider) (*client.Account, *softkey.Authenticator, server.User) {
	t.Helper()
	phone, user := p.AddPhone("Lin")
	key := softkey.Synced()
	addPasskey(t, p, signedIn(t, p, phone), key)
	return phone, key, user
}

// told is what a script was told: a reason with its text, or where to go on.
type told struct {
	Status               int
	Error, Message, Next string
	begun
}

func script(t *testing.T, b *servertest.Browser, path string, body any) (answer told) {
	t.Helper()
	status, text, err := b.PostJSON(t.Context(), path, body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatalf("%s answers no JSON: %.100s", path, text)
	}
	answer.Status = status
	if status != http.StatusOK && (answer.Message == "" || strings.Contains(answer.Message, "passkey.error")) {
		t.Errorf("the refusal %s has no text", answer.Error)
	}
	return answer
}

// claim scans a code with a phone's camera, in a browser, and uses a passkey.
func claim(t *testing.T, p *servertest.Provider, b *servertest.Browser, code string, key *softkey.Authenticator, faults ...softkey.Fault) told {
	t.Helper()
	options := script(t, b, "/Q/options", map[string]any{"code": code})
	if options.Status != http.StatusOK {
		return options
	}
	assertion, err := key.Get(options.Options, p.URL, faults...)
	if err != nil {
		t.Fatal(err)
	}
	return script(t, b, "/Q/claim", map[string]any{"code": code, "ceremony": options.Ceremony, "answer": json.RawMessage(assertion)})
}

// camera is a phone's browser that holds a claim.
type camera struct {
	*servertest.Browser
	path   string // of its page
	number int    // that the desktop shows
}

// scanned has a phone's browser claim what a desktop shows.
func scanned(t *testing.T, p *servertest.Provider, s *servertest.SignIn, key *softkey.Authenticator) camera {
	t.Helper()
	b := servertest.NewBrowser(p.URL)
	answer := claim(t, p, b, servertest.Code(s.Link), key)
	if answer.Status != http.StatusOK || answer.Next != "/Q/pairing/"+s.Pairing {
		t.Fatalf("the claim answered %d %s, next %q", answer.Status, answer.Error, answer.Next)
	}
	view, err := s.Poll(t.Context())
	if err != nil || view.State != "claimed" || view.Number == 0 {
		t.Fatalf("the desktop is %s, %v", view.State, err)
	}
	return camera{b, answer.Next, view.Number}
}

// page loads the claim's page, which must be in a state.
func (c camera) page(t *testing.T, state string) string {
	t.Helper()
	status, body, err := c.Get(t.Context(), c.path)
	if err != nil || status != http.StatusOK || !strings.Contains(body, `data-state="`+state+`"`) {
		t.Fatalf("the page answers %d, not %s; %v: %.600s", status, state, err, body)
	}
	return body
}

var digestMark = regexp.MustCompile(`name="digest" value="([^"]+)"`)

// form is what the page's form sends, all scopes ticked, with the number that
// the desktop shows. more replaces fields; an empty value takes one out.
func (c camera) form(t *testing.T, more ...string) url.Values {
	t.Helper()
	body := c.page(t, "claimed")
	form := url.Values{
		"form": {formToken(t, body)}, "digest": {digestMark.FindStringSubmatch(body)[1]}, "number": {strconv.Itoa(c.number)},
	}
	for _, m := range scopeMark.FindAllStringSubmatch(body, -1) {
		form.Add("scope", m[1])
	}
	for i := 0; i+1 < len(more); i += 2 {
		form[more[i]] = strings.Fields(more[i+1])
	}
	return form
}

var scopeMark = regexp.MustCompile(`name="scope" value="([^"]+)" checked`)

// send posts a form; it gives the status and the page, or where it leads.
func (c camera) send(t *testing.T, what string, form url.Values, header http.Header) (status int, body string) {
	t.Helper()
	status, body, err := c.Post(t.Context(), c.path+"/"+what, form, header)
	if err != nil {
		t.Fatal(err)
	}
	return status, body
}

// decide posts a form that must lead back to the page.
func (c camera) decide(t *testing.T, what string, form url.Values) {
	t.Helper()
	if status, where := c.send(t, what, form, nil); status != http.StatusSeeOther || where != c.path {
		t.Fatalf("%s answered %d %.300s", what, status, where)
	}
}

func TestAPhonesBrowserApprovesAnApp(t *testing.T) {
	p := onLocalhost(t)
	app := p.AddApp(func(c *server.Client) { c.IconURL = "https://library.example/icon.png" })
	_, key, _ := lin(t, p)
	s := p.Begin(app)
	c := scanned(t, p, s, key)
	body := c.page(t, "claimed")
	for _, want := range []string{
		`data-testid="app-name">Campus Library<`, `data-testid="account-name">Lin<`, `data-testid="scope-profile"`,
		`data-testid="scope-is_student"`, "Nickname and picture", "library.example", "Chrome on Linux", "127.0.0.1",
		`src="/pictures/app/` + app.ID + `"`, `inputmode="numeric"`, `autocomplete="off"`, `data-testid="allow"`, `data-testid="cancel"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	if len(scopeMark.FindAllString(body, -1)) != 2 {
		t.Error("the scopes are not all ticked at first")
	}
	view, err := s.Poll(t.Context())
	if err != nil || view.Account == nil || view.Account.Nickname != "Lin" || view.SecondsLeft < 80 || view.SecondsLeft > 90 {
		t.Errorf("the desktop does not show who scanned, or counts %d seconds; %v", view.SecondsLeft, err)
	}
	c.decide(t, "approve", c.form(t, "scope", "profile"))
	if body := c.page(t, "approved"); !strings.Contains(body, `http-equiv="refresh" content="2;url=`+c.path+`"`) {
		t.Error("the page does not follow what becomes of it")
	}
	if view, err := s.Socket.Until("approved"); err != nil || !slices.Equal(view.Scopes, []string{"profile"}) {
		t.Errorf("the desktop sees %v, %v", view.Scopes, err)
	}
	token := p.Exchange(app, s.Land().Get("code"))
	if token.Status != http.StatusOK || token.Text("scope") != "profile" {
		t.Errorf("the app was given %d %s", token.Status, token.Text("scope"))
	}
	if body := c.page(t, "finished"); strings.Contains(body, "refresh") {
		t.Error("the page follows what is over")
	}
}

func TestAPhonesBrowserSignsABrowserIn(t *testing.T) {
	p := onLocalhost(t)
	phone, key, _ := lin(t, p)
	b := servertest.NewBrowser(p.URL)
	page, err := b.Open(t.Context(), p.URL+"/account")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := page.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := scanned(t, p, &servertest.SignIn{Page: page}, key)
	body := c.page(t, "claimed")
	if !strings.Contains(body, "It gives no app any data") || strings.Contains(body, `data-testid="app-name"`) || strings.Contains(body, `name="scope"`) {
		t.Error("the page does not say that no app takes part")
	}
	c.decide(t, "approve", c.form(t))
	if location, err := page.Finish(t.Context()); err != nil || location != "/account" {
		t.Fatalf("finished to %q, %v", location, err)
	}
	if body := account(t, b); !strings.Contains(body, "signed in with a phone’s browser and a passkey") {
		t.Error("the account page does not say how this browser was signed in")
	}
	home := signedIn(t, p, phone)
	post(t, home, "/account/passkeys/remove", "passkey", passkeyIDs(t, account(t, home))[0])
	if !isSignedOut(t, b) {
		t.Error("the passkey was removed, and what it signed in is still signed in")
	}
}

func TestOpeningTheLinkWithACameraChangesNothing(t *testing.T) {
	p := onLocalhost(t)
	phone, _, _ := lin(t, p)
	s := p.Begin(p.AddApp(nil))
	before, err := s.Poll(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	code := servertest.Code(s.Link)
	bad := code[:len(code)-1] + map[bool]string{true: "B", false: "A"}[strings.HasSuffix(code, "A")]
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		good, other := p.Send(method, "/Q/"+code, nil, nil), p.Send(method, "/Q/"+bad, nil, nil)
		if good.Status != http.StatusOK || good.Header["Set-Cookie"] != nil {
			t.Errorf("%s answers %d and sets %v", method, good.Status, good.Header["Set-Cookie"])
		}
		if method == http.MethodGet && (!strings.Contains(good.Raw, `data-testid="claim"`) || !strings.Contains(good.Raw, "ham approve")) {
			t.Error("the page offers no passkey, or does not say how to use the Ham app")
		}
		if strings.ReplaceAll(good.Raw, code, bad) != other.Raw || other.Status != good.Status {
			t.Error("the page tells whether the code is good")
		}
	}
	if after, err := s.Poll(t.Context()); err != nil || after.Version != before.Version {
		t.Errorf("opening the link changed the pairing, %v", err)
	}
	s.Scan(phone)
}

func TestWhereThereAreNoPasskeysThePhoneIsSentToTheApp(t *testing.T) {
	p := servertest.Start(t, nil)
	s := p.Begin(p.AddApp(nil))
	code := servertest.Code(s.Link)
	if a := p.Send(http.MethodGet, "/Q/"+code, nil, nil); a.Status != http.StatusOK || strings.Contains(a.Raw, "passkey") || !strings.Contains(a.Raw, "ham approve") {
		t.Errorf("the link answers %d, and offers a passkey", a.Status)
	}
	for _, path := range []string{"/Q/options", "/Q/claim"} {
		if a := script(t, servertest.NewBrowser(p.URL), path, map[string]any{"code": code}); a.Status != http.StatusNotFound || a.Error != "off" {
			t.Errorf("%s answers %d %s", path, a.Status, a.Error)
		}
	}
}

func TestEveryClaimThatIsRefusedSaysWhy(t *testing.T) {
	p := onLocalhost(t)
	app := p.AddApp(nil)
	phone, key, _ := lin(t, p)
	_, meis, _ := lin(t, p)
	nobody, _ := p.AddPhone("Nobody") // has no passkey
	_, disabledKey, user := lin(t, p)
	if _, err := p.Admin().UpdateUser(t.Context(), user.ID, func(u *server.User) { u.Disabled = true }); err != nil {
		t.Fatal(err)
	}
	gone := softkey.Synced()
	home := signedIn(t, p, phone)
	addPasskey(t, p, home, gone)
	ids := passkeyIDs(t, account(t, home))
	post(t, home, "/account/passkeys/remove", "passkey", ids[len(ids)-1])

	fresh := func() *servertest.Browser { return servertest.NewBrowser(p.URL) }
	with := func(k *softkey.Authenticator, faults ...softkey.Fault) func(*testing.T, *servertest.SignIn) told {
		return func(t *testing.T, s *servertest.SignIn) told {
			return claim(t, p, fresh(), servertest.Code(s.Link), k, faults...)
		}
	}
	for name, c := range map[string]struct {
		try    func(t *testing.T, s *servertest.SignIn) told
		status int
		reason string
		says   string
	}{
		"a code of nobody": {func(t *testing.T, _ *servertest.SignIn) told {
			return claim(t, p, fresh(), strings.Repeat("A", 42), key)
		}, 404, "not_found", "not known"},
		"no code": {func(t *testing.T, _ *servertest.SignIn) told { return claim(t, p, fresh(), "", key) }, 404, "not_found", "not known"},
		"a code that was replaced": {func(t *testing.T, s *servertest.SignIn) told {
			p.Clock.Advance(pairing.CodeEvery + pairing.CodeGrace + time.Second)
			return claim(t, p, fresh(), servertest.Code(s.Link), key)
		}, 404, "not_found", "Scan the one"},
		"a code that has expired": {func(t *testing.T, s *servertest.SignIn) told {
			p.Clock.Advance(pairing.WaitFor)
			return claim(t, p, fresh(), servertest.Code(s.Link), key)
		}, 409, "expired", "has expired"},
		"a code that was cancelled": {func(t *testing.T, s *servertest.SignIn) told {
			if _, err := s.Cancel(t.Context()); err != nil {
				t.Fatal(err)
			}
			return claim(t, p, fresh(), servertest.Code(s.Link), key)
		}, 409, "cancelled", "cancelled on the computer"},
		"one that somebody else scanned": {func(t *testing.T, s *servertest.SignIn) told {
			scanned(t, p, s, meis)
			return claim(t, p, fresh(), servertest.Code(s.Link), key)
		}, 409, "already_claimed", "scanned this code already"},
		"a session and no passkey's answer": {func(t *testing.T, s *servertest.SignIn) told {
			return script(t, signedIn(t, p, phone), "/Q/claim", map[string]any{"code": servertest.Code(s.Link)})
		}, 403, "ceremony_unknown", "is over"},
		"an answer that was given to sign in": {func(t *testing.T, s *servertest.SignIn) told {
			b := fresh()
			login := ask(t, b, "/passkeys/login/options", nil)
			assertion, err := key.Get(login.Options, p.URL)
			if err != nil {
				t.Fatal(err)
			}
			return script(t, b, "/Q/claim", map[string]any{"code": servertest.Code(s.Link), "ceremony": login.Ceremony, "answer": json.RawMessage(assertion)})
		}, 403, "wrong_purpose", ""},
		"an answer that was given for another pairing": {func(t *testing.T, s *servertest.SignIn) told {
			b, other := fresh(), p.Begin(app)
			options := script(t, b, "/Q/options", map[string]any{"code": servertest.Code(other.Link)})
			assertion, err := key.Get(options.Options, p.URL)
			if err != nil {
				t.Fatal(err)
			}
			return script(t, b, "/Q/claim", map[string]any{"code": servertest.Code(s.Link), "ceremony": options.Ceremony, "answer": json.RawMessage(assertion)})
		}, 403, "wrong_purpose", ""},
		"another person's passkey where somebody is signed in": {func(t *testing.T, s *servertest.SignIn) told {
			b, code := signedIn(t, p, phone), servertest.Code(s.Link)
			options := script(t, b, "/Q/options", map[string]any{"code": code})
			assertion, err := meis.Get(options.Options, p.URL, softkey.Using(meis.Keys()[0].ID))
			if err != nil {
				t.Fatal(err)
			}
			return script(t, b, "/Q/claim", map[string]any{"code": code, "ceremony": options.Ceremony, "answer": json.RawMessage(assertion)})
		}, 403, "other_user", "another account"},
		"somebody signed in who has no passkey": {func(t *testing.T, s *servertest.SignIn) told {
			return claim(t, p, signedIn(t, p, nobody), servertest.Code(s.Link), key)
		}, 403, "none", "account page"},
		"a passkey that was removed": {with(gone), 403, "unknown_credential", "does not know this passkey"},
		"a disabled person":          {with(disabledKey), 403, "disabled", "disabled"},
		"nobody who was verified":    {with(key, softkey.NotVerified), 403, "user_not_verified", "did not check"},
		"a bad signature":            {with(key, softkey.BadSignature), 403, "bad_signature", ""},
		"no JSON of a passkey": {func(t *testing.T, s *servertest.SignIn) told {
			b, code := fresh(), servertest.Code(s.Link)
			options := script(t, b, "/Q/options", map[string]any{"code": code})
			return script(t, b, "/Q/claim", map[string]any{"code": code, "ceremony": options.Ceremony, "answer": 7})
		}, 403, "malformed", ""},
		"a body that is too large": {func(t *testing.T, s *servertest.SignIn) told {
			return script(t, fresh(), "/Q/claim", map[string]any{"code": servertest.Code(s.Link), "ceremony": strings.Repeat("x", 100<<10)})
		}, 400, "malformed", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := p.Begin(app)
			got := c.try(t, s)
			if got.Status != c.status || got.Error != c.reason || !strings.Contains(got.Message, c.says) || got.Next != "" {
				t.Errorf("answered %d %s: %s", got.Status, got.Error, got.Message)
			}
			if view, err := s.Poll(t.Context()); err != nil || view.State == "claimed" && c.reason != "already_claimed" {
				t.Errorf("and yet the desktop is %s, %v", view.State, err)
			}
		})
	}
}

func TestWhoIsSignedInIsOfferedTheirOwnPasskeys(t *testing.T) {
	p := onLocalhost(t)
	phone, key, _ := lin(t, p)
	_, meis, _ := lin(t, p)
	s := p.Begin(p.AddApp(nil))
	code := servertest.Code(s.Link)
	b := signedIn(t, p, phone)
	if options := script(t, b, "/Q/options", map[string]any{"code": code}); !strings.Contains(string(options.Options), `"allowCredentials":[{`) {
		t.Error("the options name no passkey")
	}
	if options := script(t, servertest.NewBrowser(p.URL), "/Q/options", map[string]any{"code": code}); !strings.Contains(string(options.Options), `"allowCredentials":[]`) {
		t.Error("a stranger is told of passkeys")
	}
	if _, err := meis.Get(script(t, b, "/Q/options", map[string]any{"code": code}).Options, p.URL); err == nil {
		t.Error("another person's authenticator finds a passkey in the options")
	}
	if a := claim(t, p, b, code, key); a.Status != http.StatusOK {
		t.Errorf("their own is refused: %d %s", a.Status, a.Error)
	}
}

func TestTheSameClaimAgainDoesNoHarm(t *testing.T) {
	p := onLocalhost(t)
	_, key, _ := lin(t, p)
	s := p.Begin(p.AddApp(nil))
	c := scanned(t, p, s, key)
	code := servertest.Code(s.Link)
	if a := claim(t, p, c.Browser, code, key); a.Status != http.StatusOK || a.Next != c.path {
		t.Errorf("the same browser again: %d %s", a.Status, a.Error)
	}
	c.page(t, "claimed")

	// The answer was lost on its way: no cookie came, and the person tries again.
	lost := scanned(t, p, s, key)
	lost.page(t, "claimed")
	if status, _, err := c.Get(t.Context(), c.path); err != nil || status != http.StatusNotFound {
		t.Errorf("two browsers hold one claim: %d, %v", status, err)
	}
	if view, err := s.Poll(t.Context()); err != nil || view.Contested != 0 || view.Number != c.number {
		t.Errorf("the desktop warns of %d others, %v", view.Contested, err)
	}
	lost.decide(t, "approve", lost.form(t))
	if s.Land().Get("code") == "" {
		t.Error("the app was given no code")
	}
}

func TestAppAndPhoneAreToldWhoCameFirst(t *testing.T) {
	p := onLocalhost(t)
	app := p.AddApp(nil)
	phone, key, _ := lin(t, p)
	t.Run("the app", func(t *testing.T) {
		s := p.Begin(app).Scan(phone)
		if a := claim(t, p, servertest.NewBrowser(p.URL), servertest.Code(s.Link), key); a.Status != http.StatusConflict || a.Error != "already_claimed" {
			t.Errorf("the phone's browser: %d %s", a.Status, a.Error)
		}
		status, err := phone.Status(t.Context(), s.Pairing, 0, 0)
		if err != nil || status.Contested != 1 {
			t.Errorf("the app is warned %d times, %v", status.Contested, err)
		}
		s.Approve()
	})
	t.Run("the phone's browser", func(t *testing.T) {
		s := p.Begin(app)
		c := scanned(t, p, s, key)
		if strings.Contains(c.page(t, "claimed"), `data-testid="contested">`) {
			t.Error("the page warns before anybody came")
		}
		if _, err := phone.Claim(t.Context(), servertest.Code(s.Link)); reason(err) != "already_claimed" {
			t.Errorf("the app: %v", err)
		}
		if !strings.Contains(c.page(t, "claimed"), `data-testid="contested">`) {
			t.Error("the page does not warn")
		}
		if view, err := s.Poll(t.Context()); err != nil || view.Contested != 1 {
			t.Errorf("the desktop is warned %d times, %v", view.Contested, err)
		}
		ask := &client.Ask{}
		ask.PairingID = s.Pairing
		if _, err := phone.Deny(t.Context(), ask); reason(err) != "not_found" {
			t.Errorf("the app decides on the browser's claim: %v", err)
		}
	})
}

var anyRequest = regexp.MustCompile(`<code>[a-z2-7]{20}</code>`)

func TestThePageIsForWhoClaimedAndForNobodyElse(t *testing.T) {
	p := onLocalhost(t)
	app := p.AddApp(nil)
	phone, key, _ := lin(t, p)
	_, meis, _ := lin(t, p)
	s, other := p.Begin(app), p.Begin(app)
	c, foreign := scanned(t, p, s, key), scanned(t, p, other, meis)
	byApp := p.Begin(app).Scan(phone)
	mine := c.form(t)
	origin, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	for what, value := range map[string]string{
		"no cookie":              "",
		"a secret of nobody":     strings.Repeat("A", 43),
		"another claim's":        cookies(foreign.Browser, p.URL)["ham_claim_"+other.Pairing],
		"the desktop's secret":   cookies(s.Browser, p.URL)["ham_pairing_"+s.Pairing],
		"the code of the QR":     servertest.Code(s.Link),
		"the pairing's id":       s.Pairing,
		"a cookie that is empty": `""`,
	} {
		for _, act := range []string{"", "/approve", "/deny"} {
			t.Run(what+" "+act, func(t *testing.T) {
				look := func(id string) string {
					b := servertest.NewBrowser(p.URL)
					if value != "" {
						b.Client.Jar.SetCookies(origin, []*http.Cookie{{Name: "ham_claim_" + id, Value: value, Path: "/"}})
					}
					path := "/Q/pairing/" + id + act
					status, body, err := b.Get(t.Context(), path)
					if act != "" {
						status, body, err = b.Post(t.Context(), path, mine, nil)
					}
					if err != nil {
						t.Fatal(err)
					}
					return fmt.Sprint(status, anyRequest.ReplaceAllString(body, ""))
				}
				known, unknown := look(s.Pairing), look(pairing.NewID())
				if known != unknown || look(byApp.Pairing) != unknown || look("x") != unknown || !strings.HasPrefix(known, "404") {
					t.Errorf("what exists is answered %.200q, what does not %.200q", known, unknown)
				}
			})
		}
	}
	c.page(t, "claimed")
}

func TestAFormThatIsNotThePagesOwnApprovesNothing(t *testing.T) {
	p := onLocalhost(t)
	app := p.AddApp(nil)
	_, key, _ := lin(t, p)
	s := p.Begin(app)
	c := scanned(t, p, s, key)
	other := scanned(t, p, p.Begin(app), key)
	shown := pairing.Shown{Kind: pairing.KindAuthorize, PairingID: s.Pairing, ClientID: app.ID, AppName: "Campus Library", RedirectURI: "https://evil.example/", Scopes: []string{"profile", "is_student"}}
	crossSite := http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}}
	for name, try := range map[string]struct {
		form   url.Values
		header http.Header
		status int
	}{
		"from another site":          {c.form(t), crossSite, 403},
		"from a sibling domain":      {c.form(t), http.Header{"Sec-Fetch-Site": {"same-site"}}, 403},
		"by Origin alone":            {c.form(t), http.Header{"Sec-Fetch-Site": nil, "Origin": {"https://evil.example"}}, 403},
		"without a token":            {c.form(t, "form", ""), nil, 403},
		"with another claim's token": {c.form(t, "form", other.form(t).Get("form")), nil, 403},
		"with its digest changed":    {c.form(t, "digest", strings.Repeat("0", 64)), nil, 409},
		"with another page's digest": {c.form(t, "digest", shown.Digest()), nil, 409},
		"without a digest":           {c.form(t, "digest", ""), nil, 409},
		"with a scope added":         {c.form(t, "scope", "profile is_student email"), nil, 400},
		"with a scope twice":         {c.form(t, "scope", "profile profile"), nil, 400},
		"without a number":           {c.form(t, "number", ""), nil, 400},
		"with a number too long":     {c.form(t, "number", "0"+strconv.Itoa(c.number)), nil, 400},
		"with a word for a number":   {c.form(t, "number", "ten"), nil, 400},
		"with a sign":                {c.form(t, "number", "-9"), nil, 400},
		"larger than forms are":      {c.form(t, "more", strings.Repeat("x", 20<<10)), nil, 403},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := c.send(t, "approve", try.form, try.header)
			if status != try.status {
				t.Errorf("answered %d, want %d: %.300s", status, try.status, body)
			}
			if view, err := s.Poll(t.Context()); err != nil || view.State != "claimed" {
				t.Errorf("the desktop is %s, %v", view.State, err)
			}
		})
	}
	for name, try := range map[string]struct {
		form   url.Values
		header http.Header
	}{
		"from another site": {c.form(t), crossSite}, "without a token": {url.Values{}, nil},
		"with another claim's token": {other.form(t), nil},
	} {
		if status, _ := c.send(t, "deny", try.form, try.header); status != http.StatusForbidden {
			t.Errorf("a refusal %s is answered %d", name, status)
		}
	}
	if status, _, err := c.Get(t.Context(), c.path+"/approve?"+c.form(t).Encode()); err != nil || status != http.StatusMethodNotAllowed {
		t.Errorf("a link approves: %d, %v", status, err)
	}
	for path, body := range map[string]any{"/Q/options": map[string]any{"code": servertest.Code(s.Link)}, "/Q/claim": map[string]any{}} {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		if a := p.SendBody(http.MethodPost, path, "application/json", string(text), crossSite); a.Status != http.StatusForbidden {
			t.Errorf("%s of another site is answered %d", path, a.Status)
		}
		if a := p.SendBody(http.MethodPost, path, "text/plain", string(text), nil); a.Status != http.StatusBadRequest {
			t.Errorf("%s as a form of any site sends it is answered %d", path, a.Status)
		}
	}
	if c.page(t, "claimed"); strings.Contains(c.page(t, "claimed"), "Tries left") {
		t.Error("something counted as a try")
	}
	c.decide(t, "approve", c.form(t))
}

func TestWrongNumbersAreCountedAndWhatWasUntickedStays(t *testing.T) {
	p := onLocalhost(t)
	_, key, _ := lin(t, p)
	s := p.Begin(p.AddApp(nil))
	c := scanned(t, p, s, key)
	wrong := strconv.Itoa(10 + (c.number-10+1)%90)
	form := c.form(t, "number", wrong, "scope", "is_student")
	for left := 2; left > 0; left-- {
		status, body := c.send(t, "approve", form, nil)
		if status != http.StatusForbidden || !strings.Contains(body, fmt.Sprintf("Tries left: %d", left)) {
			t.Fatalf("answered %d: %.300s", status, body)
		}
		if got := scopeMark.FindAllStringSubmatch(body, -1); len(got) != 1 || got[0][1] != "is_student" {
			t.Errorf("ticked are now %v", got)
		}
	}
	c.decide(t, "approve", form)
	c.page(t, "denied")
	if view, err := s.Socket.Until("denied"); err != nil || view.State != "denied" {
		t.Error(err)
	}
	form.Set("number", strconv.Itoa(c.number))
	c.decide(t, "approve", form) // the right one comes too late
	c.page(t, "denied")
}

func TestTheNumberMayBeTypedInFullWidth(t *testing.T) {
	p := onLocalhost(t)
	_, key, _ := lin(t, p)
	s := p.Begin(p.AddApp(nil))
	c := scanned(t, p, s, key)
	wide := strings.Map(func(r rune) rune { return r - '0' + '０' }, strconv.Itoa(c.number))
	c.decide(t, "approve", c.form(t, "number", wide))
	c.page(t, "approved")
}

func TestThePageTellsEveryEnd(t *testing.T) {
	p := onLocalhost(t)
	app := p.AddApp(nil)
	_, key, _ := lin(t, p)
	for state, end := range map[string]func(t *testing.T, s *servertest.SignIn, c camera){
		"denied": func(t *testing.T, _ *servertest.SignIn, c camera) {
			form := c.form(t)
			c.decide(t, "deny", form)
			c.decide(t, "deny", form) // a second click
		},
		"cancelled": func(t *testing.T, s *servertest.SignIn, _ camera) {
			if _, err := s.Cancel(t.Context()); err != nil {
				t.Fatal(err)
			}
		},
		"expired": func(t *testing.T, _ *servertest.SignIn, c camera) {
			p.Clock.Advance(pairing.ClaimFor + 5*time.Second)
			c.page(t, "claimed") // a passkey has longer than an app
			p.Clock.Advance(25 * time.Second)
		},
		"approved": func(t *testing.T, _ *servertest.SignIn, c camera) {
			form := c.form(t)
			c.decide(t, "approve", form)
			c.decide(t, "approve", form) // a second click
		},
	} {
		t.Run(state, func(t *testing.T) {
			s := p.Begin(app)
			c := scanned(t, p, s, key)
			form := c.form(t)
			end(t, s, c)
			if body := c.page(t, state); strings.Contains(body, "<form") {
				t.Error("there is still a form")
			}
			if state == "approved" {
				return
			}
			c.decide(t, "approve", form) // it came too late
			c.page(t, state)
			if view, err := s.Poll(t.Context()); err != nil || view.State != state {
				t.Errorf("the desktop is %s, %v", view.State, err)
			}
		})
	}
}

func TestAWordThatCountsNoMoreApprovesNothing(t *testing.T) {
	p := onLocalhost(t)
	app := p.AddApp(nil)
	for what, c := range map[string]struct {
		take func(t *testing.T, home *servertest.Browser, user server.User)
		says string
	}{
		"the passkey was removed": {func(t *testing.T, home *servertest.Browser, _ server.User) {
			post(t, home, "/account/passkeys/remove", "passkey", passkeyIDs(t, account(t, home))[0])
		}, "This passkey has been removed"},
		"the person was disabled": {func(t *testing.T, _ *servertest.Browser, user server.User) {
			if _, err := p.Admin().UpdateUser(t.Context(), user.ID, func(u *server.User) { u.Disabled = true }); err != nil {
				t.Fatal(err)
			}
		}, "This account is disabled"},
		"the person was deleted": {func(t *testing.T, _ *servertest.Browser, user server.User) {
			if err := p.Admin().DeleteUser(t.Context(), user.ID); err != nil {
				t.Fatal(err)
			}
		}, "This passkey has been removed"},
	} {
		t.Run(what+" after the claim", func(t *testing.T) {
			phone, key, user := lin(t, p)
			home, s := signedIn(t, p, phone), p.Begin(app)
			held := scanned(t, p, s, key)
			form := held.form(t)
			c.take(t, home, user)
			if status, body := held.send(t, "approve", form, nil); status != http.StatusForbidden || !strings.Contains(body, c.says) {
				t.Errorf("the approval is answered %d: %.300s", status, body)
			}
			if status, body, err := held.Get(t.Context(), held.path); err != nil || status != http.StatusForbidden || !strings.Contains(body, c.says) {
				t.Errorf("the page is answered %d, %v", status, err)
			}
			if view, err := s.Poll(t.Context()); err != nil || view.State != "claimed" {
				t.Errorf("the desktop is %s, %v", view.State, err)
			}
		})
		t.Run(what+" after the approval", func(t *testing.T) {
			phone, key, user := lin(t, p)
			home, s := signedIn(t, p, phone), p.Begin(app)
			held := scanned(t, p, s, key)
			held.decide(t, "approve", held.form(t))
			c.take(t, home, user)
			if location, err := s.Finish(t.Context()); err == nil {
				t.Errorf("the browser was sent to %.60s", location)
			}
		})
	}
}

func TestTheClaimsCookieIsForThisClaimAndNoScript(t *testing.T) {
	for name, c := range map[string]struct {
		start  func(t *testing.T) *servertest.Provider
		prefix string
		secure bool
	}{
		"http":  {onLocalhost, "ham_claim_", false},
		"https": {startHTTPS, "__Host-ham_claim_", true},
	} {
		t.Run(name, func(t *testing.T) {
			p := c.start(t)
			code, id, key := waiting(t, p)
			options := p.SendBody(http.MethodPost, "/Q/options", "application/json", `{"code":"`+code+`"}`, nil)
			var begun begun
			if err := json.Unmarshal([]byte(options.Raw), &begun); err != nil {
				t.Fatal(err)
			}
			if options.Header["Set-Cookie"] != nil {
				t.Error("a cookie is set before anybody has shown who they are")
			}
			assertion, err := key.Get(begun.Options, p.PublicURL())
			if err != nil {
				t.Fatal(err)
			}
			body, err := json.Marshal(map[string]any{"code": code, "ceremony": begun.Ceremony, "answer": json.RawMessage(assertion)})
			if err != nil {
				t.Fatal(err)
			}
			a := p.SendBody(http.MethodPost, "/Q/claim", "application/json", string(body), nil)
			if a.Status != http.StatusOK || a.Header.Get("Cache-Control") != "no-store" {
				t.Fatalf("the claim is answered %d %s", a.Status, a.Text("error"))
			}
			set := (&http.Response{Header: a.Header}).Cookies()
			if len(set) != 1 {
				t.Fatalf("%d cookies are set", len(set))
			}
			k := set[0]
			if k.Name != c.prefix+id || k.Path != "/" || k.Domain != "" || !k.HttpOnly || k.Secure != c.secure ||
				k.SameSite != http.SameSiteStrictMode || k.MaxAge != 600 || len(k.Value) < 22 {
				t.Errorf("the cookie is %q with other attributes", k.Name)
			}
			if strings.Contains(a.Raw, k.Value) {
				t.Error("the secret is told to the script")
			}
			page := p.Send(http.MethodGet, "/Q/pairing/"+id, nil, http.Header{"Cookie": {k.Name + "=" + k.Value}})
			if page.Status != http.StatusOK || strings.Contains(page.Raw, k.Value) {
				t.Errorf("the page answers %d, or holds the secret", page.Status)
			}
			for name, want := range map[string]string{
				"X-Frame-Options": "DENY", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
			} {
				if got := page.Header.Get(name); got != want {
					t.Errorf("%s is %q", name, got)
				}
			}
			if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'none'") || !strings.Contains(policy, "form-action 'self';") {
				t.Errorf("the policy is %s", policy)
			}
		})
	}
}

// waiting begins a pairing by hand, as no browser without TLS could behind an
// https address, and gives its code and id, and a passkey of somebody.
func waiting(t *testing.T, p *servertest.Provider) (code, id string, key *softkey.Authenticator) {
	t.Helper()
	user, _, err := p.Admin().AddUser(t.Context(), server.User{Nickname: "Lin"})
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), p.DataDir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	config, err := passkey.FromURL(p.PublicURL(), "Ham Connect")
	if err != nil {
		t.Fatal(err)
	}
	rp, err := passkey.New(config, db, db, p.Clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	begun, err := rp.BeginRegistration(t.Context(), "add", passkey.User{ID: user.ID, Name: "Lin", DisplayName: "Lin"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	key = softkey.Synced()
	attestation, err := key.Create(begun.Options, p.PublicURL())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rp.FinishRegistration(t.Context(), passkey.Answer{Ceremony: begun.Ceremony, Purpose: "add", UserID: user.ID, JSON: attestation}); err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(p.Authorize(p.AddApp(nil)), p.URL)
	page := p.Send(http.MethodGet, path, nil, nil)
	id = regexp.MustCompile(`data-pairing="([A-Z2-7]+)"`).FindStringSubmatch(page.Raw)[1]
	link := regexp.MustCompile(`data-link="([^"]+)"`).FindStringSubmatch(page.Raw)[1]
	cookie, _, _ := strings.Cut(page.Header.Get("Set-Cookie"), ";")
	begin := strings.Replace(path, "?", "/pairing?pairing="+id+"&", 1)
	if a := p.Send(http.MethodPost, begin, nil, http.Header{"Cookie": {cookie}}); a.Status != http.StatusOK {
		t.Fatalf("the pairing did not begin: %d", a.Status)
	}
	return servertest.Code(link), id, key
}

func startHTTPS(t *testing.T) *servertest.Provider {
	t.Helper()
	return servertest.Start(t, func(c *server.Config) { c.PublicURL = "https://ham.example" })
}

func TestAnAddressAsksForSoManyChallenges(t *testing.T) {
	p := servertest.Start(t, func(c *server.Config) {
		c.PublicURL = strings.Replace(c.PublicURL, "127.0.0.1", "localhost", 1)
		c.Limits.Pairings = server.Rate{Every: time.Hour, Burst: 3}
	})
	p.URL = p.PublicURL()
	s := p.Begin(p.AddApp(nil))
	b := servertest.NewBrowser(p.URL)
	for i := range 4 {
		a := script(t, b, "/Q/options", map[string]any{"code": servertest.Code(s.Link)})
		if i < 3 && a.Status != http.StatusOK || i == 3 && (a.Status != http.StatusTooManyRequests || a.Error != "slow_down") {
			t.Errorf("time %d: %d %s", i, a.Status, a.Error)
		}
	}
}

func TestTheCheckNumberIsInNothingThatThePhoneIsGiven(t *testing.T) {
	p := onLocalhost(t)
	app := p.AddApp(nil)
	_, key, _ := lin(t, p)
	for range 8 { // a number may stand in a page by chance: not eight times
		s := p.Begin(app)
		c := scanned(t, p, s, key)
		said := c.page(t, "claimed")
		wrong := 10 + (c.number-10+1)%90
		_, again := c.send(t, "approve", c.form(t, "number", strconv.Itoa(wrong)), nil)
		said += again
		c.decide(t, "approve", c.form(t))
		said += c.page(t, "approved")
		if !regexp.MustCompile(`\b` + strconv.Itoa(c.number) + `\b`).MatchString(said) {
			return
		}
	}
	t.Error("the pages of eight claims all hold their number")
}
