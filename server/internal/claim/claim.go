// Package claim is what the Ham app and a phone's own browser share: they claim
// a pairing, and decide on it, by the same steps. Who they are is for their own
// doors, appapi and phone, to find out before.
package claim

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/activity"
	"hamconnect/server/internal/follow"
	"hamconnect/server/internal/store"
)

// Claims runs the steps of whoever scans. All fields are required.
type Claims struct {
	DB       *store.DB
	Log      *slog.Logger
	Now      func() time.Time
	Codes    pairing.Codes
	Follower *follow.Follower
}

// Person is who scans.
type Person struct {
	pairing.Device
	Name string // how the log calls the device
	Apps bool   // they may sign in to apps, and not only to their account
}

// ErrLeaving is returned to who has deactivated their account, and signs in to
// no app.
var ErrLeaving = errors.New("claim: the account is deactivated")

// Scan claims the pairing of a code.
func (c *Claims) Scan(ctx context.Context, code string, who Person) (pairing.Pairing, error) {
	id, step, err := c.Codes.Open(code)
	if err != nil {
		return pairing.Pairing{}, err
	}
	number, err := checkNumber()
	if err != nil {
		return pairing.Pairing{}, err
	}
	var p pairing.Pairing
	var refusal error
	err = c.Follower.Bring(ctx, id, func() error {
		found := false
		p, refusal = c.DB.UpdatePairing(ctx, id, func(p *pairing.Pairing) error {
			found = true
			return who.mayClaim(func(p *pairing.Pairing) error { return p.Scan(c.Now(), who.Device, step, number) })(p)
		})
		if found {
			return nil
		}
		return refusal
	})
	if err == nil {
		err = refusal
	}
	if err != nil {
		return p, fmt.Errorf("claiming a pairing: %w", err)
	}
	c.Log.InfoContext(ctx, "scanned", "pairing", id, "user", who.Nickname, "device", who.Name)
	return p, nil
}

// ScanTicket claims the pairing of a ticket.
func (c *Claims) ScanTicket(ctx context.Context, ticket string, who Person) (pairing.Pairing, error) {
	id, err := c.Codes.OpenTicket(ticket)
	if err != nil {
		return pairing.Pairing{}, err
	}
	p, err := c.DB.UpdatePairing(ctx, id, who.mayClaim(func(p *pairing.Pairing) error { return p.ScanTicket(c.Now(), who.Device) }))
	if err != nil {
		return p, fmt.Errorf("claiming a ticket: %w", err)
	}
	c.Log.InfoContext(ctx, "ticket scanned", "pairing", id, "user", who.Nickname, "device", who.Name)
	return p, nil
}

// Answer claims a pairing whose browser asks for this very person.
func (c *Claims) Answer(ctx context.Context, id string, who Person) (pairing.Pairing, error) {
	number, err := checkNumber()
	if err != nil {
		return pairing.Pairing{}, err
	}
	p, err := c.DB.AnswerAsk(ctx, who.UserID, id, func(p *pairing.Pairing, hinted bool) error {
		return who.mayClaim(func(p *pairing.Pairing) error { return p.Answer(c.Now(), who.Device, number, hinted) })(p)
	})
	if err != nil {
		return p, fmt.Errorf("answering a browser: %w", err)
	}
	c.Log.InfoContext(ctx, "answered", "pairing", id, "user", who.Nickname, "device", who.Name)
	return p, nil
}

// mayClaim puts before a transition what keeps a person from it.
func (who Person) mayClaim(then func(*pairing.Pairing) error) func(*pairing.Pairing) error {
	return func(p *pairing.Pairing) error {
		if p.Kind == pairing.KindAuthorize && !who.Apps {
			return ErrLeaving
		}
		return then(p)
	}
}

// checkNumber draws from 10 to 99.
func checkNumber() (int, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(90))
	if err != nil {
		return 0, fmt.Errorf("drawing a check number: %w", err)
	}
	return 10 + int(n.Int64()), nil
}

// Approve records a device's yes.
func (c *Claims) Approve(ctx context.Context, id string, d pairing.Device, a pairing.Approval) (pairing.Pairing, error) {
	return c.decide(ctx, id, func(p *pairing.Pairing) error { return p.Approve(c.Now(), d, a) })
}

// Deny records a device's no.
func (c *Claims) Deny(ctx context.Context, id string, d pairing.Device) (pairing.Pairing, error) {
	return c.decide(ctx, id, func(p *pairing.Pairing) error { return p.Deny(c.Now(), d) })
}

func (c *Claims) decide(ctx context.Context, id string, transition func(*pairing.Pairing) error) (pairing.Pairing, error) {
	p, err := c.DB.UpdatePairing(ctx, id, transition)
	var wrong *pairing.NumberError
	if errors.As(err, &wrong) {
		c.Log.WarnContext(ctx, "wrong check number", "pairing", id, "tries_left", wrong.TriesLeft)
	}
	if p.State == pairing.Denied && (err == nil || wrong != nil) {
		if err := c.DB.Note(ctx, refused(p)); err != nil {
			return p, err
		}
	}
	if err != nil {
		return p, fmt.Errorf("deciding on a pairing: %w", err)
	}
	where := " in the app"
	if p.ByPasskey() {
		where = " in the phone's browser"
	}
	if p.Kind.SignsIn() {
		c.Log.InfoContext(ctx, "sign-in "+string(p.State)+where, "pairing", id)
		return p, nil
	}
	c.Log.InfoContext(ctx, string(p.State)+where, "pairing", id, "scopes", p.Granted)
	return p, nil
}

// refused is what the account of who refused p remembers: the browser is the
// one that asked.
func refused(p pairing.Pairing) activity.Event {
	e := activity.Event{
		UserID: p.Claim.UserID, Kind: activity.SignInRefused, Origin: activity.Origin{Browser: p.Browser.Name, Address: p.Browser.Address},
	}
	if p.Kind == pairing.KindAuthorize {
		e.Kind, e.Subject, e.Name = activity.AppRefused, p.Request.ClientID, p.Request.AppName
	}
	return e
}
