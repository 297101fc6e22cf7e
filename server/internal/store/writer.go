package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
)

// maxBatch bounds how many writes share one commit.
const maxBatch = 256

// writer lets concurrent writes share commits: one goroutine owns the only
// writing connection, runs whatever has queued up in one transaction, each
// write inside its own savepoint, and answers all of them once the commit is
// on the disk. While a commit waits for the disk the next batch gathers.
type writer struct {
	db         *sql.DB // has connection alone, and is closed with it
	connection *sql.Conn
	statements map[string]*sql.Stmt // used by the goroutine of run only
	queue      chan *write
	done       chan struct{} // closed when run has returned
	changed    func(topic string)

	mu     sync.RWMutex // guards closed; held for reading while a write enters the queue
	closed bool
}

// write is one step that waits for its commit.
type write struct {
	ctx      context.Context //nolint:containedctx // the caller's, looked at until the step begins
	do       func(tx) error
	about    []string   // topics of what it changes; see tx.tell
	refusal  error      // what became of it in the batch; it counts once that is committed
	finished chan error // buffered: the answer is never waited for
}

var errClosed = errors.New("store: closed")

// errLost says that the database gave up the whole transaction, as SQLite does
// on a full disk. What came before the step that failed is gone with it.
var errLost = errors.New("store: the transaction is lost")

func newWriter(db *sql.DB, connection *sql.Conn, changed func(topic string)) *writer {
	w := &writer{
		db:         db,
		connection: connection,
		changed:    changed,
		statements: map[string]*sql.Stmt{},
		queue:      make(chan *write, maxBatch),
		done:       make(chan struct{}),
	}
	go w.run()
	return w
}

// write is as steps wants it. A ctx that ends before the step begins withdraws
// it; after that the step runs to its end.
func (w *writer) write(ctx context.Context, do func(tx) error) error {
	step := &write{ctx: ctx, do: do, finished: make(chan error, 1)}
	if err := w.enqueue(step); err != nil {
		return err
	}
	return <-step.finished
}

// sweep is a step like any other: one runs at a time anyway.
func (w *writer) sweep(ctx context.Context, do func(tx) error) error { return w.write(ctx, do) }

// fillFast is for a connection that fills the database: rows come in no order
// of the indexes, whose pages are best changed many times before they are
// written.
var fillFast = []string{`PRAGMA cache_size = -131072`, `PRAGMA wal_autocheckpoint = 16000`}

func (w *writer) load(ctx context.Context, into table, rows [][]any, mark func(tx) error) error {
	insert := into.insert()
	return w.write(ctx, func(t tx) error {
		for _, pragma := range fillFast {
			if _, err := t.exec(pragma); err != nil {
				return err
			}
		}
		if err := mark(t); err != nil {
			return err
		}
		for _, row := range rows {
			if _, err := t.exec(insert, row...); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *writer) settle(context.Context) error { return nil } // it plans without statistics

// one is as steps wants it: here it costs no less than any other.
func (w *writer) one(ctx context.Context, query string, args ...any) error {
	return w.write(ctx, func(t tx) error {
		_, err := t.exec(query, args...)
		return err
	})
}

// several is as steps wants it.
func (w *writer) several(ctx context.Context, statements ...statement) error {
	return w.write(ctx, func(t tx) error {
		for _, s := range statements {
			if _, err := t.exec(s.query, s.args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// swap is as steps wants it.
func (w *writer) swap(ctx context.Context, topic, update string, args ...any) (swapped bool, err error) {
	err = w.write(ctx, func(t tx) error {
		n, err := t.exec(update, args...)
		if swapped = err == nil && n == 1; swapped {
			t.tell(topic)
		}
		return err
	})
	return swapped, err
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
	var err error
	for _, s := range w.statements { // SQLite closes no connection that has any
		err = errors.Join(err, s.Close())
	}
	return errors.Join(err, w.connection.Close(), w.db.Close())
}

func (w *writer) run() {
	defer close(w.done)
	for first := range w.queue {
		w.commit(first)
	}
}

// commit runs first and what has queued up behind it.
func (w *writer) commit(first *write) {
	t := batch{w}
	if _, err := t.exec(`BEGIN IMMEDIATE`); err != nil {
		// Whoever waits has waited long enough: the next one would wait as long.
		for step := first; step != nil; step = w.next(0) {
			step.finished <- fmt.Errorf("beginning a transaction: %w", err)
		}
		return
	}
	done := make([]*write, 0, maxBatch)
	for step := first; step != nil; step = w.next(len(done)) {
		step.refusal = w.attempt(t, step)
		done = append(done, step)
		if errors.Is(step.refusal, errLost) {
			_ = t.rollback() // there may be nothing left to roll back
			answer(done, step.refusal)
			return
		}
	}
	_, err := t.exec(`COMMIT`)
	if err != nil {
		err = errors.Join(fmt.Errorf("committing: %w", err), t.rollback())
	}
	answer(done, err)
	if err == nil {
		w.announce(done)
	}
}

// announce wakes whoever follows what was changed.
func (w *writer) announce(done []*write) {
	for _, step := range done {
		if step.refusal != nil {
			continue
		}
		for _, topic := range step.about {
			w.changed(topic)
		}
	}
}

// answer tells everybody what became of their step. Who was refused hears of it
// now and no earlier: it may be for what another one of these has written, which
// nobody can read before it is committed.
func answer(done []*write, err error) {
	for _, step := range done {
		if err == nil {
			step.finished <- step.refusal
		} else {
			step.finished <- err
		}
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
func (w *writer) attempt(t batch, step *write) (err error) {
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
	return step.do(tx{t, &step.about})
}

// batch is the transaction that steps share.
type batch struct{ w *writer }

func (b batch) exec(query string, args ...any) (changed int64, err error) {
	statement, err := b.statement(query)
	if err != nil {
		return 0, err
	}
	result, err := statement.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, asStoreError(err)
	}
	return result.RowsAffected()
}

func (b batch) queryRow(query string, args ...any) *row {
	statement, err := b.statement(query)
	if err != nil {
		return &row{err: err}
	}
	return &row{row: statement.QueryRowContext(context.Background(), args...)}
}

func (b batch) writable() error { return nil } // it has begun to write already

func (b batch) statement(query string) (*sql.Stmt, error) {
	if s, ok := b.w.statements[query]; ok {
		return s, nil
	}
	s, err := b.w.connection.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	b.w.statements[query] = s
	return s, nil
}

func (b batch) rollback() error {
	_, err := b.exec(`ROLLBACK`)
	return err
}
