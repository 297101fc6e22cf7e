package server_test

import (
	"bytes"
	"context"
	"database/sql"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"hamconnect/server"
	"hamconnect/server/servertest"
	"hamconnect/tui/client"
)

// The benchmarks go through real HTTP on loopback, with the client in the same
// process. The speed of the machine is unknown, so each one measures its
// baselines right before it, for a moment, and reports what share of them it
// reaches: of a handler that does nothing behind the same client, and of bare
// SQLite committing one row at a time.
//
//	go test -run - -bench . -benchtime 2s ./server

// baseline is how long each baseline is measured for.
const baseline = 300 * time.Millisecond

// rate counts how often several workers get through do in a while, a second.
func rate(workers int, do func()) float64 {
	var (
		count   atomic.Int64
		running sync.WaitGroup
	)
	begun := time.Now()
	for range workers {
		running.Go(func() {
			for time.Since(begun) < baseline {
				do()
				count.Add(1)
			}
		})
	}
	running.Wait()
	return float64(count.Load()) / time.Since(begun).Seconds()
}

// bareHandler is how many requests a second a handler answers that does
// nothing.
func bareHandler(b *testing.B) float64 {
	b.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"open_id":"0000000000000000000000000000000000000000000000000000000000000000","nickname":"Lin"}`)
	}))
	defer s.Close()
	c := bench(b)
	return rate(8*runtime.GOMAXPROCS(0), func() {
		r, _ := http.NewRequestWithContext(b.Context(), http.MethodGet, s.URL, nil)
		r.Header.Set("Authorization", "Bearer something-as-long-as-a-token-usually-is-000")
		do(b, c, r, http.StatusOK)
	})
}

// bareCommit is how many rows a second bare SQLite stores, a commit each, with
// the same care for power cuts.
func bareCommit(b *testing.B) float64 {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "bare.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)`); err != nil {
		b.Fatal(err)
	}
	value := bytes.Repeat([]byte{1}, 200)
	return rate(1, func() {
		if _, err := db.Exec(`INSERT INTO t (v) VALUES (?)`, value); err != nil {
			b.Error(err)
		}
	})
}

// report adds the rate, and its share of the baselines that are not 0.
func report(b *testing.B, handler, commit float64) {
	b.Helper()
	perSecond := float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(perSecond, "op/s")
	if handler > 0 {
		b.ReportMetric(perSecond/handler, "/bare-handler")
	}
	if commit > 0 {
		b.ReportMetric(perSecond/commit, "/bare-commit")
	}
}

// bench is a client that keeps many connections open.
func bench(b *testing.B) *http.Client {
	b.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 256}
	b.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func do(b *testing.B, c *http.Client, r *http.Request, want int) []byte {
	response, err := c.Do(r)
	if err != nil {
		b.Error(err)
		return nil
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != want {
		b.Errorf("status %d, want %d (%v)", response.StatusCode, want, err)
	}
	return body
}

func BenchmarkUserinfo(b *testing.B) {
	p := servertest.Start(b, nil)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	token := p.Token(app, phone)
	c, handler := bench(b), bareHandler(b)
	header := http.Header{"Authorization": {"Bearer " + token, servertest.Basic(app.ID, app.Secret)}}
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r, _ := http.NewRequestWithContext(b.Context(), http.MethodGet, p.URL+"/oauth/userinfo", nil)
			r.Header = header
			do(b, c, r, http.StatusOK)
		}
	})
	report(b, handler, 0)
}

// BenchmarkToken swaps codes that deep links gave: the app's and the token
// endpoint's share of a login. Only the exchange is timed.
func BenchmarkToken(b *testing.B) {
	p := servertest.Start(b, nil)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	codes := make([]string, b.N)
	parallel(b, 32, b.N, func(i int) { codes[i] = deepLinkCode(b, app, phone) })
	c, handler, commit := bench(b), bareHandler(b), bareCommit(b)
	credentials := servertest.Basic(app.ID, app.Secret)
	var next atomic.Int64
	b.SetParallelism(16)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			form := url.Values{"grant_type": {"authorization_code"}, "code": {codes[next.Add(1)-1]}}
			r, _ := http.NewRequestWithContext(b.Context(), http.MethodPost, p.URL+"/oauth/token", strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Authorization", credentials)
			do(b, c, r, http.StatusOK)
		}
	})
	report(b, handler, commit)
}

// parallel calls do for 0 … n-1 from several goroutines.
func parallel(b *testing.B, workers, n int, do func(int)) {
	b.Helper()
	var next atomic.Int64
	done := make(chan struct{})
	for range workers {
		go func() {
			defer func() { done <- struct{}{} }()
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				do(int(i))
			}
		}()
	}
	for range workers {
		<-done
	}
}

func deepLinkCode(b *testing.B, app servertest.App, phone *client.Account) string {
	ctx := context.Background()
	ask, err := phone.CheckAuthorize(ctx, url.Values{"client_id": {app.ID}, "scope": {"profile"}, "redirect_uri": {app.RedirectURI}})
	if err != nil {
		b.Error(err)
		return ""
	}
	location, err := phone.ApproveAuthorize(ctx, ask, ask.ScopeNames())
	if err != nil {
		b.Error(err)
		return ""
	}
	u, err := url.Parse(location)
	if err != nil {
		b.Error(err)
		return ""
	}
	return u.Query().Get("code")
}

// BenchmarkLogin is a whole sign-in: page, socket, claim, number, approval,
// finish, exchange, userinfo; browser and phone included.
func BenchmarkLogin(b *testing.B) {
	p := servertest.Start(b, nil)
	app := p.AddApp(nil)
	var phones [16]*client.Account
	for i := range phones {
		phones[i], _ = p.AddPhone("Lin")
	}
	handler, commit := bareHandler(b), bareCommit(b)
	var next atomic.Int64
	b.SetParallelism(16)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		phone := phones[int(next.Add(1))%len(phones)]
		for pb.Next() {
			if info := p.Userinfo(app, p.Token(app, phone)); info.Status != http.StatusOK {
				b.Errorf("userinfo answered %d", info.Status)
			}
		}
	})
	report(b, handler, commit)
}

// BenchmarkPairing is a sign-in from the socket to the finish, without the
// page before it and the exchange after it.
func BenchmarkPairing(b *testing.B) {
	p := servertest.Start(b, nil)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	handler, commit := bareHandler(b), bareCommit(b)
	for b.Loop() {
		p.Begin(app).Scan(phone).Approve().Land()
	}
	report(b, handler, commit)
}

// BenchmarkOpen is the start of a server on an existing database, until its
// first answer.
func BenchmarkOpen(b *testing.B) {
	config := server.Config{DataDir: b.TempDir() + "/data", PublicURL: "http://localhost:8484"}
	for b.Loop() {
		s, err := server.Open(b.Context(), config)
		if err != nil {
			b.Fatal(err)
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		if w.Code != http.StatusOK {
			b.Fatalf("readyz answered %d", w.Code)
		}
		b.StopTimer()
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/start")
}
