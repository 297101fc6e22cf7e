package pairing_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"hamconnect/qr/pairing"
)

// FuzzSequence runs whatever sequence of steps the bytes say, two bytes a
// step: who does what, and how much time goes by before. Whatever the order,
// the promises of the package hold after each.
func FuzzSequence(f *testing.F) {
	f.Add([]byte{0, 0, 5, 0, 16, 0})                     // scan, approve, finish
	f.Add([]byte{0, 0, 7, 0, 7, 0, 7, 0, 5, 0})          // three wrong numbers, then the right one
	f.Add([]byte{0, 0, 2, 0, 2, 0, 5, 0, 14, 0, 16, 0})  // contested, then "not me"
	f.Add([]byte{0, 0, 5, 0, 16, 0, 16, 0, 5, 0, 12, 0}) // twice finished
	f.Add([]byte{0, 34, 0, 35, 0, 179, 0, 180, 5, 255})  // at the edges
	f.Add([]byte{18, 0, 19, 0, 20, 0, 16, 0})            // a passkey, its answer lost, approved
	f.Fuzz(func(t *testing.T, steps []byte) {
		p, now, finished, claimant := begun(), start, 0, ""
		for ; len(steps) >= 2; steps = steps[2:] {
			now = now.Add(time.Duration(steps[1]) * time.Second)
			d := transitions[int(steps[0])%len(transitions)]
			before := *p
			before.Granted = slices.Clone(p.Granted)
			err := d.step(p, now)
			if err == nil && before.State != pairing.Finished && p.State == pairing.Finished {
				finished++
			}
			if claimant == "" {
				claimant = who(p.Claim)
			}
			check(t, d.name, before, *p, err)
			if finished > 1 || who(p.Claim) != claimant {
				t.Fatalf("%s: finished %d times, claimed by %q after %q", d.name, finished, who(p.Claim), claimant)
			}
		}
	})
}

// who is what of a claim never changes: the device, or the passkey, which may
// take its claim up again in another browser.
func who(c pairing.Claim) string {
	if c.PasskeyID != "" {
		return c.UserID + " with passkey " + c.PasskeyID
	}
	return c.DeviceID
}

func check(t *testing.T, step string, before, after pairing.Pairing, err error) {
	t.Helper()
	fail := func(why string) {
		t.Helper()
		t.Fatalf("%s: %s (%s → %s, version %d → %d, %v)", step, why, before.State, after.State, before.Version, after.Version, err)
	}
	var state *pairing.StateError
	switch {
	case after.Version < before.Version:
		fail("the version shrank")
	case after.Version == before.Version && (after.State != before.State || after.Claim != before.Claim ||
		!after.Deadline.Equal(before.Deadline) || !slices.Equal(after.Granted, before.Granted)):
		fail("it changed, and the version did not")
	case before.State.Over() && after.State != before.State:
		fail("it went on after its end")
	case before.State != pairing.Waiting && after.State == pairing.Waiting:
		fail("it went back")
	case after.State == pairing.Finished && before.State != pairing.Finished && before.State != pairing.Approved:
		fail("it finished without an approval")
	case after.State == pairing.Approved && before.State != pairing.Approved && before.State != pairing.Claimed:
		fail("it was approved without a claim")
	case after.Claim.DeviceID == "" && (after.Claim != pairing.Claim{} || after.State == pairing.Claimed):
		fail("there is a number without a claimant")
	case len(after.Granted) > 0 && before.State == pairing.Waiting:
		fail("something was granted without a claim")
	case after.Claim.Wrong > pairing.MaxTries:
		fail("there were more tries than there are")
	case errors.As(err, &state) && state.State != after.State:
		fail("the refusal names another state")
	case after.BrowserHash != before.BrowserHash || !slices.Equal(after.Request.Scopes, before.Request.Scopes) || after.ID != before.ID:
		fail("what is frozen changed")
	}
}
