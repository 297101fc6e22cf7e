package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
	"hamconnect/tui/rules"
)

const (
	spare   = 3 * time.Second // of a claim's time, to refuse in
	goodbye = 5 * time.Second // to refuse what is claimed when the watch is stopped
)

// turn answers one sighting. Its errors end the watch.
func (w *watching) turn(ctx context.Context, s sighting) error {
	if s.err == nil && s.request == "" {
		s.err = w.check(s.link)
	}
	if s.err != nil {
		return w.out.failed(s, s.err)
	}
	if w.answers != nil {
		w.answers.discard() // the desktop shows no number before the claim, so this is about something else
	}
	ask, err := w.claim(ctx, s)
	switch {
	case isEnd(ctx, err):
		return cmp.Or(ctx.Err(), err)
	case err != nil:
		if pauseAfter(err) > 0 {
			w.forget(s.key()) // it may be found again
		}
		return w.out.failed(s, err)
	}
	if s.request == "" && !w.isNew(ask.PairingID) {
		return nil // by another of its codes
	}
	decision := w.rules.Decide(rules.Request{
		Kind: ask.Kind, ClientID: ask.ClientID, RedirectHost: ask.RedirectHost(), Scopes: ask.ScopeNames(), Address: ask.Browser.Address,
	})
	t := &turn{watching: w, s: s, ask: ask, decision: decision, end: time.Now().Add(time.Duration(ask.Status.ExpiresIn) * time.Second)}
	if err := t.run(ctx); err != nil {
		return err
	}
	switch {
	case !w.once:
		return nil
	case t.denied:
		return errDenied
	case t.err != nil:
		return t.err
	}
	return errOver
}

// check refuses links that no rule is about.
func (w *watching) check(link qr.Link) error {
	switch link.Kind {
	case qr.KindEnroll:
		return errors.New("this is an enrol link, which signs a device in; use 'ham login'")
	case qr.KindAuthorize:
		return errors.New("this is a link of an app on the same device, which no desktop waits for; use 'ham approve'")
	case qr.KindPairing, qr.KindLogin:
	}
	return w.account.Check(link)
}

// claim takes a sign-in. As long as its code may be good a server that is away
// is asked again; a second claim is answered as the first.
func (w *watching) claim(ctx context.Context, s sighting) (ask *client.Ask, err error) {
	limited, cancel := context.WithTimeout(ctx, pairing.CodeEvery+pairing.CodeGrace)
	defer cancel()
	// A claim that is under way when the watch is stopped is waited for a
	// little: it could have been taken, and nobody would refuse it.
	call, give := context.WithCancel(context.WithoutCancel(ctx))
	defer give()
	defer context.AfterFunc(limited, func() { time.AfterFunc(goodbye, give) })()
	err = insist(limited, func(context.Context) error {
		switch {
		case s.request != "":
			ask, err = w.account.AnswerRequest(call, s.request)
		case s.link.Kind == qr.KindLogin:
			ask, err = w.account.ClaimTicket(call, s.link.Code)
		default:
			ask, err = w.account.Claim(call, s.link.Code)
		}
		return err
	})
	if err == nil && ask.Browser == nil {
		ask.Browser = &pairing.Browser{} // it is in no network
	}
	return ask, err
}

// insist calls until it goes well, fails in a way that does not pass, or the
// time of ctx is over, and gives the last error.
func insist(ctx context.Context, call func(context.Context) error) error {
	for {
		err := call(ctx)
		pause := pauseAfter(err)
		if err == nil || pause == 0 {
			return err
		}
		if wait(ctx, pause) != nil {
			return err
		}
	}
}

// isEnd reports errors after which nothing can be answered any more.
func isEnd(ctx context.Context, err error) bool {
	return err != nil && (ctx.Err() != nil || errors.Is(err, client.ErrNotSignedIn) ||
		isFailure(err, pairing.FailUserDisabled) || isFailure(err, pairing.FailUserLeaving))
}

// turn is one sign-in that was claimed. It ends decided, whatever happens.
type turn struct {
	*watching
	s        sighting
	ask      *client.Ask
	decision rules.Decision
	end      time.Time // of the claim

	denied bool
	err    error // why it is neither approved nor denied
}

func (t *turn) run(ctx context.Context) error {
	if err := t.out.claimed(t); err != nil {
		_, _ = t.account.Deny(ctx, t.ask) // nobody hears of it, so nothing is approved
		return err
	}
	limited, cancel := context.WithDeadline(ctx, t.end.Add(-spare))
	defer cancel()
	err := t.decide(limited)
	reason, refused := errors.AsType[refusal](err)
	switch {
	case err == nil:
		return t.out.allowed(t)
	case ctx.Err() != nil:
		return t.deny(ctx, "the watch was stopped")
	case refused:
		return t.deny(ctx, string(reason))
	}
	// The server has answered with an end of its own.
	t.err = err
	if failure, ok := errors.AsType[*client.Failure](err); ok && (failure.Code == pairing.FailNumber || failure.Code == pairing.FailState && failure.State == pairing.Denied) {
		t.denied, t.err = true, nil
		return t.out.denied(t, err.Error())
	}
	if err := t.out.undecided(t, "", err); err != nil {
		return err
	}
	if isEnd(ctx, err) {
		return cmp.Or(ctx.Err(), err)
	}
	return nil
}

// refusal says why a sign-in is to be refused.
type refusal string

func (r refusal) Error() string { return string(r) }

// decide approves where rules and person say so. Its error is a refusal, or
// that of a server which took no approval.
func (t *turn) decide(ctx context.Context) error {
	switch t.decision.Action {
	case rules.Deny:
		if t.decision.Rule == 0 {
			return refusal("no rule matches")
		}
		return refusal(fmt.Sprintf("rule %d says so", t.decision.Rule))
	case rules.Ask:
		if err := t.askPerson(ctx); err != nil {
			return err
		}
	case rules.Allow:
	}
	if t.ask.IsTicket() { // no rule is about all browsers, so what has matched is the second yes
		return insist(ctx, func(ctx context.Context) error {
			_, err := t.account.Confirm(ctx, t.ask)
			return err
		})
	}
	for {
		number, err := t.giveNumber(ctx)
		if err != nil {
			return err
		}
		err = insist(ctx, func(ctx context.Context) error {
			_, err := t.account.Approve(ctx, t.ask, number, t.decision.Scopes)
			return err
		})
		wrong, ok := errors.AsType[*client.Failure](err)
		switch {
		case ok && wrong.Code == pairing.FailNumber && wrong.TriesLeft > 0:
			fmt.Fprintf(t.env.stderr, "ham: %s\n", wrong)
		case err != nil && ctx.Err() != nil:
			return refusal("the server did not answer in time")
		default:
			return err
		}
	}
}

// askPerson shows the request on the terminal, and gives nil for a yes.
func (t *turn) askPerson(ctx context.Context) error {
	if !t.env.interactive {
		return refusal("ask, and nobody is there")
	}
	err := approveOutput{people: t.env.stderr}.asked(t.account, t.ask)
	yes := false
	if err == nil {
		yes, err = askYesNo(ctx, t.env, "Approve?")
	}
	if err == nil && yes && t.ask.IsTicket() {
		yes, err = askAgain(ctx, t.env, t.ask)
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return refusal("ask, and nobody answered in time")
	case err != nil:
		return refusal(err.Error())
	case !yes:
		return refusal("the person refused")
	}
	return nil
}

func (t *turn) giveNumber(ctx context.Context) (int, error) {
	if t.number == nil {
		return 0, refusal("no number, and nobody to ask for it")
	}
	number, err := t.number(ctx, t.ask)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return 0, refusal("no number came in time")
	case errors.Is(err, io.EOF):
		return 0, refusal("no number came: standard input has ended")
	case err != nil:
		return 0, refusal(err.Error())
	}
	return number, nil
}

// deny refuses, also when the watch is being stopped: nothing is left hanging.
func (t *turn) deny(ctx context.Context, reason string) error {
	limited, cancel := context.WithDeadline(ctx, t.end.Add(spare)) // the server's clock says when it is over
	defer cancel()
	if ctx.Err() != nil {
		limited, cancel = context.WithTimeout(context.WithoutCancel(ctx), goodbye)
		defer cancel()
	}
	err := insist(limited, func(ctx context.Context) error {
		_, err := t.account.Deny(ctx, t.ask)
		return err
	})
	if err != nil {
		t.err = err
		if err := t.out.undecided(t, reason, err); err != nil {
			return err
		}
		if isEnd(ctx, err) {
			return cmp.Or(ctx.Err(), err)
		}
		return nil
	}
	t.denied = true
	if err := t.out.denied(t, reason); err != nil {
		return err
	}
	return ctx.Err()
}
