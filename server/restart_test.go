package server_test

import (
	"net/http"
	"net/url"
	"testing"

	"hamconnect/server/servertest"
)

// The server is killed and started again between every two steps of a
// sign-in. Nothing that anybody was told is lost.
func TestAServerRestartedBetweenEveryTwoStepsLosesNothing(t *testing.T) {
	for name, restart := range map[string]func(*servertest.Provider){
		"killed":  (*servertest.Provider).Restart,
		"running": func(*servertest.Provider) {}, // the same story without, so that a failure names its cause
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			p := servertest.Start(t, nil)
			app := p.AddApp(nil)
			restart(p)
			phone, _ := p.AddPhone("Lin")
			restart(p)
			page, err := servertest.NewBrowser(p.URL).Open(ctx, p.Authorize(app))
			if err != nil {
				t.Fatal(err)
			}
			restart(p)
			begun, err := page.Begin(ctx)
			if err != nil || begun.State != "waiting" || begun.Link != page.Link {
				t.Fatalf("the page begins: %s (%v)", begun.State, err)
			}
			restart(p)
			ask, err := phone.Claim(ctx, servertest.Code(page.Link))
			if err != nil {
				t.Fatal("the claim of a code from before: ", err)
			}
			restart(p)
			claimed, err := page.Poll(ctx)
			if err != nil || claimed.State != "claimed" || claimed.Number == 0 || claimed.Version <= begun.Version {
				t.Fatalf("the desktop: %s (%v)", claimed.State, err)
			}
			if again, err := phone.Claim(ctx, servertest.Code(page.Link)); err != nil || again.PairingID != ask.PairingID {
				t.Fatal("the same claim again: ", err)
			}
			restart(p)
			if after, err := page.Poll(ctx); err != nil || after.Number != claimed.Number {
				t.Fatalf("the check number changed (%v)", err)
			}
			if _, err := phone.Approve(ctx, ask, 10+(claimed.Number-9)%90, ask.ScopeNames()); reason(err) != "wrong_number" {
				t.Fatal("a wrong number: ", err)
			}
			restart(p)
			if s, err := phone.Status(ctx, ask.PairingID, 0, 0); err != nil || s.TriesLeft != 2 {
				t.Fatalf("%d tries are left (%v)", s.TriesLeft, err)
			}
			status, err := phone.Approve(ctx, ask, claimed.Number, []string{"profile"})
			if err != nil {
				t.Fatal("the approval: ", err)
			}
			restart(p)
			if again, err := phone.Approve(ctx, ask, claimed.Number, []string{"profile"}); err != nil || again.Version != status.Version {
				t.Fatal("the same approval again: ", err)
			}
			socket, err := page.Connect(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := socket.Until("approved"); err != nil {
				t.Fatal("the page comes back: ", err)
			}
			restart(p)
			location, err := page.Finish(ctx)
			if err != nil {
				t.Fatal(err)
			}
			landing, err := url.Parse(location)
			if err != nil {
				t.Fatal("the redirect cannot be parsed")
			}
			code := landing.Query().Get("code")
			restart(p)
			token := p.Exchange(app, code)
			if token.Status != http.StatusOK || token.Text("scope") != "profile" {
				t.Fatalf("the exchange: %d %s", token.Status, token.Text("error"))
			}
			restart(p)
			info := p.Userinfo(app, token.Text("access_token"))
			if info.Status != http.StatusOK || info.Text("nickname") != "Lin" {
				t.Fatalf("userinfo: %d", info.Status)
			}
			restart(p)
			if a := p.Exchange(app, code); a.Text("error") != "invalid_grant" {
				t.Fatalf("the code again: %d", a.Status)
			}
			restart(p)
			if a := p.Userinfo(app, token.Text("access_token")); a.Status != http.StatusUnauthorized {
				t.Fatalf("the token that its code's second use revoked: %d", a.Status)
			}
		})
	}
}

func TestASocketThatDiesAtAnyStateComesBackToWhereItWas(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	s := p.Begin(app)
	comeBack := func(state string) {
		t.Helper()
		s.Socket.Connection.NetConn().Close()
		s.Reconnect()
		if v, err := s.Socket.Next(); err != nil || v.State != state {
			t.Fatalf("it came back to %s, not %s (%v)", v.State, state, err)
		}
	}
	comeBack("waiting")
	s.Reconnect()
	s.Scan(phone)
	comeBack("claimed")
	s.Approve()
	comeBack("approved")
	s.Land()
	if _, err := s.Connect(t.Context()); err == nil {
		t.Error("a finished page, whose cookie was taken away, gets a socket")
	}
}

func TestAnAdminBesideARunningServerIsSeenAtOnce(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	code := p.Code(app, phone)
	beside := openAdmin(t, p.DataDir)
	secret, err := beside.RotateSecret(t.Context(), app.ID)
	if err != nil {
		t.Fatal(err)
	}
	if a := p.Exchange(app, code); a.Status != http.StatusUnauthorized {
		t.Errorf("the old secret still works: %d", a.Status)
	}
	app.Secret = secret.Reveal()
	if a := p.Exchange(app, code); a.Status != http.StatusOK {
		t.Errorf("the new one does not: %d %s", a.Status, a.Text("error"))
	}
	users, err := beside.Users(t.Context())
	if err != nil || len(users) != 1 {
		t.Fatalf("%d users (%v)", len(users), err)
	}
	link, err := beside.Enroll(t.Context(), users[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if me, err := p.Enroll(link).Me(t.Context()); err != nil || me.Nickname != "Lin" {
		t.Errorf("its enrol link: %v", err)
	}
}
