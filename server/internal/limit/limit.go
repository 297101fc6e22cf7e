// Package limit bounds how often somebody may do something. Counts live in
// this process and are forgotten after a while: they protect the machine and
// slow guessing down, they are not a ledger.
package limit

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxKeys bounds the memory: past it, new keys share one bucket.
const maxKeys = 100_000

// Rate allows, for each key, a burst and then a steady rate.
type Rate struct {
	every time.Duration
	burst int
	now   func() time.Time

	mu      sync.Mutex // guards the fields below
	buckets map[string]*rate.Limiter
	swept   time.Time
}

// PerKey allows burst events at once and one more for every period after.
func PerKey(every time.Duration, burst int, now func() time.Time) *Rate {
	return &Rate{every: every, burst: burst, now: now, buckets: map[string]*rate.Limiter{}, swept: now()}
}

// Allow counts one event of key and reports whether it may happen.
func (r *Rate) Allow(key string) bool {
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sweep(now)
	bucket, ok := r.buckets[key]
	if !ok && len(r.buckets) >= maxKeys {
		key = ""
		bucket, ok = r.buckets[key]
	}
	if !ok {
		bucket = rate.NewLimiter(rate.Every(r.every), r.burst)
		r.buckets[key] = bucket
	}
	return bucket.AllowN(now, 1)
}

// sweep forgets the buckets that are full again: they say nothing.
func (r *Rate) sweep(now time.Time) {
	if now.Sub(r.swept) < time.Minute {
		return
	}
	r.swept = now
	for key, bucket := range r.buckets {
		if bucket.TokensAt(now) >= float64(r.burst) {
			delete(r.buckets, key)
		}
	}
}

// Address is a visitor's network address, without the port.
func Address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// AddressKey is the key of a network address: the address for IPv4, its /64
// for IPv6, of which one customer commonly has the whole.
func AddressKey(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if ip = ip.Unmap(); ip.Is6() {
		if prefix, err := ip.WithZone("").Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return ip.String()
}

// Gauge bounds how many of something each key holds at the same time.
type Gauge struct {
	most int

	mu   sync.Mutex // guards held
	held map[string]int
}

// AtOnce allows each key to hold most at a time.
func AtOnce(most int) *Gauge { return &Gauge{most: most, held: map[string]int{}} }

// Take reports whether key may hold one more, and counts it; the holder calls
// release once it is done.
func (g *Gauge) Take(key string) (release func(), ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.held[key] >= g.most {
		return nil, false
	}
	g.held[key]++
	var once sync.Once
	return func() {
		once.Do(func() {
			g.mu.Lock()
			defer g.mu.Unlock()
			if g.held[key]--; g.held[key] == 0 {
				delete(g.held, key)
			}
		})
	}, true
}
