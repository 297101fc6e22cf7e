package openmaster_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hamconnect/server"
	"hamconnect/server/servertest"
)

// A refresh beside the exchange of a code, its baseline.
func BenchmarkTokens(b *testing.B) {
	h := build(b, nil)
	session := h.OpenMasterTokens(h.app, h.phone)
	b.Run("exchange", func(b *testing.B) {
		codes := make([]string, b.N)
		for i := range codes {
			codes[i] = h.BeginAt(h.AuthorizeOpenMaster(h.app)).Scan(h.phone).Approve().Land().Get("code")
		}
		b.ResetTimer()
		for _, code := range codes {
			if a := h.AccessToken(h.app, "grant_type", "authorization_code", "code", code); a.Status != http.StatusOK {
				b.Fatal(a.Status)
			}
		}
	})
	b.Run("refresh", func(b *testing.B) {
		token := session.Text("refresh_token")
		for b.Loop() {
			a := h.refresh(h.app, token)
			if a.Status != http.StatusOK {
				b.Fatal(a.Status)
			}
			token = a.Text("refresh_token")
		}
		session.Fields["refresh_token"] = token
	})
}

// How long a refusal takes where there is such an account, and where there is
// none. What is reported are medians, in microseconds.
func BenchmarkWrongPassword(b *testing.B) {
	h, next := attackable(b)
	var known, unknown []time.Duration
	for b.Loop() {
		begun := time.Now()
		next(h, email)
		known = append(known, time.Since(begun))
		begun = time.Now()
		next(h, "nobody@campus.example")
		unknown = append(unknown, time.Since(begun))
		h.Clock.Advance(time.Hour) // nobody has to wait
	}
	b.ReportMetric(float64(at(known, 50).Microseconds()), "µs-known")
	b.ReportMetric(float64(at(unknown, 50).Microseconds()), "µs-unknown")
}

// GET /user while nobody is there, and after a thousand passwords have come at
// once, of which as many as may are looked at; reported are 99th percentiles and
// their ratio.
func BenchmarkUserBesidePasswords(b *testing.B) {
	h, next := attackable(b)
	token := h.OpenMasterTokens(h.app, h.phone).Text("access_token")
	measure := func() []time.Duration {
		all := make([]time.Duration, 300)
		for i := range all {
			begun := time.Now()
			if !h.works(token) {
				b.Fatal("the token does not work")
			}
			all[i] = time.Since(begun)
			time.Sleep(time.Millisecond)
		}
		return all
	}
	for b.Loop() {
		idle := measure()
		var attackers sync.WaitGroup
		for i := range 1000 {
			attackers.Go(func() { next(h, fmt.Sprintf("p%d@campus.example", i)) })
		}
		time.Sleep(300 * time.Millisecond) // until all have arrived
		busy := measure()
		attackers.Wait()
		b.ReportMetric(float64(at(idle, 99).Microseconds()), "µs-idle-p99")
		b.ReportMetric(float64(at(busy, 99).Microseconds()), "µs-busy-p99")
		b.ReportMetric(float64(at(busy, 99))/float64(at(idle, 99)), "ratio")
	}
}

// attackable is a provider behind a proxy, and a function that sends a wrong
// password from an address that was never seen.
func attackable(b *testing.B) (house, func(house, string) servertest.Answer) {
	b.Helper()
	h := build(b, func(c *server.Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	var n atomic.Uint32
	return h, func(h house, email string) servertest.Answer {
		i := n.Add(1)
		body := fmt.Sprintf(`{"client_id":%q,"client_secret":%q,"grant_type":"password","email":%q,"password":"wrong password"}`, h.app.ID, h.app.Secret, email)
		return h.SendBody(http.MethodPost, "/oauth/access_token", "application/json", body,
			http.Header{"X-Forwarded-For": {fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255)}})
	}
}

func at(all []time.Duration, percent int) time.Duration {
	all = slices.Sorted(slices.Values(all))
	return all[min(len(all)-1, len(all)*percent/100)]
}
