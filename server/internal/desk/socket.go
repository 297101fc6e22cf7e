package desk

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/store"
)

const (
	readLimit    = 4 << 10         // bytes; nothing is expected, so nothing large is read
	writeTimeout = 5 * time.Second // for a reader that stopped reading
)

// socket is one browser that waits. It costs its reader's goroutine and its
// fields; the hub's clock pings it, replaces its code and drops it.
type socket struct {
	desk        *Desk
	connection  *websocket.Conn
	id          string
	release     func()
	unsubscribe func()
	heard       atomic.Int64 // of ticks, the latest sign of life
	stale       atomic.Bool  // the pairing could not be read when it was to be
	rests       atomic.Int64 // in Unix milliseconds, until when time alone changes nothing
	woken       atomic.Int32 // how often since somebody began to read it; 0 if nobody reads
	group       uint8        // of the hub's; set when it is added
	spoke       atomic.Int64 // of ticks, when something was sent
	asked       int64        // of ticks, when a pong was asked for; used by the hub's clock only

	mu       sync.Mutex // one writer at a time, as the library demands; guards the fields below
	waiting  waiting
	promised *promise         // until it is stored; nil then
	known    *pairing.Pairing // once it does not wait any more; nil before
	sent     sentView
	closed   bool
}

// waiting is what a socket needs of a pairing that waits. That is little, and
// most wait.
type waiting struct {
	kind            pairing.Kind
	version         int64 // 0: it was not read yet
	begun, deadline time.Time
}

func waitingOf(p pairing.Pairing) waiting { return waiting{p.Kind, p.Version, p.Begun, p.Deadline} }

// learn takes what was read, unless it is older than what is known.
func (s *socket) learn(p pairing.Pairing) {
	if p.Version <= s.version() {
		return
	}
	s.rests.Store(0)
	if p.State == pairing.Waiting {
		s.waiting = waitingOf(p)
	} else {
		s.known = &p
	}
}

func (s *socket) version() int64 {
	if s.known != nil {
		return s.known.Version
	}
	return s.waiting.version
}

// pairing is what is known, as far as its page may have to be told.
func (s *socket) pairing() pairing.Pairing {
	if s.known != nil {
		return *s.known
	}
	w := s.waiting
	return pairing.Pairing{ID: s.id, Kind: w.kind, Version: w.version, State: pairing.Waiting, Begun: w.begun, Deadline: w.deadline}
}

// upgrader leaves compression off: with it, a read limit bounds only what is
// on the wire, and a small message may unpack to a huge one.
func (d *Desk) upgrader() *websocket.Upgrader {
	return &websocket.Upgrader{
		HandshakeTimeout: writeTimeout,
		ReadBufferSize:   512,
		WriteBufferSize:  1024,
		WriteBufferPool:  &d.hub.buffers,
		CheckOrigin:      d.sameOrigin,
	}
}

// sameOrigin compares whole origins, and wants the header to be there.
func (d *Desk) sameOrigin(r *http.Request) bool {
	origins := r.Header.Values("Origin")
	return len(origins) == 1 && origins[0] == d.PublicURL
}

// Socket begins the pairing, or comes back to it, and sends a View at once and
// at every change. It takes no messages.
func (d *Desk) Socket(kind pairing.Kind) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error { return d.socket(w, r, kind) }
}

func (d *Desk) socket(w http.ResponseWriter, r *http.Request, kind pairing.Kind) error {
	if !d.sameOrigin(r) {
		return ErrOrigin
	}
	release, ok := d.Sockets.TakeVisitor(r)
	if !ok {
		return ErrTooMany
	}
	s := &socket{desk: d, id: strings.Clone(r.URL.Query().Get("pairing")), release: release} // not with the query that it is part of
	s.asked = ticks()
	s.heard.Store(s.asked)
	s.spoke.Store(s.asked)
	stopping, err := s.open(w, r, kind)
	if err != nil || s.connection == nil { // then Upgrade has answered
		s.unsubscribe()
		release()
		return err
	}
	if stopping {
		s.shut(websocket.CloseServiceRestart)
		return nil
	}
	go s.read() // and return, so that net/http lets go of its buffers
	go s.push()
	return nil
}

// open begins the pairing, or finds it, and makes the connection. s follows the
// pairing since before it was read, so no change falls between. Whoever is
// refused is told of none. stopping reports that the hub takes no more.
func (s *socket) open(w http.ResponseWriter, r *http.Request, kind pairing.Kind) (stopping bool, err error) {
	s.mu.Lock() // who is woken meanwhile waits
	defer s.mu.Unlock()
	s.unsubscribe = s.desk.Bus.Subscribe(store.PairingTopic(s.id), s.wake)
	s.closed = true
	p, promised, err := s.desk.beginAt(r, kind)
	if err != nil {
		return false, err
	}
	if s.connection, err = s.desk.upgrader().Upgrade(w, r, nil); err != nil {
		return false, nil // Upgrade has answered
	}
	s.closed = false
	s.promised = promised
	s.learn(p)
	return !s.desk.hub.add(s), nil
}

// wake has the pairing read. However often that is asked for, one reads at a
// time, and once more if somebody asked meanwhile.
func (s *socket) wake() {
	if s.woken.Add(1) > 1 {
		return
	}
	go func() {
		for known := int32(1); ; known = s.woken.Load() {
			s.refresh()
			if s.woken.CompareAndSwap(known, 0) {
				return
			}
		}
	}()
}

// read takes control frames until the connection ends. A message is against
// the rules and ends it.
func (s *socket) read() {
	s.connection.SetReadLimit(readLimit)
	s.connection.SetPongHandler(func(string) error {
		s.heard.Store(ticks())
		return nil
	})
	_, _, err := s.connection.NextReader()
	if err == nil {
		s.shut(websocket.ClosePolicyViolation)
		return
	}
	s.shut(websocket.CloseNormalClosure)
}

// gone reports whether the connection is closed, or was never made. Who is woken
// while it is being made learns that once the pairing has begun, and not before:
// one that is not there yet would look as if it were there no more.
func (s *socket) gone() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// refresh reads the pairing again and sends what changed.
func (s *socket) refresh() {
	if s.gone() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), writeTimeout)
	defer cancel()
	p, err := s.stored(ctx)
	if errors.Is(err, pairing.ErrNotFound) {
		s.shut(websocket.CloseTryAgainLater)
		return
	}
	if err != nil { // who waits goes on waiting; the hub's clock has it tried again
		if !s.stale.Swap(true) {
			s.desk.Log.Error("reading a pairing for its socket", "error", err)
		}
		return
	}
	s.stale.Store(false)
	s.mu.Lock()
	if s.promised != nil && p.State == pairing.Waiting { // what is stored counts
		s.waiting = waitingOf(p)
		s.rests.Store(0)
	}
	s.learn(p)
	s.promised = nil
	s.mu.Unlock()
	s.push()
}

// stored gives the pairing as it was last written. One that was promised is
// written first: somebody has asked for it.
func (s *socket) stored(ctx context.Context) (pairing.Pairing, error) {
	s.mu.Lock()
	promised := s.promised
	s.mu.Unlock()
	if promised == nil {
		return s.desk.DB.Pairing(ctx, s.id)
	}
	p := promised.made(pairing.Request{})
	if p.Settle(s.desk.Now()); p.State.Over() {
		return p, nil
	}
	kept, _, err := s.desk.keep(ctx, *promised)
	if err == nil || ctx.Err() != nil || errors.Is(err, store.ErrUnavailable) {
		return kept, err
	}
	p.State, p.Version = pairing.Expired, p.Version+1 // its app may not ask any more, or not that
	return p, nil
}

// shut closes the connection and forgets it; more than once does no harm.
func (s *socket) shut(code int) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.closed = true
	s.mu.Unlock()
	s.unsubscribe()
	s.desk.hub.remove(s)
	_ = s.connection.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(time.Second))
	_ = s.connection.Close() // there is nobody left to tell
	s.release()
}
