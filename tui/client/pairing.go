package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"hamconnect/qr/pairing"
)

// maxWait is the longest that Status asks the server to hold an answer back:
// proxies give up on silence after a minute, and some after 30 seconds.
const maxWait = 25 * time.Second

// Claim takes the sign-in of a scanned code for this device. Claiming the
// same code again gives the same answer while it lasts, so a program that was
// stopped can go on.
func (a *Account) Claim(ctx context.Context, code string) (*Ask, error) {
	return a.claimed(a.post(ctx, "/app/v1/pairings/claim", pairing.ClaimCode{Code: code}))
}

// ClaimTicket is Claim for the ticket of a ham://qrcode-login link.
func (a *Account) ClaimTicket(ctx context.Context, ticket string) (*Ask, error) {
	ask, err := a.claimed(a.post(ctx, "/app/v1/pairings/claim", pairing.ClaimCode{Ticket: ticket}))
	if err == nil && !ask.IsTicket() {
		return nil, a.odd("it says that a ticket is something else")
	}
	return ask, err
}

// claimed reads the answer to a claim.
func (a *Account) claimed(text []byte, err error) (*Ask, error) {
	if err != nil {
		return nil, err
	}
	cleaned, raw, err := decode[pairing.Asked](a, text)
	if err != nil {
		return nil, err
	}
	ask, err := a.newAsk(cleaned, raw, nil)
	if err != nil {
		return nil, err
	}
	if ask.Status.State != pairing.Claimed {
		return nil, a.odd("it says %q after a scan", string(ask.Status.State))
	}
	return ask, nil
}

// Status tells how a pairing stands. It answers at once if the pairing is no
// longer at version after, else when it changes, or when wait is over (25
// seconds at most).
func (a *Account) Status(ctx context.Context, id string, after int64, wait time.Duration) (pairing.Status, error) {
	if !pairing.ValidID(id) {
		return pairing.Status{}, errors.New("not the id of a sign-in")
	}
	wait = min(max(0, wait), maxWait)
	query := fmt.Sprintf("after=%d&wait=%d", after, int(wait/time.Second))
	text, err := a.get(ctx, "/app/v1/pairings/"+id, query, wait)
	if err != nil {
		return pairing.Status{}, err
	}
	return a.status(text)
}

// Approve says yes to ask with the number that the desktop shows and the
// scopes that the person leaves ticked, which may be none. A nil error means
// that the server has approved exactly that. An identical retry is safe.
func (a *Account) Approve(ctx context.Context, ask *Ask, number int, scopes []string) (pairing.Status, error) {
	if !ask.IsPairing() {
		return pairing.Status{}, errors.New("no desktop waits for this answer: use ApproveAuthorize")
	}
	if ask.IsTicket() {
		return pairing.Status{}, errors.New("this browser shows no number: use Confirm")
	}
	return a.approve(ctx, ask, pairing.Approval{Number: number, Scopes: slices.Concat([]string{}, scopes), Digest: ask.digest})
}

// Confirm is Approve for a ticket. Whoever calls it has shown which browser
// asks, from where and since when, and has asked the person for a second yes.
// The server is told how the key is kept, for it may want a passphrase.
func (a *Account) Confirm(ctx context.Context, ask *Ask) (pairing.Status, error) {
	if !ask.IsTicket() {
		return pairing.Status{}, errors.New("this sign-in wants a number: use Approve")
	}
	return a.approve(ctx, ask, pairing.Approval{Scopes: []string{}, Digest: ask.digest, Confirmed: true, Sealing: a.Sealing()})
}

func (a *Account) approve(ctx context.Context, ask *Ask, approval pairing.Approval) (pairing.Status, error) {
	text, err := a.post(ctx, "/app/v1/pairings/"+ask.PairingID+"/approve", approval)
	if err != nil {
		return pairing.Status{}, err
	}
	s, err := a.status(text)
	switch {
	case err != nil:
		return pairing.Status{}, err
	case s.State != pairing.Approved && s.State != pairing.Finished:
		return pairing.Status{}, a.odd("it says %q to an approval", string(s.State))
	case !sameScopes(s.Scopes, approval.Scopes):
		return pairing.Status{}, a.odd("it granted something else than was approved; look at your apps on the account page")
	}
	return s, nil
}

// Deny refuses ask.
func (a *Account) Deny(ctx context.Context, ask *Ask) (pairing.Status, error) {
	if !ask.IsPairing() {
		return pairing.Status{}, errors.New("no desktop waits for this answer: use DenyAuthorize")
	}
	text, err := a.post(ctx, "/app/v1/pairings/"+ask.PairingID+"/deny", nil)
	if err != nil {
		return pairing.Status{}, err
	}
	s, err := a.status(text)
	if err == nil && s.State != pairing.Denied {
		err = a.odd("it says %q to a refusal", string(s.State))
	}
	return s, err
}

func (a *Account) status(text []byte) (pairing.Status, error) {
	s, _, err := decode[pairing.Status](a, text)
	if err != nil {
		return pairing.Status{}, err
	}
	return s, a.checkStatus(&s)
}

// checkStatus refuses what wire.go does not know, and bounds what would make
// a screen lie.
func (a *Account) checkStatus(s *pairing.Status) error {
	if !knownState(s.State) {
		return a.odd("it says that the sign-in stands in a way that this app does not know")
	}
	s.ExpiresIn = min(max(0, s.ExpiresIn), int(pairing.WaitFor/time.Second))
	s.TriesLeft = min(max(0, s.TriesLeft), pairing.MaxTries)
	s.Contested = max(0, s.Contested)
	return nil
}

func sameScopes(got, want []string) bool {
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	return slices.Equal(got, want)
}
