//go:build unix

package capture_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hamconnect/qr/capture"
)

func TestAWatchedFolderTellsOfNewPicturesAlone(t *testing.T) {
	t.Parallel()
	// A socket's path must be short.
	dir, err := os.MkdirTemp("", "ham-watch-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	write := func(name, data string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("old.png", "x")
	write("again.png", "x")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var mu sync.Mutex
	var told []string
	ended := make(chan error, 1)
	go func() {
		ended <- capture.Watch(ctx, dir, func(path string) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, filepath.Base(path))
		})
	}()
	time.Sleep(300 * time.Millisecond)
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo.png"), 0o600); err != nil {
		t.Fatal(err)
	}
	socket, err := (&net.ListenConfig{}).Listen(ctx, "unix", filepath.Join(dir, "socket.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	for name, to := range map[string]string{"link.png": "/etc/passwd", "zero.png": "/dev/zero"} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.png"), 0o700); err != nil {
		t.Fatal(err)
	}
	write("empty.png", "")
	write("notes.txt", "x")
	write("1.png", "x")
	write("again.png", "another")
	growing := make(chan struct{})
	go func() { // one that is still written is not told
		defer close(growing)
		for i := range 12 {
			_ = os.WriteFile(filepath.Join(dir, "growing.png"), make([]byte, i+1), 0o600)
			time.Sleep(300 * time.Millisecond)
		}
	}()
	<-growing
	mu.Lock()
	first := append([]string{}, told...)
	mu.Unlock()
	if diff := cmp.Diff([]string{"1.png", "again.png"}, first); diff != "" {
		t.Errorf("while one grows: %s", diff)
	}
	deadline := time.Now().Add(10 * time.Second)
	for {
		mu.Lock()
		n := len(told)
		mu.Unlock()
		if n == 3 || time.Now().After(deadline) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	time.Sleep(1200 * time.Millisecond) // and no more
	mu.Lock()
	if diff := cmp.Diff([]string{"1.png", "again.png", "growing.png"}, told); diff != "" {
		t.Error(diff)
	}
	mu.Unlock()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
}

func TestManyPicturesAtOnceAreToldSlowly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 4500*time.Millisecond)
	defer cancel()
	told := 0
	time.AfterFunc(300*time.Millisecond, func() {
		for i := range 100 {
			_ = os.WriteFile(filepath.Join(dir, string(rune('a'+i%26))+time.Duration(i).String()+".png"), []byte("x"), 0o600)
		}
	})
	err := capture.Watch(ctx, dir, func(string) { told++ })
	if !errors.Is(err, context.DeadlineExceeded) || told < 2 || told > 8 {
		t.Errorf("%d were told within four seconds, %v", told, err)
	}
}

func TestAFolderThatCannotBeWatchedSaysSo(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a.png")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, "/no/such/folder", fifo} {
		err := capture.Watch(t.Context(), dir, func(string) {})
		wantError(t, err, "folder to watch")
	}
	gone := t.TempDir()
	time.AfterFunc(200*time.Millisecond, func() { os.RemoveAll(gone) })
	err := capture.Watch(t.Context(), gone, func(string) {})
	wantError(t, err, "folder to watch")
}
