package bench

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"hamconnect/tui/client"
)

// userAgent is what the desktops say they are.
const userAgent = "ham-bench"

// world is all that a scenario works with.
type world struct {
	o        Options
	target   *Target
	accounts Accounts
	http     *http.Client
	sockets  *websocket.Dialer
	people   []*client.Account // their Ham apps
	basic    string            // the client's credentials
	asking   url.Values        // the client's authorization request

	background kinds // what went wrong beside the arrivals
}

func newWorld(o Options, target *Target) (*world, error) {
	transport := target.transport(target.dial)
	w := &world{
		o: o, target: target, accounts: o.Accounts,
		http:  &http.Client{Transport: transport, CheckRedirect: stay, Timeout: o.Timeout},
		basic: "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(o.Accounts.ClientID)+":"+url.QueryEscape(o.Accounts.ClientSecret))),
		asking: url.Values{
			"client_id": {o.Accounts.ClientID}, "redirect_uri": {o.Accounts.RedirectURI}, "scope": {"profile"}, "response_type": {"code"},
		},
		sockets: &websocket.Dialer{
			NetDialContext:   func(ctx context.Context, _, _ string) (net.Conn, error) { return target.dial(ctx) },
			TLSClientConfig:  target.tls(),
			HandshakeTimeout: o.Timeout,
			ReadBufferSize:   1024,
			WriteBufferSize:  256,
			WriteBufferPool:  &sync.Pool{},
		},
	}
	for _, seed := range o.Accounts.Keys[:o.HamApps()] {
		person, err := client.Unkept(target.URL, ed25519.NewKeyFromSeed(seed), client.Options{Transport: transport})
		if err != nil {
			return nil, err
		}
		w.people = append(w.people, person)
	}
	return w, nil
}

func (w *world) close() { w.http.CloseIdleConnections() }

// person gives a Ham app for the arrival of that number; each has its turn.
func (w *world) person(number int) *client.Account { return w.people[number%len(w.people)] }

// send makes one request and gives the header and the body of its answer. One of
// another status than want is an error.
func (w *world) send(ctx context.Context, method, path string, form url.Values, header http.Header, want int) (http.Header, []byte, error) {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, w.target.URL+path, body)
	if err != nil {
		return nil, nil, &oddError{"an address that is none"}
	}
	if header != nil {
		r.Header = header.Clone()
	}
	r.Header.Set("User-Agent", userAgent)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := w.http.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err == nil && response.StatusCode != want {
		err = &statusError{response.StatusCode}
	}
	return response.Header, text, err
}

// patience is how long the preparation waits where the server limits it.
const patience = 200 * time.Millisecond

// busyFor is how long it waits for a server that says that it can take no more.
const busyFor = time.Minute

// prepared does something for each of n until it is done, some at a time. A
// server that answers 429 or 503 is asked again: its limits are in force, or it
// is busy, and it only takes longer.
func (w *world) prepared(ctx context.Context, what string, n int, do func(context.Context, int) error) error {
	var slow sync.Once
	p := newProgress(w.o, what, n)
	return each(ctx, n, w.o.atOnce(), func(ctx context.Context, i int) error {
		for begun := time.Now(); ; {
			err := do(ctx, i)
			switch {
			case err == nil:
				p.one()
				return nil
			case ctx.Err() != nil:
				return ctx.Err()
			case !tooMany(err) && !busy(err), busy(err) && time.Since(begun) > busyFor:
				return at(what, err)
			}
			if tooMany(err) {
				slow.Do(func() { w.o.say("the server limits what one address may do, so this takes longer; %s", liftAdvice) })
			}
			if err := pause(ctx, patience); err != nil {
				return err
			}
		}
	})
}

const liftAdvice = "start it with --load-test-from 127.0.0.1 (or the address of this machine) to lift that for a test"
