package server_test

import (
	"database/sql"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"hamconnect/server"
	"hamconnect/server/internal/store/storetest"
	"hamconnect/server/servertest"
)

func TestADatabaseThatIsGoneOrStandsStillIsToldAndEverythingComesBack(t *testing.T) {
	t.Parallel()
	storetest.Need(t)
	var w *servertest.Wire
	p := servertest.Start(t, func(c *server.Config) { w, c.Database = servertest.NewWire(t, c.Database) })
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	token := p.Token(app, phone)
	for name, trouble := range map[string]func(){
		"gone":           w.Cut,
		"standing still": w.Hold,
		"far too slow":   func() { w.Slow(3 * time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			code := p.Code(app, phone)
			trouble()
			for what, ask := range map[string]func() servertest.Answer{
				"userinfo": func() servertest.Answer { return p.Userinfo(app, token) },
				"token":    func() servertest.Answer { return p.Exchange(app, "x") },
				"page": func() servertest.Answer {
					return p.Send(http.MethodGet, "/sso-authorize?client_id="+app.ID, nil, nil)
				},
				"ready": func() servertest.Answer { return p.Send(http.MethodGet, "/readyz", nil, nil) },
			} {
				begun := time.Now()
				a := ask()
				if a.Status != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
					t.Errorf("%s: answered %d %s, Retry-After %q", what, a.Status, a.Text("error"), a.Header.Get("Retry-After"))
				}
				if took := time.Since(begun); took > 10*time.Second { // far more than it should
					t.Errorf("%s: it took %s", what, took)
				}
			}
			if a := p.Send(http.MethodGet, "/healthz", nil, nil); a.Status != http.StatusOK {
				t.Errorf("healthz: %d", a.Status)
			}
			w.Mend()
			deadline := time.Now().Add(20 * time.Second)
			for p.Send(http.MethodGet, "/readyz", nil, nil).Status != http.StatusOK {
				if time.Now().After(deadline) {
					t.Fatal("it does not come back")
				}
				time.Sleep(50 * time.Millisecond)
			}
			if a := p.Exchange(app, code); a.Status != http.StatusOK {
				t.Errorf("a code from before: %d %s", a.Status, a.Text("error"))
			}
			if a := p.Userinfo(app, token); a.Status != http.StatusOK {
				t.Errorf("a token from before: %d", a.Status)
			}
			p.Code(app, phone) // and a whole sign-in, with its socket
		})
	}
}

// Connections that end in the middle of anything cost nobody more than one more
// try.
func TestConnectionsToTheDatabaseThatBreakAgainAndAgain(t *testing.T) {
	t.Parallel()
	storetest.Need(t)
	var w *servertest.Wire
	p := servertest.Start(t, func(c *server.Config) { w, c.Database = servertest.NewWire(t, c.Database) })
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	token := p.Token(app, phone)
	w.Break(func() int { return 1 + rand.N(60) }) // a connection takes some ten to begin
	w.Reset()
	answers := map[int]int{}
	for range 150 {
		a := p.Userinfo(app, token)
		answers[a.Status]++
		if a.Status != http.StatusOK && (a.Status != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "") {
			t.Errorf("answered %d %s", a.Status, a.Text("error"))
		}
	}
	t.Logf("answers: %v", answers)
	if answers[http.StatusOK] == 0 {
		t.Error("not one got through")
	}
	w.Mend()
	w.Reset()
	p.Code(app, phone)
}

// A replica that was not promoted, or a database that its operator has made
// read-only, answers reads and takes no writes.
func TestADatabaseThatTakesNoWritesIsTold(t *testing.T) {
	t.Parallel()
	storetest.Need(t)
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	token, code := p.Token(app, phone), p.Code(app, phone)
	operate := func(statement string) {
		t.Helper()
		db, err := sql.Open("pgx", p.Database)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		db.SetMaxOpenConns(1)
		for _, s := range []string{
			`SET default_transaction_read_only = off`,
			`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I ` + statement + `', current_database()); END $$`,
			`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
		} {
			if _, err := db.ExecContext(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
	}
	operate("SET default_transaction_read_only = on")
	if a := p.Exchange(app, code); a.Status != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
		t.Errorf("token: %d %s", a.Status, a.Text("error"))
	}
	if a := p.Send(http.MethodGet, "/readyz", nil, nil); a.Status != http.StatusServiceUnavailable {
		t.Errorf("ready: %d", a.Status)
	}
	if a := p.Userinfo(app, token); a.Status != http.StatusOK {
		t.Errorf("what only reads: %d %s", a.Status, a.Text("error"))
	}
	operate("RESET default_transaction_read_only")
	if a := p.Exchange(app, code); a.Status != http.StatusOK {
		t.Errorf("the code, once it takes writes: %d %s", a.Status, a.Text("error"))
	}
}

// A database that lets nobody in: after a failover to one with other passwords,
// say, or while it is restored.
func TestADatabaseThatRefusesConnectionsIsTold(t *testing.T) {
	server := storetest.Need(t)
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	token := p.Token(app, phone)
	address, err := url.Parse(p.Database)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	name := strings.TrimPrefix(address.Path, "/")
	operate := func(statement string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	operate(`ALTER DATABASE "` + name + `" WITH ALLOW_CONNECTIONS false`)
	operate(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '` + name + `'`)
	for what, a := range map[string]servertest.Answer{
		"userinfo": p.Userinfo(app, token), "token": p.Exchange(app, "x"), "ready": p.Send(http.MethodGet, "/readyz", nil, nil),
	} {
		if a.Status != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
			t.Errorf("%s: answered %d %s, Retry-After %q", what, a.Status, a.Text("error"), a.Header.Get("Retry-After"))
		}
	}
	operate(`ALTER DATABASE "` + name + `" WITH ALLOW_CONNECTIONS true`)
	if a := p.Userinfo(app, token); a.Status != http.StatusOK {
		t.Errorf("afterwards: %d", a.Status)
	}
}

// Anybody may ask, and as often as they like.
func TestManyWhoAskWhetherTheServerIsReadyShareOneLook(t *testing.T) {
	storetest.Need(t)
	var w *servertest.Wire
	p := servertest.Start(t, func(c *server.Config) { w, c.Database = servertest.NewWire(t, c.Database) })
	if a := p.Send(http.MethodGet, "/readyz", nil, nil); a.Status != http.StatusOK {
		t.Fatalf("readyz: %d", a.Status)
	}
	w.Slow(50 * time.Millisecond) // each look takes some tenths of a second
	var asking sync.WaitGroup
	for range 200 { // one after the other on eight connections they would take too long
		asking.Go(func() {
			if a := p.Send(http.MethodGet, "/readyz", nil, nil); a.Status != http.StatusOK {
				t.Errorf("readyz: %d", a.Status)
			}
		})
	}
	asking.Wait()
}
