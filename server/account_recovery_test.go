package server_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"hamconnect/server"
	"hamconnect/server/servertest"
)

var codeMark = regexp.MustCompile(`data-testid="recovery-code">([^<]+)<`)

// recoveryCodes makes new ones on the account page.
func recoveryCodes(t *testing.T, b *servertest.Browser) []string {
	t.Helper()
	status, body := sendSure(t, b, "/account/recovery")
	var codes []string
	for _, m := range codeMark.FindAllStringSubmatch(body, -1) {
		codes = append(codes, m[1])
	}
	if status != http.StatusOK || len(codes) != 10 {
		t.Fatalf("answered %d with %d codes", status, len(codes))
	}
	return codes
}

var onceMark = regexp.MustCompile(`name="once" value="([^"]+)"`)

// sendSure sends a form that is asked about, and says yes.
func sendSure(t *testing.T, b *servertest.Browser, path string) (status int, body string) {
	t.Helper()
	_, question := send(t, b, path)
	once := ""
	if m := onceMark.FindStringSubmatch(question); m != nil {
		once = m[1]
	}
	return send(t, b, path, "sure", "yes", "once", once)
}

func TestThePageOfRecoveryCodesLoadedAgainMakesNoNewOnes(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	_, question := send(t, b, "/account/recovery")
	once := onceMark.FindStringSubmatch(question)[1]
	other := signedIn(t, p, phone)
	if status, _ := send(t, other, "/account/recovery", "sure", "yes", "once", once); status != http.StatusSeeOther {
		t.Errorf("another session's question: %d", status)
	}
	status, body := send(t, b, "/account/recovery", "sure", "yes", "once", once)
	codes := codeMark.FindAllStringSubmatch(body, -1)
	if status != http.StatusOK || len(codes) != 10 {
		t.Fatalf("answered %d with %d codes", status, len(codes))
	}
	for _, again := range []string{once, "", "AAAA"} {
		if status, _ := send(t, b, "/account/recovery", "sure", "yes", "once", again); status != http.StatusSeeOther {
			t.Errorf("again: %d", status)
		}
	}
	if status, _ := recoverWith(t, servertest.NewBrowser(p.URL), codes[0][1]); status != http.StatusSeeOther {
		t.Errorf("a code of the page that was loaded again: %d", status)
	}
}

func recoverWith(t *testing.T, b *servertest.Browser, code string) (status int, body string) {
	t.Helper()
	status, body, err := b.Post(t.Context(), "/account/recover", url.Values{"code": {code}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return status, body
}

func TestARecoveryCodeSignsInOnce(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	codes := recoveryCodes(t, b)
	if body := account(t, b); !strings.Contains(body, "Codes left: 10") || strings.Contains(body, codes[0]) {
		t.Error("the page does not say how many are left, or shows one again")
	}
	typed := " " + strings.ToLower(strings.ReplaceAll(codes[3], "-", " ")) + " " // as people do
	fresh := servertest.NewBrowser(p.URL)
	if status, where := recoverWith(t, fresh, typed); status != http.StatusSeeOther || where != "/account" {
		t.Fatalf("answered %d", status)
	}
	for _, body := range []string{account(t, fresh), account(t, b)} {
		for _, want := range []string{">Lin<", "Codes left: 9", "signed in with a recovery code", `data-kind="recovery_used"`} {
			if !strings.Contains(body, want) {
				t.Errorf("the page does not show %q", want)
			}
		}
	}
	again := servertest.NewBrowser(p.URL)
	if status, body := recoverWith(t, again, codes[3]); status != http.StatusForbidden || !strings.Contains(body, "used already") {
		t.Errorf("a second use answered %d", status)
	}
	if !isSignedOut(t, again) {
		t.Error("a second use signed in")
	}
}

func TestNewRecoveryCodesReplaceTheOldOnes(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	old := recoveryCodes(t, b)
	recoveryCodes(t, b)
	for _, code := range old {
		if status, _ := recoverWith(t, servertest.NewBrowser(p.URL), code); status != http.StatusForbidden {
			t.Fatalf("an old code answered %d", status)
		}
	}
}

func TestWhatIsNoRecoveryCodeSaysTheSameWhateverItIs(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, user := p.AddPhone("Lin")
	code := recoveryCodes(t, signedIn(t, p, phone))[0]
	if _, err := p.Admin().UpdateUser(t.Context(), user.ID, func(u *server.User) { u.Disabled = true }); err != nil {
		t.Fatal(err)
	}
	first := ""
	for _, tried := range []string{code, "", "Lin", user.ID, "AAAAA-AAAAA-AAAAA-AAAAA-AAAAAA", strings.Repeat("A", 10_000), "'; DROP TABLE users", "\x00\u202e"} {
		status, body := recoverWith(t, servertest.NewBrowser(p.URL), tried)
		if status != http.StatusForbidden {
			t.Errorf("%.20q answered %d", tried, status)
		}
		if first == "" {
			first = body
		}
		if body != first {
			t.Errorf("%.20q is answered otherwise than the code of a disabled account", tried)
		}
	}
	if _, err := p.Admin().UpdateUser(t.Context(), user.ID, func(u *server.User) { u.Disabled = false }); err != nil {
		t.Fatal(err)
	}
	if status, _ := recoverWith(t, servertest.NewBrowser(p.URL), code); status != http.StatusSeeOther {
		t.Errorf("the refusal spent the code: %d", status)
	}
}

func TestRecoveryCodesCannotBeTriedFast(t *testing.T) {
	p := servertest.Start(t, func(c *server.Config) { c.Limits.Recoveries = server.Rate{} })
	refused := 0
	for range 30 {
		if status, _ := recoverWith(t, servertest.NewBrowser(p.URL), "wrong"); status == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused != 20 {
		t.Errorf("%d of 30 were refused, want 20", refused)
	}
	p.Clock.Advance(time.Minute)
	if status, _ := recoverWith(t, servertest.NewBrowser(p.URL), "wrong"); status != http.StatusForbidden {
		t.Errorf("a minute later: %d", status)
	}
}

func TestRaceForOneRecoveryCodeHasOneWinner(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	code := recoveryCodes(t, signedIn(t, p, phone))[0]
	var group sync.WaitGroup
	results := make(chan int, 50)
	for range cap(results) {
		group.Go(func() {
			status, _, err := servertest.NewBrowser(p.URL).Post(t.Context(), "/account/recover", url.Values{"code": {code}}, nil)
			if err != nil {
				t.Error(err)
			}
			results <- status
		})
	}
	group.Wait()
	close(results)
	won := 0
	for status := range results {
		if status == http.StatusSeeOther {
			won++
		}
	}
	if won != 1 {
		t.Errorf("%d of 50 signed in with one code", won)
	}
}

func TestAForeignPageCannotRecoverAnAccount(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	code := recoveryCodes(t, signedIn(t, p, phone))[0]
	b := servertest.NewBrowser(p.URL)
	status, _, err := b.Post(t.Context(), "/account/recover", url.Values{"code": {code}}, http.Header{"Sec-Fetch-Site": {"cross-site"}})
	if err != nil || status != http.StatusForbidden || !isSignedOut(t, b) {
		t.Errorf("a page of another site signed the visitor in: %d, %v", status, err)
	}
}
