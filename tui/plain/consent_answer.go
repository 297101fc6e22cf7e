package plain

import (
	"errors"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

var (
	errAgain   = errors.New("once more")    // the number was wrong, and may be typed again
	errUnheard = errors.New("not answered") // the server may not have heard the answer
)

// decide sends the person's answer, after which the request is over. Where the
// server may not have heard it the question comes again: an identical answer
// does no harm.
func (c *consent) decide(yes bool) error {
	c.say(map[bool]string{true: "consent.approving", false: "consent.refusing"}[yes])
	var status pairing.Status
	var redirect string
	var err error
	switch {
	case yes && c.ask.IsTicket():
		status, err = c.account.Confirm(c.ctx, c.ask)
	case yes && c.ask.IsPairing():
		status, err = c.account.Approve(c.ctx, c.ask, c.number, c.ticked())
	case yes:
		status = pairing.Status{State: pairing.Approved, Scopes: c.ticked()}
		redirect, err = c.account.ApproveAuthorize(c.ctx, c.ask, c.ticked())
	case c.ask.IsPairing():
		status, err = c.account.Deny(c.ctx, c.ask)
	default:
		status.State = pairing.Denied
		redirect, err = c.account.DenyAuthorize(c.ctx, c.ask)
	}
	f, _ := errors.AsType[*client.Failure](err)
	switch {
	case err == nil:
		c.answered = yes && c.ask.IsPairing()
		c.status.Scopes = status.Scopes
		if yes {
			c.ended(pairing.Approved)
		} else {
			c.ended(pairing.Denied)
		}
		c.goOn(redirect)
		return errOver
	case f != nil && f.Code == pairing.FailNumber && f.TriesLeft > 0:
		c.sayAll(c.sentence(err))
		return errAgain
	case f != nil && f.Code == pairing.FailState && f.State.Over() && f.State != pairing.Finished:
		c.ended(f.State)
		return errOver
	case errors.Is(err, client.ErrUnreachable):
		c.sayAll(c.sentence(err))
		return errUnheard
	}
	return c.failsAs(c.title(), err)
}

// ended tells how it ended, or that it is approved.
func (c *consent) ended(state pairing.State) {
	switch state {
	case pairing.Approved:
		if c.ask.IsSignIn() {
			c.say("result.approved_sign_in")
		} else {
			c.say("result.approved", c.title(), c.sees(c.status.Scopes))
		}
		switch {
		case c.ask.IsTicket(): // its page has no "not me"
			c.say("result.ticket_goes_on", c.texts.Get("menu.browsers"))
		case c.ask.IsPairing():
			c.say("result.goes_on")
		}
	case pairing.Finished:
		c.say("result.finished", c.title())
	case pairing.Denied:
		c.say("result.denied", c.title())
	case pairing.Cancelled:
		c.say("result.cancelled", c.title())
	case pairing.Expired:
		c.say("result.expired", c.title())
	case pairing.Waiting, pairing.Claimed:
		c.say("fail.what", c.title(), c.sentence(&client.Failure{Failure: pairing.Failure{Code: pairing.FailState}}))
	}
}

// goOn leads the browser on after the answer to a deep link.
func (c *consent) goOn(redirect string) {
	switch {
	case redirect == "":
	case c.browse != nil && c.browse(redirect) == nil:
		c.say("result.browser")
	default:
		c.say("result.open")
		c.sayAll(redirect)
	}
}

// farewell says what becomes of a request that is left alone.
func (c *consent) farewell() {
	c.say("consent.farewell", c.title())
	if c.ask.IsPairing() && c.left() > 0 {
		c.say("consent.runs_out", c.left())
		c.putAside()
	}
}
