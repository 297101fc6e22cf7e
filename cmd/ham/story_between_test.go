//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// between is a bad line from the Ham app to a provider. What browsers send goes
// through it unharmed.
type between struct {
	listener net.Listener
	target   string

	mu      sync.Mutex            // guards the fields below
	changed chan struct{}         // closed at the next change
	held    bool                  // nothing goes on, and nothing is closed
	slow    time.Duration         // for each piece
	lie     string                // sent in place of every answer, if not empty
	endless bool                  // the lie is told again and again
	open    map[net.Conn]struct{} // those of the app
}

// piece is how many bytes go over a slow line at once.
const piece = 256

func startBetween(t *testing.T) *between {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &between{listener: listener, changed: make(chan struct{}), open: map[net.Conn]struct{}{}}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { b.serve(connection) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		b.through()
		b.cut()
		running.Wait()
	})
	return b
}

func (b *between) url() string { return "http://" + b.listener.Addr().String() }

// set changes what is done to the app's connections from now on.
func (b *between) set(change func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change()
	close(b.changed)
	b.changed = make(chan struct{})
}

func (b *between) hold()                  { b.set(func() { b.held = true }) }
func (b *between) delay(by time.Duration) { b.set(func() { b.slow = by }) }
func (b *between) through()               { b.set(func() { b.held, b.slow, b.lie, b.endless = false, 0, "", false }) }

func (b *between) lies(lie string, endless bool) {
	b.set(func() { b.lie, b.endless = lie, endless })
	b.cut() // what is open was open to the server
}

// cut ends the app's connections.
func (b *between) cut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.open {
		c.Close()
	}
	clear(b.open)
}

func (b *between) serve(app net.Conn) {
	defer app.Close()
	in := bufio.NewReader(app)
	line, err := in.ReadSlice('\n')
	if err != nil {
		return
	}
	ofApp := bytes.Contains(line, []byte(" /app/"))
	first := bytes.Clone(line)
	b.mu.Lock()
	lie, endless := b.lie, b.endless
	if ofApp {
		b.open[app] = struct{}{}
	}
	b.mu.Unlock()
	if ofApp && lie != "" {
		b.deceive(app, lie, endless)
		return
	}
	server, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", b.target)
	if err != nil {
		return
	}
	defer server.Close()
	var both sync.WaitGroup
	both.Go(func() {
		defer server.Close()
		defer app.Close()
		b.copy(server, io.MultiReader(bytes.NewReader(first), in), ofApp)
	})
	b.copy(app, server, ofApp)
	app.Close()
	server.Close()
	both.Wait()
}

func (*between) deceive(app net.Conn, lie string, endless bool) {
	for {
		if _, err := io.WriteString(app, lie); err != nil {
			return
		}
		if !endless {
			_ = app.(*net.TCPConn).CloseWrite()
			_, _ = io.Copy(io.Discard, app) // or what is unread would take the answer back
			return
		}
	}
}

func (b *between) copy(to io.Writer, from io.Reader, ofApp bool) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		for rest := buffer[:n]; len(rest) > 0; {
			some := rest
			if slow := b.wait(ofApp); slow {
				some = rest[:min(piece, len(rest))]
			}
			if _, err := to.Write(some); err != nil {
				return
			}
			rest = rest[len(some):]
		}
		if err != nil {
			return
		}
	}
}

// wait waits as long as the line wants, and reports whether it is slow.
func (b *between) wait(ofApp bool) (slow bool) {
	for ofApp {
		b.mu.Lock()
		held, delay, changed := b.held, b.slow, b.changed
		b.mu.Unlock()
		if !held {
			time.Sleep(delay)
			return delay > 0
		}
		<-changed
	}
	return false
}
