package pairing_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"hamconnect/qr/pairing"
)

const (
	secret  = "the browser's secret"
	number  = 42
	another = 17
)

var (
	start    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	first    = pairing.Device{ID: "phone", UserID: "lin", Nickname: "Lin"}
	second   = pairing.Device{ID: "tablet", UserID: "lin", Nickname: "Lin"}
	stranger = pairing.Device{ID: "burner", UserID: "mallory", Nickname: "Mallory"}
	// disguised has the id of the first device, but is somebody else's.
	disguised = pairing.Device{ID: "phone", UserID: "mallory", Nickname: "Mallory"}
	asked     = pairing.Request{
		ClientID: "library", AppName: "Campus Library", RedirectURI: "https://library.example/callback",
		Scopes: []string{"profile", "is_student"},
	}
)

func begun() *pairing.Pairing {
	p := pairing.Begin(start, "ABCDEFGHIJKLMNOP", secret, asked, pairing.Browser{})
	return &p
}

// at gives a pairing one second after start in the given state.
func at(t testing.TB, state pairing.State) *pairing.Pairing {
	t.Helper()
	p, now := begun(), start.Add(time.Second)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	claim := func() { must(p.Scan(now, first, 0, number)) }
	approve := func() {
		claim()
		must(p.Approve(now, first, pairing.Approval{Number: number, Scopes: []string{"profile"}, Digest: p.Shown().Digest()}))
	}
	switch state {
	case pairing.Waiting:
	case pairing.Claimed:
		claim()
	case pairing.Approved:
		approve()
	case pairing.Denied:
		claim()
		must(p.Deny(now, first))
	case pairing.Cancelled:
		claim()
		must(p.Cancel(now, secret))
	case pairing.Finished:
		approve()
		must(p.Finish(now, secret))
	case pairing.Expired:
		claim()
		p.Settle(now.Add(pairing.ClaimFor))
	}
	if p.State != state {
		t.Fatalf("the way to %s ended at %s", state, p.State)
	}
	return p
}

var states = []pairing.State{
	pairing.Waiting, pairing.Claimed, pairing.Approved, pairing.Denied, pairing.Expired, pairing.Cancelled, pairing.Finished,
}

// does is one transition of one actor. outcome has for every state what comes
// of it: "" for a step that changes nothing and is answered as the first time,
// a state that it leads to, "state" for a StateError, or another refusal.
type does struct {
	name    string
	step    func(p *pairing.Pairing, now time.Time) error
	outcome map[pairing.State]string
}

func same(outcome string) map[pairing.State]string {
	m := map[pairing.State]string{}
	for _, s := range states {
		m[s] = outcome
	}
	return m
}

func but(m map[pairing.State]string, more ...any) map[pairing.State]string {
	for i := 0; i < len(more); i += 2 {
		m[more[i].(pairing.State)] = more[i+1].(string)
	}
	return m
}

var transitions = []does{
	{
		"the first device scans the code of step 0",
		func(p *pairing.Pairing, now time.Time) error { return p.Scan(now, first, 0, number) },
		but(same("state"), pairing.Waiting, "claimed", pairing.Claimed, ""),
	},
	{
		"the first device scans a code that it did not claim with",
		func(p *pairing.Pairing, now time.Time) error { return p.Scan(now, first, 1, number) },
		same("not found"),
	},
	{
		"another device of the same person scans",
		func(p *pairing.Pairing, now time.Time) error { return p.Scan(now, second, 0, number) },
		but(same("already"), pairing.Waiting, "claimed"),
	},
	{
		"another person scans",
		func(p *pairing.Pairing, now time.Time) error { return p.Scan(now, stranger, 0, number) },
		but(same("already"), pairing.Waiting, "claimed"),
	},
	{
		"the device's id in another person's name scans",
		func(p *pairing.Pairing, now time.Time) error { return p.Scan(now, disguised, 0, number) },
		but(same("already"), pairing.Waiting, "claimed"),
	},
	{
		"the claimant approves as at first",
		func(p *pairing.Pairing, now time.Time) error {
			return p.Approve(now, first, pairing.Approval{Number: number, Scopes: []string{"profile"}, Digest: p.Shown().Digest()})
		},
		but(same("state"), pairing.Waiting, "not found", pairing.Claimed, "approved", pairing.Approved, "", pairing.Finished, ""),
	},
	{
		"the claimant approves other scopes than at first",
		func(p *pairing.Pairing, now time.Time) error {
			return p.Approve(now, first, pairing.Approval{Number: number, Scopes: []string{"is_student"}, Digest: p.Shown().Digest()})
		},
		but(same("state"), pairing.Waiting, "not found", pairing.Claimed, "approved"),
	},
	{
		"the claimant approves with a wrong number",
		func(p *pairing.Pairing, now time.Time) error {
			return p.Approve(now, first, pairing.Approval{Number: another, Scopes: []string{"profile"}, Digest: p.Shown().Digest()})
		},
		but(same("state"), pairing.Waiting, "not found", pairing.Claimed, "number"),
	},
	{
		"the claimant approves what was not shown",
		func(p *pairing.Pairing, now time.Time) error {
			shown := p.Shown()
			shown.RedirectURI = "https://evil.example/"
			return p.Approve(now, first, pairing.Approval{Number: number, Scopes: []string{"profile"}, Digest: shown.Digest()})
		},
		but(same("digest"), pairing.Waiting, "not found"),
	},
	{
		"the claimant approves what was not asked",
		func(p *pairing.Pairing, now time.Time) error {
			return p.Approve(now, first, pairing.Approval{Number: number, Scopes: []string{"everything"}, Digest: p.Shown().Digest()})
		},
		but(same("scopes"), pairing.Waiting, "not found"),
	},
	{
		"a stranger approves",
		func(p *pairing.Pairing, now time.Time) error {
			return p.Approve(now, stranger, pairing.Approval{Number: number, Scopes: []string{"profile"}, Digest: p.Shown().Digest()})
		},
		same("not found"),
	},
	{
		"nobody approves",
		func(p *pairing.Pairing, now time.Time) error {
			return p.Approve(now, pairing.Device{}, pairing.Approval{Number: 0, Scopes: []string{"profile"}, Digest: p.Shown().Digest()})
		},
		same("not found"),
	},
	{
		"the claimant refuses",
		func(p *pairing.Pairing, now time.Time) error { return p.Deny(now, first) },
		but(same("state"), pairing.Waiting, "not found", pairing.Claimed, "denied", pairing.Denied, ""),
	},
	{
		"a stranger refuses",
		func(p *pairing.Pairing, now time.Time) error { return p.Deny(now, stranger) },
		same("not found"),
	},
	{
		"the browser cancels",
		func(p *pairing.Pairing, now time.Time) error { return p.Cancel(now, secret) },
		but(same("state"), pairing.Waiting, "cancelled", pairing.Claimed, "cancelled", pairing.Approved, "cancelled", pairing.Cancelled, ""),
	},
	{
		"another browser cancels",
		func(p *pairing.Pairing, now time.Time) error { return p.Cancel(now, secret+"!") },
		same("not found"),
	},
	{
		"the browser finishes",
		func(p *pairing.Pairing, now time.Time) error { return p.Finish(now, secret) },
		but(same("state"), pairing.Approved, "finished"),
	},
	{
		"another browser finishes",
		func(p *pairing.Pairing, now time.Time) error { return p.Finish(now, "") },
		same("not found"),
	},
	{
		"a browser with a passkey scans",
		func(p *pairing.Pairing, now time.Time) error { return p.Scan(now, byPasskey, 0, number) },
		but(same("already"), pairing.Waiting, "claimed"),
	},
	{
		"the same passkey scans again in a browser that was given no answer",
		func(p *pairing.Pairing, now time.Time) error { return p.Scan(now, byPasskeyAgain, 0, another) },
		but(same("already"), pairing.Waiting, "claimed"),
	},
	{
		"that browser approves",
		func(p *pairing.Pairing, now time.Time) error {
			return p.Approve(now, byPasskeyAgain, pairing.Approval{Number: p.Claim.Number, Scopes: nil, Digest: p.Shown().Digest()})
		},
		same("not found"),
	},
}

func outcome(err error) string {
	var (
		state  *pairing.StateError
		number *pairing.NumberError
	)
	switch {
	case err == nil:
		return ""
	case errors.As(err, &state):
		return "state"
	case errors.As(err, &number):
		return "number"
	case errors.Is(err, pairing.ErrNotFound):
		return "not found"
	case errors.Is(err, pairing.ErrAlreadyClaimed):
		return "already"
	case errors.Is(err, pairing.ErrDigest):
		return "digest"
	case errors.Is(err, pairing.ErrScopes):
		return "scopes"
	}
	return err.Error()
}

func TestEveryTransitionInEveryStateLeadsWhereTheDiagramSays(t *testing.T) {
	for _, d := range transitions {
		for _, from := range states {
			t.Run(fmt.Sprintf("%s while %s", d.name, from), func(t *testing.T) {
				p := at(t, from)
				version := p.Version
				err := d.step(p, start.Add(2*time.Second))
				want := d.outcome[from]
				if slices.Contains(states, pairing.State(want)) {
					if err != nil || p.State != pairing.State(want) || p.Version != version+1 {
						t.Fatalf("it went to %s (version %d after %d) with %v", p.State, p.Version, version, err)
					}
					return
				}
				if got := outcome(err); got != want || p.State != from {
					t.Fatalf("it was answered %q and is %s, want %q and %s", got, p.State, want, from)
				}
				counts := want == "number" || want == "already" && from == pairing.Claimed
				if changed := p.Version != version; changed != counts {
					t.Fatalf("the version went from %d to %d", version, p.Version)
				}
				var state *pairing.StateError
				if errors.As(err, &state) && state.State != from {
					t.Fatalf("the refusal names %s", state.State)
				}
			})
		}
	}
}

func TestEveryStateEndsByItselfAtItsDeadline(t *testing.T) {
	for _, c := range []struct {
		from  pairing.State
		lasts time.Duration // since begun, or since the step one second after
	}{
		{pairing.Waiting, pairing.WaitFor},
		{pairing.Claimed, time.Second + pairing.ClaimFor},
		{pairing.Approved, time.Second + pairing.FinishFor},
	} {
		for _, d := range transitions {
			p := at(t, c.from)
			d.step(p, start.Add(c.lasts))
			if p.State != pairing.Expired {
				t.Errorf("%s at the deadline of %s: it is %s", d.name, c.from, p.State)
			}
		}
		p := at(t, c.from)
		if p.Settle(start.Add(c.lasts - 1)); p.State != c.from || p.Left(start.Add(c.lasts-1)) != 1 {
			t.Errorf("a nanosecond before its deadline %s is %s", c.from, p.State)
		}
	}
	for _, over := range states[3:] {
		p := at(t, over)
		version := p.Version
		if p.Settle(start.Add(time.Hour)); p.State != over || p.Version != version || p.Left(start) != 0 {
			t.Errorf("%s did not stay as it was", over)
		}
	}
}
