package store

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

// The tables are the same on both databases; what their types are called is
// not. PostgreSQL compares texts as bytes, as SQLite does, and not as some
// language sorts them.
func TestBothDatabasesHaveTheSameTables(t *testing.T) {
	names, err := fs.Glob(sqliteMigrations, "migrations/sqlite/*.sql")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d migrations (%v)", len(names), err)
	}
	others, err := fs.Glob(postgresMigrations, "migrations/postgres/*.sql")
	if err != nil || len(others) != len(names) {
		t.Errorf("%d migrations on PostgreSQL, %d on SQLite (%v)", len(others), len(names), err)
	}
	word := func(text, from, to string) string {
		return regexp.MustCompile(`\b`+from+`\b`).ReplaceAllString(text, to)
	}
	for _, name := range names {
		ours, err := fs.ReadFile(sqliteMigrations, name)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := fs.ReadFile(postgresMigrations, strings.Replace(name, "sqlite", "postgres", 1))
		if err != nil {
			t.Fatal(err)
		}
		want := strings.ReplaceAll(word(word(word(string(ours), "TEXT", `TEXT COLLATE "C"`), "BLOB", "BYTEA"), "INTEGER", "BIGINT"), ") WITHOUT ROWID;", ");")
		if string(theirs) != want {
			t.Errorf("%s is not the same on PostgreSQL", name)
		}
	}
}
