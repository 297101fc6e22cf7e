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
	"time"

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
	db := &DB{Now: time.Now, Changed: func(string) {}, OpenID: func(string, string) string { return "" }, pool: reading, statements: map[string]*sql.Stmt{}}
	db.writer = newWriter(connection, func(userID string) { db.Changed(userID) })
	return db, nil
}

func sqliteDSN(path string, more ...string) string {
	pragmas := append([]string{
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)",
		"foreign_keys(1)", "trusted_schema(0)", "cache_size(-8000)", "journal_size_limit(67108864)",
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
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrating: %w", err)
	}
	return nil
}

// asStoreError names the errors that callers ask for.
func asStoreError(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE:
		return ErrExists
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return ErrNotFound
	}
	return err
}
