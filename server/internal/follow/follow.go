// Package follow waits for a pairing to change, for whoever follows it by
// asking again: the Ham app, a page without scripts, a phone's browser.
package follow

import (
	"context"
	"errors"
	"strconv"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/bus"
	"hamconnect/server/internal/store"
)

// Most bounds how long a request waits: proxies cut silent ones off.
const Most = 25 * time.Second

// A pairing that nobody has scanned yet may be known to its desktop's socket
// alone, which stores it when it is asked to: at once by a hint, which may be
// lost, and then by one that every node finds within two seconds.
const (
	hintFor  = 300 * time.Millisecond // how long the first hint is relied on, and how often the database is asked
	bringFor = 3500 * time.Millisecond
)

// Follower waits. All fields are required.
type Follower struct {
	DB       *store.DB
	Bus      *bus.Local
	Now      func() time.Time
	Stopping <-chan struct{} // closed when the server stops: nobody waits any longer
}

// Bring does something with pairing id that has to be stored for it. As long as
// do says pairing.ErrNotFound it is asked for, where it may still be with its
// desktop, and do is called again. That of a pairing that nobody has is returned
// after a few seconds: so the caller has made sure that this server made the id,
// and lately.
func (f *Follower) Bring(ctx context.Context, id string, do func() error) error {
	begun, cancel := f.signal(store.BegunTopic(id))
	defer cancel()
	err := do()
	if !errors.Is(err, pairing.ErrNotFound) {
		return err
	}
	f.DB.Hint(store.PairingTopic(id))
	end := time.After(bringFor)
	for told, last := false, false; ; {
		select {
		case <-begun:
		case <-time.After(hintFor):
			if !told {
				told = true
				if err := f.DB.Tell(ctx, store.PairingTopic(id)); err != nil {
					return err
				}
			}
		case <-end:
			last = true
		case <-ctx.Done():
			return ctx.Err()
		}
		if err = do(); last || !errors.Is(err, pairing.ErrNotFound) {
			return err
		}
	}
}

// Brought gives pairing id as it was last written, by Bring.
func (f *Follower) Brought(ctx context.Context, id string) (p pairing.Pairing, err error) {
	err = f.Bring(ctx, id, func() error {
		p, err = f.DB.Pairing(ctx, id)
		return err
	})
	return p, err
}

// signal gives a channel that says when topic is told of, until cancel is called.
func (f *Follower) signal(topic string) (told <-chan struct{}, cancel func()) {
	woken := make(chan struct{}, 1)
	return woken, f.Bus.Subscribe(topic, func() {
		select {
		case woken <- struct{}{}:
		default: // it is going to look anyway
		}
	})
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
	woken, cancel := f.signal(store.PairingTopic(id))
	defer cancel()
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
