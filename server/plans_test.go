package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"hamconnect/server"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/store/storetest"
	"hamconnect/server/servertest"
)

// Nothing that people and apps wait for, and nothing that is done every few
// seconds, may take longer the more rows there are. So a server goes through
// all of it on a large database, what it says to the database is written down,
// and for each statement the database is asked for its plan. SQLite is asked
// about the same statements: its plans do not depend on how many rows there
// are.
//
// A million rows are in the table of tokens. The others have fewer, to save
// time: of a table with 30,000 rows PostgreSQL reads all as unwillingly.
func TestNoStatementReadsAWholeTable(t *testing.T) {
	var (
		said    *statements
		through string // the database's address by way of them
		b       *bulk
	)
	p := servertest.Start(t, func(c *server.Config) {
		if c.Database == "" {
			t.Skip("statements are read on their way to PostgreSQL: name a server in $" + storetest.Variable)
		}
		b = openBulk(t, &servertest.Provider{Database: c.Database}, func(table string) int {
			switch table {
			case "server_keys", "settings", "leases", "scopes", "goose_db_version":
				return 0 // they stay small
			case "clients":
				return 20
			case "tokens":
				return 1_000_000
			}
			return 30_000
		})
		b.fill()
		said, through = listenIn(t, c.Database)
		c.Database = through
		c.PublicURL = strings.Replace(c.PublicURL, "127.0.0.1", "localhost", 1) // for passkeys
	})
	p.URL = p.PublicURL()
	before := b.scans()
	everyWay(t, p)
	upkeep(t, p, through)
	p.Stop()

	all := said.planned()
	for _, piece := range hot {
		if !slices.ContainsFunc(all, func(s statement) bool { return strings.Contains(s.text, piece) }) {
			t.Errorf("nothing like %q was seen: is it still said?", piece)
		}
	}
	large := map[string]bool{}
	for _, row := range b.list(`SELECT relname::text, reltuples::bigint::text FROM pg_class WHERE relkind = 'r' AND reltuples > 1000`, 2) {
		large[row[0]] = true
	}
	if len(large) < 25 {
		t.Errorf("only %d tables are large", len(large))
	}
	b.alone()
	after := b.scans()
	planner := connect(t, p.Database)
	lite := openBulk(t, &servertest.Provider{DataDir: emptySQLite(t)}, nil)
	for _, one := range all {
		for name, plan := range map[string][]node{"these": planner.explain(t, one), "any": planner.explainAny(t, one)} {
			for _, n := range plan {
				if large[n.Relation] && n.whole() {
					t.Errorf("PostgreSQL reads all of %s (%s, for %s arguments) in:\n%s", n.Relation, n.Type, name, one.text)
				}
			}
		}
		for _, table := range lite.scanned(one) {
			if large[table] {
				t.Errorf("SQLite reads all of %s in:\n%s", table, one.text)
			}
		}
	}
	// What the database does by itself, as where rows take others along.
	for table, n := range after {
		if large[table] && n > before[table] {
			t.Errorf("all of %s was read %d times", table, n-before[table])
		}
	}
	t.Logf("%d statements", len(all))
}

// node is a part of a plan of PostgreSQL.
type node struct {
	Type      string `json:"Node Type"`
	Relation  string `json:"Relation Name"`
	Index     string `json:"Index Name"`
	Condition string `json:"Index Cond"`
	Parts     []node `json:"Plans"`
}

// whole reports whether it reads all of a table or an index.
func (n node) whole() bool {
	return n.Type == "Seq Scan" || strings.HasPrefix(n.Type, "Index") && n.Condition == ""
}

type planner struct{ *pgconn.PgConn }

func connect(t *testing.T, address string) planner {
	t.Helper()
	c, err := pgconn.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return planner{c}
}

// explain gives the plan for the arguments that were sent.
func (p planner) explain(t *testing.T, s statement) []node {
	t.Helper()
	r := p.ExecParams(t.Context(), `EXPLAIN (FORMAT JSON) `+s.text, s.args, nil, s.formats, nil).Read()
	if r.Err != nil {
		t.Errorf("%v in the plan of:\n%s", r.Err, s.text)
		return nil
	}
	return nodes(t, r)
}

// explainAny gives the plan that PostgreSQL makes once for all arguments, if it
// would use it.
func (p planner) explainAny(t *testing.T, s statement) []node {
	t.Helper()
	nothing := ""
	if len(s.args) > 0 {
		nothing = "(" + strings.TrimSuffix(strings.Repeat("NULL, ", len(s.args)), ", ") + ")"
	}
	results, err := p.Exec(t.Context(), `SET plan_cache_mode = force_generic_plan; PREPARE one AS `+s.text+`; EXPLAIN (FORMAT JSON) EXECUTE one`+nothing+`; DEALLOCATE one`).ReadAll()
	if err != nil {
		t.Errorf("%v in the plan for any arguments of:\n%s", err, s.text)
		return nil
	}
	return nodes(t, results[2])
}

func nodes(t *testing.T, r *pgconn.Result) (all []node) {
	t.Helper()
	var plans []struct{ Plan node }
	if len(r.Rows) != 1 {
		t.Fatalf("a plan has %d rows", len(r.Rows))
	}
	if err := json.Unmarshal(r.Rows[0][0], &plans); err != nil {
		t.Fatal(err)
	}
	var walk func(node)
	walk = func(n node) {
		all = append(all, n)
		for _, part := range n.Parts {
			walk(part)
		}
	}
	for _, p := range plans {
		walk(p.Plan)
	}
	return all
}

// alone waits until nobody else is connected: then what they did is counted.
func (b *bulk) alone() {
	b.tb.Helper()
	for range 500 {
		if len(b.list(`SELECT pid::text FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`, 1)) == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.tb.Error("somebody is still connected to the database")
}

// scans gives how often each table was read as a whole.
func (b *bulk) scans() map[string]int {
	b.tb.Helper()
	b.exec(`SELECT pg_stat_clear_snapshot()`)
	counts := map[string]int{}
	for _, row := range b.list(`SELECT relname::text, seq_scan::text FROM pg_stat_user_tables`, 2) {
		var n int
		fmt.Sscan(row[1], &n)
		counts[row[0]] = n
	}
	return counts
}

func emptySQLite(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir() + "/data"
	db, err := store.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

var (
	liteScan     = regexp.MustCompile(`^SCAN (\w+)`)
	onlyPostgres = regexp.MustCompile(`\b(clock_timestamp|current_setting|pg_\w+|goose\w*)\b`)
)

// scanned gives the tables that SQLite would read as a whole.
func (b *bulk) scanned(s statement) (tables []string) {
	b.tb.Helper()
	args := make([]any, len(s.args))
	rows, err := b.QueryContext(context.Background(), `EXPLAIN QUERY PLAN `+s.text, args...)
	if err != nil {
		if onlyPostgres.MatchString(s.text) {
			return nil
		}
		b.tb.Errorf("%v in SQLite's plan of:\n%s", err, s.text)
		return nil
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			b.tb.Fatal(err)
		}
		if m := liteScan.FindStringSubmatch(detail); m != nil {
			tables = append(tables, m[1])
			if alias := regexp.MustCompile(`(?:FROM|JOIN|,) (\w+) ` + m[1] + `\b`).FindStringSubmatch(s.text); alias != nil {
				tables = append(tables, alias[1])
			}
		}
	}
	if err := rows.Err(); err != nil {
		b.tb.Fatal(err)
	}
	return tables
}
