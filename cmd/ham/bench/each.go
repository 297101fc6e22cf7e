package bench

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"hamconnect/tui/client"
)

// workers is how much of a preparation is under way at a time, unless Options say
// otherwise.
const workers = 64

// each calls do for 0 … n-1, some at a time, until one fails.
func each(ctx context.Context, n, some int, do func(context.Context, int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var running sync.WaitGroup
	for range min(n, some) {
		running.Go(func() {
			for i := next.Add(1) - 1; i < int64(n) && ctx.Err() == nil; i = next.Add(1) - 1 {
				if err := do(ctx, int(i)); err != nil {
					cancel(err)
				}
			}
		})
	}
	running.Wait()
	return context.Cause(ctx)
}

// says reports whether the server has answered with a status.
func says(err error, status int) bool {
	var refused *statusError
	var failure *client.Failure
	return errors.As(err, &refused) && refused.status == status || errors.As(err, &failure) && failure.Status == status
}

// tooMany reports whether a limit of the server says no, and busy whether it can
// take no more at the moment: its pages come back then, and so does this.
func tooMany(err error) bool { return says(err, http.StatusTooManyRequests) }
func busy(err error) bool    { return says(err, http.StatusServiceUnavailable) }

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// filled waits until there is a stock of what arrivals will take, or has waited
// long enough for as much as there is.
func filled[T any](ctx context.Context, w *world, stock <-chan T, want int, what string) error {
	for begun := time.Now(); len(stock) < want; {
		if time.Since(begun) > w.o.Timeout {
			if len(stock) > 0 {
				w.o.say("after %s there are only %d of %d: %s", w.o.Timeout, len(stock), want, what)
				return nil
			}
			for _, c := range w.background.sorted() {
				return &oddError{"no " + what + " could be made: " + c.What}
			}
			return &oddError{"no " + what + " could be made in time"}
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// progress tells now and then how far something long has come.
type progress struct {
	o     Options
	what  string
	of    int
	begun time.Time

	mu   sync.Mutex // guards the fields below
	done int
	told time.Time
}

// tellEvery is how often.
const tellEvery = 2 * time.Second

func newProgress(o Options, what string, of int) *progress {
	return &progress{o: o, what: what, of: of, begun: time.Now(), told: time.Now()}
}

func (p *progress) one() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	if now := time.Now(); now.Sub(p.told) >= tellEvery || p.done == p.of && now.Sub(p.begun) >= tellEvery {
		p.told = now
		p.o.say("%s: %d of %d", p.what, p.done, p.of)
	}
}
