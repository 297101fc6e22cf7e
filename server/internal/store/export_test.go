package store

import (
	"context"
	"sync"
	"testing"
)

// Work is what a database was asked to do.
type Work struct {
	mu    sync.Mutex
	Reads []string // the statements
	Steps int      // that write
}

// Take gives what was done since the last time.
func (w *Work) Take() (reads []string, steps int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	reads, steps = w.Reads, w.Steps
	w.Reads, w.Steps = nil, 0
	return reads, steps
}

func (w *Work) read(statement string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Reads = append(w.Reads, statement)
}

func (w *Work) step() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Steps++
}

// Watch notes all work of db, which nobody may use yet.
func Watch(db *DB) *Work {
	w := &Work{}
	db.reader, db.steps = watchedReader{db.reader, w}, watchedSteps{db.steps, w}
	return w
}

type watchedReader struct {
	reader
	work *Work
}

func (r watchedReader) queryRow(ctx context.Context, query string, args ...any) *row {
	r.work.read(query)
	return r.reader.queryRow(ctx, query, args...)
}

func (r watchedReader) query(ctx context.Context, query string, args ...any) (*rows, error) {
	r.work.read(query)
	return r.reader.query(ctx, query, args...)
}

type watchedSteps struct {
	steps
	work *Work
}

func (s watchedSteps) write(ctx context.Context, do func(tx) error) error {
	s.work.step()
	return s.steps.write(ctx, do)
}

func (s watchedSteps) one(ctx context.Context, query string, args ...any) error {
	s.work.step()
	return s.steps.one(ctx, query, args...)
}

func (s watchedSteps) several(ctx context.Context, statements ...statement) error {
	s.work.step()
	return s.steps.several(ctx, statements...)
}

func (s watchedSteps) swap(ctx context.Context, topic, update string, args ...any) (bool, error) {
	s.work.step()
	return s.steps.swap(ctx, topic, update, args...)
}

// Plan is how SQLite would look for what a statement reads.
func Plan(t testing.TB, db *DB, statement string, args ...any) (plan []string) {
	t.Helper()
	rows, err := db.query(t.Context(), `EXPLAIN QUERY PLAN `+statement, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan
}

// Count is how many rows a table has.
func Count(t testing.TB, db *DB, table string) (n int) {
	t.Helper()
	if err := db.queryRow(t.Context(), `SELECT COUNT(*) FROM `+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
