package server_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"testing"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
	"hamconnect/server"
	"hamconnect/server/servertest"
	"hamconnect/tui/client"
)

// race calls do for 0 … n-1 at the same moment and gives what each came to.
func race[T any](n int, do func(i int) T) []T {
	results, start := make([]T, n), make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-start
			results[i] = do(i)
		})
	}
	close(start)
	all.Wait()
	return results
}

// tell counts results.
func tell[T comparable](results []T) map[T]int {
	counts := map[T]int{}
	for _, r := range results {
		counts[r]++
	}
	return counts
}

// reason is what an app was told: a failure's code and state, or "" for yes.
func reason(err error) string {
	var f *client.Failure
	switch {
	case err == nil:
		return ""
	case errors.As(err, &f) && f.State != "":
		return string(f.Code) + " " + string(f.State)
	case errors.As(err, &f):
		return string(f.Code)
	}
	return err.Error()
}

func TestRaceOfFiftyClaimsHasOneWinner(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phones := make([]*client.Account, 50)
	for i := range phones {
		phones[i], _ = p.AddPhone(fmt.Sprint("Lin ", i))
	}
	s := p.Begin(app)
	told := tell(race(len(phones), func(i int) string {
		_, err := phones[i].Claim(t.Context(), servertest.Code(s.Link))
		return reason(err)
	}))
	if told[""] != 1 || told["already_claimed"] != len(phones)-1 {
		t.Fatalf("they were told %v", told)
	}
	view, err := s.Poll(t.Context())
	if err != nil || view.State != "claimed" || view.Contested != len(phones)-1 {
		t.Errorf("the desktop sees %s, contested %d times (%v)", view.State, view.Contested, err)
	}
}

func TestRaceOfOneDeviceThatClaimsTwentyTimesIsAnsweredAlike(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	s := p.Begin(app)
	told := tell(race(20, func(int) string {
		_, err := phone.Claim(t.Context(), servertest.Code(s.Link))
		return reason(err)
	}))
	if told[""] != 20 {
		t.Fatalf("it was told %v", told)
	}
}

func TestRaceOfApproveDenyCancelAndExpiryHasOneEnd(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	ends := map[string]int{}
	for round := range 12 {
		s := p.Begin(app).Scan(phone)
		told := race(12, func(i int) string {
			switch i % 4 {
			case 0:
				_, err := s.Phone.Approve(t.Context(), s.Ask, s.Number, s.Ask.ScopeNames())
				return "approve " + reason(err)
			case 1:
				_, err := s.Phone.Deny(t.Context(), s.Ask)
				return "deny " + reason(err)
			case 2:
				if round%3 == 1 { // without it approval and refusal are among themselves
					return ""
				}
				view, err := s.Cancel(t.Context())
				return fmt.Sprint("cancel ", view.State, err)
			}
			if i == 11 && round%3 == 0 {
				p.Clock.Advance(pairing.ClaimFor)
			}
			return ""
		})
		view, err := s.Poll(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		end := view.State
		ends[end]++
		// Whoever did not bring that end about was told a state that was its
		// end, or one on the way to it: an approval can still be cancelled, or
		// expire before it is finished.
		fits := map[string]bool{end: true}
		if end == "cancelled" || end == "expired" {
			fits["approved"] = true
		}
		approved := false
		for i, was := range told {
			ok := false
			switch i % 4 {
			case 0:
				if was == "approve " {
					approved, ok = true, fits["approved"]
					break
				}
				for state := range fits {
					ok = ok || was == "approve wrong_state "+state
				}
				// A proof is made for a time; one that a jump of the clock has outrun says so.
				ok = ok || was == "approve clock_skew"
			case 1:
				ok = was == "deny " && end == "denied" || was == "deny clock_skew"
				for state := range fits {
					ok = ok || was == "deny wrong_state "+state
				}
			case 2:
				ok = was == "" || was == "cancel "+end+"<nil>"
			case 3:
				ok = true
			}
			if !ok {
				t.Errorf("round %d ended as %s, and %d was told %q", round, end, i, was)
			}
		}
		if end == "approved" && !approved || end == "denied" && approved {
			t.Errorf("round %d ended as %s, approved %t", round, end, approved)
		}
		s.Socket.Close()
	}
	t.Logf("ends: %v", ends)
}

func TestRaceOfAHundredFinishesMintsOneCode(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	s := p.Begin(app).Scan(phone).Approve()
	// Each a browser of its own with the same cookie: a tab that finishes
	// takes the cookie away from the others of its browser.
	browsers := make([]*servertest.Page, 100)
	for i := range browsers {
		browsers[i] = s.Twin()
	}
	codes := make([]string, len(browsers))
	told := tell(race(len(browsers), func(i int) int {
		location, err := browsers[i].Finish(t.Context())
		var status *servertest.StatusError
		if errors.As(err, &status) {
			return status.Status
		}
		if u, err := url.Parse(location); err == nil {
			codes[i] = u.Query().Get("code")
		}
		return http.StatusSeeOther
	}))
	if told[http.StatusSeeOther] != 1 || told[http.StatusConflict] != len(browsers)-1 {
		t.Fatalf("they were answered %v", told)
	}
	for _, code := range codes {
		if code != "" && p.Exchange(app, code).Status != http.StatusOK {
			t.Error("the one code is not good")
		}
	}
}

func TestRaceOfAHundredExchangesGivesOneTokenWhichTheOthersRevoke(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	code := p.Code(app, phone)
	answers := race(100, func(int) servertest.Answer { return p.Exchange(app, code) })
	token, told := "", map[string]int{}
	for _, a := range answers {
		told[fmt.Sprint(a.Status, " ", a.Text("error"))]++
		if a.Status == http.StatusOK {
			token = a.Text("access_token")
		}
	}
	if told["200 "] != 1 || told["400 invalid_grant"] != len(answers)-1 {
		t.Fatalf("they were answered %v", told)
	}
	if a := p.Userinfo(app, token); a.Status != http.StatusUnauthorized || a.Text("error") != "invalid_token" {
		t.Errorf("the token of a code that was used again answers %d", a.Status)
	}
}

func TestRaceOfTwentyEnrolmentsWithOneLinkMakesOneDevice(t *testing.T) {
	p := servertest.Start(t, nil)
	_, text, err := p.Admin().AddUser(t.Context(), server.User{Nickname: "Lin"})
	if err != nil {
		t.Fatal(err)
	}
	link, err := qr.ParseLink(text)
	if err != nil {
		t.Fatal(err)
	}
	accounts := make([]*client.Account, 20)
	dirs := make([]string, len(accounts))
	for i := range dirs {
		dirs[i] = t.TempDir()
	}
	told := tell(race(len(accounts), func(i int) string {
		var err error
		accounts[i], err = client.Enroll(t.Context(), link, client.Options{Dir: dirs[i] + "/app", DeviceName: "phone", Now: p.Clock.Now})
		return reason(err)
	}))
	if told[""] != 1 || told["not_found"] != len(accounts)-1 {
		t.Fatalf("they were told %v", told)
	}
	for _, a := range accounts {
		if a == nil {
			continue
		}
		if me, err := a.Me(t.Context()); err != nil || me.Nickname != "Lin" {
			t.Errorf("the one device: %v", err)
		}
	}
}

func TestRaceOfOneProofUsedTwentyTimesCountsOnce(t *testing.T) {
	p := servertest.Start(t, nil)
	device := p.AddDevice("Lin")
	proof := device.Proof(http.MethodGet, "/app/v1/me", nil)
	told := tell(race(20, func(int) string {
		a := device.CallWith(http.MethodGet, "/app/v1/me", "", proof)
		return fmt.Sprint(a.Status, " ", a.Text("error"))
	}))
	if told["200 "] != 1 || told["401 invalid_dpop_proof"] != 19 {
		t.Fatalf("they were answered %v", told)
	}
}
