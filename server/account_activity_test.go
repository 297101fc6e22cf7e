package server_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"hamconnect/passkey/softkey"
	"hamconnect/server/internal/session"
	"hamconnect/server/servertest"
)

var (
	kindMark   = regexp.MustCompile(`data-testid="activity-row" data-kind="([^"]+)"`)
	noticeMark = regexp.MustCompile(`data-testid="notice-row" data-kind="([^"]+)"`)
	seenMark   = regexp.MustCompile(`name="notice" value="([^"]+)"`)
)

func kinds(mark *regexp.Regexp, body string) string {
	var all []string
	for _, m := range mark.FindAllStringSubmatch(body, -1) {
		all = append(all, m[1])
	}
	return strings.Join(all, " ")
}

func TestTheActivityTellsWhoSignedInWhereWithWhatAndToWhich(t *testing.T) {
	p := onLocalhost(t)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	p.Token(app, phone)
	p.Clock.Advance(time.Minute)
	s := p.Begin(app).Scan(phone)
	if _, err := phone.Deny(t.Context(), s.Ask); err != nil {
		t.Fatal(err)
	}
	p.Clock.Advance(time.Minute)
	b := signedIn(t, p, phone)
	p.Clock.Advance(time.Minute)
	key := softkey.Synced()
	addPasskey(t, p, b, key)
	p.Clock.Advance(time.Minute)
	if status, _ := tryPasskey(t, servertest.NewBrowser(p.URL), p.URL, key, softkey.BadSignature); status != http.StatusForbidden {
		t.Fatalf("a bad signature answered %d", status)
	}
	p.Clock.Advance(time.Minute)
	post(t, b, "/account/apps/revoke", "client", app.ID)
	body := account(t, b)
	if got, want := kinds(kindMark, body), "app_revoked passkey_refused passkey_added browser_sign_in app_refused app_sign_in device_added"; got != want {
		t.Errorf("the page tells\n%s, want\n%s", got, want)
	}
	for _, want := range []string{"Signed in to <bdi>Campus", "approved in the Ham app", "Chrome on Linux", "127.0.0.1"} {
		if !strings.Contains(body, want) {
			t.Errorf("it does not show %q", want)
		}
	}
	_, all, err := b.Get(t.Context(), "/account/activity")
	if err != nil || kinds(kindMark, all) != kinds(kindMark, body) {
		t.Errorf("the page of its own tells something else: %v", err)
	}
}

func TestALoopFillsNoDisk(t *testing.T) {
	p := onLocalhost(t)
	phone, _ := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	key := softkey.Synced()
	addPasskey(t, p, b, key)
	for range 20 {
		tryPasskey(t, servertest.NewBrowser(p.URL), p.URL, key, softkey.BadSignature)
	}
	body := account(t, b)
	if n := strings.Count(kinds(kindMark, body), "passkey_refused"); n == 0 || n > 2 || !strings.Contains(body, " times") {
		t.Errorf("20 refusals within a minute are %d rows", n)
	}
}

func TestActivityIsReadPageByPageAndByItsOwnerAlone(t *testing.T) {
	p := servertest.Start(t, nil)
	lin, _ := p.AddPhone("Lin")
	mei, _ := p.AddPhone("Mei")
	b := signedIn(t, p, lin)
	for range 105 {
		p.Clock.Advance(time.Minute)
		post(t, b, "/account/profile", "nickname", "Lin", "language", "en")
		post(t, b, "/account/profile", "nickname", "Lin", "language", "")
	}
	read := func(b *servertest.Browser, path string) (n int, older string) {
		status, body, err := b.Get(t.Context(), path)
		if err != nil || status != http.StatusOK {
			t.Fatalf("answered %d, %v", status, err)
		}
		if m := regexp.MustCompile(`href="(/account/activity\?before=[^"]+)"`).FindStringSubmatch(body); m != nil {
			older = m[1]
		}
		return strings.Count(body, `data-testid="activity-row"`), older
	}
	first, older := read(b, "/account/activity")
	if first != 100 || older == "" {
		t.Fatalf("the first page has %d rows", first)
	}
	if n, further := read(b, older); n < 5 || n > 10 || further != "" {
		t.Errorf("the second page has %d rows", n)
	}
	if n, _ := read(signedIn(t, p, mei), "/account/activity"); n > 2 {
		t.Errorf("Mei sees %d rows", n)
	}
	if status, _, err := b.Get(t.Context(), "/account/activity?before=x"); err != nil || status != http.StatusNotFound {
		t.Errorf("a bad page answers %d, %v", status, err)
	}
}

func TestNoticesStayUntilTheyAreSeen(t *testing.T) {
	p := onLocalhost(t)
	phone, user := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	if got := kinds(noticeMark, account(t, b)); got != "" {
		t.Errorf("the first way in is news: %s", got)
	}
	p.Clock.Advance(time.Minute)
	addPasskey(t, p, b, softkey.Synced())
	p.Clock.Advance(time.Minute)
	p.AnotherPhone(user)
	for range 2 {
		if got := kinds(noticeMark, account(t, b)); got != "device_added passkey_added" {
			t.Fatalf("the notices are %q", got)
		}
	}
	p.Clock.Advance(time.Minute)
	b = signedIn(t, p, phone)
	post(t, b, "/account/notices/seen", "notice", seenMark.FindStringSubmatch(account(t, b))[1])
	if got := kinds(noticeMark, account(t, b)); got != "passkey_added" {
		t.Errorf("after one was seen there are %q", got)
	}
}

func TestWhoeverCameInCannotHideTheNewsOfIt(t *testing.T) {
	p := onLocalhost(t)
	phone, user := p.AddPhone("Lin")
	own := signedIn(t, p, phone)
	p.Clock.Advance(time.Minute)
	thief := signedIn(t, p, p.AnotherPhone(user)) // by a stolen link
	p.Clock.Advance(time.Minute)
	addPasskey(t, p, thief, softkey.Synced())
	notices := account(t, own)
	for _, m := range seenMark.FindAllStringSubmatch(notices, -1) {
		if strings.Contains(account(t, thief), m[1]) {
			continue // the passkey is news that the older of the thief's ways may put away
		}
		form := url.Values{"form": {formToken(t, account(t, thief))}, "notice": {m[1]}}
		if _, _, err := thief.Post(t.Context(), "/account/notices/seen", form, nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := kinds(noticeMark, account(t, own)); !strings.Contains(got, "device_added") {
		t.Errorf("the thief has put the news away: %q is left", got)
	}
	if !strings.Contains(account(t, thief), "It stays until you have signed in once more") {
		t.Error("the page does not say why it cannot be put away")
	}
	p.Clock.Advance(8 * 24 * time.Hour)
	later := freshly(t, p, thief, phone)
	for range 2 {
		post(t, thief, "/account/notices/seen", "notice", seenMark.FindStringSubmatch(later)[1])
		later = account(t, thief)
	}
	if got := kinds(noticeMark, later); got != "" {
		t.Errorf("a week later %q cannot be put away", got)
	}
}

func TestAStolenRefreshSecretIsNews(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	thief := servertest.NewBrowser(p.URL)
	setCookies(t, thief, p.URL, cookies(b, p.URL))
	p.Clock.Advance(time.Hour)
	account(t, b)
	p.Clock.Advance(session.Grace)
	if !isSignedOut(t, thief) {
		t.Fatal("the copy works")
	}
	if got := kinds(noticeMark, account(t, signedIn(t, p, phone))); got != "session_reused" {
		t.Errorf("the notices are %q", got)
	}
}

func TestACounterThatWentBackIsNews(t *testing.T) {
	p := onLocalhost(t)
	phone, _ := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	key := &softkey.Authenticator{}
	addPasskey(t, p, b, key)
	if status, reason := tryPasskey(t, servertest.NewBrowser(p.URL), p.URL, key, softkey.Count(9)); status != http.StatusOK {
		t.Fatalf("answered %d %s", status, reason)
	}
	if status, reason := tryPasskey(t, servertest.NewBrowser(p.URL), p.URL, key, softkey.Count(5)); status != http.StatusForbidden || reason != "counter_went_back" {
		t.Fatalf("answered %d %s", status, reason)
	}
	if got := kinds(noticeMark, account(t, b)); got != "counter_back passkey_added" {
		t.Errorf("the notices are %q", got)
	}
}
