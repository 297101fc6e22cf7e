package server_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"hamconnect/passkey/softkey"
	"hamconnect/qr/pairing"
	"hamconnect/server"
	"hamconnect/server/servertest"
)

// linkCode has a Ham app make a link for a passkey, and gives its code.
func linkCode(t *testing.T, p *servertest.Provider, d *servertest.Device) string {
	t.Helper()
	a := d.Call(http.MethodPost, "/app/v1/passkeys/link", "")
	code, ok := strings.CutPrefix(a.Text("link"), p.URL+"/passkey/")
	if a.Status != http.StatusOK || !ok || a.Fields["expires_in"] != 300.0 {
		t.Fatalf("answered %d %s", a.Status, a.Text("error"))
	}
	return code
}

// addByLink lets a browser that nobody is signed in in add a passkey.
func addByLink(t *testing.T, p *servertest.Provider, code string, key *softkey.Authenticator) (status int, reason string) {
	t.Helper()
	b := servertest.NewBrowser(p.URL)
	status, text, err := b.PostJSON(t.Context(), "/passkeys/add/options", map[string]any{"code": code})
	if err != nil {
		t.Fatal(err)
	}
	var begun begun
	if status != http.StatusOK {
		return status, refusal(t, text)
	}
	if err := json.Unmarshal(text, &begun); err != nil {
		t.Fatal(err)
	}
	attestation, err := key.Create(begun.Options, p.URL)
	if err != nil {
		t.Fatal(err)
	}
	status, text, err = b.PostJSON(t.Context(), "/passkeys/add", map[string]any{"code": code, "ceremony": begun.Ceremony, "answer": json.RawMessage(attestation)})
	if err != nil {
		t.Fatal(err)
	}
	return status, refusal(t, text)
}

func refusal(t testing.TB, text []byte) string {
	t.Helper()
	var said struct{ Error, Message string }
	if err := json.Unmarshal(text, &said); err != nil {
		t.Fatalf("the answer is no JSON: %v", err)
	}
	if said.Error != "" && (said.Message == "" || strings.Contains(said.Message, "passkey.error")) {
		t.Errorf("the refusal %s has no text", said.Error)
	}
	return said.Error
}

func TestALinkOfTheHamAppAddsOnePasskey(t *testing.T) {
	p := onLocalhost(t)
	d := p.AddDevice("Lin")
	code := linkCode(t, p, d)
	status, body, err := servertest.NewBrowser(p.URL).Get(t.Context(), "/passkey/"+code)
	if err != nil || status != http.StatusOK || !strings.Contains(body, "<bdi>Lin</bdi>") || !strings.Contains(body, `data-testid="add-passkey"`) {
		t.Fatalf("the page answered %d, %v", status, err)
	}
	key := softkey.Synced()
	if status, reason := addByLink(t, p, code, key); status != http.StatusOK {
		t.Fatalf("answered %d %s", status, reason)
	}
	b := servertest.NewBrowser(p.URL)
	if status, reason := tryPasskey(t, b, p.URL, key); status != http.StatusOK {
		t.Fatalf("the passkey signs nobody in: %d %s", status, reason)
	}
	if got := kinds(noticeMark, account(t, b)); got != "passkey_added" {
		t.Errorf("the notices are %q", got)
	}
	if status, reason := addByLink(t, p, code, softkey.Synced()); status != http.StatusNotFound || reason != "link_over" {
		t.Errorf("a second time: %d %s", status, reason)
	}
	if status, _, err := b.Get(t.Context(), "/passkey/"+code); err != nil || status != http.StatusNotFound {
		t.Errorf("its page then answers %d, %v", status, err)
	}
}

func TestALinkForAPasskeyEnds(t *testing.T) {
	p := onLocalhost(t)
	for name, end := range map[string]func(*testing.T, *servertest.Device, string) string{
		"after five minutes": func(_ *testing.T, _ *servertest.Device, code string) string {
			p.Clock.Advance(5*time.Minute + time.Second)
			return code
		},
		"when a newer one is made": func(t *testing.T, d *servertest.Device, code string) string {
			linkCode(t, p, d)
			return code
		},
		"with the Ham app that made it": func(t *testing.T, d *servertest.Device, code string) string {
			p.AnotherPhone(d.User)
			if a := d.Call(http.MethodPost, "/app/v1/logout", ""); a.Status != http.StatusNoContent {
				t.Fatalf("logout answered %d", a.Status)
			}
			return code
		},
		"when the person is disabled": func(t *testing.T, d *servertest.Device, code string) string {
			if _, err := p.Admin().UpdateUser(t.Context(), d.User.ID, func(u *server.User) { u.Disabled = true }); err != nil {
				t.Fatal(err)
			}
			return code
		},
		"if it is another": func(*testing.T, *servertest.Device, string) string { return "AAAAAAAAAAAAAAAAAAAAAAAAAA" },
		"if it is none":    func(*testing.T, *servertest.Device, string) string { return "" },
	} {
		t.Run(name, func(t *testing.T) {
			d := p.AddDevice("Lin")
			code := end(t, d, linkCode(t, p, d))
			if status, reason := addByLink(t, p, code, softkey.Synced()); status != http.StatusNotFound || reason != "link_over" {
				t.Errorf("answered %d %s", status, reason)
			}
		})
	}
}

func TestTheAnswerToOneLinkIsNotTakenForAnother(t *testing.T) {
	p := onLocalhost(t)
	lin, mei := p.AddDevice("Lin"), p.AddDevice("Mei")
	linCode, meiCode := linkCode(t, p, lin), linkCode(t, p, mei)
	b := servertest.NewBrowser(p.URL)
	begun := ask(t, b, "/passkeys/add/options", map[string]any{"code": linCode})
	attestation, err := softkey.Synced().Create(begun.Options, p.URL)
	if err != nil {
		t.Fatal(err)
	}
	status, text, err := b.PostJSON(t.Context(), "/passkeys/add", map[string]any{"code": meiCode, "ceremony": begun.Ceremony, "answer": json.RawMessage(attestation)})
	if err != nil || status != http.StatusForbidden {
		t.Errorf("answered %d %s, %v", status, refusal(t, text), err)
	}
}

func TestRaceForOneLinkAddsOnePasskey(t *testing.T) {
	p := onLocalhost(t)
	phone, user := p.AddPhone("Lin")
	d := p.NewDevice()
	d.User = user
	link, err := p.Admin().Enroll(t.Context(), user.ID)
	if err != nil {
		t.Fatal(err)
	}
	if a := d.Enroll(link); a.Status != http.StatusOK {
		t.Fatalf("enrolling answered %d", a.Status)
	}
	code := linkCode(t, p, d)
	var group sync.WaitGroup
	results := make(chan int, 20)
	for range cap(results) {
		group.Go(func() {
			status, _ := addByLink(t, p, code, softkey.Synced())
			results <- status
		})
	}
	group.Wait()
	close(results)
	won := 0
	for status := range results {
		if status == http.StatusOK {
			won++
		}
	}
	if n := strings.Count(account(t, signedIn(t, p, phone)), `data-testid="passkey-row"`); won != 1 || n != 1 {
		t.Errorf("%d of 20 were told of success, and there are %d passkeys", won, n)
	}
}

func TestABareAddressGivesNoLinkForPasskeys(t *testing.T) {
	p := servertest.Start(t, nil)
	if a := p.AddDevice("Lin").Call(http.MethodPost, "/app/v1/passkeys/link", ""); a.Status != http.StatusNotFound || a.Text("error") != string(pairing.FailNoPasskeys) {
		t.Errorf("answered %d %s", a.Status, a.Text("error"))
	}
}

func TestEachHamAppShowsANoticeUntilItWasSeenThere(t *testing.T) {
	p := onLocalhost(t)
	first := p.AddDevice("Lin")
	p.Clock.Advance(time.Minute)
	second := p.NewDevice()
	link, err := p.Admin().Enroll(t.Context(), first.User.ID)
	if err != nil {
		t.Fatal(err)
	}
	if a := second.Enroll(link); a.Status != http.StatusOK {
		t.Fatalf("enrolling answered %d", a.Status)
	}
	notices := func(d *servertest.Device) []pairing.Notice {
		var me pairing.Me
		if err := json.Unmarshal([]byte(d.Call(http.MethodGet, "/app/v1/me", "").Raw), &me); err != nil {
			t.Fatal(err)
		}
		return me.Notices
	}
	old := notices(first)
	if len(old) != 1 || old[0].Kind != "device_added" || old[0].Title != "New Ham app: test device" || len(notices(second)) != 0 {
		t.Fatalf("the first shows %d, the second %d", len(old), len(notices(second)))
	}
	p.Clock.Advance(time.Minute)
	if status, reason := addByLink(t, p, linkCode(t, p, second), softkey.Synced()); status != http.StatusOK {
		t.Fatalf("answered %d %s", status, reason)
	}
	for _, n := range notices(second) {
		if a := second.Call(http.MethodPost, "/app/v1/notices/seen", `{"id":"`+n.ID+`"}`); a.Status != http.StatusNoContent {
			t.Fatalf("answered %d", a.Status)
		}
	}
	if n := len(notices(second)); n != 0 {
		t.Errorf("the second still shows %d", n)
	}
	if n := len(notices(first)); n != 2 {
		t.Errorf("the first shows %d, want 2: what another device has seen counts there alone", n)
	}
	stranger := p.AddDevice("Mei")
	if a := stranger.Call(http.MethodPost, "/app/v1/notices/seen", `{"id":"`+old[0].ID+`"}`); a.Status != http.StatusNotFound {
		t.Errorf("another person's notice: %d", a.Status)
	}
}
