package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/gofrs/flock"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

//go:embed migrations/sqlite/*.sql
var sqliteMigrations embed.FS

// openSQLite opens one connection for writing and a pool for reading. WAL lets
// them go side by side, synchronous=FULL keeps every commit through a power
// cut, and the busy timeout lets a command work beside a running server.
func openSQLite(ctx context.Context, dir string) (*DB, error) {
	path := filepath.Join(dir, databaseFile)
	if err := migrateSQLite(ctx, path); err != nil {
		return nil, err
	}
	writing, err := sql.Open("sqlite", sqliteDSN(path))
	if err != nil {
		return nil, err
	}
	writing.SetMaxOpenConns(1)
	connection, err := writing.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, writing.Close())
	}
	reading, err := sql.Open("sqlite", sqliteDSN(path, "query_only(1)"))
	if err != nil {
		return nil, errors.Join(err, writing.Close())
	}
	readers := max(4, 2*runtime.GOMAXPROCS(0))
	reading.SetMaxOpenConns(readers)
	reading.SetMaxIdleConns(readers)
	db := newDB(&pool{DB: reading, statements: map[string]*sql.Stmt{}})
	db.steps = newWriter(writing, connection, func(topic string) { db.Changed(Wake{Topic: topic}) })
	return db, nil
}

func sqliteDSN(path string, more ...string) string {
	pragmas := append([]string{
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)",
		"foreign_keys(1)", "trusted_schema(0)", "cache_size(-8000)", "journal_size_limit(67108864)",
		// 32 MB in place of 4: in a large table each row that comes or goes is on
		// pages of its own, and every few commits would wait for a checkpoint.
		"wal_autocheckpoint(8000)",
	}, more...)
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + url.Values{"_pragma": pragmas}.Encode()
}

// migrateSQLite runs what is missing, one process at a time.
func migrateSQLite(ctx context.Context, path string) error {
	lock := flock.New(path+".migrate", flock.SetPermissions(0o600))
	if err := lock.Lock(); err != nil {
		return fmt.Errorf("waiting for another migration: %w", err)
	}
	defer lock.Unlock() //nolint:errcheck // the process's end would unlock it as well
	files, err := fs.Sub(sqliteMigrations, "migrations/sqlite")
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", sqliteDSN(path))
	if err != nil {
		return err
	}
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return err
	}
	return bringUp(ctx, provider)
}

// pool reads through statements that are prepared once.
type pool struct {
	*sql.DB

	mu         sync.Mutex // guards statements
	statements map[string]*sql.Stmt
}

func (p *pool) close() error { return p.Close() }

func (p *pool) begin(ctx context.Context) (*sql.Tx, error) { return p.BeginTx(ctx, nil) }

func (p *pool) holdsBytesInTexts() bool { return true }

func (p *pool) queryRow(ctx context.Context, query string, args ...any) *row {
	statement, err := p.statement(ctx, query)
	if err != nil {
		return &row{err: err}
	}
	return &row{row: statement.QueryRowContext(ctx, args...)}
}

func (p *pool) query(ctx context.Context, query string, args ...any) (*rows, error) {
	statement, err := p.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	found, err := statement.QueryContext(ctx, args...) //nolint:sqlclosecheck,rowserrcheck // collect does both
	if err != nil {
		return nil, asStoreError(err)
	}
	return &rows{Rows: found}, nil
}

func (p *pool) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s, ok := p.statements[query]; ok {
		return s, nil
	}
	s, err := p.PrepareContext(context.WithoutCancel(ctx), query)
	if err != nil {
		return nil, err
	}
	p.statements[query] = s
	return s, nil
}

// asStoreError names the errors that callers ask for.
func asStoreError(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return asPostgresError(err)
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE:
		return ErrExists
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return ErrNotFound
	}
	switch e.Code() & 0xff { // the primary code of an extended one
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}
