package servertest

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hamconnect/qr"
	"hamconnect/server"
	"hamconnect/server/internal/store/storetest"
	"hamconnect/tui/client"
)

// Clock is a clock that tests move.
type Clock struct {
	mu     sync.Mutex // guards offset
	offset time.Duration
}

// Now is the real time and what it was moved by.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.offset)
}

// Advance moves the clock.
func (c *Clock) Advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += by
}

// Provider is a real server on a free port of loopback, with a real database.
type Provider struct {
	*server.Server
	TB      testing.TB
	Clock   *Clock
	URL     string
	DataDir string

	Database string // on PostgreSQL, in place of what is in DataDir; mostly empty

	config   server.Config
	address  string
	http     *http.Server
	followed atomic.Int64
}

// Start starts a provider that ends with the test. change, if not nil, may
// change its configuration.
func Start(tb testing.TB, change func(*server.Config)) *Provider {
	tb.Helper()
	listener := listen(tb, "127.0.0.1:0")
	p := &Provider{TB: tb, Clock: &Clock{}, DataDir: tb.TempDir() + "/data", address: listener.Addr().String()}
	p.URL = "http://" + p.address
	p.config = server.Config{DataDir: p.DataDir, PublicURL: p.URL, Now: p.Clock.Now, Limits: Unlimited}
	if testing.Verbose() {
		p.config.Log = slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	if p.config.Database = storetest.Address(tb, p.DataDir); p.config.Database != "" {
		p.Database, p.config.KeySecret = p.config.Database, []byte("a key of tests, which everybody may know")
	}
	if change != nil {
		change(&p.config)
	}
	p.open(listener)
	tb.Cleanup(p.Stop)
	return p
}

// Unlimited lets a test do more than one address may.
var Unlimited = server.Limits{
	Pairings: server.Rate{Every: time.Nanosecond, Burst: 1 << 30},
	Enrols:   server.Rate{Every: time.Nanosecond, Burst: 1 << 30},
	Calls:    server.Rate{Every: time.Nanosecond, Burst: 1 << 30},
	Asks:     server.Rate{Every: time.Nanosecond, Burst: 1 << 30},
	Failures: server.Rate{Every: time.Nanosecond, Burst: 1 << 30},

	Recoveries: server.Rate{Every: time.Nanosecond, Burst: 1 << 30},
	Changes:    server.Rate{Every: time.Nanosecond, Burst: 1 << 30},
	Sockets:    1 << 30,
}

// listen waits a while for an address that somebody else may hold for a moment.
func listen(tb testing.TB, address string) net.Listener {
	tb.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
		if err == nil {
			return listener
		}
		if time.Now().After(deadline) {
			tb.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (p *Provider) open(listener net.Listener) {
	p.TB.Helper()
	s, err := server.Open(context.Background(), p.config)
	if err != nil {
		p.TB.Fatal(err)
	}
	p.Server = s
	p.http = &http.Server{Handler: p.counting(s.Handler()), ReadHeaderTimeout: time.Minute}
	go p.http.Serve(listener)
}

// counting counts what Followed tells.
func (p *Provider) counting(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("after") {
			p.followed.Add(1)
		}
		h.ServeHTTP(w, r)
	})
}

// Followed is how often a page without scripts has asked for what comes next.
func (p *Provider) Followed() int64 { return p.followed.Load() }

// Stop cuts every connection and closes the database.
func (p *Provider) Stop() {
	p.http.Close()
	if err := p.Close(); err != nil {
		p.TB.Error(err)
	}
}

// Restart is a crash and a new process on the same data and port.
func (p *Provider) Restart() {
	p.TB.Helper()
	p.Stop()
	// What is kept is dead now, and nobody may find that out by a POST, which
	// net/http does not send a second time.
	http.DefaultTransport.(interface{ CloseIdleConnections() }).CloseIdleConnections()
	p.open(listen(p.TB, p.address))
}

// Reconfigure is Restart with another configuration.
func (p *Provider) Reconfigure(change func(*server.Config)) {
	p.TB.Helper()
	change(&p.config)
	p.Restart()
}

// App is a registered third-party app.
type App struct {
	ID, Secret, RedirectURI string
}

// AddApp registers an app that may ask for everything.
func (p *Provider) AddApp(change func(*server.Client)) App {
	p.TB.Helper()
	c := server.Client{
		Name: "Campus Library", RedirectURIs: []string{"https://library.example/callback"},
		Scopes: server.HamScopes(), UserinfoAuth: server.UserinfoBoth,
	}
	if change != nil {
		change(&c)
	}
	c, secret, err := p.Admin().AddClient(context.Background(), c)
	if err != nil {
		p.TB.Fatal(err)
	}
	return App{c.ID, secret.Reveal(), c.RedirectURIs[0]}
}

// AddPhone adds a user whose Ham app is signed in.
func (p *Provider) AddPhone(nickname string) (*client.Account, server.User) {
	p.TB.Helper()
	u, link, err := p.Admin().AddUser(context.Background(), server.User{Nickname: nickname, IsStudent: true, AvatarURL: "https://cdn.example/lin.png"})
	if err != nil {
		p.TB.Fatal(err)
	}
	return p.Enroll(link), u
}

// AnotherPhone connects one more Ham app of a user.
func (p *Provider) AnotherPhone(user server.User) *client.Account {
	p.TB.Helper()
	link, err := p.Admin().Enroll(context.Background(), user.ID)
	if err != nil {
		p.TB.Fatal(err)
	}
	return p.Enroll(link)
}

// Enroll signs one more Ham app in.
func (p *Provider) Enroll(link string) *client.Account {
	p.TB.Helper()
	parsed, err := qr.ParseLink(link)
	if err != nil {
		p.TB.Fatal(err)
	}
	account, err := client.Enroll(context.Background(), parsed, client.Options{
		Dir: p.TB.TempDir() + "/app", DeviceName: "test phone", Now: p.Clock.Now,
	})
	if err != nil {
		p.TB.Fatal(err)
	}
	return account
}

// Authorize is the address by which an app asks for everything; more replaces
// or adds parameters.
func (p *Provider) Authorize(a App, more ...string) string {
	q := url.Values{"client_id": {a.ID}, "scope": {"profile,is_student"}, "state": {"xY7Kq9fZ2pLmN8vB"}, "redirect_uri": {a.RedirectURI}}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return p.URL + "/sso-authorize?" + q.Encode()
}

// Code gives the code in a link.
func Code(link string) string { return link[strings.LastIndex(link, "/")+1:] }
