//go:build unix

package main

import (
	"fmt"
	"net/http"
	"os"
	"syscall"
	"testing"
)

// Who tells a server a second time to stop does not want to wait until it has
// sent everybody away.
func TestASecondSignalStopsAServerThatDrains(t *testing.T) {
	t.Parallel()
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	p, err := startProcess(os.Environ(), t.TempDir(), "ham", "serve", "--drain", "--data", t.TempDir()+"/data", "--listen", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	if err := p.ready("http://" + address); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	eventually(t, "readyz to say that it stops", func() (string, bool) {
		status := readyz("http://" + address)
		return fmt.Sprint(status), status == http.StatusServiceUnavailable
	})
	if _, err := p.end(syscall.SIGTERM, patience); err != nil {
		t.Fatal(err)
	}
	if status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() || status.Signal() != syscall.SIGTERM {
		t.Errorf("it ended by itself: %s", p.cmd.ProcessState)
	}
}
