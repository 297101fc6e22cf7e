package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// maxBatch bounds how many writes share one commit.
const maxBatch = 256

// writer lets concurrent writes share commits: one goroutine owns the only
// writing connection, runs whatever has queued up in one transaction, each
// write inside its own savepoint, and answers all of them once the commit is
// on the disk. While a commit waits for the disk the next batch gathers.
type writer struct {
	connection *sql.Conn
	statements map[string]*sql.Stmt // used by the goroutine of run only
	queue      chan *write
	done       chan struct{} // closed when run has returned
	changed    func(userID string)

	mu     sync.RWMutex // guards closed; held for reading while a write enters the queue
	closed bool
}

// write is one step that waits for its commit.
type write struct {
	ctx      context.Context //nolint:containedctx // the caller's, looked at until the step begins
	do       func(tx) error
	about    []string   // users whose account it changes; see tx.tell
	finished chan error // buffered: the answer is never waited for
}

var errClosed = errors.New("store: closed")

// errLost says that the database gave up the whole transaction, as SQLite does
// on a full disk. What came before the step that failed is gone with it.
var errLost = errors.New("store: the transaction is lost")

func newWriter(connection *sql.Conn, changed func(userID string)) *writer {
	w := &writer{
		connection: connection,
		changed:    changed,
		statements: map[string]*sql.Stmt{},
		queue:      make(chan *write, maxBatch),
		done:       make(chan struct{}),
	}
	go w.run()
	return w
}

// write runs do inside a transaction and returns when it is committed. An
// error of do undoes what it wrote, and is returned. A ctx that ends before
// the step begins withdraws it; after that the step runs to its end.
func (db *DB) write(ctx context.Context, do func(tx) error) error {
	step := &write{ctx: ctx, do: do, finished: make(chan error, 1)}
	if err := db.writer.enqueue(step); err != nil {
		return err
	}
	return <-step.finished
}

func (w *writer) enqueue(step *write) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return errClosed
	}
	select {
	case w.queue <- step:
		return nil
	case <-step.ctx.Done():
		return step.ctx.Err()
	}
}

func (w *writer) close() error {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return nil
	}
	w.closed = true
	close(w.queue)
	w.mu.Unlock()
	<-w.done
	return w.connection.Close()
}

func (w *writer) run() {
	defer close(w.done)
	for first := range w.queue {
		w.commit(first)
	}
}

// commit runs first and what has queued up behind it.
func (w *writer) commit(first *write) {
	t := tx{w: w, ctx: context.Background()}
	if _, err := t.exec(`BEGIN IMMEDIATE`); err != nil {
		// Whoever waits has waited long enough: the next one would wait as long.
		for step := first; step != nil; step = w.next(0) {
			step.finished <- fmt.Errorf("beginning a transaction: %w", err)
		}
		return
	}
	batch := make([]*write, 0, maxBatch)
	for step := first; step != nil; step = w.next(len(batch)) {
		err := w.attempt(t, step)
		if err == nil {
			batch = append(batch, step)
			continue
		}
		step.finished <- err
		if errors.Is(err, errLost) {
			_ = t.rollback() // there may be nothing left to roll back
			answer(batch, err)
			return
		}
	}
	_, err := t.exec(`COMMIT`)
	if err != nil {
		err = errors.Join(fmt.Errorf("committing: %w", err), t.rollback())
	}
	answer(batch, err)
	if err == nil {
		w.announce(batch)
	}
}

// announce wakes whoever follows an account that the batch has changed.
func (w *writer) announce(batch []*write) {
	for _, step := range batch {
		for _, userID := range step.about {
			w.changed(userID)
		}
	}
}

func answer(batch []*write, err error) {
	for _, step := range batch {
		step.finished <- err
	}
}

// next gives a step that is waiting already, or nil.
func (w *writer) next(taken int) *write {
	if taken >= maxBatch {
		return nil
	}
	select {
	case step := <-w.queue:
		return step // nil once the queue is closed and empty
	default:
		return nil
	}
}

// attempt runs one step inside a savepoint, so that its failure undoes its own
// writes and nobody else's.
func (w *writer) attempt(t tx, step *write) (err error) {
	if err := step.ctx.Err(); err != nil {
		return err
	}
	if _, err := t.exec(`SAVEPOINT step`); err != nil {
		return err
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("store: a write panicked: %v", p)
		}
		if err != nil {
			if _, undo := t.exec(`ROLLBACK TO step`); undo != nil {
				err = errors.Join(err, errLost, undo)
				return
			}
		}
		if _, release := t.exec(`RELEASE step`); release != nil {
			err = errors.Join(err, errLost, release)
		}
	}()
	t.step = step
	return step.do(t)
}

// tx is a transaction as a step sees it.
type tx struct {
	w    *writer
	ctx  context.Context //nolint:containedctx // lives as long as the transaction
	step *write
}

// tell says that the step changes what userID sees of their account.
func (t tx) tell(userID string) {
	if !slices.Contains(t.step.about, userID) {
		t.step.about = append(t.step.about, userID)
	}
}

func (t tx) exec(query string, args ...any) (changed int64, err error) {
	statement, err := t.statement(query)
	if err != nil {
		return 0, err
	}
	result, err := statement.ExecContext(t.ctx, args...)
	if err != nil {
		return 0, asStoreError(err)
	}
	return result.RowsAffected()
}

func (t tx) queryRow(query string, args ...any) *row {
	statement, err := t.statement(query)
	if err != nil {
		return &row{err: err}
	}
	return &row{row: statement.QueryRowContext(t.ctx, args...)}
}

func (t tx) statement(query string) (*sql.Stmt, error) {
	if s, ok := t.w.statements[query]; ok {
		return s, nil
	}
	s, err := t.w.connection.PrepareContext(t.ctx, query)
	if err != nil {
		return nil, err
	}
	t.w.statements[query] = s
	return s, nil
}

func (t tx) rollback() error {
	_, err := t.exec(`ROLLBACK`)
	return err
}
