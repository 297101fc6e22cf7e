package server_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"hamconnect/server/servertest"
)

// bulk fills the tables of a provider that stands still with made-up rows, as
// fast as the database can: indexes are made afterwards. What a column gets
// follows from its name and type, so that tables to come are filled as well.
type bulk struct {
	*sql.DB
	tb       testing.TB
	postgres bool
	rows     func(table string) int // 0 leaves it as it is
	only     map[string]string      // what some columns are in every row
}

// openBulk connects to the database of p, past the server.
func openBulk(tb testing.TB, p *servertest.Provider, rows func(table string) int) *bulk {
	tb.Helper()
	b := &bulk{tb: tb, postgres: p.Database != "", rows: rows}
	driver, address := "pgx", p.Database
	if !b.postgres {
		driver, address = "sqlite", "file:"+p.DataDir+"/ham.db?_pragma=foreign_keys(0)&_pragma=synchronous(OFF)&_pragma=cache_size(-400000)&_pragma=temp_store(FILE)&_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		tb.Fatal("the database's address cannot be read")
	}
	tb.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1) // settings belong to a connection
	b.DB = db
	if b.postgres {
		b.exec(`SET session_replication_role = replica`) // rows refer to rows that come later
		b.exec(`SET maintenance_work_mem = '512MB'`)
		b.exec(`SET synchronous_commit = off`)
		b.exec(`SET jit = off`)
	}
	return b
}

func (b *bulk) exec(statement string) {
	b.tb.Helper()
	if _, err := b.ExecContext(context.Background(), statement); err != nil {
		b.tb.Fatalf("%s: %v", statement, err)
	}
}

// list gives the rows of a query that gives texts.
func (b *bulk) list(query string, columns int) (rows [][]string) {
	b.tb.Helper()
	found, err := b.QueryContext(context.Background(), query)
	if err != nil {
		b.tb.Fatalf("%s: %v", query, err)
	}
	defer found.Close()
	for found.Next() {
		row, into := make([]string, columns), make([]any, columns)
		for i := range row {
			into[i] = &row[i]
		}
		if err := found.Scan(into...); err != nil {
			b.tb.Fatalf("%s: %v", query, err)
		}
		rows = append(rows, row)
	}
	if err := found.Err(); err != nil {
		b.tb.Fatal(err)
	}
	return rows
}

func (b *bulk) tables() (names []string) {
	query := `SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1`
	if b.postgres {
		query = `SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`
	}
	for _, row := range b.list(query, 1) {
		names = append(names, row[0])
	}
	return names
}

// fill adds the rows of all tables, and has the database learn what it holds.
func (b *bulk) fill() {
	b.tb.Helper()
	for _, table := range b.tables() {
		if n := b.rows(table); n > 0 {
			b.fillTable(table, n)
		}
	}
	if b.postgres {
		b.exec(`VACUUM ANALYZE`)
	}
	b.settle()
}

// settle has everything written where it stays.
func (b *bulk) settle() {
	b.tb.Helper()
	if b.postgres {
		b.exec(`CHECKPOINT`)
	} else {
		b.exec(`PRAGMA wal_checkpoint(TRUNCATE)`)
	}
}

func (b *bulk) fillTable(table string, n int) {
	b.tb.Helper()
	columns, values := b.columns(table, n)
	remake := b.dropIndexes(table)
	b.exec(`INSERT INTO ` + table + ` (` + strings.Join(columns, ", ") + `) SELECT ` + strings.Join(values, ", ") + ` FROM ` + b.series(n))
	for _, statement := range remake {
		b.exec(statement)
	}
}

// series gives the numbers from 1 to n, as i.
func (b *bulk) series(n int) string {
	if b.postgres {
		return fmt.Sprintf(`generate_series(1::bigint, %d) AS series(i)`, n)
	}
	return fmt.Sprintf(`(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) SELECT i FROM n)`, n)
}

// dropIndexes drops what may be dropped and gives how to make it again.
func (b *bulk) dropIndexes(table string) (remake []string) {
	b.tb.Helper()
	if !b.postgres {
		for _, row := range b.list(`SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = '`+table+`'`, 2) {
			b.exec(`DROP INDEX ` + row[0])
			remake = append(remake, row[1])
		}
		return remake
	}
	for _, row := range b.list(`SELECT indexname, indexdef FROM pg_indexes i WHERE tablename = '`+table+`'
			AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)`, 2) {
		b.exec(`DROP INDEX ` + row[0])
		remake = append(remake, row[1])
	}
	// A key that no other table refers to.
	for _, row := range b.list(`SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint c WHERE conrelid = '`+table+`'::regclass AND contype IN ('p', 'u')
			AND NOT EXISTS (SELECT 1 FROM pg_constraint f WHERE f.conindid = c.conindid AND f.contype = 'f')`, 2) {
		b.exec(`ALTER TABLE ` + table + ` DROP CONSTRAINT ` + row[0])
		remake = append(remake, `ALTER TABLE `+table+` ADD CONSTRAINT `+row[0]+` `+row[1])
	}
	return remake
}

// columns gives the columns of a table and what row i of n has in each.
func (b *bulk) columns(table string, n int) (names, values []string) {
	b.tb.Helper()
	refers := map[string]string{}
	references := `SELECT "from", "table" FROM pragma_foreign_key_list('` + table + `')`
	columns := `SELECT name, type, CASE WHEN pk = 1 THEN 'key' ELSE '' END FROM pragma_table_info('` + table + `')`
	if b.postgres {
		references = `SELECT a.attname, c.confrelid::regclass::text FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
			WHERE c.contype = 'f' AND c.conrelid = '` + table + `'::regclass`
		columns = `SELECT column_name::text, data_type::text, COALESCE((SELECT 'key' FROM pg_index x JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[0]
			WHERE x.indisprimary AND x.indrelid = '` + table + `'::regclass AND a.attname = column_name), '') FROM information_schema.columns
			WHERE table_schema = 'public' AND table_name = '` + table + `' ORDER BY ordinal_position`
	}
	for _, row := range b.list(references, 2) {
		refers[row[0]] = row[1]
	}
	for _, row := range b.list(columns, 3) {
		names = append(names, row[0])
		values = append(values, b.value(column{table, row[0], row[1], row[2] == "key", refers[row[0]]}, n))
	}
	return names, values
}

type column struct {
	table, name, kind string
	key               bool
	refers            string // to another table
}

// value is an expression of i, the number of a row.
func (b *bulk) value(c column, n int) string {
	// Later rows end later. SQLite keeps rows in the order of their key, which
	// says nothing of time.
	k := "i"
	if !b.postgres {
		k = fmt.Sprintf("((i * 7919) %% %d)", n)
	}
	now := "CAST(unixepoch() * 1000000 AS INTEGER)"
	if b.postgres {
		now = "CAST(EXTRACT(EPOCH FROM now()) * 1000000 AS BIGINT)"
	}
	const span, never = 7_200_000_000, "-62135596800000000" // two hours, and the year 1
	if only, ok := b.only[c.name]; ok {
		return `'` + only + `'`
	}
	switch c.name {
	case "leaves_at", "known_since", "spent_at", "suspicious_at":
		return never
	case "expires_at", "ends_at", "deadline_at", "next_at": // not before the tests are over
		return fmt.Sprintf("%s + 1800000000 + %s * %d / %d", now, k, span, n)
	case "scopes", "declined", "granted", "redirect_uris":
		return `'["profile","is_student"]'`
	case "request", "browser", "claim":
		return `'{}'`
	case "state":
		if c.table == "pairings" {
			return `'waiting'`
		}
		return `'{}'`
	case "email":
		return `'u' || i || '@campus.example'`
	case "dialect":
		return `'ham'`
	}
	if strings.HasSuffix(c.name, "at") && c.kind != "text" && c.kind != "TEXT" {
		return fmt.Sprintf("%s - (%d - %s) * 200000000 / %d", now, n, k, n) // of the latest minutes
	}
	if of := b.rows(c.refers); c.refers != "" && of > 0 {
		return fmt.Sprintf("'%s' || (i %% %d + 1)", c.refers, of)
	}
	switch c.kind {
	case "text", "TEXT":
		return `'` + c.table + `' || i`
	case "bytea":
		return `sha256(('` + c.table + c.name + `' || i)::bytea)`
	case "BLOB":
		if c.key { // as they lie
			return fmt.Sprintf("unhex(printf('%%08x', i * %d) || hex(randomblob(28)))", (1<<32-1)/n)
		}
		return `randomblob(32)`
	}
	return "0"
}
