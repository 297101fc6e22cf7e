package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

// tryAgain is how long after a failure the server is asked again.
const tryAgain = time.Second

// pauseAfter says how long to wait after a failure that passes, or 0.
func pauseAfter(err error) time.Duration {
	failure, ok := errors.AsType[*client.Failure](err)
	switch {
	case errors.Is(err, client.ErrUnreachable), ok && failure.Code == pairing.FailServer:
		return tryAgain
	case ok && failure.Code == pairing.FailTooMany:
		return max(tryAgain, failure.RetryAfter)
	}
	return 0
}

// keepUp calls look whenever the account may look different than before, until
// ctx ends or look fails in a way that does not pass. A server that is away is
// waited for, and that is said once.
func keepUp(ctx context.Context, e *env, account *client.Account, look func(context.Context) error) error {
	changed := make(chan struct{}, 1) // many news at once are one: what is asked for is all that is new
	group, within := errgroup.WithContext(ctx)
	group.Go(func() error {
		lost := false
		ask := func() {
			select {
			case changed <- struct{}{}:
			default:
			}
		}
		return account.Listen(within, client.Listener{
			Changed: func() {
				lost = false
				ask()
			},
			Lost: func(err error) {
				if !lost {
					then := "; waiting for the server"
					if isFailure(err, pairing.FailTooOften) { // it is there, and asked each time that it refuses
						then = ""
					}
					fmt.Fprintf(e.stderr, "ham: %v%s\n", err, then)
				}
				lost = true
				ask() // a refusal says more than a connection that is not made, and may be for good
			},
		})
	})
	group.Go(func() error {
		for {
			select {
			case <-within.Done():
				return within.Err()
			case <-changed:
			}
			for {
				err := look(within)
				if err == nil {
					break
				}
				pause := pauseAfter(err)
				if pause == 0 {
					return err
				}
				select {
				case <-within.Done():
					return within.Err()
				case <-time.After(pause):
				}
			}
		}
	})
	return group.Wait()
}

// ended makes of the person's own "stop" the end that it is.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
