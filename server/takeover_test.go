package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"hamconnect/passkey/softkey"
	"hamconnect/qr/pairing"
	"hamconnect/server"
	"hamconnect/server/servertest"
)

// What somebody can do who has got a cookie, a link or a key of another person,
// and what that person is told of it.

// news are the notices of a Ham app.
func news(t *testing.T, d *servertest.Device) []pairing.Notice {
	t.Helper()
	answer := d.Call(http.MethodGet, "/app/v1/me", "")
	var me pairing.Me
	if err := json.Unmarshal([]byte(answer.Raw), &me); err != nil || answer.Status != http.StatusOK || len(answer.Raw) > 32<<10 {
		t.Fatalf("me answered %d with %d bytes, %v", answer.Status, len(answer.Raw), err)
	}
	return me.Notices
}

// atHome is a person with a Ham app that speaks raw, and a browser that another
// Ham app of theirs has signed in.
func atHome(t *testing.T, p *servertest.Provider) (*servertest.Device, *servertest.Browser) {
	t.Helper()
	d := p.AddDevice("Lin")
	phone := p.AnotherPhone(d.User)
	p.Clock.Advance(time.Minute)
	return d, signedIn(t, p, phone)
}

func TestACopiedCookieCannotPutAwayTheNewsOfWhatItDid(t *testing.T) {
	p := onLocalhost(t)
	d, own := atHome(t, p)
	thief := servertest.NewBrowser(p.URL)
	setCookies(t, thief, p.URL, cookies(own, p.URL))
	p.Clock.Advance(time.Second)
	addPasskey(t, p, thief, softkey.Synced())
	if status, _ := sendSure(t, thief, "/account/recovery"); status != http.StatusOK {
		t.Fatalf("answered %d", status)
	}
	form := formToken(t, account(t, thief))
	for _, n := range news(t, d) {
		if _, _, err := thief.Post(t.Context(), "/account/notices/seen", url.Values{"form": {form}, "notice": {n.ID}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := kinds(noticeMark, account(t, own)); !strings.Contains(got, "recovery_made") || !strings.Contains(got, "passkey_added") {
		t.Errorf("of a thief's passkey and recovery codes the person is told %q", got)
	}
}

func TestNewsIsNotFoldedIntoNewsThatWasSeen(t *testing.T) {
	p := onLocalhost(t)
	d, own := atHome(t, p)
	count := func() (n int) {
		for _, notice := range news(t, d) {
			if notice.Kind == "recovery_made" {
				n++
			}
		}
		return n
	}
	for want := 1; want <= 2; want++ { // within one minute
		recoveryCodes(t, own)
		if got := count(); got != 1 {
			t.Fatalf("the Ham app tells of %d, want 1", got)
		}
		for _, n := range news(t, d) {
			d.Call(http.MethodPost, "/app/v1/notices/seen", `{"id":"`+n.ID+`"}`)
		}
	}
}

func TestNoBrowsersNameCanBlindTheHamApp(t *testing.T) {
	p := onLocalhost(t)
	d, own := atHome(t, p)
	form := formToken(t, account(t, own))
	for range 12 {
		begun := ask(t, own, "/account/passkeys/options", map[string]any{"form": form})
		attestation, err := softkey.Synced().Create(begun.Options, p.URL)
		if err != nil {
			t.Fatal(err)
		}
		body, err := json.Marshal(map[string]any{"form": form, "ceremony": begun.Ceremony, "answer": json.RawMessage(attestation)})
		if err != nil {
			t.Fatal(err)
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL+"/account/passkeys", strings.NewReader(string(body)))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Sec-Fetch-Site", "same-origin")
		request.Header.Set("User-Agent", "please ignore this message. You may close the app "+strings.Repeat("<", 450)+"/1.0")
		response, err := own.Client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Fatalf("adding answered %d", response.StatusCode)
		}
	}
	for _, n := range news(t, d) {
		if strings.Contains(n.Title+n.Browser, "ignore") || strings.Contains(n.Title, "<") {
			t.Errorf("a stranger's sentence is told as news: %.60q", n.Title)
		}
	}
}

func TestWhatASessionGaveAwayEndsWithIt(t *testing.T) {
	p := servertest.Start(t, nil)
	for name, end := range map[string]func(t *testing.T, thief, own *servertest.Browser){
		"signed out from elsewhere": func(t *testing.T, _, own *servertest.Browser) {
			post(t, own, "/account/sessions/end", "session", "others")
		},
		"signed out itself": func(t *testing.T, thief, _ *servertest.Browser) { post(t, thief, "/account/sign-out") },
	} {
		t.Run(name, func(t *testing.T) {
			phone, _ := p.AddPhone("Lin")
			thief, own := signedIn(t, p, phone), signedIn(t, p, phone)
			_, body := send(t, thief, "/account/devices/connect")
			_, link, ok := strings.Cut(body, `data-link="`)
			if !ok {
				t.Fatal("there is no link")
			}
			link, _, _ = strings.Cut(link, `"`)
			end(t, thief, own)
			if a := p.NewDevice().Enroll(link); a.Status != http.StatusNotFound {
				t.Errorf("the link still signs a Ham app in: %d", a.Status)
			}
		})
	}
}

func TestRaceOfALoginAndTheRemovalOfItsPasskeyLeavesNoSession(t *testing.T) {
	p := onLocalhost(t)
	phone, _ := p.AddPhone("Lin")
	own := signedIn(t, p, phone)
	for range 30 {
		key := softkey.Synced()
		addPasskey(t, p, own, key)
		b := servertest.NewBrowser(p.URL)
		begun := ask(t, b, "/passkeys/login/options", nil)
		assertion, err := key.Get(begun.Options, p.URL)
		if err != nil {
			t.Fatal(err)
		}
		body := account(t, own)
		form := url.Values{"form": {formToken(t, body)}, "passkey": {passkeyMark.FindStringSubmatch(body)[1]}, "sure": {"yes"}}
		var group sync.WaitGroup
		group.Go(func() { sendPasskey(t, b, begun.Ceremony, assertion) })
		group.Go(func() {
			if _, _, err := own.Post(t.Context(), "/account/passkeys/remove", form, nil); err != nil {
				t.Error(err)
			}
		})
		group.Wait()
		if strings.Contains(account(t, own), `data-testid="passkey-row"`) {
			t.Fatal("the passkey was not removed")
		}
		if !isSignedOut(t, b) {
			t.Fatal("a browser is signed in by a passkey that is no more")
		}
	}
}

func TestWhoIsLeavingIsToldSoEverywhereAndGivesNothingAway(t *testing.T) {
	p := onLocalhost(t)
	app := p.AddApp(nil)
	d, own := atHome(t, p)
	nonce, _ := consentPage(t, own, p.Authorize(app)) // before
	post(t, own, "/account/leave")
	if status, _ := answerConsent(t, own, nonce, "allow", "profile"); status == http.StatusSeeOther {
		t.Error("a page from before still gives a code")
	}
	told := ""
	for _, n := range news(t, d) {
		told += n.Kind + " "
	}
	if !strings.Contains(told, "leaving") || !strings.Contains(kinds(noticeMark, account(t, own)), "leaving") {
		t.Errorf("the Ham app tells of %q, the page of %q", told, kinds(noticeMark, account(t, own)))
	}
}

func TestOnePersonCannotFloodTheirAccount(t *testing.T) {
	p := servertest.Start(t, func(c *server.Config) { c.Limits.Changes = server.Rate{} })
	phone, _ := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	form := formToken(t, account(t, b))
	refused := 0
	for i := range 80 {
		status, _, err := b.Post(t.Context(), "/account/profile", url.Values{"form": {form}, "nickname": {fmt.Sprint("Lin ", i)}},
			http.Header{"User-Agent": {fmt.Sprint("Browser", i, "/1.0")}})
		if err != nil {
			t.Fatal(err)
		}
		if status == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused < 15 {
		t.Errorf("%d of 80 changes at once were refused", refused)
	}
	if n := strings.Count(kinds(kindMark, account(t, b)), "profile_changed"); n > 2 {
		t.Errorf("the changes of a minute are %d rows", n)
	}
}

func TestAPictureThatTakesLongHoldsNobodyUp(t *testing.T) {
	p := servertest.Start(t, nil)
	lin, _ := p.AddPhone("Lin")
	b := signedIn(t, p, lin)
	token := formToken(t, account(t, b))
	file := photo(t, 2000, 2000)
	results := make(chan int, 8)
	var group sync.WaitGroup
	for range cap(results) {
		group.Go(func() {
			status, _ := upload(t, p, b, token, file)
			results <- status
		})
	}
	group.Wait()
	close(results)
	count := map[int]int{}
	for status := range results {
		count[status]++
	}
	if count[http.StatusSeeOther] == 0 || count[http.StatusSeeOther]+count[http.StatusTooManyRequests] != cap(results) {
		t.Errorf("eight at once of one person: %v", count)
	}
}
