package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
)

func open(t testing.TB) *DB {
	t.Helper()
	db, err := Open(t.Context(), t.TempDir()+"/data")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func set(name, value string) func(tx) error {
	return func(t tx) error {
		_, err := t.exec(`INSERT INTO settings (name, value) VALUES ($1, $2)`, name, value)
		return err
	}
}

// hold blocks the writer inside a step until release is called, which gives
// what came of the step.
func hold(db *DB) (release func() error) {
	inside, gate, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- db.write(context.Background(), func(tx) error {
			close(inside)
			<-gate
			return nil
		})
	}()
	<-inside
	return func() error {
		close(gate)
		return <-done
	}
}

// queued waits until n writes are in the queue behind one that is held.
func queued(db *DB, n int) {
	for len(db.steps.(*writer).queue) < n {
		runtime.Gosched() // the queue's length is all there is to look at
	}
}

func TestWritesThatQueueUpShareOneCommit(t *testing.T) {
	db := open(t)
	release := hold(db)
	const n = 100
	var visible [n]int // rows that others could see while step i ran
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			err := db.write(t.Context(), func(step tx) error {
				if err := set(fmt.Sprint("shared", i), "")(step); err != nil {
					return err
				}
				return db.queryRow(t.Context(), `SELECT COUNT(*) FROM settings WHERE name LIKE 'shared%'`).Scan(&visible[i])
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	queued(db, n)
	if err := release(); err != nil {
		t.Error(err)
	}
	all.Wait()
	for i, seen := range visible {
		if seen != 0 {
			t.Fatalf("step %d saw %d rows committed before it", i, seen)
		}
	}
	var rows int
	if err := db.queryRow(t.Context(), `SELECT COUNT(*) FROM settings WHERE name LIKE 'shared%'`).Scan(&rows); err != nil || rows != n {
		t.Fatalf("%d rows after it (%v)", rows, err)
	}
}

func TestAStepThatFailsUndoesItsOwnWritesAndNobodyElses(t *testing.T) {
	db := open(t)
	release := hold(db)
	broken := errors.New("broken")
	steps := map[string]struct {
		do   func(tx) error
		want func(error) bool
	}{
		"good 1": {set("good 1", "x"), func(err error) bool { return err == nil }},
		"refuses after its write": {
			func(step tx) error { return errors.Join(set("undone 1", "x")(step), broken) },
			func(err error) bool { return errors.Is(err, broken) },
		},
		"panics after its write": {
			func(step tx) error {
				if err := set("undone 2", "x")(step); err != nil {
					return err
				}
				panic("oh no")
			},
			func(err error) bool { return err != nil && strings.Contains(err.Error(), "oh no") },
		},
		"breaks a constraint after its write": {
			func(step tx) error { return errors.Join(set("undone 3", "x")(step), set("undone 3", "y")(step)) },
			func(err error) bool { return errors.Is(err, ErrExists) },
		},
		"sends nonsense after its write": {
			func(step tx) error {
				_, err := step.exec(`INSERT INTO nowhere VALUES (1)`)
				return errors.Join(set("undone 4", "x")(step), err)
			},
			func(err error) bool { return err != nil },
		},
		"good 2": {set("good 2", "x"), func(err error) bool { return err == nil }},
	}
	var all sync.WaitGroup
	for name, step := range steps {
		all.Go(func() {
			if err := db.write(t.Context(), step.do); !step.want(err) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	queued(db, len(steps))
	if err := release(); err != nil {
		t.Error(err)
	}
	all.Wait()
	for _, name := range []string{"good 1", "good 2"} {
		if _, err := db.Setting(t.Context(), name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := 1; i <= 4; i++ {
		if _, err := db.Setting(t.Context(), fmt.Sprint("undone ", i)); !errors.Is(err, ErrNotFound) {
			t.Errorf("undone %d: %v", i, err)
		}
	}
	if err := db.Set(t.Context(), "after", "x"); err != nil {
		t.Errorf("a write after it: %v", err)
	}
}

func TestAWriteWhoseCallerLeavesBeforeItBeginsIsWithdrawn(t *testing.T) {
	db := open(t)
	release := hold(db)
	ctx, leave := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- db.Set(ctx, "withdrawn", "x") }()
	queued(db, 1)
	leave()
	if err := release(); err != nil {
		t.Error(err)
	}
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("it was told %v", err)
	}
	if _, err := db.Setting(t.Context(), "withdrawn"); !errors.Is(err, ErrNotFound) {
		t.Errorf("and it was written (%v)", err)
	}
	if err := db.Set(ctx, "withdrawn", "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("one that begins with a dead context: %v", err)
	}
}

func TestClosingFinishesWhatIsQueuedAndRefusesWhatComesAfter(t *testing.T) {
	dir := t.TempDir() + "/data"
	db, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	release := hold(db)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			if err := db.Set(t.Context(), fmt.Sprint("queued ", i), "x"); err != nil {
				t.Errorf("a queued write: %v", err)
			}
		})
	}
	queued(db, 20)
	closed := make(chan error, 1)
	go func() { closed <- db.Close() }()
	if err := release(); err != nil {
		t.Error(err)
	}
	all.Wait()
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	if err := db.Set(t.Context(), "late", "x"); !errors.Is(err, errClosed) {
		t.Errorf("a late write: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
	again, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	for i := range 20 {
		if _, err := again.Setting(t.Context(), fmt.Sprint("queued ", i)); err != nil {
			t.Errorf("queued %d did not survive: %v", i, err)
		}
	}
}

func TestAFullDiskFailsWritesAndLosesNone(t *testing.T) {
	db := open(t)
	if err := db.Set(t.Context(), "before", "x"); err != nil {
		t.Fatal(err)
	}
	pages := func(limit string) {
		t.Helper()
		err := db.write(t.Context(), func(step tx) error {
			var n int
			return step.queryRow(`PRAGMA max_page_count = ` + limit).Scan(&n)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	pages("1") // SQLite takes the present size for it
	release := hold(db)
	told := make([]error, 40)
	var all sync.WaitGroup
	for i := range told {
		all.Go(func() { told[i] = db.Set(t.Context(), fmt.Sprint("big ", i), strings.Repeat("x", 3000)) })
	}
	queued(db, len(told))
	if err := release(); err == nil {
		t.Error("a step before the lost ones was told that it is written")
	}
	all.Wait()
	failed := 0
	for i, err := range told {
		_, missing := db.Setting(t.Context(), fmt.Sprint("big ", i))
		if err != nil {
			failed++
		}
		if (err == nil) != (missing == nil) {
			t.Errorf("write %d was told %v, and reading it says %v", i, err, missing)
		}
	}
	if failed == 0 {
		t.Error("nothing failed: the disk was not full")
	}
	pages("1000000")
	if err := db.Set(t.Context(), "after", "x"); err != nil {
		t.Errorf("after it there is room again: %v", err)
	}
	if _, err := db.Setting(t.Context(), "before"); err != nil {
		t.Error(err)
	}
}
