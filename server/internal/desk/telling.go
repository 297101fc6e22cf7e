package desk

import (
	"errors"
	"time"

	"github.com/gorilla/websocket"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/web"
)

// What a socket's browser is told, and when.

const (
	// idleFor is how long nothing is sent: less than the minute after which middle
	// boxes close a connection.
	idleFor = 45 * time.Second
	// askAfter is when a browser that has not been heard of is asked for a pong, and
	// silentFor when it is gone. A page that waits is sent its codes meanwhile, and
	// has three minutes.
	askAfter   = 90 * time.Second
	silentFor  = 150 * time.Second
	staleEvery = 3 // seconds until a pairing that could not be read is tried again
)

// sentView tells whether the browser has seen what there is to see.
type sentView struct {
	version int64
	step    int
}

// push sends the view if the browser has not seen it.
func (s *socket) push() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.version() == 0 {
		return
	}
	now := s.desk.Now()
	p := s.pairing()
	p.Settle(now)
	next := see(p, now)
	if next == s.sent {
		return
	}
	view, err := s.view(p, now)
	if errors.Is(err, ErrBusy) {
		return // the hub's clock sees that it is still to come
	}
	if err != nil {
		s.desk.Log.Error("showing a pairing", "error", err)
		return
	}
	if err := s.send(view); err != nil {
		go s.shut(websocket.CloseGoingAway) // it takes the lock that is held here
		return
	}
	s.sent = next
	s.rests.Store(restsUntil(p, now).UnixMilli())
	if p.State.Over() {
		go s.shut(websocket.CloseNormalClosure)
	}
}

// view is what the browser is told. A page that was made just now shows its
// first code already.
func (s *socket) view(p pairing.Pairing, now time.Time) (view web.View, err error) {
	if s.promised == nil {
		return s.desk.view(p, now)
	}
	if s.sent == (sentView{}) && pairing.Step(now.Sub(p.Begun)) == 0 {
		view = s.desk.state(p, now)
	} else if view, err = s.desk.view(p, now); err != nil {
		return view, err
	}
	view.Resume = s.desk.Codes.Resume(s.id)
	return view, nil
}

func see(p pairing.Pairing, now time.Time) sentView {
	v := sentView{version: p.Version, step: -1}
	if p.State == pairing.Waiting {
		v.step = pairing.Step(now.Sub(p.Begun))
	}
	return v
}

// restsUntil is when time alone changes what there is to see of p.
func restsUntil(p pairing.Pairing, now time.Time) time.Time {
	next := p.Begun.Add(time.Duration(pairing.Step(now.Sub(p.Begun))+1) * pairing.CodeEvery)
	if p.State == pairing.Waiting && next.Before(p.Deadline) {
		return next
	}
	return p.Deadline
}

func (s *socket) send(view web.View) error {
	if err := s.connection.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	s.spoke.Store(ticks())
	return s.connection.WriteJSON(view)
}

var processBegan = time.Now()

// ticks are the seconds since the process began: the clock of connections, of
// which none ends because the machine's clock was set.
func ticks() int64 { return int64(time.Since(processBegan) / time.Second) }

// tick is called by the hub every second, with ticks for the connection and the
// server's clock for the pairing.
func (s *socket) tick(tick int64, now time.Time) {
	if long(tick, s.heard.Load(), silentFor) {
		go s.shut(websocket.CloseGoingAway)
		return
	}
	if long(tick, s.spoke.Load(), idleFor) || long(tick, s.heard.Load(), askAfter) && long(tick, s.asked, idleFor) {
		s.asked = tick
		s.spoke.Store(tick)
		go s.ping()
	}
	switch {
	case s.stale.Load() && tick%staleEvery == 0:
		s.wake()
	case s.due(now):
		go s.push()
	}
}

// long reports whether something is as long ago, in ticks.
func long(tick, since int64, ago time.Duration) bool { return tick-since >= int64(ago/time.Second) }

// due reports whether time alone has changed what there is to see. Most sockets
// rest, and there are many: of these nothing else is looked at.
func (s *socket) due(now time.Time) bool {
	if now.UnixMilli() < s.rests.Load() {
		return false
	}
	if !s.mu.TryLock() {
		return false // somebody writes at this moment; the next second will do
	}
	defer s.mu.Unlock()
	p := s.pairing()
	if s.closed || p.Version == 0 {
		return false
	}
	p.Settle(now)
	return see(p, now) != s.sent
}

func (s *socket) ping() {
	_ = s.connection.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeTimeout)) // silence is found by tick
}
