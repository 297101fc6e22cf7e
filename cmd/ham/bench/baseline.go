package bench

import (
	"context"
	"net/http"
	"runtime"
	"sync"
	"time"
)

// Baseline is what the same server does with a request that costs it nothing,
// asked by the same program a moment before: by several that each wait for
// their answer.
type Baseline struct {
	What    string  `json:"what"`
	Callers int     `json:"callers"`
	Rate    float64 `json:"per_second"`
	Latency Latency `json:"latency"`
}

func (w *world) baseline(ctx context.Context, lasts time.Duration) (*Baseline, error) {
	const path = "/healthz"
	var mu sync.Mutex // guards the two below
	h := newHistogram(3)
	var failed error
	callers := 4 * runtime.GOMAXPROCS(0)
	var running sync.WaitGroup
	begun := time.Now()
	for range callers {
		running.Go(func() {
			for time.Since(begun) < lasts && ctx.Err() == nil {
				asked := time.Now()
				_, _, err := w.send(ctx, http.MethodGet, path, nil, nil, http.StatusOK)
				took := time.Since(asked)
				mu.Lock()
				put(h, took)
				if err != nil && failed == nil {
					failed = at("GET "+path, err)
				}
				stop := failed != nil
				mu.Unlock()
				if stop {
					return
				}
			}
		})
	}
	running.Wait()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return &Baseline{"GET " + path, callers, float64(h.TotalCount()) / time.Since(begun).Seconds(), latencyOf(h)}, failed
}
