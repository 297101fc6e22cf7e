//go:build unix

package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// postgresServer is a PostgreSQL server of a test's own, which is killed,
// started again, and has a standby that takes its place.
type postgresServer struct {
	t       testing.TB
	dir     string
	port    int
	options []string
	process *exec.Cmd
}

// postgresProgram finds a program of PostgreSQL, which Debian keeps off the
// path.
func postgresProgram(t testing.TB, name string) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err == nil && len(found) > 0 {
		slices.Sort(found)
		return found[len(found)-1]
	}
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") != "":
		t.Fatalf("%s is not installed, and in CI no story is left out", name)
	default:
		t.Skipf("%s is not installed", name)
	}
	return ""
}

// postgresCommand makes a command of one of its programs, which refuse to run as
// root.
func postgresCommand(t testing.TB, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(postgresProgram(t, name), args...)
	endWithUs(cmd)
	if os.Geteuid() == 0 {
		uid, gid := postgresIDs(t)
		if cmd.SysProcAttr == nil {
			cmd.SysProcAttr = &syscall.SysProcAttr{}
		}
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uid, Gid: gid}
	}
	cmd.Dir = "/"
	return cmd
}

func postgresIDs(t testing.TB) (uid, gid uint32) {
	t.Helper()
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Fatal(err)
	}
	id := func(text string) uint32 {
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		return uint32(n)
	}
	return id(u.Uid), id(u.Gid)
}

func runPostgres(t testing.TB, name string, args ...string) {
	t.Helper()
	if out, err := postgresCommand(t, name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

func postgresDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hampg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if os.Geteuid() == 0 {
		uid, gid := postgresIDs(t)
		if err := os.Chown(dir, int(uid), int(gid)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// startPostgres makes and starts a server. options are settings, as name=value.
func startPostgres(t testing.TB, options ...string) *postgresServer {
	t.Helper()
	s := &postgresServer{t: t, dir: postgresDir(t), options: options}
	runPostgres(t, "initdb", "-D", s.data(), "-A", "trust", "-U", "postgres", "--no-sync")
	s.Start()
	t.Cleanup(s.Kill)
	return s
}

// standby makes a copy that follows s.
func (s *postgresServer) standby() *postgresServer {
	s.t.Helper()
	copied := &postgresServer{t: s.t, dir: postgresDir(s.t)}
	runPostgres(s.t, "pg_basebackup", "-D", copied.data(), "-R", "-X", "stream", "-c", "fast", "--no-sync", "-d", fmt.Sprintf("host=127.0.0.1 port=%d user=postgres application_name=standby", s.port))
	copied.Start()
	s.t.Cleanup(copied.Kill)
	return copied
}

func (s *postgresServer) data() string { return filepath.Join(s.dir, "data") }

func (s *postgresServer) host() string { return "127.0.0.1:" + strconv.Itoa(s.port) }

// URL is the address of its database.
func (s *postgresServer) URL() string {
	return "postgres://postgres@" + s.host() + "/postgres?sslmode=disable"
}

// Start starts it after it was killed, on the same port.
func (s *postgresServer) Start() {
	s.t.Helper()
	if s.port == 0 {
		port, err := freePort()
		if err != nil {
			s.t.Fatal(err)
		}
		s.port = port
	}
	args := []string{"-D", s.data(), "-p", strconv.Itoa(s.port)}
	for _, option := range append([]string{
		"listen_addresses=127.0.0.1", "unix_socket_directories=" + s.dir, "max_connections=200", "max_wal_senders=4",
		"fsync=off", "full_page_writes=off", // it is killed, the machine is not
	}, s.options...) {
		args = append(args, "-c", option)
	}
	s.process = postgresCommand(s.t, "postgres", args...)
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	eventually(s.t, "PostgreSQL", func() (string, bool) {
		err := s.do("SELECT 1")
		return fmt.Sprint(err), err == nil
	})
}

// Kill ends all of its processes as a crash does.
func (s *postgresServer) Kill() {
	if s.process == nil {
		return
	}
	for _, pid := range s.children() {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
	}
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
	s.process = nil
	for ; ; time.Sleep(10 * time.Millisecond) { // its children end when they notice
		c, err := net.Dial("tcp", s.host())
		if err != nil {
			return
		}
		c.Close()
	}
}

// children gives the processes that the server has started.
func (s *postgresServer) children() (pids []int) {
	out, err := exec.Command("ps", "-o", "pid=", "--ppid", strconv.Itoa(s.process.Process.Pid)).Output()
	if err != nil {
		return nil
	}
	for _, field := range strings.Fields(string(out)) {
		if pid, err := strconv.Atoi(field); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Promote makes a standby the one that takes writes.
func (s *postgresServer) Promote() {
	s.t.Helper()
	if err := s.do("SELECT pg_promote(true)"); err != nil {
		s.t.Fatal(err)
	}
}

func (s *postgresServer) do(statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := pgx.Connect(ctx, s.URL())
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, statement)
	return err
}

// count gives what a query that counts says.
func (s *postgresServer) count(query string) (n int) {
	s.t.Helper()
	s.ask(query, &n)
	return n
}

// text gives what a query for one text says.
func (s *postgresServer) text(query string) (text string) {
	s.t.Helper()
	s.ask(query, &text)
	return text
}

func (s *postgresServer) ask(query string, into any) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := pgx.Connect(ctx, s.URL())
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close(ctx)
	if err := c.QueryRow(ctx, query).Scan(into); err != nil {
		s.t.Fatal(err)
	}
}
