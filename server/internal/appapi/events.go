package appapi

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/store"
)

const (
	newsEvery   = 200 * time.Millisecond // at most: what happens at once is one news
	lookEvery   = 20 * time.Second       // for what another process has changed; and a ping
	silentAfter = 60 * time.Second       // without a sign of life the app is gone
	writeWithin = 5 * time.Second
	readLimit   = 512 // bytes; nothing is expected
)

// errOrigin: a page of a browser asks for what is the Ham app's.
var errOrigin = fail(http.StatusForbidden, pairing.FailRequest, "This is for the Ham app, and not for pages")

// Events answers GET /app/v1/events: a WebSocket on which the app hears that
// its account looks different. The proof in the handshake's DPoP header counts
// for the connection; whether the device is still signed in is looked at
// before each news, and now and then.
func (a *App) Events(w http.ResponseWriter, r *http.Request) error {
	if r.Header.Get("Origin") != "" { // browsers send one with every handshake, apps none
		return errOrigin
	}
	who, err := a.authenticate(r)
	if err != nil {
		return err
	}
	release, ok := a.Streams.Take(who.device.ID)
	if !ok {
		return errTooOften
	}
	upgrader := websocket.Upgrader{
		HandshakeTimeout: writeWithin, ReadBufferSize: 512, WriteBufferSize: 512,
		CheckOrigin: func(r *http.Request) bool { return r.Header.Get("Origin") == "" },
	}
	connection, err := upgrader.Upgrade(w, r, nil)
	if err != nil { // Upgrade has answered
		release()
		return nil //nolint:nilerr // see above
	}
	s := &stream{app: a, connection: connection, device: who.device, woken: make(chan struct{}, 1), gone: make(chan struct{})}
	if !a.streams.add() {
		s.close(websocket.CloseServiceRestart)
		release()
		return nil
	}
	unsubscribe := a.Bus.Subscribe(store.AccountTopic(who.user.ID), s.wake)
	s.wake()
	go s.read()
	go func() { // and return, so that net/http lets go of its buffers
		defer release()
		defer a.streams.done.Done()
		defer unsubscribe()
		s.close(s.write())
	}()
	return nil
}

// stream is one app that listens.
type stream struct {
	app        *App
	connection *websocket.Conn
	device     store.Device
	woken      chan struct{} // holds one: whoever is woken looks at everything
	gone       chan struct{} // closed when nothing can be read any more
	closing    sync.Once
}

func (s *stream) wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

// read takes control frames. A message is against the rules and ends it.
func (s *stream) read() {
	defer close(s.gone)
	s.connection.SetReadLimit(readLimit)
	alive := func(string) error { return s.connection.SetReadDeadline(time.Now().Add(silentAfter)) }
	s.connection.SetPongHandler(alive)
	if alive("") != nil {
		return
	}
	_, _, _ = s.connection.NextReader() // whatever comes is the end
}

// write sends news until there is a reason to close, and gives it.
func (s *stream) write() (code int) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	leaving := s.app.Leaving
	var leave <-chan time.Time
	for {
		select {
		case <-s.gone:
			return websocket.CloseNormalClosure
		case <-s.app.Follower.Stopping:
			return websocket.CloseServiceRestart
		case <-leaving:
			leaving, leave = nil, time.After(rand.N(s.app.LeaveWithin)) //nolint:gosec // it only spreads
			continue
		case <-leave:
			return websocket.CloseServiceRestart
		case <-look.C:
			if code := s.stillSignedIn(); code != 0 {
				return code
			}
			if s.connection.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWithin)) != nil {
				return websocket.CloseGoingAway
			}
			continue
		case <-s.woken:
		}
		if code := s.stillSignedIn(); code != 0 {
			return code
		}
		if s.connection.SetWriteDeadline(time.Now().Add(writeWithin)) != nil || s.connection.WriteJSON(pairing.News{Changed: true}) != nil {
			return websocket.CloseGoingAway
		}
		select {
		case <-time.After(newsEvery):
		case <-s.gone:
		}
	}
}

// stillSignedIn gives the code to close with, or 0.
func (s *stream) stillSignedIn() int {
	ctx, cancel := context.WithTimeout(context.Background(), writeWithin)
	defer cancel()
	_, user, err := s.app.DB.DeviceByKey(ctx, s.device.Thumbprint)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && user.Disabled:
		return pairing.CloseSignedOut
	case err != nil:
		s.app.Log.Error("looking after a listening app", "error", err)
		return websocket.CloseTryAgainLater
	}
	return 0
}

func (s *stream) close(code int) {
	s.closing.Do(func() {
		_ = s.connection.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(time.Second))
		_ = s.connection.Close() // there is nobody left to tell
	})
}

// streams counts the apps that listen. Its zero value is ready.
type streams struct {
	mu     sync.Mutex // guards closed
	closed bool
	done   sync.WaitGroup // of those that are open
}

// add reports false once the server is stopping.
func (l *streams) add() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.done.Add(1)
	return true
}

// CloseStreams waits until every listening app has been told to come back,
// after Follower.Stopping was closed.
func (a *App) CloseStreams() {
	a.streams.mu.Lock()
	a.streams.closed = true
	a.streams.mu.Unlock()
	a.streams.done.Wait()
}
