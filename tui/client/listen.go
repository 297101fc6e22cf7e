package client

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"hamconnect/qr/pairing"
)

const (
	pingEvery = 5 * time.Second
	silentFor = 12 * time.Second // two pings without an answer, and some
	maxNews   = 4 << 10          // bytes of one message
	firstWait = 500 * time.Millisecond
	longWait  = 15 * time.Second
)

// Listener is told what becomes of a connection that waits for news. Its
// functions are called one after the other; nil ones are not.
type Listener struct {
	Changed func() // the account may look different: ask for what is shown

	// Lost: the connection broke, or could not be made; it is tried again. A
	// *Failure is the server's own refusal, which may hold for long: that of an
	// account that is disabled, say.
	Lost func(error)
}

// Listen tells l of news about the account until ctx ends, and then gives its
// error, or until this device is no longer signed in (ErrNotSignedIn). A
// connection that breaks is made again, after half a second at first and 15
// seconds at last; Changed is called once it is there, so nothing is missed. A
// server that wants a pause is given it, and one that refuses for another
// reason is asked again every 15 seconds.
func (a *Account) Listen(ctx context.Context, l Listener) error {
	wait := firstWait
	for {
		began := a.now()
		err := a.listen(ctx, l)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, ErrNotSignedIn):
			return err
		}
		if l.Lost != nil {
			l.Lost(err)
		}
		if a.now().Sub(began) > longWait {
			wait = firstWait // it had been well
		}
		var pause time.Duration
		switch refusal, ok := errors.AsType[*Failure](err); {
		case ok && refusal.RetryAfter > 0:
			pause = refusal.RetryAfter
		case ok && refusal.Status < http.StatusInternalServerError:
			wait = longWait // nothing passes by itself here
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause + wait/2 + rand.N(wait/2)): //nolint:gosec // spreads the apps of a server that restarts
		}
		wait = min(2*wait, longWait)
	}
}

// listen is one connection, until it ends.
func (a *Account) listen(ctx context.Context, l Listener) error {
	const path = "/app/v1/events"
	key, err := a.signer()
	if err != nil {
		return err
	}
	proof, err := prove(key, a.now(), http.MethodGet, a.Server+path)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, answerAfter)
	defer cancel()
	dialer, opened := a.dialer()
	connection, answer, err := dialer.DialContext(limited, "ws"+strings.TrimPrefix(a.Server, "http")+path,
		http.Header{"DPoP": {proof}, "User-Agent": {"ham"}})
	if answer != nil && answer.Body != nil {
		defer answer.Body.Close()
	}
	switch {
	case err == nil:
		opened()
	case !errors.Is(err, websocket.ErrBadHandshake) || answer == nil:
		return a.noAnswer(ctx, err)
	case answer.StatusCode == http.StatusUnauthorized:
		return a.turnedAway(ctx)
	case answer.StatusCode < 300:
		return a.odd("it gives no news")
	default:
		text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
		if err != nil {
			return a.noAnswer(ctx, err)
		}
		return a.refused(answer, text, a.now())
	}
	defer connection.Close()
	defer context.AfterFunc(ctx, func() { _ = connection.Close() })()
	connection.SetReadLimit(maxNews)
	alive := func() error { return connection.SetReadDeadline(time.Now().Add(silentFor)) }
	connection.SetPingHandler(func(text string) error {
		_ = connection.WriteControl(websocket.PongMessage, []byte(text), time.Now().Add(answerAfter)) // a loss is heard by reading
		return alive()
	})
	connection.SetPongHandler(func(string) error { return alive() })
	defer keepPinging(connection)()
	for {
		if err := alive(); err != nil {
			return a.noAnswer(ctx, err)
		}
		var news pairing.News
		err := connection.ReadJSON(&news)
		switch {
		case websocket.IsCloseError(err, pairing.CloseSignedOut):
			return a.turnedAway(ctx)
		case err != nil:
			return a.noAnswer(ctx, err)
		case news.Changed && l.Changed != nil:
			l.Changed()
		}
	}
}

// keepPinging asks for a sign of life until stop is called: the server's own
// pings are too rare to notice soon that it has stopped.
func keepPinging(connection *websocket.Conn) (stop func()) {
	done := make(chan struct{})
	go func() {
		every := time.NewTicker(pingEvery)
		defer every.Stop()
		for {
			select {
			case <-done:
				return
			case <-every.C:
				_ = connection.WriteControl(websocket.PingMessage, nil, time.Now().Add(pingEvery)) // a loss is heard by reading
			}
		}
	}()
	return func() { close(done) }
}

// turnedAway says why the server takes this device's proof no more. Which of
// several reasons it is, and whether it holds, Me knows.
func (a *Account) turnedAway(ctx context.Context) error {
	_, err := a.Me(ctx)
	if err == nil {
		err = a.odd("it does not take this device's proof")
	}
	return err
}

// dialer goes the way that other calls go. Until opened is called, what it reads
// of a connection is bounded: the answer to a handshake has no limit of its own.
func (a *Account) dialer() (dialer *websocket.Dialer, opened func()) {
	d := &websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: answerAfter}
	dial := (&net.Dialer{}).DialContext
	if t, ok := a.http.Transport.(*http.Transport); ok {
		t = t.Clone() // which waits until another call has set the original up
		d.Proxy, d.TLSClientConfig = t.Proxy, t.TLSClientConfig
		if t.DialContext != nil {
			dial = t.DialContext
		}
		if d.TLSClientConfig != nil {
			d.TLSClientConfig.NextProtos = nil // a WebSocket begins in HTTP/1.1
		}
	}
	var isOpen atomic.Bool
	d.NetDialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		connection, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &opening{Conn: connection, left: 2 * maxAnswer, isOpen: &isOpen}, nil // certificates come on it too
	}
	return d, func() { isOpen.Store(true) }
}

// opening is a connection on which no more than left bytes come before it isOpen.
type opening struct {
	net.Conn
	left   int // read by one goroutine at a time
	isOpen *atomic.Bool
}

func (o *opening) Read(p []byte) (int, error) {
	if o.isOpen.Load() {
		return o.Conn.Read(p)
	}
	if o.left <= 0 {
		return 0, errors.New("its answer does not end")
	}
	n, err := o.Conn.Read(p[:min(len(p), o.left)])
	o.left -= n
	return n, err
}
