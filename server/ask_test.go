package server_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/server"
	"hamconnect/server/servertest"
	"hamconnect/tui/client"
)

// A browser that knows the person asks their Ham apps, in place of being scanned.

// askPhone is what the page's button does.
func askPhone(t testing.TB, page *servertest.Page, form url.Values) (status int) {
	t.Helper()
	id := page.Link[:0]
	for _, c := range page.Browser.Cookies() {
		if at := strings.Index(c.Name, "ham_pairing_"); at >= 0 {
			id = c.Name[at+len("ham_pairing_"):] // the latest comes last
		}
	}
	status, _, err := page.Browser.Post(t.Context(), "/sso-authorize/pairing/"+id+"/ask", form, http.Header{"Accept": {"application/json"}})
	if err != nil {
		t.Fatal(err)
	}
	return status
}

// known is a browser that Lin was signed in in, and is no more; her app may be
// asked.
func known(t *testing.T, p *servertest.Provider, phone *client.Account) *servertest.Browser {
	t.Helper()
	b := signedIn(t, p, phone)
	return b.Aged()
}

// waits opens the sign-in page of app and begins its pairing.
func waits(t testing.TB, p *servertest.Provider, b *servertest.Browser, app servertest.App, more ...string) *servertest.Page {
	t.Helper()
	page, err := b.Open(t.Context(), p.Authorize(app, more...))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := page.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	return page
}

func requests(t *testing.T, phone *client.Account) []pairing.BrowserRequest {
	t.Helper()
	me, err := phone.Me(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return me.Requests
}

func TestAKnownBrowserAsksThePhone(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	b := known(t, p, phone)
	page := waits(t, p, b, app)
	if _, body, err := b.Get(t.Context(), strings.TrimPrefix(p.Authorize(app), p.URL)); err != nil || strings.Contains(body, "ask-phone") {
		t.Errorf("the page offers to ask who has not turned that on (%v)", err)
	}
	if askPhone(t, page, nil); len(requests(t, phone)) != 0 {
		t.Error("who has not turned it on is asked")
	}
	if err := phone.AllowRequests(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if _, body, err := b.Get(t.Context(), strings.TrimPrefix(p.Authorize(app), p.URL)); err != nil || !strings.Contains(body, "ask-phone") || !strings.Contains(body, "Ask <bdi>Lin</bdi>") {
		t.Errorf("the page does not offer to ask (%v)", err)
	}
	heard, _ := listening(t, phone)
	page = waits(t, p, b, app)
	if status := askPhone(t, page, nil); status != http.StatusNoContent {
		t.Fatalf("answered %d", status)
	}
	next(t, heard, "changed") // the request appears by itself
	all := requests(t, phone)
	if len(all) != 1 || all[0].AppName != "Campus Library" || all[0].RedirectHost != "library.example" || all[0].Browser.Address != "127.0.0.1" || all[0].ExpiresIn < 100 {
		t.Fatalf("the app is shown %+v", all)
	}
	stranger, _ := p.AddPhone("Eve")
	if _, err := stranger.AnswerRequest(t.Context(), all[0].ID); failureOf(err) != pairing.FailNotFound {
		t.Errorf("another person answers: %v", err)
	}
	ask, err := phone.AnswerRequest(t.Context(), all[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(requests(t, phone)) != 0 {
		t.Error("it is still asked for")
	}
	view, err := page.Poll(t.Context())
	if err != nil || view.State != "claimed" || view.Number == 0 {
		t.Fatalf("the browser sees %+v, %v", view, err)
	}
	if _, err := phone.Approve(t.Context(), ask, view.Number%90+10, ask.ScopeNames()); failureOf(err) != pairing.FailNumber && view.Number%90+10 != view.Number {
		t.Errorf("without the check number: %v", err)
	}
	if _, err := phone.Approve(t.Context(), ask, view.Number, ask.ScopeNames()); err != nil {
		t.Fatal(err)
	}
	if location, err := page.Finish(t.Context()); err != nil || !strings.Contains(location, "code=") {
		t.Errorf("the browser lands at %q, %v", location, err)
	}
}

func TestAPersonIsAskedThreeTimesAnHourAndNotByWhomTheyReport(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, user := p.AddPhone("Lin")
	b := known(t, p, phone)
	if err := phone.AllowRequests(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{http.StatusNoContent, http.StatusNoContent, http.StatusNoContent, http.StatusTooManyRequests} {
		if status := askPhone(t, waits(t, p, b, app), nil); status != want {
			t.Errorf("the %d-th: answered %d", i+1, status)
		}
	}
	p.Clock.Advance(time.Hour + time.Minute)
	if status := askPhone(t, waits(t, p, b, app), nil); status != http.StatusNoContent {
		t.Fatalf("an hour later: %d", status)
	}
	all := requests(t, phone)
	if len(all) != 1 {
		t.Fatalf("%d requests", len(all))
	}
	tablet := p.AnotherPhone(user)
	if err := phone.ReportRequest(t.Context(), all[0].ID); err != nil {
		t.Fatal(err)
	}
	if len(requests(t, tablet)) != 0 {
		t.Error("the other Ham app still shows it")
	}
	if status := askPhone(t, waits(t, p, b, app), nil); status != http.StatusNoContent {
		t.Errorf("who was silenced is told so: %d", status)
	}
	if len(requests(t, phone)) != 0 {
		t.Error("who was silenced asks")
	}
	if _, err := phone.AnswerRequest(t.Context(), all[0].ID); err != nil && failureOf(err) == "" {
		t.Error(err)
	}
	events, _, err := phone.Activity(t.Context(), "")
	if err != nil || events[1].Kind != "ask_reported" && events[0].Kind != "ask_reported" {
		t.Errorf("it is not remembered: %+v, %v", events[:2], err)
	}
	p.Clock.Advance(31 * 24 * time.Hour)
	if status := askPhone(t, waits(t, p, b, app), nil); status != http.StatusNoContent || len(requests(t, phone)) != 1 {
		t.Errorf("a month later: %d", status)
	}
}

func TestOnlyTheBrowserOfAPairingAsksAndOnlyWhileItWaits(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	b := known(t, p, phone)
	if err := phone.AllowRequests(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	page := waits(t, p, b, app)
	id := ""
	for _, c := range b.Cookies() {
		if _, after, ok := strings.Cut(c.Name, "ham_pairing_"); ok {
			id = after
		}
	}
	path := "/sso-authorize/pairing/" + id + "/ask"
	stranger := servertest.NewBrowser(p.URL)
	if status, _, _ := stranger.Post(t.Context(), path, nil, nil); status < 400 {
		t.Errorf("another browser asks: %d", status)
	}
	if status, _, _ := b.Post(t.Context(), path, nil, http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}}); status != http.StatusForbidden {
		t.Errorf("another site asks: %d", status)
	}
	if len(requests(t, phone)) != 0 {
		t.Fatal("it was asked")
	}
	if _, err := page.Cancel(t.Context()); err != nil {
		t.Fatal(err)
	}
	if status := askPhone(t, page, nil); status != http.StatusConflict {
		t.Errorf("a cancelled one: %d", status)
	}
	// A forged name, and who is disabled.
	setCookies(t, b, p.URL, map[string]string{"account_ham_known": "lin.1760000000000000.AAAAAAAAAAAAAAAAAAAAAA"})
	if _, body, _ := b.Get(t.Context(), strings.TrimPrefix(p.Authorize(app), p.URL)); strings.Contains(body, "ask-phone") {
		t.Error("a forged cookie is believed")
	}
}

func TestAReportFreesNoPlaceAndHoldsForAllOfItsSource(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	b := known(t, p, phone)
	if err := phone.AllowRequests(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	askPhone(t, waits(t, p, b, app), nil)
	askPhone(t, waits(t, p, b, app), nil)
	all := requests(t, phone)
	if len(all) != 2 {
		t.Fatalf("%d requests", len(all))
	}
	if err := phone.ReportRequest(t.Context(), all[0].ID); err != nil {
		t.Fatal(err)
	}
	if len(requests(t, phone)) != 0 {
		t.Error("the other request of the same source is still shown")
	}
	for _, r := range all {
		if _, err := phone.AnswerRequest(t.Context(), r.ID); failureOf(err) != pairing.FailNotFound {
			t.Errorf("what was silenced can be answered: %v", err)
		}
	}
	// It is limited as anybody, and cannot tell.
	for i, want := range []int{http.StatusNoContent, http.StatusTooManyRequests} {
		if status := askPhone(t, waits(t, p, b, app), nil); status != want {
			t.Errorf("the %d-th: answered %d", i+3, status)
		}
	}
	// Turned off and on again, nobody is silenced; and what was asked counts.
	if err := phone.AllowRequests(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if _, err := phone.AnswerRequest(t.Context(), all[1].ID); failureOf(err) != pairing.FailNotFound {
		t.Errorf("turned off, it can be answered: %v", err)
	}
	if err := phone.AllowRequests(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	if status := askPhone(t, waits(t, p, b, app), nil); status != http.StatusTooManyRequests {
		t.Errorf("turned on again: answered %d", status)
	}
}

func TestABrowserIsForgottenFromElsewhereAndAfterAWhile(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, user := p.AddPhone("Lin")
	if err := phone.AllowRequests(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	offered := func(b *servertest.Browser) bool {
		_, body, err := b.Get(t.Context(), strings.TrimPrefix(p.Authorize(app), p.URL))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(body, "ask-phone")
	}
	for name, forget := range map[string]func(){
		"one is signed out": func() {
			sessions, err := phone.Sessions(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := phone.EndSession(t.Context(), sessions[0].ID); err != nil {
				t.Fatal(err)
			}
		},
		"a Ham app is removed": func() {
			p.AnotherPhone(user)
			devices, err := phone.Devices(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := phone.RemoveDevice(t.Context(), devices[len(devices)-1].ID); err != nil {
				t.Fatal(err)
			}
		},
		"90 days": func() { p.Clock.Advance(90*24*time.Hour + time.Second) },
	} {
		b := known(t, p, phone)
		if !offered(b) {
			t.Fatalf("%s: it is not known at first", name)
		}
		p.Clock.Advance(time.Second)
		if forget(); offered(b) {
			t.Errorf("after %s it still knows the person", name)
		}
	}
}

func TestWhoSignsOutIsForgotten(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, user := p.AddPhone("Lin")
	if err := phone.AllowRequests(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	b := signedIn(t, p, phone)
	post(t, b, "/account/sign-out")
	if _, body, _ := b.Get(t.Context(), strings.TrimPrefix(p.Authorize(app), p.URL)); strings.Contains(body, "ask-phone") {
		t.Error("who has signed out here can be asked")
	}
	b = known(t, p, phone)
	if _, err := p.Admin().UpdateUser(t.Context(), user.ID, func(u *server.User) { u.Disabled = true }); err != nil {
		t.Fatal(err)
	}
	if _, body, _ := b.Get(t.Context(), strings.TrimPrefix(p.Authorize(app), p.URL)); strings.Contains(body, "ask-phone") {
		t.Error("who is disabled can be asked")
	}
	if _, err := phone.Me(t.Context()); !errors.As(err, new(*client.Failure)) {
		t.Error(err)
	}
}
