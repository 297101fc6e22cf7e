package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/postgres/*.sql
var postgresMigrations embed.FS

// OpenPostgres opens the database at a URL such as
// postgres://ham:secret@db.example/ham, and brings its tables up to date; of
// several nodes that start at once one does so, and the others wait. machine is
// this machine's clock, which need not be right; nil is time.Now.
func OpenPostgres(ctx context.Context, address string, seal *KeySeal, machine func() time.Time) (*DB, error) {
	// Two pools: a step that reads something else while it holds a connection
	// must find one, however many steps there are.
	reading, err := connections(address, maxReading)
	if err != nil {
		return nil, err
	}
	writing, err := connections(address, maxWriting)
	if err != nil {
		return nil, errors.Join(err, reading.Close())
	}
	if err := migratePostgres(ctx, writing); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the database: %w", hideAddress(err)), writing.Close(), reading.Close())
	}
	db := newDB(postgresReader{reading})
	db.seal = seal
	db.steps = &postgresSteps{db: writing, now: func() time.Time { return db.Now() }, changed: func(w Wake) { db.Changed(w) }}
	if machine == nil {
		machine = time.Now
	}
	db.clock = &databaseClock{machine: machine}
	if err := db.clock.ask(ctx, db); err != nil {
		return nil, errors.Join(hideAddress(err), db.Close())
	}
	db.Now = db.clock.now
	return db, nil
}

// Connections of one node; the database allows 100 in all unless it is told
// otherwise.
const (
	maxReading = 12
	maxWriting = 8
)

func connections(address string, most int) (*sql.DB, error) {
	// What the driver says of an address that it cannot read may hold the
	// password, and other forms than a URL cannot be shown without it.
	config, err := pgx.ParseConfig(address)
	if !strings.HasPrefix(address, "postgres://") && !strings.HasPrefix(address, "postgresql://") {
		return nil, errors.New("the database's address cannot be read: it must look like postgres://user:password@host/database")
	}
	if _, form := url.Parse(address); err != nil && form != nil {
		return nil, errors.New("the database's address cannot be read: it must look like postgres://user:password@host/database, with %2F for a / in the password, %3F for ? and %25 for %")
	}
	if err != nil {
		return nil, errors.New("the database's address names a port, an option or a file that cannot be used: look at what stands behind the host, such as sslmode, and whether the file of sslrootcert is there")
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(most)
	db.SetMaxIdleConns(most)
	db.SetConnMaxIdleTime(5 * time.Minute)
	db.SetConnMaxLifetime(30 * time.Minute) // an address that failed over is looked up again
	return db, nil
}

// migrationLock is the number of the lock under which tables are brought up to
// date: "ham" in ASCII.
const migrationLock = 0x68616d

func migratePostgres(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(postgresMigrations, "migrations/postgres")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files)
	if err != nil {
		return err
	}
	// The lock is a transaction's, not a session's: a pooler may give each
	// transaction another session.
	lock, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("waiting for another migration: %w", err)
	}
	defer lock.Rollback() //nolint:errcheck // it has changed nothing
	if _, err := lock.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, migrationLock); err != nil {
		return fmt.Errorf("waiting for another migration: %w", err)
	}
	return bringUp(ctx, provider)
}

type postgresReader struct{ db *sql.DB }

func (r postgresReader) close() error { return r.db.Close() }

func (r postgresReader) begin(ctx context.Context) (*sql.Tx, error) {
	return r.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
}

func (r postgresReader) holdsBytesInTexts() bool { return false }

// patience is how long the database may take: nobody waits longer for a page.
const patience = 2 * time.Second

func (r postgresReader) queryRow(ctx context.Context, query string, args ...any) *row {
	within, cancel := context.WithTimeout(ctx, patience)
	ask := func() *sql.Row { return r.db.QueryRowContext(within, query, plain(args)...) }
	return &row{row: ask(), again: ask, done: cancel}
}

func (r postgresReader) query(ctx context.Context, query string, args ...any) (*rows, error) {
	within, cancel := context.WithTimeout(ctx, patience)
	found, err := r.db.QueryContext(within, query, plain(args)...) //nolint:sqlclosecheck,rowserrcheck // collect does both
	if err != nil {
		cancel()
		return nil, asStoreError(err)
	}
	return &rows{Rows: found, done: cancel}, nil
}

// postgresSteps runs each step in a transaction of its own. They are
// serializable: a step sees the database as if it were alone, as with SQLite,
// and where two would contradict each other one of them begins anew.
type postgresSteps struct {
	db      *sql.DB
	now     func() time.Time
	changed func(Wake)
}

func (s *postgresSteps) close() error { return s.db.Close() }

const maxAttempts = 12

func (s *postgresSteps) write(ctx context.Context, do func(tx) error) error {
	return s.run(ctx, sql.LevelSerializable, do)
}

// sweep is not serializable. What a serializable step has read must not be
// written by another one that it does not see: to be sure of that the database
// remembers parts of indexes, and of many rows at the end of one it would
// remember so much that logins had to begin anew. Of a row that changes
// meanwhile each statement looks at its conditions again.
func (s *postgresSteps) sweep(ctx context.Context, do func(tx) error) error {
	return s.run(ctx, sql.LevelReadCommitted, do)
}

func (s *postgresSteps) run(ctx context.Context, isolation sql.IsolationLevel, do func(tx) error) (err error) {
	var wakes []Wake
	begun := time.Now()
	for attempt := range maxAttempts {
		if attempt > 0 {
			if err := pause(ctx, attempt); err != nil {
				return err
			}
		}
		var committing bool
		if wakes, committing, err = s.attempt(ctx, isolation, do); !again(err) && (committing || !broken(err)) || time.Since(begun) > patience {
			break
		}
	}
	if err == nil {
		for _, w := range wakes {
			s.changed(w)
		}
	}
	return err
}

// one is as steps wants it: a round trip in place of three. It is not tried
// again where its answer was lost.
func (s *postgresSteps) one(ctx context.Context, query string, args ...any) error {
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	_, err := s.db.ExecContext(within, query, plain(args)...)
	return asStoreError(err)
}

// several is as steps wants it: they go in one round trip, and as no other
// transaction was begun they are one.
func (s *postgresSteps) several(ctx context.Context, statements ...statement) error {
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	connection, err := s.db.Conn(within)
	if err != nil {
		return asStoreError(err)
	}
	defer connection.Close()
	var batch pgx.Batch
	for _, s := range statements {
		batch.Queue(s.query, plain(s.args)...)
	}
	return asStoreError(connection.Raw(func(driver any) error {
		return driver.(*stdlib.Conn).Conn().SendBatch(within, &batch).Close()
	}))
}

// swap is as steps wants it: a round trip in place of five, as what tells the
// other nodes is left by the same statement. That is as serializable as a
// transaction: it rests on one row, whose lock it holds while it looks.
func (s *postgresSteps) swap(ctx context.Context, topic, update string, args ...any) (swapped bool, err error) {
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	w := Wake{Topic: topic, At: micros(s.now())}
	query := fmt.Sprintf(`WITH changed AS (%s RETURNING 1),
		told AS (INSERT INTO wakes (at, topic) SELECT CAST($%d AS BIGINT), CAST($%d AS TEXT) FROM changed ON CONFLICT (at, topic) DO NOTHING)
		SELECT EXISTS (SELECT 1 FROM changed)`, update, len(args)+1, len(args)+2)
	err = asStoreError(s.db.QueryRowContext(within, query, plain(append(args, w.At, w.Topic))...).Scan(&swapped))
	if swapped {
		s.changed(w)
	}
	if again(err) {
		return false, nil // somebody else's step came first
	}
	return swapped, err
}

// attempt runs a step once, and reports whether it came as far as to commit: if
// that fails nobody knows what became of it. A context that ends meanwhile does
// not leave its fate open: it is committed all the same.
func (s *postgresSteps) attempt(ctx context.Context, isolation sql.IsolationLevel, do func(tx) error) (wakes []Wake, committing bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	t, err := s.db.BeginTx(within, &sql.TxOptions{Isolation: isolation})
	if err != nil {
		return nil, false, fmt.Errorf("beginning a transaction: %w", asStoreError(err))
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("store: a write panicked: %v", p)
		}
		if err != nil {
			_ = t.Rollback() // what failed is told already
		}
	}()
	var about []string
	if err := do(tx{postgresTx{within, t}, &about}); err != nil {
		return nil, false, err
	}
	if wakes, err = leave(postgresTx{within, t}, s.now(), about); err != nil {
		return nil, false, err
	}
	if err := t.Commit(); err != nil {
		return nil, true, fmt.Errorf("committing: %w", asStoreError(err))
	}
	return wakes, true, nil
}

// load copies the rows in, as pg_restore does.
func (s *postgresSteps) load(ctx context.Context, into table, rows [][]any, mark func(tx) error) (err error) {
	connection, err := s.db.Conn(ctx)
	if err != nil {
		return asStoreError(err)
	}
	defer connection.Close()
	t, err := connection.BeginTx(ctx, nil)
	if err != nil {
		return asStoreError(err)
	}
	defer t.Rollback() //nolint:errcheck // after the commit there is nothing to undo, and before it an error is told
	var about []string
	if err := mark(tx{postgresTx{ctx, t}, &about}); err != nil {
		return err
	}
	if len(rows) > 0 {
		err := connection.Raw(func(driver any) error {
			_, err := driver.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{into.name}, into.names(), pgx.CopyFromRows(rows))
			return err
		})
		if err != nil {
			return asStoreError(err)
		}
	}
	return asStoreError(t.Commit())
}

func (s *postgresSteps) settle(ctx context.Context) error {
	_, err := s.db.ExecContext(ctx, `ANALYZE`) // otherwise it plans for empty tables until it looks by itself
	return asStoreError(err)
}

// pause waits a little, longer each time, and not as long as others do.
func pause(ctx context.Context, attempt int) error {
	most := time.Millisecond << min(attempt, 6)
	timer := time.NewTimer(most/2 + rand.N(most)) //nolint:gosec // it only spreads
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

type postgresTx struct {
	ctx context.Context //nolint:containedctx // lives as long as the transaction
	tx  *sql.Tx
}

func (t postgresTx) exec(query string, args ...any) (changed int64, err error) {
	result, err := t.tx.ExecContext(t.ctx, query, plain(args)...)
	if err != nil {
		return 0, asStoreError(err)
	}
	return result.RowsAffected()
}

func (t postgresTx) queryRow(query string, args ...any) *row {
	return &row{row: t.tx.QueryRowContext(t.ctx, query, plain(args)...)}
}

func (t postgresTx) writable() error {
	var readOnly string
	if err := t.queryRow(`SELECT current_setting('transaction_read_only')`).Scan(&readOnly); err != nil {
		return err
	}
	if readOnly == "on" {
		return fmt.Errorf("%w: it is read-only", ErrUnavailable)
	}
	return nil
}

// plain gives arguments as both databases take them: a yes or no is a number,
// and a text of a type of ours is a text.
func plain(args []any) []any {
	out := make([]any, len(args))
	for i, a := range args {
		switch v := reflect.ValueOf(a); v.Kind() {
		case reflect.Bool:
			out[i] = int64(0)
			if v.Bool() {
				out[i] = int64(1)
			}
		case reflect.String:
			out[i] = v.String()
		case reflect.Int, reflect.Int64, reflect.Int32, reflect.Int16, reflect.Int8:
			out[i] = v.Int()
		default:
			out[i] = a
		}
	}
	return out
}
