// Package follow waits for a pairing to change, for whoever follows it by
// asking again: the Ham app, a page without scripts, a phone's browser.
package follow

import (
	"context"
	"strconv"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/bus"
	"hamconnect/server/internal/store"
)

// Most bounds how long a request waits: proxies cut silent ones off.
const Most = 25 * time.Second

// Follower waits. All fields are required.
type Follower struct {
	DB       *store.DB
	Bus      *bus.Local
	Now      func() time.Time
	Stopping <-chan struct{} // closed when the server stops: nobody waits any longer
}

// Version is how a page names the state of a pairing that it shows.
func Version(p pairing.Pairing) string { return strconv.FormatInt(p.Version, 10) }

// After is Until for a page that shows a version already.
func (f *Follower) After(ctx context.Context, id string, wait time.Duration, version string) (pairing.Pairing, error) {
	return f.Until(ctx, id, wait, func(p pairing.Pairing) (bool, error) { return Version(p) != version, nil })
}

// Until gives the pairing as soon as enough says so, or is over, or wait has
// passed: at once if it is zero, never later than Most. The pairing is settled:
// in the state that holds now. A refusal of enough ends the wait too, and is
// returned.
func (f *Follower) Until(ctx context.Context, id string, wait time.Duration, enough func(pairing.Pairing) (bool, error)) (pairing.Pairing, error) {
	woken := make(chan struct{}, 1)
	defer f.Bus.Subscribe(store.PairingTopic(id), func() {
		select {
		case woken <- struct{}{}:
		default: // it is going to look anyway
		}
	})()
	timer := time.NewTimer(min(wait, Most))
	defer timer.Stop()
	for last := wait <= 0; ; {
		p, err := f.DB.Pairing(ctx, id)
		if err != nil {
			return p, err
		}
		now := f.Now()
		p.Settle(now)
		is, err := enough(p)
		if err != nil || is || last || p.State.Over() {
			return p, err
		}
		select {
		case <-woken:
		case <-time.After(p.Left(now)):
		case <-timer.C:
			last = true
		case <-f.Stopping:
			last = true
		case <-ctx.Done():
			return p, ctx.Err()
		}
	}
}
