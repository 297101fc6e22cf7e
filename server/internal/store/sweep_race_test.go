package store_test

import (
	"database/sql"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/store/storetest"
)

// The sweeper comes upon a row that has expired, and that a step under way is
// about to keep.
func TestWhatIsKeptAtTheLastMomentIsNotSwept(t *testing.T) {
	dir := t.TempDir() + "/data"
	address := storetest.Address(t, dir)
	db, err := storetest.Open(t, dir)
	must(t, err)
	defer db.Close()
	failures := 0
	account := store.Guesses{
		Key: oauth.Secret("account").Hash(), Forgive: time.Minute,
		Wait: func(n int) time.Duration {
			failures = n
			return 0
		},
	}
	var once sync.Once
	inside, goOn := make(chan struct{}), make(chan struct{})
	gate := store.Guesses{
		Key: oauth.Secret("gate").Hash(), Forgive: time.Minute,
		Wait: func(int) time.Duration {
			once.Do(func() { close(inside) }) // a step may run more than once
			<-goOn
			return 0
		},
	}
	_, err = db.TryPassword(t.Context(), now, account)
	must(t, err)

	later := now.Add(2 * time.Minute)
	tried, swept := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := db.TryPassword(t.Context(), later, account, gate)
		tried <- err
	}()
	<-inside
	go func() {
		_, err := db.Sweep(t.Context(), later)
		swept <- err
	}()
	if address != "" {
		untilOneWaits(t, address)
	}
	close(goOn)
	must(t, <-tried)
	must(t, <-swept)
	_, err = db.TryPassword(t.Context(), later, account)
	must(t, err)
	if failures != 2 {
		t.Errorf("the next try is counted as number %d", failures)
	}
}

// untilOneWaits returns once a transaction waits for another one's row.
func untilOneWaits(t *testing.T, address string) {
	t.Helper()
	db, err := sql.Open("pgx", address)
	must(t, err)
	defer db.Close()
	for begun := time.Now(); time.Since(begun) < 10*time.Second; {
		var waiting int
		must(t, db.QueryRowContext(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting))
		if waiting > 0 {
			return
		}
	}
	t.Error("nobody waits")
}
