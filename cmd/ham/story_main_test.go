package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary be the ham command too: it is on the PATH of
// the tests, so that stories run real processes, with the race detector's
// eyes in them.
func TestMain(m *testing.M) {
	// With -race every process would stay for a second after its end.
	if os.Getenv("GORACE") == "" {
		os.Setenv("GORACE", "atexit_sleep_ms=0")
	}
	// Stories wait for browsers, terminals and servers most of the time.
	if err := flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0))); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){"ham": checkedMain})
}

// need skips the test where a tool is missing, but fails it in CI: there a
// story that does not run must not look like one that went well.
func need(t *testing.T, tool string) string {
	t.Helper()
	path, err := exec.LookPath(tool)
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") != "":
		t.Fatalf("%s is not installed, and in CI no story is left out", tool)
	default:
		t.Skipf("%s is not installed", tool)
	}
	return ""
}

// patience is how long anything that a story waits for may take on a busy machine.
const patience = 20 * time.Second

// eventually polls until ok, and says what it saw last if that never comes.
func eventually(t testing.TB, what string, ok func() (seen string, done bool)) {
	t.Helper()
	var seen string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		var done bool
		if seen, done = ok(); done {
			return
		}
	}
	t.Fatalf("waited in vain for %s; last seen:\n%s", what, seen)
}

var ports struct {
	sync.Mutex
	given map[int]bool
}

// freePort gives a port of loopback that nothing listens on, and gives none twice.
func freePort() (int, error) {
	ports.Lock()
	defer ports.Unlock()
	for {
		listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			return 0, err
		}
		port := listener.Addr().(*net.TCPAddr).Port
		if err := listener.Close(); err != nil {
			return 0, err
		}
		if !ports.given[port] {
			if ports.given == nil {
				ports.given = map[int]bool{}
			}
			ports.given[port] = true
			return port, nil
		}
	}
}

// process is a program that runs beside a test.
type process struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	output buffer // both streams
	ended  chan struct{}
	err    error // of Wait; read after ended
}

// buffer is a bytes.Buffer for several goroutines.
type buffer struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func startProcess(environment []string, dir, name string, args ...string) (*process, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(path, args...), ended: make(chan struct{})}
	p.cmd.Args[0] = name
	p.cmd.Env, p.cmd.Dir = environment, dir
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	endWithUs(p.cmd) // nothing outlives the tests
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// end sends a signal and gives the exit code, or -1 after a signal's death.
func (p *process) end(signal os.Signal, within time.Duration) (code int, err error) {
	select {
	case <-p.ended:
	default:
		if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return 0, err
		}
	}
	select {
	case <-p.ended:
		return p.cmd.ProcessState.ExitCode(), nil
	case <-time.After(within):
		p.kill()
		return 0, fmt.Errorf("still running %s after %s", within, signal)
	}
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may be gone already
	<-p.ended
}

// ready waits until the provider at url answers.
func (p *process) ready(url string) error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		select {
		case <-p.ended:
			return fmt.Errorf("it ended: %s", p.output.String())
		default:
		}
		if readyz(url) == http.StatusOK {
			return nil
		}
	}
	return fmt.Errorf("%s is not ready; it said: %s", url, strings.TrimSpace(p.output.String()))
}

// readyz is what the provider at url says of itself, or 0 if it says nothing.
func readyz(url string) (status int) {
	response, err := http.Get(url + "/readyz")
	if err != nil {
		return 0
	}
	response.Body.Close()
	return response.StatusCode
}
