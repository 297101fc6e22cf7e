// Package store keeps what must outlive the process, in one SQL database. It
// has a file per subject; dialect_sqlite.go holds what a database does in its
// own way, writer.go how concurrent writes share a commit.
//
// A public method is one atomic step: it owns its transaction. Where a rule
// decides what is written, the rule comes in as a function that sees the row
// as it is inside the transaction.
package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrNotFound is returned where a row that is named does not exist.
var ErrNotFound = errors.New("store: not found")

// ErrExists is returned where a new row's key is taken.
var ErrExists = errors.New("store: exists already")

// ErrUnavailable is returned where the database does not answer, or cannot
// write: it is slow, full, failing over or gone. What was asked has not
// happened, unless the answer to its commit was lost.
var ErrUnavailable = errors.New("store: the database does not answer")

// DB is the open database. Its methods may be called concurrently.
type DB struct {
	// Now is the clock: the machine's where one process has the database for
	// itself, else the database's. Open sets it.
	Now func() time.Time

	// Changed is told, after the commit, what looks different now. It must not
	// block; Open sets one that does nothing.
	Changed func(Wake)

	// OpenID is how a client knows a user. Open sets one that gives nothing.
	OpenID func(clientID, userID string) string

	reader
	steps steps
	seal  *KeySeal       // nil where the database is the server's own file
	clock *databaseClock // nil likewise
}

// reader is what reads: outside transactions, many at a time.
type reader interface {
	queryRow(ctx context.Context, query string, args ...any) *row
	query(ctx context.Context, query string, args ...any) (*rows, error)

	// begin gives a transaction that sees the database as it is at its first
	// reading, however long it takes.
	begin(ctx context.Context) (*sql.Tx, error)

	// holdsBytesInTexts reports whether a text may be any bytes.
	holdsBytesInTexts() bool
	close() error
}

// steps runs what writes, each step in a transaction.
type steps interface {
	// write runs do and returns when what it wrote is committed, and who is
	// concerned is told. An error of do undoes what it wrote, and is returned.
	// do may run more than once, of which the last time counts.
	write(ctx context.Context, do func(tx) error) error

	// sweep is write for a step that removes what nobody may use any more. It
	// does not stand in the way of other steps, nor they in its.
	sweep(ctx context.Context, do func(tx) error) error

	// one is a step of one statement, which rests on nothing that it has read
	// and changes nothing that anybody follows.
	one(ctx context.Context, query string, args ...any) error

	// several is one for several statements: all happen, or none.
	several(ctx context.Context, statements ...statement) error

	// swap is a step of one statement that changes one row, as long as that is
	// what the statement says was read of it, and tells those who follow topic. It
	// reports whether it was.
	swap(ctx context.Context, topic, update string, args ...any) (bool, error)

	// load runs mark and then adds many rows to a table, in one transaction that
	// may take long.
	load(ctx context.Context, into table, rows [][]any, mark func(tx) error) error

	// settle tells the database that it was filled.
	settle(ctx context.Context) error
	close() error
}

// statement is one with its arguments.
type statement struct {
	query string
	args  []any
}

// tx is a transaction as a step sees it.
type tx struct {
	transaction
	about *[]string // topics of what the step changes
}

type transaction interface {
	exec(query string, args ...any) (changed int64, err error)
	queryRow(query string, args ...any) *row
	writable() error // reports a database that answers and takes no writes
}

// tell says that the step changes what those see who follow topic.
func (t tx) tell(topic string) {
	if !slices.Contains(*t.about, topic) {
		*t.about = append(*t.about, topic)
	}
}

func newDB(r reader) *DB {
	return &DB{
		Now: time.Now, Changed: func(Wake) {}, OpenID: func(string, string) string { return "" }, reader: r,
	}
}

func (db *DB) write(ctx context.Context, do func(tx) error) error { return db.steps.write(ctx, do) }

// Open opens the database in the data folder dir, makes both where they do not
// exist, and brings the tables up to date. A folder or file that others could
// read is refused with a *ModeError.
func Open(ctx context.Context, dir string) (*DB, error) {
	if err := prepareFolder(dir); err != nil {
		return nil, err
	}
	db, err := openSQLite(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("opening the database in %s: %w", dir, err)
	}
	return db, nil
}

// Close finishes the writes under way and closes the database.
func (db *DB) Close() error {
	return errors.Join(db.steps.close(), db.reader.close())
}

// Ping reports whether the database answers, to a read and to a write.
func (db *DB) Ping(ctx context.Context) error {
	var one int
	if err := db.queryRow(ctx, `SELECT 1`).Scan(&one); err != nil {
		return fmt.Errorf("reading: %w", err)
	}
	return db.write(ctx, func(t tx) error { return t.writable() })
}

// row is sql.Row with ErrNotFound in place of sql.ErrNoRows.
type row struct {
	row   *sql.Row
	err   error
	again func() *sql.Row // asks once more over another connection; nil where that cannot be
	done  func()          // called once the row was read; nil if nothing is to be done then
}

func (r *row) Scan(into ...any) error {
	if r.err != nil {
		return r.err
	}
	if r.done != nil {
		defer r.done()
	}
	err := asStoreError(r.row.Scan(into...))
	if r.again != nil && broken(err) {
		err = asStoreError(r.again().Scan(into...))
	}
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// rows are sql.Rows that must be closed.
type rows struct {
	*sql.Rows
	done func() // called once they are closed; nil if nothing is to be done then
}

func (r *rows) close() {
	_ = r.Close() // what went wrong is in Err
	if r.done != nil {
		r.done()
	}
}

// scanner is what a single row and a row of many have in common.
type scanner interface{ Scan(into ...any) error }

// micros is how a time is stored.
func micros(t time.Time) int64 { return t.UnixMicro() }

// microTime reads a stored time.
type microTime struct{ to *time.Time }

func (m microTime) Scan(from any) error {
	n, ok := from.(int64)
	if !ok {
		return fmt.Errorf("a time is stored as %T", from)
	}
	*m.to = time.UnixMicro(n).UTC()
	return nil
}

// asJSON is how lists and frozen values are stored.
func asJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("store: %T cannot be stored: %v", v, err)) // our own plain types only
	}
	return string(text)
}

// fromJSON reads what asJSON wrote.
type fromJSON struct{ to any }

func (j fromJSON) Scan(from any) error {
	switch text := from.(type) {
	case string:
		return json.Unmarshal([]byte(text), j.to)
	case []byte:
		return json.Unmarshal(text, j.to)
	}
	return fmt.Errorf("JSON is stored as %T", from)
}

// hashColumn reads a stored SHA-256.
type hashColumn struct{ to *[32]byte }

func (h hashColumn) Scan(from any) error {
	b, ok := from.([]byte)
	if !ok || len(b) != len(h.to) {
		return fmt.Errorf("a hash is stored as %d bytes of %T", len(b), from)
	}
	copy(h.to[:], b)
	return nil
}
