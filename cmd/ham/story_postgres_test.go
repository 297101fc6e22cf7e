package main

import (
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/rogpeppe/go-internal/testscript"
)

// databaseCommand makes a database on the PostgreSQL server that
// HAM_TEST_DATABASE names.
func databaseCommand(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 1, "database VARIABLE")
	server := os.Getenv("HAM_TEST_DATABASE")
	u, err := url.Parse(server)
	ts.Check(err)
	name := "ham_script_" + strings.ToLower(rand.Text()[:16])
	do := func(statement string) {
		db, err := sql.Open("pgx", server)
		ts.Check(err)
		defer db.Close()
		_, err = db.Exec(statement)
		ts.Check(err)
	}
	do("CREATE DATABASE " + name)
	ts.Defer(func() { do("DROP DATABASE " + name + " WITH (FORCE)") })
	u.Path = "/" + name
	ts.Setenv(args[0], u.String())
}
