package hamweb_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/server"
	"hamconnect/tui/client"
)

func TestATicketSignsInTheBrowserThatMadeIt(t *testing.T) {
	p := start(t, nil)
	phone, user := p.AddPhone("Lin")
	b := newFront(t, p)
	ticket := b.ticket()
	if a := b.wants(ticket, "PENDING"); a.fields["expires_in"].(float64) < 170 || a.cookies != nil {
		t.Errorf("a fresh ticket: %v, cookies %v", a.fields, a.cookies)
	}
	ask := scan(t, phone, ticket)
	if ask.Browser.Name != "Chrome on Linux" || ask.Browser.Address != "127.0.0.1" || p.Clock.Now().Sub(*ask.Since) > time.Minute || !ask.IsSignIn() {
		t.Errorf("the app is shown %+v since %v", ask.Browser, ask.Since)
	}
	a := b.wants(ticket, "SCANNED")
	who, _ := a.fields["scan_user_info"].(map[string]any)
	if who["nickname"] != "Lin" || who["avatar_url"] != user.AvatarURL || a.cookies != nil || b.me() != "" {
		t.Errorf("a scanned ticket: %v, cookies %v", a.fields, a.cookies)
	}
	confirm(t, phone, ask)
	a = b.wants(ticket, "CONFIRMED")
	who, _ = a.fields["user_info"].(map[string]any)
	if who["user_id"] != user.ID || who["nickname"] != "Lin" || b.me() != "Lin" {
		t.Errorf("a confirmed ticket: %v, signed in is %q", a.fields, b.me())
	}
	sessions, err := phone.Sessions(t.Context())
	if err != nil || len(sessions) != 1 || !sessions[0].ByThis || sessions[0].Browser != "Chrome on Linux" {
		t.Fatalf("the app lists %+v, %v", sessions, err)
	}
	if err := phone.EndSession(t.Context(), sessions[0].ID); err != nil {
		t.Fatal(err)
	}
	if b.me() != "" {
		t.Error("the app cannot end the session")
	}
}

func TestAForeignBrowserSeesNothingOfATicket(t *testing.T) {
	p := start(t, nil)
	phone, _ := p.AddPhone("Lin")
	b, stranger, empty := newFront(t, p), newFront(t, p), newFront(t, p)
	ticket := b.ticket()
	own := stranger.ticket()
	planted := b.twin()
	planted.hold(map[string]string{"ham_session": strings.Replace(stranger.cookies()["ham_session"], own[:16], ticket[:16], 1)})
	look := func(when string) {
		t.Helper()
		for name, other := range map[string]*front{"a stranger": stranger, "nobody": empty, "another's secret": planted} {
			if a := other.poll(ticket); a.text("state") != "INVALID" || len(a.fields) != 1 || a.cookies != nil {
				t.Errorf("%s, %s: %v, cookies %v", when, name, a.fields, a.cookies)
			}
		}
	}
	look("waiting")
	ask := scan(t, phone, ticket)
	look("scanned")
	confirm(t, phone, ask)
	look("approved")
	b.wants(ticket, "CONFIRMED")
	look("finished")
	if stranger.me() != "" || empty.me() != "" || b.me() != "Lin" {
		t.Error("somebody else is signed in")
	}
	stranger.wants(own, "PENDING")
}

func TestTheCookieOfTicketsIsReadStrictly(t *testing.T) {
	p := start(t, nil)
	b := newFront(t, p)
	ticket := b.ticket()
	good := b.cookies()["ham_session"]
	one := strings.TrimPrefix(good, "~")
	for name, value := range map[string]string{
		"no separator":       one,
		"nothing after it":   good + "~",
		"an empty part":      "~" + good,
		"more than it holds": strings.Repeat(good, 5),
		"small letters":      strings.ToLower(good),
		"a part of it":       good[:len(good)-1],
		"another after it":   good + "~ABC.DEF",
		"very long":          good + strings.Repeat("~"+one, 40),
		"the ticket alone":   "~" + ticket[:16] + "." + ticket,
	} {
		b.hold(map[string]string{"ham_session": value})
		if got := b.poll(ticket).text("state"); got != "INVALID" {
			t.Errorf("%s: %s", name, got)
		}
	}
	b.hold(map[string]string{"ham_session": good})
	b.wants(ticket, "PENDING")
	b.hold(nil)
	if a := b.send(http.MethodGet, "/web/auth/qr/ticket/"+ticket, http.Header{"Cookie": {"ham_session=" + good + "; ham_session=" + good}}, nil); a.text("state") != "INVALID" {
		t.Errorf("of two cookies one was taken: %v", a.fields)
	}
}

func TestABrowserKeepsTheTicketsOfItsTabs(t *testing.T) {
	p := start(t, nil)
	phone, _ := p.AddPhone("Lin")
	b := newFront(t, p)
	b.signIn(phone)
	var tickets []string
	for range 5 {
		tickets = append(tickets, b.ticket())
		if b.me() != "Lin" {
			t.Fatal("a ticket has pushed the session out")
		}
	}
	for i, want := range []string{"INVALID", "PENDING", "PENDING", "PENDING", "PENDING"} {
		b.wants(tickets[i], want)
	}
	mei, _ := p.AddPhone("Mei")
	before := b.twin()
	confirm(t, mei, scan(t, mei, tickets[2]))
	b.wants(tickets[2], "CONFIRMED")
	if b.me() != "Mei" || before.me() != "" {
		t.Error("the session that was there before goes on behind the new one")
	}
	b.wants(tickets[4], "PENDING")
}

func TestEveryEndOfATicketIsTold(t *testing.T) {
	p := start(t, nil)
	phone, _ := p.AddPhone("Lin")
	for name, c := range map[string]struct {
		then func(*front, string)
		want string
	}{
		"nobody scans": {func(*front, string) { p.Clock.Advance(pairing.WaitFor) }, "EXPIRED"},
		"nobody decides": {func(_ *front, ticket string) {
			scan(t, phone, ticket)
			p.Clock.Advance(pairing.ClaimFor)
		}, "EXPIRED"},
		"nobody asks again": {func(_ *front, ticket string) {
			confirm(t, phone, scan(t, phone, ticket))
			p.Clock.Advance(pairing.FinishFor)
		}, "EXPIRED"},
		"refused": {func(_ *front, ticket string) {
			if _, err := phone.Deny(t.Context(), scan(t, phone, ticket)); err != nil {
				t.Fatal(err)
			}
		}, "INVALID"},
		"disabled after the approval": {func(_ *front, ticket string) {
			other, user := p.AddPhone("Mei")
			confirm(t, other, scan(t, other, ticket))
			if _, err := p.Admin().UpdateUser(t.Context(), user.ID, func(u *server.User) { u.Disabled = true }); err != nil {
				t.Fatal(err)
			}
		}, "INVALID"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newFront(t, p)
			ticket := b.ticket()
			c.then(b, ticket)
			if a := b.wants(ticket, c.want); a.cookies != nil || b.me() != "" {
				t.Errorf("it signs in all the same: %v", a.cookies)
			}
		})
	}
	newFront(t, p).wants("nonsense", "INVALID")
}

func TestATicketIsClaimedOnceAndConfirmedByTheApp(t *testing.T) {
	p := start(t, nil)
	phone, _ := p.AddPhone("Lin")
	mei, _ := p.AddPhone("Mei")
	device := p.AddDevice("Ola")
	b := newFront(t, p)
	ticket := b.ticket()
	scan(t, phone, ticket)
	ask := scan(t, phone, ticket) // a retry
	if _, err := mei.ClaimTicket(t.Context(), ticket); failure(err) != pairing.FailClaimed {
		t.Errorf("a second claim: %v", err)
	}
	if _, err := mei.Claim(t.Context(), ticket); failure(err) != pairing.FailNotFound {
		t.Errorf("a ticket as a code: %v", err)
	}
	if _, err := phone.Approve(t.Context(), ask, 42, nil); err == nil {
		t.Error("the app approves a ticket with a number")
	}
	b.wants(ticket, "SCANNED")

	raw := b.ticket()
	claimed := device.Call(http.MethodPost, "/app/v1/pairings/claim", `{"ticket":"`+raw+`"}`)
	digest, err := claimed.Digest()
	if err != nil || claimed.Status != http.StatusOK {
		t.Fatalf("claiming answered %d, %v", claimed.Status, err)
	}
	path := "/app/v1/pairings/" + claimed.Text("pairing_id") + "/approve"
	for body, want := range map[string]string{
		`{"scopes":[],"digest":"` + digest + `"}`:                                "not_confirmed",
		`{"number":42,"scopes":[],"digest":"` + digest + `"}`:                    "not_confirmed",
		`{"number":42,"scopes":[],"confirmed":true,"digest":"` + digest + `"}`:   "not_confirmed",
		`{"scopes":[],"confirmed":true,"digest":"00"}`:                           "digest_mismatch",
		`{"scopes":["profile"],"confirmed":true,"digest":"` + digest + `"}`:      "invalid_scope",
		`{"scopes":[],"confirmed":true,"yes":true,"digest":"` + digest + `"}`:    "invalid_request",
		`{"scopes":[],"confirmed":"true","sealing":1,"digest":"` + digest + `"}`: "invalid_request",
	} {
		if a := device.Call(http.MethodPost, path, body); a.Text("error") != want {
			t.Errorf("%s answered %d %s, want %s", body, a.Status, a.Text("error"), want)
		}
	}
	b.wants(raw, "SCANNED")
	if a := device.Call(http.MethodPost, path, `{"scopes":[],"confirmed":true,"digest":"`+digest+`"}`); a.Status != http.StatusOK {
		t.Errorf("a confirmed approval answered %d %s", a.Status, a.Text("error"))
	}
	b.wants(raw, "CONFIRMED")
}

func failure(err error) pairing.FailureCode {
	f, _ := errors.AsType[*client.Failure](err)
	if f == nil {
		return ""
	}
	return f.Code
}

func TestAnOperatorCanWantAPassphrase(t *testing.T) {
	p := start(t, func(c *server.Config) { c.TicketPassphrase = true })
	phone, _ := p.AddPhone("Lin")
	b := newFront(t, p)
	ticket := b.ticket()
	ask := scan(t, phone, ticket)
	if !ask.Passphrase {
		t.Error("the app is not told")
	}
	if _, err := phone.Confirm(t.Context(), ask); failure(err) != pairing.FailSealing {
		t.Fatalf("a plain key: %v", err)
	}
	if err := phone.Seal("correct horse"); err != nil {
		t.Fatal(err)
	}
	confirm(t, phone, ask)
	b.wants(ticket, "CONFIRMED")
}

func TestAnOperatorWithoutHamWebTurnsTicketsOff(t *testing.T) {
	p := start(t, func(c *server.Config) { c.NoTickets = true })
	b := newFront(t, p)
	b.refused(b.call(http.MethodPost, "/web/auth/qr/ticket", nil), http.StatusForbidden, "tickets_off")
}
