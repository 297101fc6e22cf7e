package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/pressly/goose/v3"
)

// schema is what the migrations make, the same on both databases.
type schema struct {
	version int64
	tables  []table // those that others refer to come first
}

// table is one of them.
type table struct {
	name    string
	columns []column
	key     []string // the primary key's columns, in its order
	refers  []string // tables
}

type column struct {
	name string
	kind string // TEXT, BLOB or INTEGER
}

// staying are the tables that say what nodes on this database are doing at the
// moment. Nodes on another one do something else.
var staying = []string{"goose_db_version", "wakes", "leases"}

// tables asks a database that the migrations have just made: so no table can be
// forgotten in an export.
var tables = sync.OnceValues(func() (*schema, error) {
	s, err := readSchema(context.Background())
	if err != nil {
		return nil, fmt.Errorf("listing the tables: %w", err)
	}
	return s, nil
})

func readSchema(ctx context.Context) (*schema, error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // each has a database of its own
	files, err := fs.Sub(sqliteMigrations, "migrations/sqlite")
	if err != nil {
		return nil, err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return nil, err
	}
	if _, err := provider.Up(ctx); err != nil {
		return nil, err
	}
	s := &schema{}
	if s.version, err = provider.GetDBVersion(ctx); err != nil {
		return nil, err
	}
	names, err := texts(ctx, db, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY rowid`)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if slices.Contains(staying, name) {
			continue
		}
		t := table{name: name}
		columns, err := texts(ctx, db, `SELECT name || ' ' || type FROM pragma_table_info($1) ORDER BY cid`, name)
		if err != nil {
			return nil, err
		}
		for _, c := range columns {
			name, kind, _ := strings.Cut(c, " ")
			if kind == "BIGINT" {
				kind = "INTEGER"
			}
			t.columns = append(t.columns, column{name, kind})
		}
		if t.key, err = texts(ctx, db, `SELECT name FROM pragma_table_info($1) WHERE pk > 0 ORDER BY pk`, name); err != nil {
			return nil, err
		}
		if t.refers, err = texts(ctx, db, `SELECT DISTINCT "table" FROM pragma_foreign_key_list($1)`, name); err != nil {
			return nil, err
		}
		s.tables = append(s.tables, t)
	}
	return s, s.sort()
}

func texts(ctx context.Context, db *sql.DB, query string, args ...any) (all []string, err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		all = append(all, text)
	}
	return all, rows.Err()
}

// sort puts each table behind those that it refers to.
func (s *schema) sort() error {
	var sorted []table
	has := func(name string) bool {
		return slices.ContainsFunc(sorted, func(t table) bool { return t.name == name })
	}
	for rest := s.tables; len(rest) > 0; {
		i := slices.IndexFunc(rest, func(t table) bool {
			return !slices.ContainsFunc(t.refers, func(name string) bool { return !has(name) })
		})
		if i < 0 || len(rest[i].key) == 0 {
			return fmt.Errorf("table %s has no primary key, or refers to itself in a circle", rest[max(i, 0)].name)
		}
		sorted = append(sorted, rest[i])
		rest = slices.Delete(slices.Clone(rest), i, i+1)
	}
	s.tables = sorted
	return nil
}

func (t table) names() (names []string) {
	for _, c := range t.columns {
		names = append(names, c.name)
	}
	return names
}

// The queries are made of names that the migrations give, and of nothing else.

// list quotes names, as some mean something to one of the databases.
func list(names []string) string { return `"` + strings.Join(names, `", "`) + `"` }

func (t table) from() string {
	if t.name == "settings" {
		return ` FROM settings WHERE name <> '` + unfinishedSetting + `'`
	}
	return ` FROM ` + list([]string{t.name})
}

func (t table) count() string { return `SELECT count(*)` + t.from() }

func (t table) all() string {
	return `SELECT ` + list(t.names()) + t.from() + ` ORDER BY ` + list(t.key)
}

func (t table) first() string {
	return `SELECT count(*) FROM (SELECT 1` + t.from() + ` LIMIT 1) AS found`
}

func (t table) empty() string { return `DELETE FROM ` + list([]string{t.name}) }

func (t table) insert() string {
	places := make([]string, len(t.columns))
	for i := range places {
		places[i] = fmt.Sprint("$", i+1)
	}
	return `INSERT INTO ` + list([]string{t.name}) + ` (` + list(t.names()) + `) VALUES (` + strings.Join(places, ", ") + `)`
}

// check finds a value of another kind than its column has: SQLite would store
// it, and PostgreSQL would not.
func (t table) check(row []any) error {
	for i, c := range t.columns {
		ok := row[i] == nil
		switch row[i].(type) {
		case int64:
			ok = c.kind == "INTEGER"
		case string:
			ok = c.kind == "TEXT"
		case []byte:
			ok = c.kind == "BLOB"
		}
		if !ok {
			return fmt.Errorf("table %s has a %T in its column %s", t.name, row[i], c.name)
		}
	}
	return nil
}
