package store_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"hamconnect/server/internal/store"
	"hamconnect/server/internal/store/storetest"
)

func TestALeaseIsForOneUntilItEnds(t *testing.T) {
	db, err := storetest.Open(t, t.TempDir()+"/data")
	must(t, err)
	defer db.Close()
	at := now
	db.Now = func() time.Time { return at }
	take := func(holder string) bool {
		t.Helper()
		held, err := db.Lease(t.Context(), "sweep", holder, 20*time.Second)
		must(t, err)
		return held
	}
	if !take("a") || take("b") {
		t.Fatal("the first to come does not have it alone")
	}
	at = at.Add(15 * time.Second)
	if !take("a") {
		t.Fatal("it cannot be renewed")
	}
	at = at.Add(15 * time.Second) // 30 s after the first, 15 s after the renewal
	if take("b") {
		t.Fatal("a renewal does not count")
	}
	at = at.Add(5 * time.Second)
	if !take("b") || take("a") {
		t.Fatal("who died keeps it")
	}
	must(t, db.EndLease(t.Context(), "sweep", "a")) // not a's any more
	if take("a") {
		t.Fatal("somebody else could end it")
	}
	must(t, db.EndLease(t.Context(), "sweep", "b"))
	if !take("a") {
		t.Fatal("what was given back is not free")
	}
}

func TestWhatAStepChangesIsLeftForThoseWhoWereNotTold(t *testing.T) {
	dir := t.TempDir() + "/data"
	if storetest.Address(t, dir) == "" {
		t.Skip("one process on SQLite tells itself: name a PostgreSQL server in $" + storetest.Variable)
	}
	h := build(t, dir)
	var told []store.Wake
	h.Changed = func(w store.Wake) { told = append(told, w) }
	before := h.Now()
	p := h.approved(t)
	left, err := h.Wakes(t.Context(), before.Add(-time.Second))
	must(t, err)
	told = slices.DeleteFunc(told, func(w store.Wake) bool { return w.Topic == store.BegunTopic(p.ID) }) // that is a hint and no more
	if len(told) < 2 || len(left) < len(told) {
		t.Fatalf("%d told, %d left", len(told), len(left))
	}
	for _, w := range told {
		if w.Topic != store.PairingTopic(p.ID) && w.Topic != store.AccountTopic("lin") {
			t.Errorf("told of %s", w.Topic)
		}
		found := false
		for _, l := range left {
			found = found || l == w
		}
		if !found {
			t.Errorf("%v was told and not left", w)
		}
	}
	if _, err := h.Sweep(t.Context(), h.Now().Add(store.WakesKept+time.Minute)); err != nil {
		t.Fatal(err)
	}
	if left, err := h.Wakes(t.Context(), before.Add(-time.Hour)); err != nil || len(left) != 0 {
		t.Errorf("%d stay for ever (%v)", len(left), err)
	}
}

func TestWhyTheDatabaseLetsNobodyInIsSaid(t *testing.T) {
	server := storetest.Need(t)
	address, err := url.Parse(server)
	must(t, err)
	address.Path, address.RawQuery = "/ham_nowhere", "" // which tries TLS first, and goes on without
	address.User = url.UserPassword(address.User.Username(), "hunter2")
	_, err = store.OpenPostgres(t.Context(), address.String(), storetest.Key, nil)
	if err == nil || !strings.Contains(err.Error(), `"ham_nowhere" does not exist`) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("it says %v", err)
	}
}

// The machine's clock is wrong, and is set while the program runs.
func TestTheDatabasesClockDecides(t *testing.T) {
	storetest.Need(t)
	address := storetest.Address(t, t.TempDir()+"/data")
	off := 11 * time.Minute
	db, err := store.OpenPostgres(t.Context(), address, storetest.Key, func() time.Time { return time.Now().Add(off).Round(0) })
	must(t, err)
	defer db.Close()
	if wrong := time.Since(db.Now()).Abs(); wrong > 5*time.Second {
		t.Errorf("it is %s wrong", wrong)
	}
}
