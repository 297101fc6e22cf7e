package servertest

import (
	"net"
	"net/url"
	"sync"
	"testing"
	"time"
)

// Wire is a way over TCP to something else, which tests cut, hold, slow down
// and lead elsewhere.
type Wire struct {
	address string

	mu    sync.Mutex // guards the fields below
	to    string
	held  chan struct{} // closed when what is held may go on; nil if nothing is
	slow  time.Duration // what each piece takes longer
	cut   bool
	conns map[net.Conn]struct{}
}

// NewWire gives a wire to what is at address, a URL, and the same URL by way of
// the wire.
func NewWire(tb testing.TB, address string) (*Wire, string) {
	tb.Helper()
	u, err := url.Parse(address)
	if err != nil {
		tb.Fatal("the address cannot be read")
	}
	listener := listen(tb, "127.0.0.1:0")
	w := &Wire{address: listener.Addr().String(), to: u.Host, conns: map[net.Conn]struct{}{}}
	tb.Cleanup(func() {
		listener.Close()
		w.Cut()
	})
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			go w.carry(near)
		}
	}()
	u.Host = w.address
	return w, u.String()
}

// Mend lets everything through again, at once.
func (w *Wire) Mend() { w.set(func() { w.cut, w.slow = false, 0 }) }

// Cut ends all connections and refuses new ones.
func (w *Wire) Cut() {
	w.set(func() { w.cut = true })
	w.Reset()
}

// Hold has connections stand still, as a cable that was pulled does: whatever
// is sent arrives when the wire is mended.
func (w *Wire) Hold() {
	w.set(func() { w.held = make(chan struct{}) })
}

// Slow has each piece of what is sent take longer.
func (w *Wire) Slow(by time.Duration) { w.set(func() { w.slow = by }) }

// Reset ends all connections with a reset, wherever they are.
func (w *Wire) Reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.conns {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // the other side sees a reset, and no orderly end
		}
		c.Close()
	}
	clear(w.conns)
}

// Lead leads new connections to another host and port.
func (w *Wire) Lead(to string) {
	w.set(func() { w.to = to })
	w.Reset()
}

// set changes how the wire is; what was held goes on.
func (w *Wire) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held != nil {
		close(w.held)
		w.held = nil
	}
	change()
}

func (w *Wire) carry(near net.Conn) {
	w.mu.Lock()
	cut, to := w.cut, w.to
	w.mu.Unlock()
	if cut {
		near.Close()
		return
	}
	far, err := net.Dial("tcp", to)
	if err != nil {
		near.Close()
		return
	}
	w.mu.Lock()
	w.conns[near], w.conns[far] = struct{}{}, struct{}{}
	w.mu.Unlock()
	go w.pass(far, near)
	w.pass(near, far)
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.conns, near)
	delete(w.conns, far)
}

func (w *Wire) pass(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	for buffer := make([]byte, 32<<10); ; {
		n, err := from.Read(buffer)
		w.mu.Lock()
		held, slow := w.held, w.slow
		w.mu.Unlock()
		if held != nil {
			<-held
		}
		time.Sleep(slow)
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
