package pairing

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// What a transition can refuse. A StateError says that the pairing has gone
// on to a state in which the step is not possible.
var (
	// ErrNotFound: there is no such pairing, or the code, the browser or the
	// device is not one that may know of it. These are told apart nowhere, so
	// that a stolen picture of a code says nothing.
	ErrNotFound = errors.New("pairing: not known")

	// ErrAlreadyClaimed: another device scanned this code first.
	ErrAlreadyClaimed = errors.New("pairing: already scanned by another device")

	// ErrDigest: what the app showed is not what would be approved.
	ErrDigest = errors.New("pairing: the app showed something else than what was asked")

	// ErrConfirm: the approval of a ticket without the second yes.
	ErrConfirm = errors.New("pairing: a ticket has to be confirmed a second time")

	// ErrSealing: the app's key is not sealed with a passphrase, and must be.
	ErrSealing = errors.New("pairing: only an app whose key is sealed with a passphrase may approve this")

	// ErrScopes: the approval names a scope twice, or one that was not asked.
	ErrScopes = errors.New("pairing: scopes that were not asked for")
)

// StateError is returned for a step that State does not allow.
type StateError struct{ State State }

func (e *StateError) Error() string { return "pairing: not possible while " + string(e.State) }

// NumberError is returned for a wrong check number.
type NumberError struct{ TriesLeft int }

func (e *NumberError) Error() string {
	return fmt.Sprintf("pairing: wrong check number, %d tries left", e.TriesLeft)
}

// Device is the actor on the phone's side: an enrolled app, or a browser that
// has brought a passkey's assertion for this very pairing. The browser's ID is
// made of a secret that it was given for the claim.
type Device struct {
	ID        string
	PasskeyID string // empty for an app
	UserID    string
	Nickname  string
	AvatarURL string
}

// Scan claims p for the device that read the code of step. The caller has
// checked that the code is genuine (Codes.Open), and draws number, 10 to 99,
// anew for each call. The first device wins and has ClaimFor to decide, or
// PasskeyFor where a passkey was asked for; the same device with the same code
// is answered as the first time; any other is told ErrAlreadyClaimed, and the
// first can see that somebody tried.
//
// A browser whose answer was lost comes again with the same passkey and a new
// ID: the claim stays as it is, and the new ID takes the place of the old one.
func (p *Pairing) Scan(now time.Time, d Device, step, number int) error {
	return p.claim(now, d, step, number, func() bool { return p.Kind != KindTicket && codeIsGood(now.Sub(p.Begun), step) })
}

// These stand for the step of a code where none was read.
const (
	asked    = -1
	ticketed = -2
)

// ScanTicket is Scan for a ticket, which is good as long as the pairing waits.
// There is no number, so only an app can claim one: a phone's own browser has
// no place where it would ask twice.
func (p *Pairing) ScanTicket(now time.Time, d Device) error {
	return p.claim(now, d, ticketed, 0, func() bool { return p.Kind == KindTicket && d.PasskeyID == "" })
}

// Answer claims p for a device of the person whom the browser has asked by
// name. The caller has checked that it did. Everything else is as for Scan:
// the number has to be typed all the same. hinted says that it was an app which
// named the person: then the browser does not learn who looks at it before they
// have approved.
func (p *Pairing) Answer(now time.Time, d Device, number int, hinted bool) error {
	before := p.Version
	err := p.claim(now, d, asked, number, func() bool { return p.Kind != KindTicket })
	if err == nil && p.Version != before {
		p.Claim.Hinted = hinted
	}
	return err
}

func (p *Pairing) claim(now time.Time, d Device, step, number int, good func() bool) error {
	p.Settle(now)
	if p.State == Claimed && p.ByPasskey() && p.Claim.PasskeyID == d.PasskeyID && p.Claim.UserID == d.UserID &&
		p.Claim.DeviceID != d.ID && p.Claim.Step == step {
		p.Claim.DeviceID = d.ID
		p.Version++
		return nil
	}
	switch {
	case p.Claim.DeviceID != "" && (p.Claim.DeviceID != d.ID || p.Claim.UserID != d.UserID):
		if p.State == Claimed {
			p.Claim.Contested++
			p.Version++
		}
		return ErrAlreadyClaimed
	case p.Claim.DeviceID != "":
		if step != p.Claim.Step {
			return ErrNotFound
		}
		if p.State != Claimed {
			return &StateError{p.State}
		}
		return nil
	case p.State != Waiting:
		return &StateError{p.State}
	case !good():
		return ErrNotFound
	}
	p.Claim = Claim{
		UserID: d.UserID, DeviceID: d.ID, PasskeyID: d.PasskeyID, Nickname: d.Nickname, AvatarURL: d.AvatarURL,
		Step: step, Number: number,
	}
	p.Deadline = now.Add(p.DecideFor())
	p.become(Claimed)
	return nil
}

// DecideFor is how long the claimant has to decide. A passkey's holder reads
// the page of a browser that they did not open by themselves: they get longer.
func (p *Pairing) DecideFor() time.Duration {
	if p.ByPasskey() {
		return PasskeyFor
	}
	return ClaimFor
}

// Approve records that the person allowed what a says and typed its number, or
// for a ticket said yes twice, having been shown what its digest says. Too many
// wrong numbers deny the pairing. The identical approval again is answered as
// the first time, also after the browser has finished.
func (p *Pairing) Approve(now time.Time, d Device, a Approval) error {
	p.Settle(now)
	if !p.ClaimedBy(d.ID) {
		return ErrNotFound
	}
	granted, err := p.Shown().Grant(a.Scopes, a.Digest)
	if err != nil {
		return err
	}
	wrong := p.wrong(a)
	switch {
	case (p.State == Approved || p.State == Finished) && wrong == nil && slices.Equal(granted, p.Granted):
		return nil
	case p.State != Claimed:
		return &StateError{p.State}
	case wrong == errNumber: //nolint:errorlint // the very value
		p.Claim.Wrong++
		if p.Claim.Wrong >= MaxTries {
			p.become(Denied)
		} else {
			p.Version++
		}
		return &NumberError{TriesLeft: MaxTries - p.Claim.Wrong}
	case wrong != nil:
		return wrong
	}
	p.Granted = granted
	p.Deadline = now.Add(FinishFor)
	p.become(Approved)
	return nil
}

var errNumber = errors.New("pairing: wrong number")

// wrong says what an approval lacks that ties the person's yes to the browser:
// the number, or for a ticket the second yes, and the seal if one is wanted.
func (p *Pairing) wrong(a Approval) error {
	switch {
	case p.Kind != KindTicket && a.Number != p.Claim.Number:
		return errNumber
	case p.Kind != KindTicket:
		return nil
	case !a.Confirmed || a.Number != 0:
		return ErrConfirm
	case p.Request.Passphrase && a.Sealing != SealedPassphrase:
		return ErrSealing
	}
	return nil
}

// Deny records that the person refused.
func (p *Pairing) Deny(now time.Time, d Device) error {
	p.Settle(now)
	switch {
	case !p.ClaimedBy(d.ID):
		return ErrNotFound
	case p.State == Denied:
		return nil
	case p.State != Claimed:
		return &StateError{p.State}
	}
	p.become(Denied)
	return nil
}

// Cancel ends p from the desktop: the person gave up, or read a name that is
// not theirs ("not me"), which is possible until the browser has finished.
func (p *Pairing) Cancel(now time.Time, secret string) error {
	p.Settle(now)
	switch {
	case !p.HeldBy(secret):
		return ErrNotFound
	case p.State == Cancelled:
		return nil
	case p.State.Over():
		return &StateError{p.State}
	}
	p.become(Cancelled)
	return nil
}

// Finish spends the approval: it succeeds once, for the browser that began p.
// After it the caller mints the authorization code, in the same atomic step.
func (p *Pairing) Finish(now time.Time, secret string) error {
	p.Settle(now)
	switch {
	case !p.HeldBy(secret):
		return ErrNotFound
	case p.State != Approved:
		return &StateError{p.State}
	}
	p.become(Finished)
	return nil
}
