package plain

import (
	"context"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/tui/internal/rules"
)

// watch tells the session how the pairing stands, until it is over.
func (c *consent) watch(ctx context.Context, server server) {
	version, failures := c.ask.Status.Version, 0
	for {
		wait := time.NewTimer(rules.Pause(failures))
		select {
		case <-ctx.Done():
			wait.Stop()
			return
		case <-wait.C:
		}
		status, err := server.Status(ctx, c.ask.PairingID, version, pairing.ClaimFor)
		failures++
		if err == nil {
			version, failures = status.Version, 0
		}
		gone := isFailure(err, goneFor...)
		if err == nil || gone {
			c.post(ctx, func() error { return c.changed(status, err) })
		}
		if gone || err == nil && status.State.Over() {
			return
		}
	}
}

// goneFor are the failures after which nothing more will come.
var goneFor = []pairing.FailureCode{
	pairing.FailNotFound, pairing.FailState, pairing.FailNotSignedIn, pairing.FailUserDisabled, pairing.FailUserLeaving,
}

// changed takes in what the watch has seen.
func (c *consent) changed(status pairing.Status, err error) error {
	switch {
	case err != nil && c.answered:
		return nil // it is too old for the server to know
	case err != nil:
		c.tell(c.failsAs(c.title(), err))
		return errOver
	case c.answered:
		if status.State != pairing.Approved {
			c.ended(status.State)
		}
		return nil
	case status.State != pairing.Claimed:
		if status.State == pairing.Approved { // our answer came through, and the server's did not
			c.answered = true
			c.status.Scopes = status.Scopes
		}
		c.ended(status.State)
		return errOver
	}
	if status.Contested > c.status.Contested {
		c.say("consent.contested")
	}
	c.hear(status)
	return nil
}

func (c *consent) hear(status pairing.Status) {
	c.status = status
	c.until = c.now().Add(time.Duration(status.ExpiresIn) * time.Second)
}

// left is how many seconds are left to decide.
func (c *consent) left() int { return int(max(0, c.until.Sub(c.now())) / time.Second) }
