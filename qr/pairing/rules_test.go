package pairing_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"hamconnect/qr/pairing"
)

func TestThreeWrongNumbersDenyAndTheRightOneNoLongerHelps(t *testing.T) {
	p, now := at(t, pairing.Claimed), start.Add(2*time.Second)
	for left := pairing.MaxTries - 1; left >= 0; left-- {
		err := p.Approve(now, first, pairing.Approval{Number: another, Scopes: nil, Digest: p.Shown().Digest()})
		var wrong *pairing.NumberError
		if !errors.As(err, &wrong) || wrong.TriesLeft != left {
			t.Fatalf("%v, want %d tries left", err, left)
		}
	}
	if p.State != pairing.Denied {
		t.Fatalf("it is %s", p.State)
	}
	var state *pairing.StateError
	if err := p.Approve(now, first, pairing.Approval{Number: number, Scopes: nil, Digest: p.Shown().Digest()}); !errors.As(err, &state) || state.State != pairing.Denied {
		t.Fatalf("the right number afterwards: %v", err)
	}
}

func TestAWrongNumberIsNotToldApartWhileTheDigestIsWrong(t *testing.T) {
	p := at(t, pairing.Claimed)
	for _, n := range []int{number, another} {
		if err := p.Approve(start.Add(2*time.Second), first, pairing.Approval{Number: n, Scopes: nil, Digest: "00"}); !errors.Is(err, pairing.ErrDigest) {
			t.Errorf("%v", err)
		}
	}
	if p.Claim.Wrong != 0 {
		t.Error("a call with a wrong digest counted as a try")
	}
}

func TestAClaimGivesAMinuteOfItsOwnHoweverLateItComes(t *testing.T) {
	p := begun()
	late := start.Add(pairing.WaitFor - time.Millisecond)
	if err := p.Scan(late, first, pairing.Step(late.Sub(start)), number); err != nil {
		t.Fatal(err)
	}
	if left := p.Left(late); left != pairing.ClaimFor {
		t.Errorf("the claim lasts %s", left)
	}
}

// byPasskey is a phone's browser in which the first person's passkey was used,
// byPasskeyAgain the same after another use.
var (
	byPasskey      = pairing.Device{ID: "browser 1", PasskeyID: "key", UserID: first.UserID, Nickname: first.Nickname}
	byPasskeyAgain = pairing.Device{ID: "browser 2", PasskeyID: "key", UserID: first.UserID, Nickname: first.Nickname}
)

func TestAClaimWithAPasskeyGivesNinetySeconds(t *testing.T) {
	p := begun()
	if err := p.Scan(start, byPasskey, 0, number); err != nil {
		t.Fatal(err)
	}
	if !p.ByPasskey() || p.Claim.PasskeyID != "key" || p.Left(start) != 90*time.Second || p.DecideFor() != pairing.PasskeyFor {
		t.Errorf("the claim lasts %s, with the passkey %q", p.Left(start), p.Claim.PasskeyID)
	}
	if at(t, pairing.Claimed).ByPasskey() {
		t.Error("an app's claim counts as one by passkey")
	}
	if p.Settle(start.Add(pairing.PasskeyFor)); p.State != pairing.Expired {
		t.Errorf("after that it is %s", p.State)
	}
}

func TestABrowserWhoseAnswerWasLostTakesItsOwnClaimUpAgain(t *testing.T) {
	p := begun()
	if err := p.Scan(start, byPasskey, 0, number); err != nil {
		t.Fatal(err)
	}
	deadline := p.Deadline
	if err := p.Scan(start.Add(10*time.Second), byPasskeyAgain, 0, another); err != nil {
		t.Fatal(err)
	}
	if p.ClaimedBy("browser 1") || !p.ClaimedBy("browser 2") {
		t.Error("the browser before holds the claim, or the new one does not")
	}
	if p.Claim.Number != number || !p.Deadline.Equal(deadline) || p.Claim.Contested != 0 {
		t.Error("the number, the deadline or the warning changed")
	}
}

func TestNobodyElseTakesABrowsersClaimUp(t *testing.T) {
	other := func(change func(*pairing.Device)) pairing.Device {
		d := byPasskeyAgain
		change(&d)
		return d
	}
	for name, c := range map[string]struct {
		by   pairing.Device
		step int
	}{
		"another passkey of the same person":  {other(func(d *pairing.Device) { d.PasskeyID = "other" }), 0},
		"the same passkey id, another person": {other(func(d *pairing.Device) { d.UserID = "mallory" }), 0},
		"an app of the same person":           {other(func(d *pairing.Device) { d.PasskeyID = "" }), 0},
		"with another code":                   {byPasskeyAgain, 1},
	} {
		t.Run(name, func(t *testing.T) {
			p := begun()
			if err := p.Scan(start, byPasskey, 0, number); err != nil {
				t.Fatal(err)
			}
			if err := p.Scan(start.Add(time.Second), c.by, c.step, another); !errors.Is(err, pairing.ErrAlreadyClaimed) {
				t.Errorf("it was answered %v", err)
			}
			if !p.ClaimedBy(byPasskey.ID) || p.Claim.Contested != 1 {
				t.Errorf("the claim is %q's, contested %d times", p.Claim.DeviceID, p.Claim.Contested)
			}
		})
	}
	p := at(t, pairing.Claimed) // by an app, which has no passkey to be the same
	if err := p.Scan(start.Add(time.Second), second, 0, another); !errors.Is(err, pairing.ErrAlreadyClaimed) {
		t.Errorf("an app took another app's claim up: %v", err)
	}
	p = begun()
	if err := p.Scan(start, byPasskey, 0, number); err != nil {
		t.Fatal(err)
	}
	if err := p.Approve(start, byPasskey, pairing.Approval{Number: number, Scopes: nil, Digest: p.Shown().Digest()}); err != nil {
		t.Fatal(err)
	}
	if err := p.Scan(start, byPasskeyAgain, 0, another); !errors.Is(err, pairing.ErrAlreadyClaimed) {
		t.Errorf("what is approved was taken up: %v", err)
	}
}

func TestARetriedClaimKeepsNumberAndDeadline(t *testing.T) {
	p := at(t, pairing.Claimed)
	deadline, version := p.Deadline, p.Version
	if err := p.Scan(start.Add(30*time.Second), first, 0, another); err != nil {
		t.Fatal(err)
	}
	if p.Claim.Number != number || !p.Deadline.Equal(deadline) || p.Version != version {
		t.Error("the retry changed the pairing")
	}
}

func TestTheClaimantSeesThatOthersTried(t *testing.T) {
	p := at(t, pairing.Claimed)
	for i, d := range []pairing.Device{second, stranger, stranger} {
		if err := p.Scan(start.Add(2*time.Second), d, 0, another); !errors.Is(err, pairing.ErrAlreadyClaimed) {
			t.Fatal(err)
		}
		if p.Claim.Contested != i+1 || p.Claim.Number != number || p.Claim.UserID != first.UserID {
			t.Fatalf("after try %d it is contested %d times", i+1, p.Claim.Contested)
		}
	}
}

func TestAnApprovalGrantsWhatWasChosenInTheOrderAsked(t *testing.T) {
	for _, c := range []struct {
		name    string
		chosen  []string
		granted []string
		refused bool
	}{
		{"all, in another order", []string{"is_student", "profile"}, []string{"profile", "is_student"}, false},
		{"some", []string{"is_student"}, []string{"is_student"}, false},
		{"none", []string{}, []string{}, false},
		{"nil", nil, []string{}, false},
		{"one twice", []string{"profile", "profile"}, nil, true},
		{"all, and one twice", []string{"profile", "is_student", "profile"}, nil, true},
		{"one that was not asked", []string{"profile", "admin"}, nil, true},
		{"an empty name", []string{""}, nil, true},
		{"another case", []string{"Profile"}, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := at(t, pairing.Claimed)
			err := p.Approve(start.Add(2*time.Second), first, pairing.Approval{Number: number, Scopes: c.chosen, Digest: p.Shown().Digest()})
			if c.refused {
				if !errors.Is(err, pairing.ErrScopes) || p.State != pairing.Claimed {
					t.Fatalf("%v, %s", err, p.State)
				}
				return
			}
			if err != nil || !slices.Equal(p.Granted, c.granted) {
				t.Fatalf("granted %q, %v", p.Granted, err)
			}
		})
	}
}

func TestTheDigestChangesWithEverythingThatIsShown(t *testing.T) {
	base := pairing.Shown{PairingID: "P", ClientID: "c", AppName: "App", RedirectURI: "https://a.example/", Scopes: []string{"x", "y"}}
	changed := func(change func(*pairing.Shown)) pairing.Shown {
		s := base
		s.Scopes = slices.Clone(base.Scopes)
		change(&s)
		return s
	}
	seen := map[string]string{base.Digest(): "the original"}
	for name, s := range map[string]pairing.Shown{
		"another pairing":               changed(func(s *pairing.Shown) { s.PairingID = "Q" }),
		"another client":                changed(func(s *pairing.Shown) { s.ClientID = "d" }),
		"another name":                  changed(func(s *pairing.Shown) { s.AppName = "app" }),
		"another redirect":              changed(func(s *pairing.Shown) { s.RedirectURI = "https://a.example" }),
		"another scope":                 changed(func(s *pairing.Shown) { s.Scopes[1] = "z" }),
		"a scope less":                  changed(func(s *pairing.Shown) { s.Scopes = s.Scopes[:1] }),
		"a scope more":                  changed(func(s *pairing.Shown) { s.Scopes = append(s.Scopes, "z") }),
		"an empty scope more":           changed(func(s *pairing.Shown) { s.Scopes = append(s.Scopes, "") }),
		"another order":                 changed(func(s *pairing.Shown) { slices.Reverse(s.Scopes) }),
		"scopes that run together":      changed(func(s *pairing.Shown) { s.Scopes = []string{"xy"} }),
		"a letter moved to the left":    changed(func(s *pairing.Shown) { s.ClientID, s.AppName = "cA", "pp" }),
		"another kind":                  changed(func(s *pairing.Shown) { s.Kind = pairing.KindSignIn }),
		"the redirect among the scopes": changed(func(s *pairing.Shown) { s.RedirectURI, s.Scopes = "", []string{base.RedirectURI, "x", "y"} }),
	} {
		if other, ok := seen[s.Digest()]; ok {
			t.Errorf("%s has the digest of %s", name, other)
		}
		seen[s.Digest()] = name
	}
}

func TestAppAndServerTakeTheSameDigest(t *testing.T) {
	p := at(t, pairing.Claimed)
	seen := pairing.Asked{
		Kind: p.Kind, PairingID: p.ID, ClientID: asked.ClientID, AppName: asked.AppName, RedirectURI: asked.RedirectURI,
		Scopes: []pairing.Scope{{Name: "profile", Title: "Nickname"}, {Name: "is_student"}},
	}
	if seen.Shown().Digest() != p.Shown().Digest() {
		t.Error("they differ")
	}
}

func TestWhatAPairingShowsIsACopy(t *testing.T) {
	p := at(t, pairing.Claimed)
	p.Shown().Scopes[0] = "everything"
	if p.Request.Scopes[0] != "profile" {
		t.Error("a change of the shown scopes reached the frozen request")
	}
}
