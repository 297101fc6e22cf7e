package pairing_test

import (
	"errors"
	"testing"
	"time"

	"hamconnect/qr/pairing"
)

func ticketPairing(passphrase bool) *pairing.Pairing {
	p := pairing.BeginTicket(start, pairing.NewID(), "secret", pairing.Browser{Name: "Chrome on Linux", Address: "192.0.2.1"}, passphrase)
	return &p
}

func TestATicketIsApprovedByASecondYesAndNothingLess(t *testing.T) {
	good := pairing.Approval{Confirmed: true, Sealing: pairing.SealedPlain}
	for name, c := range map[string]struct {
		change     func(*pairing.Approval, *pairing.Pairing)
		passphrase bool
		want       error
	}{
		"confirmed": {},
		"one yes only": {
			change: func(a *pairing.Approval, _ *pairing.Pairing) { a.Confirmed = false }, want: pairing.ErrConfirm,
		},
		"a number instead": {
			change: func(a *pairing.Approval, _ *pairing.Pairing) { a.Confirmed, a.Number = false, 42 }, want: pairing.ErrConfirm,
		},
		"a number beside it": {
			change: func(a *pairing.Approval, _ *pairing.Pairing) { a.Number = 42 }, want: pairing.ErrConfirm,
		},
		"another browser was shown": {
			change: func(a *pairing.Approval, p *pairing.Pairing) {
				shown := p.Shown()
				shown.Browser.Address = "192.0.2.2"
				a.Digest = shown.Digest()
			}, want: pairing.ErrDigest,
		},
		"another time was shown": {
			change: func(a *pairing.Approval, p *pairing.Pairing) {
				shown := p.Shown()
				shown.Since = start.Add(time.Second)
				a.Digest = shown.Digest()
			}, want: pairing.ErrDigest,
		},
		"scopes": {
			change: func(a *pairing.Approval, _ *pairing.Pairing) { a.Scopes = []string{"profile"} }, want: pairing.ErrScopes,
		},
		"a plain key where a passphrase is wanted": {passphrase: true, want: pairing.ErrSealing},
		"a keyring where a passphrase is wanted": {
			change: func(a *pairing.Approval, _ *pairing.Pairing) { a.Sealing = pairing.SealedKeyring }, passphrase: true, want: pairing.ErrSealing,
		},
		"a passphrase where one is wanted": {
			change: func(a *pairing.Approval, _ *pairing.Pairing) { a.Sealing = pairing.SealedPassphrase }, passphrase: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := ticketPairing(c.passphrase)
			if err := p.ScanTicket(start, first); err != nil {
				t.Fatal(err)
			}
			a := good
			a.Digest = p.Shown().Digest()
			if c.change != nil {
				c.change(&a, p)
			}
			if err := p.Approve(start, first, a); !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if want := c.want == nil; (p.State == pairing.Approved) != want {
				t.Errorf("it is %s after that", p.State)
			}
			if err := p.Approve(start, first, a); !errors.Is(err, c.want) {
				t.Errorf("the same again: %v", err)
			}
		})
	}
}

func TestATicketIsClaimedByAnAppWithATicketOnly(t *testing.T) {
	browser := first
	browser.PasskeyID = "key"
	for name, claim := range map[string]func(*pairing.Pairing) error{
		"by a code":                  func(p *pairing.Pairing) error { return p.Scan(start, first, 0, 42) },
		"by a request":               func(p *pairing.Pairing) error { return p.Answer(start, first, 42, false) },
		"by a phone's own browser":   func(p *pairing.Pairing) error { return p.ScanTicket(start, browser) },
		"another kind, by a ticket":  func(p *pairing.Pairing) error { p.Kind = pairing.KindSignIn; return p.ScanTicket(start, first) },
		"an app's kind, by a ticket": func(p *pairing.Pairing) error { p.Kind = pairing.KindAuthorize; return p.ScanTicket(start, first) },
	} {
		t.Run(name, func(t *testing.T) {
			p := ticketPairing(false)
			if err := claim(p); !errors.Is(err, pairing.ErrNotFound) || p.State != pairing.Waiting {
				t.Errorf("got %v, and it is %s", err, p.State)
			}
		})
	}
	p := ticketPairing(false)
	if err := p.ScanTicket(start.Add(pairing.WaitFor-time.Second), first); err != nil {
		t.Errorf("a ticket does not last as long as the pairing waits: %v", err)
	}
	if err := p.ScanTicket(start.Add(pairing.WaitFor-time.Second), stranger); !errors.Is(err, pairing.ErrAlreadyClaimed) || p.Claim.Contested != 1 {
		t.Errorf("a second claim got %v", err)
	}
}

func TestATicketIsNoCodeAndNoCodeIsATicket(t *testing.T) {
	codes, others := pairing.NewCodes([32]byte{1}), pairing.NewCodes([32]byte{2})
	id := pairing.NewID()
	if got, err := codes.OpenTicket(codes.Ticket(id)); err != nil || got != id {
		t.Fatalf("its own ticket gives %q, %v", got, err)
	}
	if _, _, err := codes.Open(codes.Ticket(id)); !errors.Is(err, pairing.ErrNotFound) {
		t.Errorf("a ticket is taken for a code: %v", err)
	}
	for name, ticket := range map[string]string{
		"a code": codes.At(id, 0), "another server's": others.Ticket(id), "nothing": "", "an id alone": id,
		"one character more": codes.Ticket(id) + "A", "of another id": pairing.NewID() + codes.Ticket(id)[16:],
	} {
		if _, err := codes.OpenTicket(ticket); !errors.Is(err, pairing.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
