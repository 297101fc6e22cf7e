package bench

import (
	"context"
	"time"
)

// clock waits for moments to the tenth of a millisecond or so. The runtime's
// own timers are late by up to one, which is as long as some servers take.
type clock struct{ timer *time.Timer }

// fine is how long before the moment the system's own clock takes over.
const fine = 2 * time.Millisecond

func newClock() clock {
	timer := time.NewTimer(0)
	<-timer.C
	return clock{timer}
}

// until returns at the moment, or at once if it is past, or with the error of
// ctx when that ends.
func (c clock) until(ctx context.Context, moment time.Time) error {
	if left := time.Until(moment); left > fine {
		c.timer.Reset(left - fine)
		select {
		case <-c.timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if left := time.Until(moment); left > 0 {
		nap(left)
	}
	return ctx.Err()
}
