// Package storetest gives tests a database: SQLite in their own folder, or,
// where HAM_TEST_DATABASE names a PostgreSQL server on which databases may be
// made, one there. So every test of the server runs on both.
package storetest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"

	"hamconnect/server/internal/store"
)

// Variable names the server, as postgres://user@host:port/postgres.
const Variable = "HAM_TEST_DATABASE"

// Need gives the server, and skips the test where there is none.
func Need(tb testing.TB) (server string) {
	tb.Helper()
	if server = os.Getenv(Variable); server == "" {
		tb.Skip("needs PostgreSQL: name a server in $" + Variable)
	}
	return server
}

// Key seals the server's keys in tests.
var Key = store.NewKeySeal([]byte("a key of tests, which everybody may know"))

// Open opens the database that belongs to dir. It is closed by the caller.
func Open(tb testing.TB, dir string) (*store.DB, error) {
	tb.Helper()
	if address := Address(tb, dir); address != "" {
		return store.OpenPostgres(tb.Context(), address, Key, nil)
	}
	return store.Open(tb.Context(), dir)
}

var (
	mu   sync.Mutex // guards made
	made = map[string]bool{}
)

// Address is that of the PostgreSQL database that belongs to dir, which is made
// at the first call and dropped with the test; it is empty where SQLite is
// tested.
func Address(tb testing.TB, dir string) string {
	tb.Helper()
	server := os.Getenv(Variable)
	if server == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(dir))
	name := "ham_test_" + hex.EncodeToString(sum[:10])
	address, err := within(server, name)
	if err != nil {
		tb.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if made[dir] {
		return address
	}
	template, err := migrated(server)
	if err != nil {
		tb.Fatalf("making a template: %v", err)
	}
	if err := run(server, `CREATE DATABASE `+name+` TEMPLATE `+template); err != nil {
		tb.Fatalf("making a database: %v", err)
	}
	made[dir] = true
	tb.Cleanup(func() {
		mu.Lock()
		defer mu.Unlock()
		delete(made, dir)
		if err := run(server, `DROP DATABASE `+name+` WITH (FORCE)`); err != nil {
			tb.Errorf("dropping the database: %v", err)
		}
	})
	return address
}

func within(server, name string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", fmt.Errorf("$%s is no address", Variable)
	}
	u.Path = "/" + name
	return u.String(), nil
}

// migrated makes a database with all tables, once for a process: copying it
// is much faster than making them.
var migrated = func() func(server string) (string, error) {
	var once sync.Once
	name, failed := fmt.Sprintf("ham_template_%d", os.Getpid()), error(nil)
	return func(server string) (string, error) {
		once.Do(func() { failed = makeTemplate(server, name) })
		return name, failed
	}
}()

func makeTemplate(server, name string) error {
	if err := run(server, `DROP DATABASE IF EXISTS `+name); err != nil {
		return err
	}
	if err := run(server, `CREATE DATABASE `+name); err != nil {
		return err
	}
	address, err := within(server, name)
	if err != nil {
		return err
	}
	db, err := store.OpenPostgres(context.Background(), address, Key, nil)
	if err != nil {
		return err
	}
	return db.Close()
}

func run(server, statement string) error {
	db, err := sql.Open("pgx", server)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(context.Background(), statement)
	return err
}
