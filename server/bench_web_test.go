package server_test

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hamconnect/server/servertest"
)

// openTickets is how many browsers poll.
const openTickets = 100_000

// bareReads is how many rows a second bare SQLite reads by primary key, out of
// as many as there are tickets and of about their size.
func bareReads(b *testing.B) float64 {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "bare.db")+"?_pragma=journal_mode(WAL)")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT NOT NULL)`); err != nil {
		b.Fatal(err)
	}
	if _, err := db.Exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO t SELECT i, ? FROM n`, openTickets, strings.Repeat("x", 600)); err != nil {
		b.Fatal(err)
	}
	read, err := db.Prepare(`SELECT v FROM t WHERE id = ?`)
	if err != nil {
		b.Fatal(err)
	}
	defer read.Close()
	var next atomic.Int64
	return rate(8*runtime.GOMAXPROCS(0), func() {
		var v string
		if err := read.QueryRow(next.Add(7919)%openTickets + 1).Scan(&v); err != nil {
			b.Error(err)
		}
	})
}

// BenchmarkTicketPolls: browsers of Ham Web ask how their tickets stand.
func BenchmarkTicketPolls(b *testing.B) {
	p := servertest.Start(b, nil)
	c := bench(b)
	tickets, cookies := make([]string, openTickets), make([]string, openTickets)
	var making sync.WaitGroup
	workers := 64
	for w := range workers {
		making.Go(func() {
			for i := w; i < openTickets; i += workers {
				r, _ := http.NewRequestWithContext(b.Context(), http.MethodPost, p.URL+"/web/auth/qr/ticket", nil)
				response, err := c.Do(r)
				if err != nil {
					b.Error(err)
					return
				}
				var made struct{ Ticket string }
				if err := json.NewDecoder(response.Body).Decode(&made); err != nil || len(response.Cookies()) != 1 {
					b.Error("making a ticket failed")
				}
				response.Body.Close()
				tickets[i], cookies[i] = made.Ticket, "ham_session="+response.Cookies()[0].Value
			}
		})
	}
	making.Wait()
	handler, reads := bareHandler(b), bareReads(b)
	var (
		next  atomic.Int64
		mu    sync.Mutex
		times []time.Duration
	)
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		var own []time.Duration
		for pb.Next() {
			i := next.Add(7919) % openTickets
			r, _ := http.NewRequestWithContext(b.Context(), http.MethodGet, p.URL+"/web/auth/qr/ticket/"+tickets[i], nil)
			r.Header.Set("Cookie", cookies[i])
			begun := time.Now()
			do(b, c, r, http.StatusOK)
			own = append(own, time.Since(begun))
		}
		mu.Lock()
		times = append(times, own...)
		mu.Unlock()
	})
	b.StopTimer()
	slices.Sort(times)
	report(b, handler, 0)
	perSecond := float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(perSecond/reads, "/bare-read")
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
}
