package server

import (
	"context"
	"crypto/rand"
	"sync"
	"time"
)

// Of several nodes one at a time does what only one needs to do. It has a lease
// for that, which it renews; where it dies another one takes over within
// leaseFor and leaseEvery.
const (
	leaseFor   = 20 * time.Second
	leaseEvery = 7 * time.Second
	sweepEvery = time.Minute
)

// job is work that is done now and then for all nodes.
type job struct {
	name  string
	every time.Duration
	do    func(context.Context) error
}

// alone does j until ctx ends, on this node or on another one.
func (s *Server) alone(ctx context.Context, j job) {
	node := rand.Text()
	var last time.Time
	var running sync.WaitGroup
	stop, done := context.CancelFunc(func() {}), make(chan struct{}, 1)
	done <- struct{}{} // nothing runs
	defer func() {
		stop()
		running.Wait()
		s.endLease(ctx, j.name, node)
	}()
	tick := min(leaseEvery, j.every)
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if !s.holds(ctx, j.name, node) {
			stop() // another node does it
			continue
		}
		if time.Since(last) < j.every {
			continue
		}
		select {
		case <-done:
		default:
			continue // the last time is not over
		}
		last = time.Now()
		within, cancel := context.WithCancel(ctx)
		stop = cancel
		running.Go(func() {
			defer cancel()
			if err := j.do(within); err != nil && within.Err() == nil {
				s.config.Log.Error(j.name, "error", err)
			}
			done <- struct{}{}
		})
	}
}

// holds reports whether this node is the one. A process that has its database
// for itself always is.
func (s *Server) holds(ctx context.Context, name, node string) bool {
	if s.nodes == nil {
		return true
	}
	held, err := s.db.Lease(ctx, name, node, leaseFor)
	if err != nil && ctx.Err() == nil {
		s.config.Log.Warn("a lease could not be taken", "lease", name, "error", err)
	}
	return held
}

// endLease lets another node go on at once.
func (s *Server) endLease(ctx context.Context, name, node string) {
	if s.nodes == nil {
		return
	}
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = s.db.EndLease(within, name, node) // it ends by itself
}

// sweep removes what has expired.
func (s *Server) sweep(ctx context.Context) error {
	n, err := s.db.Sweep(ctx, s.config.Now())
	if n > 0 {
		s.config.Log.Debug("swept expired rows", "rows", n)
	}
	return err
}
