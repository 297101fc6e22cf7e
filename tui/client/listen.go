package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"hamconnect/qr/pairing"
)

const (
	silentFor = 60 * time.Second // the server pings every 20 seconds
	maxNews   = 4 << 10          // bytes of one message
	firstWait = 500 * time.Millisecond
	longWait  = 15 * time.Second
)

// Listener is told what becomes of a connection that waits for news. Its
// functions are called one after the other; nil ones are not.
type Listener struct {
	Changed func()      // the account may look different: ask for what is shown
	Lost    func(error) // the connection broke, or could not be made; it is tried again
}

// Listen tells l of news about the account until ctx ends, and then gives its
// error, or until this device is no longer signed in (ErrNotSignedIn). A
// connection that breaks is made again, after half a second at first and 15
// seconds at last; Changed is called once it is there, so nothing is missed.
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
		if a.now().Sub(began) > silentFor {
			wait = firstWait // it had been well
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait/2 + rand.N(wait/2)): //nolint:gosec // spreads the apps of a server that restarts
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
	connection, answer, err := a.dialer().DialContext(limited, "ws"+strings.TrimPrefix(a.Server, "http")+path,
		http.Header{"DPoP": {proof}, "User-Agent": {"ham"}})
	if answer != nil && answer.Body != nil {
		defer answer.Body.Close()
	}
	switch {
	case err != nil && answer != nil && answer.StatusCode == http.StatusUnauthorized:
		// Which of several reasons it was, and whether it holds, Me knows.
		_, err := a.Me(ctx)
		if err == nil {
			err = a.odd("it does not take this device's proof")
		}
		return err
	case err != nil:
		return a.noAnswer(ctx, err)
	}
	defer connection.Close()
	defer context.AfterFunc(ctx, func() { _ = connection.Close() })()
	connection.SetReadLimit(maxNews)
	alive := func() error { return connection.SetReadDeadline(time.Now().Add(silentFor)) }
	connection.SetPingHandler(func(text string) error {
		_ = connection.WriteControl(websocket.PongMessage, []byte(text), time.Now().Add(answerAfter)) // a loss is heard by reading
		return alive()
	})
	for {
		if err := alive(); err != nil {
			return a.noAnswer(ctx, err)
		}
		var news pairing.News
		err := connection.ReadJSON(&news)
		switch {
		case websocket.IsCloseError(err, pairing.CloseSignedOut):
			return ErrNotSignedIn
		case err != nil:
			return a.noAnswer(ctx, err)
		case news.Changed && l.Changed != nil:
			l.Changed()
		}
	}
}

// dialer goes the way that other calls go.
func (a *Account) dialer() *websocket.Dialer {
	d := &websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: answerAfter}
	if t, ok := a.http.Transport.(*http.Transport); ok {
		t = t.Clone() // which waits until another call has set the original up
		d.NetDialContext, d.Proxy, d.TLSClientConfig = t.DialContext, t.Proxy, t.TLSClientConfig
		if d.TLSClientConfig != nil {
			d.TLSClientConfig.NextProtos = nil // a WebSocket begins in HTTP/1.1
		}
	}
	return d
}
