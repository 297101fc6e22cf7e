package server_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"hamconnect/server"
	"hamconnect/server/internal/session"
	"hamconnect/server/servertest"
	"hamconnect/tui/client"
)

// signedIn gives a browser that the phone has signed in to its own account.
func signedIn(t testing.TB, p *servertest.Provider, phone *client.Account) *servertest.Browser {
	t.Helper()
	ctx := t.Context()
	b := servertest.NewBrowser(p.URL)
	page, err := b.Open(ctx, p.URL+"/account")
	if err != nil {
		t.Fatal(err)
	}
	signInHere(t, page, phone)
	return b
}

func signInHere(t testing.TB, page *servertest.Page, phone *client.Account) {
	t.Helper()
	ctx := t.Context()
	socket, err := page.Connect(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	ask, err := phone.Claim(ctx, servertest.Code(page.Link))
	if err != nil {
		t.Fatal(err)
	}
	if !ask.IsSignIn() || ask.AppName != "" || len(ask.Scopes) != 0 {
		t.Fatalf("the app is shown an app: %q", ask.AppName)
	}
	view, err := socket.Until("claimed")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := phone.Approve(ctx, ask, view.Number, nil); err != nil {
		t.Fatal(err)
	}
	if location, err := page.Finish(ctx); err != nil || location != "/account" {
		t.Fatalf("finished to %q, %v", location, err)
	}
}

// account loads the page; it ends the test if nobody is signed in.
func account(t testing.TB, b *servertest.Browser) string {
	t.Helper()
	status, body, err := b.Get(t.Context(), "/account")
	if err != nil || status != http.StatusOK || !strings.Contains(body, `data-testid="sign-out"`) {
		t.Fatalf("the account page answered %d, signed in %v, %v", status, strings.Contains(body, "sign-out"), err)
	}
	return body
}

func isSignedOut(t testing.TB, b *servertest.Browser) bool {
	t.Helper()
	_, body, err := b.Get(t.Context(), "/account")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(body, `data-testid="qr"`) && !strings.Contains(body, `data-testid="sign-out"`)
}

var formMark = regexp.MustCompile(`name="form" value="([^"]+)"`)

func formToken(t testing.TB, body string) string {
	t.Helper()
	m := formMark.FindStringSubmatch(body)
	if m == nil {
		t.Fatal("the page has no form")
	}
	return m[1]
}

// post sends a form of the account page, of who is sure; it must lead back
// there.
func post(t *testing.T, b *servertest.Browser, path string, fields ...string) {
	t.Helper()
	status, where := send(t, b, path, append(fields, "sure", "yes")...)
	if page, _, _ := strings.Cut(where, "#"); status != http.StatusSeeOther || page != "/account" {
		t.Fatalf("%s answered %d, back to the page: %v", path, status, page == "/account")
	}
}

// send sends a form of the account page, and gives the answer or where it leads.
func send(t *testing.T, b *servertest.Browser, path string, fields ...string) (status int, body string) {
	t.Helper()
	form := url.Values{"form": {formToken(t, account(t, b))}}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	status, body, err := b.Post(t.Context(), path, form, nil)
	if err != nil {
		t.Fatal(err)
	}
	return status, body
}

func TestThePhoneSignsABrowserIn(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	body := account(t, signedIn(t, p, phone))
	for _, want := range []string{`data-testid="account-name">Lin<`, "test phone", "Chrome on Linux"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
}

func TestABrowserStaysSignedInByItsRefreshCookie(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	for range 5 {
		p.Clock.Advance(5 * 24 * time.Hour)
		account(t, b)
	}
	p.Clock.Advance(session.Life)
	if !isSignedOut(t, b) {
		t.Error("a browser that was away for 30 days is still signed in")
	}
}

func TestTwoTabsThatRefreshAtOnceBothStaySignedIn(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	before := cookies(b, p.URL)
	p.Clock.Advance(time.Hour)
	account(t, b)
	other := servertest.NewBrowser(p.URL) // the other tab still sends what it had
	setCookies(t, other, p.URL, before)
	account(t, other)
	if got, want := cookies(other, p.URL), cookies(b, p.URL); got["account_ham_refresh"] != want["account_ham_refresh"] || got["account_ham_session"] != want["account_ham_session"] {
		t.Error("the tabs were given different cookies")
	}
	p.Clock.Advance(time.Hour)
	account(t, b)
}

func TestARefreshCookieThatWasCopiedEndsTheSession(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	thief := servertest.NewBrowser(p.URL)
	setCookies(t, thief, p.URL, cookies(b, p.URL))
	p.Clock.Advance(time.Hour)
	account(t, b)
	p.Clock.Advance(session.Grace)
	if !isSignedOut(t, thief) {
		t.Error("the copy works")
	}
	if !isSignedOut(t, b) {
		t.Error("the family lives on after its refresh secret was used twice")
	}
}

func cookies(b *servertest.Browser, origin string) map[string]string {
	u, _ := url.Parse(origin)
	all := map[string]string{}
	for _, c := range b.Client.Jar.Cookies(u) {
		all[c.Name] = c.Value
	}
	return all
}

func setCookies(t *testing.T, b *servertest.Browser, origin string, all map[string]string) {
	t.Helper()
	u, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range all {
		b.Client.Jar.SetCookies(u, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
	}
}

func TestSigningOutEndsTheSessionOnTheServer(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	copied := servertest.NewBrowser(p.URL)
	setCookies(t, copied, p.URL, cookies(b, p.URL))
	post(t, b, "/account/sign-out")
	if !isSignedOut(t, b) || !isSignedOut(t, copied) {
		t.Error("the session outlives its end")
	}
	if len(cookies(b, p.URL)["account_ham_session"]) > 0 {
		t.Error("the cookie is still there")
	}
}

func TestASignInReplacesTheSessionThatWasThere(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	b := servertest.NewBrowser(p.URL)
	page, err := b.Open(t.Context(), p.URL+"/account")
	if err != nil {
		t.Fatal(err)
	}
	other, _ := p.AddPhone("Mei")
	mei := signedIn(t, p, other)
	planted := cookies(mei, p.URL)
	setCookies(t, b, p.URL, map[string]string{"account_ham_session": planted["account_ham_session"], "account_ham_refresh": planted["account_ham_refresh"]})
	signInHere(t, page, phone)
	if !strings.Contains(account(t, b), ">Lin<") {
		t.Error("a planted session outlived the sign-in")
	}
	if !isSignedOut(t, mei) {
		t.Error("who was signed in before still is")
	}
}

func TestOneBrowserEndsAnotherOrAllOthers(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	first, second, third := signedIn(t, p, phone), signedIn(t, p, phone), signedIn(t, p, phone)
	id, _, _ := strings.Cut(cookies(second, p.URL)["account_ham_session"], ".")
	post(t, first, "/account/sessions/end", "session", id)
	if !isSignedOut(t, second) || isSignedOut(t, third) {
		t.Fatal("ending one did not end just that one")
	}
	post(t, first, "/account/sessions/end", "session", "others")
	if isSignedOut(t, first) || !isSignedOut(t, third) {
		t.Error("ending the others did not end just those")
	}
}

func TestNobodyEndsWhatIsSomebodyElses(t *testing.T) {
	p := servertest.Start(t, nil)
	lin, _ := p.AddPhone("Lin")
	mei, _ := p.AddPhone("Mei")
	victim, attacker := signedIn(t, p, lin), signedIn(t, p, mei)
	id, _, _ := strings.Cut(cookies(victim, p.URL)["account_ham_session"], ".")
	post(t, attacker, "/account/sessions/end", "session", id)
	post(t, attacker, "/account/devices/remove", "device", lin.DeviceID)
	if isSignedOut(t, victim) {
		t.Error("another person's session was ended")
	}
	if _, err := lin.Me(t.Context()); err != nil {
		t.Errorf("another person's device was removed: %v", err)
	}
}

func TestRevokingAnAppKillsItsTokens(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	location, err := p.Begin(app).Scan(phone).Approve().Finish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(location)
	if err != nil {
		t.Fatal(err)
	}
	token := p.Exchange(app, u.Query().Get("code")).Text("access_token")
	b := signedIn(t, p, phone)
	if !strings.Contains(account(t, b), `data-testid="grant-`+app.ID) {
		t.Fatal("the app is not on the page")
	}
	post(t, b, "/account/apps/revoke", "client", app.ID)
	if info := p.Userinfo(app, token); info.Status != http.StatusUnauthorized {
		t.Errorf("userinfo answers %d to a revoked token", info.Status)
	}
	if strings.Contains(account(t, b), `data-testid="grant-`+app.ID) {
		t.Error("the app is still on the page")
	}
}

func TestADeviceThatIsRemovedIsSignedOutUnlessItIsTheLastWayIn(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, user := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	if status, _ := send(t, b, "/account/devices/remove", "device", phone.DeviceID, "sure", "yes"); status != http.StatusConflict {
		t.Errorf("removing the last way in answered %d", status)
	}
	if _, err := phone.Me(t.Context()); err != nil {
		t.Fatalf("it was removed: %v", err)
	}
	link, err := p.Admin().Enroll(t.Context(), user.ID)
	if err != nil {
		t.Fatal(err)
	}
	second := p.Enroll(link)
	post(t, b, "/account/devices/remove", "device", phone.DeviceID)
	if _, err := phone.Me(t.Context()); err == nil {
		t.Error("the device still opens the account")
	}
	if _, err := second.Me(t.Context()); err != nil {
		t.Errorf("the other device was removed: %v", err)
	}
}

func TestADisabledPersonIsSignedOutEverywhere(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, user := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	if _, err := p.Admin().UpdateUser(t.Context(), user.ID, func(u *server.User) { u.Disabled = true }); err != nil {
		t.Fatal(err)
	}
	if !isSignedOut(t, b) {
		t.Error("a disabled person sees their account")
	}
}

func TestEachKindOfPairingFinishesAtItsOwnAddressOnly(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	for name, c := range map[string]struct{ open, finish string }{
		"an app's at the account":  {p.Authorize(p.AddApp(nil)), "/account/sign-in/finish?pairing="},
		"the browser's at the app": {p.URL + "/account", "/sso-authorize/finish?pairing="},
	} {
		t.Run(name, func(t *testing.T) {
			b := servertest.NewBrowser(p.URL)
			page, err := b.Open(t.Context(), c.open)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := page.Begin(t.Context()); err != nil {
				t.Fatal(err)
			}
			ask, err := phone.Claim(t.Context(), servertest.Code(page.Link))
			if err != nil {
				t.Fatal(err)
			}
			view, err := page.Poll(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := phone.Approve(t.Context(), ask, view.Number, ask.ScopeNames()); err != nil {
				t.Fatal(err)
			}
			if status, _, err := b.Get(t.Context(), c.finish+page.Pairing); err != nil || status != http.StatusNotFound {
				t.Errorf("answered %d, %v", status, err)
			}
			if view, err := page.Poll(t.Context()); err != nil || view.State != "approved" {
				t.Errorf("the pairing is %s, %v", view.State, err)
			}
		})
	}
}

func TestASessionCookieThatIsKeptWarmDiesWithinTheHour(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	thief := servertest.NewBrowser(p.URL)
	setCookies(t, thief, p.URL, map[string]string{"account_ham_session": cookies(b, p.URL)["account_ham_session"]})
	p.Clock.Advance(25 * time.Minute)
	account(t, thief)
	p.Clock.Advance(25 * time.Minute)
	account(t, thief)
	p.Clock.Advance(10 * time.Minute)
	if !isSignedOut(t, thief) {
		t.Error("a copy of the session cookie alone is good for ever")
	}
	account(t, b)
}

func TestASessionsIDAloneEndsNothing(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	id, _, _ := strings.Cut(cookies(b, p.URL)["account_ham_session"], ".")
	stranger := servertest.NewBrowser(p.URL)
	for _, value := range []string{id + ".garbage", id + ".garbage.garbage", id + "..", id} {
		setCookies(t, stranger, p.URL, map[string]string{"account_ham_refresh": value})
		if !isSignedOut(t, stranger) {
			t.Error("an id opens the account")
		}
	}
	account(t, b)
}

func TestWhatARemovedDeviceSignedInIsSignedOut(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, user := p.AddPhone("Lin")
	link, err := p.Admin().Enroll(t.Context(), user.ID)
	if err != nil {
		t.Fatal(err)
	}
	stolen := p.Enroll(link)
	thief, own := signedIn(t, p, stolen), signedIn(t, p, phone)
	post(t, own, "/account/devices/remove", "device", stolen.DeviceID)
	if !isSignedOut(t, thief) {
		t.Error("a browser that the removed device signed in still is")
	}
	account(t, own)
}

func TestAnIdleSessionEndsToo(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	old := servertest.NewBrowser(p.URL)
	setCookies(t, old, p.URL, cookies(b, p.URL))
	p.Clock.Advance(31 * time.Minute)
	page, err := b.Open(t.Context(), p.URL+"/account/confirm")
	if err != nil {
		t.Fatal(err)
	}
	signInHere(t, page, phone)
	if !isSignedOut(t, old) {
		t.Error("the session before is still good")
	}
}

func TestADisabledPersonIsNotSignedInAgainByEnabling(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, user := p.AddPhone("Lin")
	b, c := signedIn(t, p, phone), signedIn(t, p, phone)
	for _, disabled := range []bool{true, false} {
		if _, err := p.Admin().UpdateUser(t.Context(), user.ID, func(u *server.User) { u.Disabled = disabled }); err != nil {
			t.Fatal(err)
		}
	}
	if !isSignedOut(t, b) {
		t.Error("the session came back")
	}
	d := signedIn(t, p, phone)
	if err := p.Admin().SignOutUser(t.Context(), user.ID); err != nil {
		t.Fatal(err)
	}
	if !isSignedOut(t, c) || !isSignedOut(t, d) {
		t.Error("the operator's sign-out left a browser signed in")
	}
}

func TestNoOtherSiteLeadsToThePageThatFinishesByItself(t *testing.T) {
	p := servertest.Start(t, nil)
	b := servertest.NewBrowser(p.URL)
	page, err := b.Open(t.Context(), p.URL+"/account")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := page.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL+"/account/sign-in/plain/"+page.Pairing, nil)
	if err != nil {
		t.Fatal(err)
	}
	for site, want := range map[string]int{"same-origin": 200, "none": 200, "same-site": 403, "cross-site": 403} {
		request.Header.Set("Sec-Fetch-Site", site)
		response, err := b.Client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("from %s: %d", site, response.StatusCode)
		}
	}
}
