package servertest

import (
	"math"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
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
	lasts func() int // pieces that a connection carries, then it breaks; nil: it does not
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
func (w *Wire) Mend() { w.set(func() { w.cut, w.slow, w.lasts = false, 0, nil }) }

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

// Break has each connection made from now on end with a reset after as many
// pieces as lasts gives.
func (w *Wire) Break(lasts func() int) { w.set(func() { w.lasts = lasts }) }

// Reset ends all connections with a reset, wherever they are.
func (w *Wire) Reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.conns {
		reset(c)
	}
	clear(w.conns)
}

// reset ends a connection so that the other side sees no orderly end.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	c.Close()
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
	left := new(atomic.Int64)
	left.Store(math.MaxInt64)
	if w.lasts != nil {
		left.Store(int64(w.lasts()))
	}
	w.mu.Unlock()
	go w.pass(far, near, left)
	w.pass(near, far, left)
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.conns, near)
	delete(w.conns, far)
}

// pass carries what from sends, as long as the connection has pieces left.
func (w *Wire) pass(to, from net.Conn, left *atomic.Int64) {
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
		if n > 0 && left.Add(-1) < 0 {
			reset(to)
			reset(from)
			return
		}
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
