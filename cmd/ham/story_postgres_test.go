package main

import (
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

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

// poolerCommand starts PgBouncer in transaction mode before the database that
// a variable names, and sets another one to the address through it.
func poolerCommand(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) != 2, "pooler DATABASE VARIABLE")
	database, err := url.Parse(ts.Getenv(args[0]))
	ts.Check(err)
	program, err := pgBouncer()
	ts.Check(err)
	port, err := freePort()
	ts.Check(err)
	dir, err := os.MkdirTemp("", "pgbouncer")
	ts.Check(err)
	ts.Defer(func() { os.RemoveAll(dir) })
	ts.Check(os.Chmod(dir, 0o755))
	file := filepath.Join(dir, "pgbouncer.ini")
	ts.Check(os.WriteFile(file, fmt.Appendf(nil, `[databases]
* = host=%s port=%s user=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
server_reset_query = DISCARD ALL
server_reset_query_always = 1
`, database.Hostname(), database.Port(), database.User.Username(), port), 0o644))
	line := []string{file}
	if os.Geteuid() == 0 { // it refuses to run as root
		line = append([]string{"-u", "postgres"}, line...)
	}
	process := exec.Command(program, line...)
	ts.Check(process.Start())
	ts.Defer(func() {
		_ = process.Process.Kill()
		_ = process.Wait()
	})
	database.Host = "127.0.0.1:" + strconv.Itoa(port)
	pooled := database.String()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		db, err := sql.Open("pgx", pooled+"&default_query_exec_mode=exec")
		ts.Check(err)
		err = db.Ping()
		db.Close()
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			ts.Fatalf("PgBouncer does not answer: %v", err)
		}
	}
	ts.Setenv(args[1], pooled)
}

// pgBouncer is where Debian puts the program, which is not on everybody's path.
func pgBouncer() (string, error) {
	if program, err := exec.LookPath("pgbouncer"); err == nil {
		return program, nil
	}
	return exec.LookPath("/usr/sbin/pgbouncer")
}
