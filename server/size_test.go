package server_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hamconnect/server"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store/storetest"
	"hamconnect/server/servertest"
)

// TestCostAgainstSize measures what a login costs while the tables grow, and
// what the upkeep of them does. It takes long and much room on the disk, so it
// wants to be asked, with the sizes:
//
//	HAM_BENCH_ROWS=10000,100000,1000000,10000000 bash .ci/postgres go test -count=1 -run TestCostAgainstSize -timeout 2h -v ./server
//
// With $HAM_BENCH_REPORT the tables are written to that file too.
//
// Everything is measured on the same machine, the caller included, one size
// after another. What a handler that does nothing needs is measured beside each
// size, to see what else the machine did.
func TestCostAgainstSize(t *testing.T) {
	asked := os.Getenv("HAM_BENCH_ROWS")
	if asked == "" {
		t.Skip("it measures for a long time: name the numbers of tokens in $HAM_BENCH_ROWS")
	}
	var report strings.Builder
	fmt.Fprintf(&report, "# Cost against size\n\n%s %s, %d CPUs, %s, from %s\n\n\tHAM_BENCH_ROWS=%s HAM_BENCH_REPORT=testdata/bench/size.md bash .ci/postgres go test -count=1 -run TestCostAgainstSize -timeout 2h ./server\n",
		runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), time.Now().Format(time.DateOnly), asked)
	for _, kind := range []string{"PostgreSQL", "SQLite"} {
		if kind == "PostgreSQL" && os.Getenv(storetest.Variable) == "" {
			t.Logf("nothing is measured on PostgreSQL: name a server in $%s", storetest.Variable)
			continue
		}
		if only := os.Getenv("HAM_BENCH_DATABASE"); only != "" && only != kind {
			continue
		}
		fmt.Fprintf(&report, "\n## %s\n\n%s\n", kind, heading)
		var first *cost
		for _, text := range strings.Split(asked, ",") {
			n, err := strconv.Atoi(text)
			if err != nil || n < 1000 {
				t.Fatalf("$HAM_BENCH_ROWS holds %q: give numbers from 1000, with commas between them", text)
			}
			var c cost
			t.Run(fmt.Sprintf("%s with %d tokens", kind, n), func(t *testing.T) { c = measure(t, kind == "PostgreSQL", n) })
			if t.Failed() {
				return
			}
			if first == nil {
				first = &c
			}
			line := c.line(n, first)
			t.Log(line)
			report.WriteString(line + "\n")
		}
	}
	if to := os.Getenv("HAM_BENCH_REPORT"); to != "" {
		if err := os.WriteFile(to, []byte(report.String()), 0o644); err != nil {
			t.Error(err)
		}
	}
}

const heading = `| tokens | database | a bare handler | exchange | userinfo | rows swept | exchange while sweeping | userinfo while sweeping | start | backup |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |`

// cost is what was measured at one size.
type cost struct {
	fill, start, backup     time.Duration
	size                    int64
	bare                    spread // of a handler that does nothing
	token, info             spread
	swept                   float64 // rows a second
	infoBeside, tokenBeside spread  // while it sweeps
}

type spread struct{ p50, p99 time.Duration }

func (s spread) String() string {
	return fmt.Sprintf("%.2f / %.1f", ms(s.p50), ms(s.p99))
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (c *cost) line(n int, first *cost) string {
	ratio := func(now, then time.Duration) string { return fmt.Sprintf("(×%.1f)", float64(now)/float64(then)) }
	cells := []string{
		strconv.Itoa(n), fmt.Sprintf("%d MB", c.size>>20), c.bare.String(),
		c.token.String() + " " + ratio(c.token.p50, first.token.p50),
		c.info.String() + " " + ratio(c.info.p50, first.info.p50),
		fmt.Sprintf("%.0f/s (×%.1f)", c.swept, c.swept/first.swept),
		c.tokenBeside.String(), c.infoBeside.String(),
		fmt.Sprintf("%.0f ms", ms(c.start)), fmt.Sprintf("%.1f s", c.backup.Seconds()),
	}
	return "| " + strings.Join(cells, " | ") + " |"
}

const (
	measured = 4000  // requests of each kind
	callers  = 4     // at a time
	expired  = 60000 // tokens, and as many codes
)

func measure(t *testing.T, postgres bool, n int) (c cost) {
	p := servertest.Start(t, func(c *server.Config) {
		c.Log = slog.New(slog.DiscardHandler)
		if !postgres {
			c.Database = ""
		}
	})
	if !postgres {
		p.Database = ""
	}
	app := p.AddApp(nil)
	p.Stop()
	people := max(n/100, 1000)
	b := openBulk(t, p, func(table string) int {
		switch table {
		case "tokens":
			return n
		case "codes":
			return max(n/10, 1000)
		case "users", "devices", "grants", "activity", "sessions", "refreshes":
			return people
		}
		return 0
	})
	b.only = map[string]string{"client_id": app.ID}
	began := time.Now()
	b.fill()
	codes, tokens := b.credentials(2*measured, people)
	b.settle()
	c.fill = time.Since(began)

	began = time.Now()
	p.Restart()
	if ready := p.Send(http.MethodGet, "/readyz", nil, nil); ready.Status != http.StatusOK {
		t.Fatalf("readyz answered %d", ready.Status)
	}
	c.start = time.Since(began)

	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2 * callers}}
	defer client.CloseIdleConnections()
	call := func(method, path, form, authorization string) {
		r, _ := http.NewRequestWithContext(t.Context(), method, p.URL+path, strings.NewReader(form))
		r.Header["Authorization"] = []string{servertest.Basic(app.ID, app.Secret)}
		if authorization != "" {
			r.Header["Authorization"] = append(r.Header["Authorization"], "Bearer "+authorization)
		}
		if form != "" {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		response, err := client.Do(r)
		if err != nil {
			t.Error(err)
			return
		}
		defer response.Body.Close()
		io.Copy(io.Discard, response.Body)
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s answered %d", path, response.StatusCode)
		}
	}
	var next, turn atomic.Int64
	exchange := func() {
		form := url.Values{"grant_type": {"authorization_code"}, "code": {codes[next.Add(1)-1]}}
		call(http.MethodPost, "/oauth/token", form.Encode(), "")
	}
	info := func() { call(http.MethodGet, "/oauth/userinfo", "", tokens[int(turn.Add(7919))%len(tokens)]) }
	bare := func() { call(http.MethodGet, "/healthz", "", "") }

	timed(500, info) // connections, statements and caches
	c.bare = timed(measured, bare)
	c.info = timed(measured, info)
	timed(200, exchange)
	c.token = timed(measured, exchange)

	// The server sweeps by itself 7 s after its start, and then after a minute.
	p.Restart()
	time.Sleep(9 * time.Second)
	timed(500, info)
	b.expire()
	left := codes[next.Load():]
	c.swept, c.tokenBeside, c.infoBeside = whileSweeping(t, p, info, left, func(code string) {
		form := url.Values{"grant_type": {"authorization_code"}, "code": {code}}
		call(http.MethodPost, "/oauth/token", form.Encode(), "")
	})
	c.size, c.backup = b.backup(p)
	t.Logf("filled in %s", c.fill.Round(time.Second))
	return c
}

// timed calls do n times, from several callers at once.
func timed(n int, do func()) spread {
	var left atomic.Int64
	left.Store(int64(n))
	return while(callers, do, func() bool { return left.Add(-1) >= 0 })
}

// while calls do from several callers as long as there is more.
func while(callers int, do func(), more func() bool) spread {
	var (
		running sync.WaitGroup
		mu      sync.Mutex // guards all
		all     []time.Duration
	)
	for range callers {
		running.Go(func() {
			var own []time.Duration
			for more() {
				began := time.Now()
				do()
				own = append(own, time.Since(began))
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, own...)
		})
	}
	running.Wait()
	slices.Sort(all)
	if len(all) == 0 {
		return spread{}
	}
	return spread{all[len(all)/2], all[len(all)*99/100]}
}

// whileSweeping sweeps while half of the callers ask for userinfo and half swap codes.
func whileSweeping(t *testing.T, p *servertest.Provider, info func(), codes []string, exchange func(string)) (swept float64, token, userinfo spread) {
	var (
		over    atomic.Bool
		running sync.WaitGroup
		next    atomic.Int64
	)
	running.Go(func() { userinfo = while(callers/2, info, func() bool { return !over.Load() }) })
	running.Go(func() {
		token = while(callers/2, func() { exchange(codes[next.Add(1)-1]) },
			func() bool { return !over.Load() && next.Load() < int64(len(codes)-callers) })
	})
	began := time.Now()
	removed, err := p.Sweep(t.Context())
	took := time.Since(began)
	over.Store(true)
	running.Wait()
	if err != nil {
		t.Errorf("sweeping: %v", err)
	}
	if removed < expired {
		t.Errorf("%d rows were swept", removed)
	}
	return float64(removed) / took.Seconds(), token, userinfo
}

// credentials adds codes and tokens that are known, among all the others.
func (b *bulk) credentials(n, people int) (codes, tokens []string) {
	b.tb.Helper()
	ctx := context.Background()
	t, err := b.BeginTx(ctx, nil)
	if err != nil {
		b.tb.Fatal(err)
	}
	exec := func(statement string, args ...any) {
		if _, err := t.ExecContext(ctx, statement, args...); err != nil {
			b.tb.Fatal(err)
		}
	}
	later := time.Now().Add(100 * time.Minute).UnixMicro()
	for i := range n {
		code, token := oauth.NewSecret(), oauth.NewSecret()
		hash, spent, other := code.Hash(), token.Hash(), oauth.NewSecret().Hash()
		user := fmt.Sprintf("users%d", i*7919%people+1)
		exec(`INSERT INTO codes (hash, client_id, user_id, redirect_uri, scopes, code_challenge, expires_at, spent)
			VALUES ($1, $2, $3, 'https://library.example/callback', '["profile"]', '', $4, 0)`, hash[:], b.only["client_id"], user, later)
		exec(`INSERT INTO tokens (hash, code_hash, client_id, user_id, scopes, expires_at) VALUES ($1, $2, $3, $4, '["profile"]', $5)`,
			spent[:], other[:], b.only["client_id"], user, later)
		codes, tokens = append(codes, code.Reveal()), append(tokens, token.Reveal())
	}
	if err := t.Commit(); err != nil {
		b.tb.Fatal(err)
	}
	return codes, tokens
}

// expire adds tokens and codes that may be swept, in the order in which time
// brings them.
func (b *bulk) expire() {
	b.tb.Helper()
	before := time.Now().Add(-3 * time.Hour).UnixMicro()
	for _, table := range []string{"codes", "tokens"} {
		columns, values := b.columns(table, expired)
		for i, name := range columns {
			switch {
			case name == "expires_at":
				values[i] = fmt.Sprintf("%d + i * 1000", before)
			case strings.HasSuffix(name, "hash") && b.postgres:
				values[i] = `sha256(('expired' || i)::bytea)`
			case strings.HasSuffix(name, "hash"):
				values[i] = `randomblob(32)`
			}
		}
		b.exec(`INSERT INTO ` + table + ` (` + strings.Join(columns, ", ") + `) SELECT ` + strings.Join(values, ", ") + ` FROM ` + b.series(expired))
	}
}

// backup copies the database as an operator does while the server runs, and
// gives the size of what was copied.
func (b *bulk) backup(p *servertest.Provider) (size int64, took time.Duration) {
	b.tb.Helper()
	to := filepath.Join(b.tb.TempDir(), "backup")
	began := time.Now()
	if !b.postgres {
		b.exec(`VACUUM INTO '` + to + `'`)
		took = time.Since(began)
		about, err := os.Stat(p.DataDir + "/ham.db")
		if err != nil {
			b.tb.Fatal(err)
		}
		return about.Size(), took
	}
	programs, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump")
	if len(programs) == 0 {
		b.tb.Fatal("pg_dump is not installed")
	}
	dump := exec.Command(programs[len(programs)-1], "--format=custom", "--compress=1", "--file="+to, p.Database)
	var said bytes.Buffer
	dump.Stderr = &said
	if err := dump.Run(); err != nil {
		b.tb.Fatalf("pg_dump: %v", err)
	}
	took = time.Since(began)
	if err := b.QueryRow(`SELECT pg_database_size(current_database())`).Scan(&size); err != nil {
		b.tb.Fatal(err)
	}
	return size, took
}
