package desk

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/bus"
	"hamconnect/server/internal/follow"
	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

const origin = "http://localhost:8484"

// pipes is a listener whose connections have no buffer: a peer that does not
// read stops the writer at once.
type pipes struct {
	accept chan net.Conn
	done   chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accept:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p pipes) Close() error   { close(p.done); return nil } // net/http does it once
func (p pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// room is a Desk with its sockets behind pipes.
type room struct {
	*Desk
	pipes pipes
	moved atomic.Int64 // nanoseconds by which a test moved the clock
}

func (r *room) now() time.Time { return time.Now().Add(time.Duration(r.moved.Load())) }

func newRoom(t *testing.T) *room {
	t.Helper()
	db, err := store.Open(t.Context(), t.TempDir()+"/data")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := web.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &room{pipes: pipes{make(chan net.Conn), make(chan struct{})}}
	r.Desk = &Desk{
		DB: db, Bus: bus.NewLocal(), Log: slog.New(slog.DiscardHandler), Now: r.now, PublicURL: origin,
		Codes: pairing.NewCodes([32]byte{1}), Pages: pages,
		Begins: limit.PerKey(time.Nanosecond, 1<<20, r.now), Sockets: limit.AtOnce(1 << 20),
		Request: func(context.Context, url.Values) (oauth.Request, error) {
			return oauth.Request{Client: oauth.Client{ID: "library", Name: "Library"}, RedirectURI: "https://library.example/"}, nil
		},
	}
	db.Changed = func(w store.Wake) { r.Bus.Publish(w.Topic) }
	r.Follower = &follow.Follower{DB: db, Bus: r.Bus, Now: r.now, Stopping: make(chan struct{})}
	server := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if err := r.Socket(pairing.KindAuthorize)(w, q); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
		}
	})}
	go server.Serve(r.pipes)
	t.Cleanup(func() {
		r.CloseSockets()
		server.Close()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// madePage is one that was made and has not connected yet.
type madePage struct{ id, secret string }

func (r *room) page(t *testing.T) madePage {
	t.Helper()
	request, err := r.Request(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	id := pairing.NewID()
	return madePage{id, r.Codes.NewSecret(pairing.KindAuthorize, id, r.now(), freeze(request))}
}

// join connects a browser, whose pairing is stored at once, and gives its socket
// and pairing.
func (r *room) join(t *testing.T) (*websocket.Conn, string) {
	t.Helper()
	page := r.page(t)
	return r.open(t, page, ""), page.id
}

// open connects a page that says where it stands.
func (r *room) open(t *testing.T, p madePage, stands string) *websocket.Conn {
	t.Helper()
	connection, err := r.comeTo(t, p, stands)
	if err != nil {
		t.Fatal(err)
	}
	return connection
}

func (r *room) comeTo(t *testing.T, p madePage, stands string) (*websocket.Conn, error) {
	t.Helper()
	header := http.Header{"Origin": {origin}, "Cookie": {r.cookieName(p.id) + "=" + p.secret}}
	dialer := websocket.Dialer{NetDialContext: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		r.pipes.accept <- theirs
		return ours, nil
	}}
	connection, response, err := dialer.DialContext(t.Context(), "ws://localhost:8484/?pairing="+p.id+stands, header)
	if response != nil {
		response.Body.Close()
	}
	if err == nil {
		t.Cleanup(func() { connection.Close() })
	}
	return connection, err
}

// scan has a Ham app claim a pairing that is stored.
func (r *room) scan(t *testing.T, id string) {
	t.Helper()
	if _, err := r.DB.UpdatePairing(t.Context(), id, func(p *pairing.Pairing) error {
		return p.Scan(r.now(), pairing.Device{ID: "phone", UserID: "lin", Nickname: "Lin"}, 0, 42)
	}); err != nil {
		t.Fatal(err)
	}
}

// hears gives what a browser is sent, until its connection ends.
func hears(browser *websocket.Conn) <-chan web.View {
	views := make(chan web.View, 10)
	go func() {
		defer close(views)
		for {
			var v web.View
			if browser.ReadJSON(&v) != nil {
				return
			}
			views <- v
		}
	}()
	return views
}

// eventually waits for what another goroutine brings about.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never came that %s", what)
		}
	}
}

func (r *room) tickAll(after time.Duration) {
	for _, s := range r.hub.all() {
		s.tick(ticks()+int64(after.Seconds()), r.now())
	}
}

func TestABrowserThatReadsNothingHoldsNobodyUpAndIsDropped(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	_, deaf := r.join(t) // its first view is stuck in the pipe
	eventually(t, "the server has it", func() bool { return r.Waiting() == 1 })
	quick, id := r.join(t)
	var view web.View
	if err := quick.ReadJSON(&view); err != nil || view.State != "waiting" {
		t.Fatalf("the quick one: %s (%v)", view.State, err)
	}
	begun := time.Now()
	r.tickAll(0)
	r.Bus.Publish(store.PairingTopic(deaf))
	r.scan(t, id)
	if err := quick.ReadJSON(&view); err != nil || view.State != "claimed" {
		t.Fatalf("the quick one: %s (%v)", view.State, err)
	}
	if took := time.Since(begun); took > writeTimeout/2 {
		t.Errorf("the quick one waited %s for the deaf one", took)
	}
	eventually(t, "the deaf one is dropped", func() bool { return r.Waiting() == 1 })
}

// Whoever can write to the bus between nodes can wake a socket as often as they
// like.
func TestASocketThatIsWokenAgainAndAgainReadsOneAtATime(t *testing.T) {
	r := newRoom(t)
	browser, id := r.join(t)
	views := hears(browser)
	if view := <-views; view.State != "waiting" {
		t.Fatalf("it is %s", view.State)
	}
	s := r.hub.all()[0]
	s.mu.Lock() // who reads waits here
	before := runtime.NumGoroutine()
	for range 5000 {
		r.Bus.Publish(store.PairingTopic(id))
	}
	if more := runtime.NumGoroutine() - before; more > 500 { // others come and go
		t.Errorf("%d read at the same time", more)
	}
	r.scan(t, id)
	s.mu.Unlock()
	if view := <-views; view.State != "claimed" {
		t.Errorf("what came last is not shown: %s", view.State)
	}
}

func TestASilentBrowserIsPingedAndThenDropped(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	silent, _ := r.join(t)
	pings := make(chan struct{}, 10)
	silent.SetPingHandler(func(string) error { pings <- struct{}{}; return nil }) // and no pong
	go func() {
		for {
			if _, _, err := silent.NextReader(); err != nil {
				return
			}
		}
	}()
	eventually(t, "the server has it", func() bool { return r.Waiting() == 1 })
	r.tickAll(idleFor - 2*time.Second)
	if len(pings) > 0 {
		t.Error("it was pinged too early")
	}
	r.tickAll(idleFor + time.Second)
	<-pings
	r.tickAll(silentFor - 2*time.Second)
	if r.Waiting() != 1 {
		t.Error("it was dropped too early")
	}
	r.tickAll(silentFor + 2*time.Second)
	eventually(t, "the silent one is dropped", func() bool { return r.Waiting() == 0 })
}

// Codes keep a connection open. Who is sent them is asked for a sign of life all
// the same, less often.
func TestABrowserThatIsSentCodesIsAskedForAPongAsWell(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	silent, _ := r.join(t)
	pings := make(chan struct{}, 10)
	silent.SetPingHandler(func(string) error { pings <- struct{}{}; return nil })
	views := hears(silent)
	<-views
	s := r.hub.all()[0]
	for _, step := range []struct {
		at    time.Duration
		pings int
	}{{30 * time.Second, 0}, {60 * time.Second, 0}, {askAfter, 1}, {askAfter + 30*time.Second, 0}, {askAfter + idleFor, 1}} {
		s.spoke.Store(ticks() + int64((step.at-20*time.Second)/time.Second)) // a code was sent lately
		r.tickAll(step.at)
		for range step.pings {
			<-pings
		}
		time.Sleep(20 * time.Millisecond) // for one too many
		if len(pings) > 0 {
			t.Fatalf("after %v it was pinged once more", step.at)
		}
	}
	r.tickAll(silentFor + 2*time.Second)
	eventually(t, "the silent one is dropped", func() bool { return r.Waiting() == 0 })
}

func TestTimeAloneReplacesTheCodeAndExpiresThePairing(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	browser, _ := r.join(t)
	views := hears(browser)
	next := func() web.View {
		for { // a tick passes over a socket that is just being written to
			r.tickAll(0)
			select {
			case v := <-views:
				return v
			case <-time.After(5 * time.Millisecond):
			}
		}
	}
	links := map[string]bool{next().Link: true}
	for range 5 {
		r.moved.Add(int64(pairing.CodeEvery))
		links[next().Link] = true
	}
	if len(links) != 6 {
		t.Errorf("there were %d codes", len(links))
	}
	r.moved.Add(int64(pairing.CodeEvery))
	if v := next(); v.State != "expired" {
		t.Errorf("after three minutes it is %s", v.State)
	}
	if _, open := <-views; open {
		t.Error("there is more after the end")
	}
}

func TestAStoppingServerTellsItsBrowsersToComeBack(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	browser, _ := r.join(t)
	eventually(t, "the server has it", func() bool { return r.Waiting() == 1 })
	told := make(chan error, 1)
	go func() {
		for {
			if _, _, err := browser.NextReader(); err != nil {
				told <- err
				return
			}
		}
	}()
	r.CloseSockets()
	var end *websocket.CloseError
	if err := <-told; !errors.As(err, &end) || end.Code != websocket.CloseServiceRestart {
		t.Errorf("it was told %v", err)
	}
	late, _ := r.join(t)
	if _, _, err := late.NextReader(); !errors.As(err, &end) || end.Code != websocket.CloseServiceRestart {
		t.Errorf("one that comes after it was told %v", err)
	}
}

func TestClosedSocketsLeaveNothingBehind(t *testing.T) {
	r := newRoom(t)
	first, _ := r.join(t) // whatever is made once exists now
	if err := first.ReadJSON(new(web.View)); err != nil {
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	for range 50 {
		browser, _ := r.join(t)
		if err := browser.ReadJSON(new(web.View)); err != nil {
			t.Fatal(err)
		}
		browser.NetConn().Close()
	}
	eventually(t, "all sockets are gone", func() bool { return r.Waiting() == 1 })
	eventually(t, "their goroutines are gone", func() bool { return runtime.NumGoroutine() <= before+1 })
	if release, ok := r.Sockets.Take("x"); !ok {
		t.Error("no place is free")
	} else {
		release()
	}
}
