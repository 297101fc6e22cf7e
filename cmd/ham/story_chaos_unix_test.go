//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
	"hamconnect/server"
	"hamconnect/server/servertest"
	"hamconnect/tui/client"
)

// Nodes, bus and database are killed, and the database moves to its standby,
// while people sign in. What was acknowledged is kept and works once; who was
// under way goes on, or is told to try again.
func TestNothingIsLostWhenNodesBusAndDatabaseDie(t *testing.T) {
	if os.Getenv("HAM_TEST_DATABASE") == "" {
		t.Skip("it takes a while, and PostgreSQL: name a server in $HAM_TEST_DATABASE, though it starts its own")
	}
	logins := 2000
	if text := os.Getenv("HAM_CHAOS_LOGINS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 100 {
			t.Fatal("HAM_CHAOS_LOGINS is how many sign-ins there are, 100 at least")
		}
		logins = n
	}
	c := newCluster(t, 3)
	c.people(40)
	sweeper := c.sweeper()
	var died time.Time
	trouble := []struct {
		what string
		do   func()
	}{
		{"the node that sweeps is killed, and another one started in its place later", func() {
			c.nodes[0].kill()
			died = time.Now()
			time.Sleep(2 * time.Second)
			c.nodes[0].start()
		}},
		{"the bus is killed and started again", func() {
			c.bus.Kill()
			time.Sleep(3 * time.Second)
			c.bus.Start()
		}},
		{"the database is killed and started again", func() {
			c.primary.Kill()
			time.Sleep(time.Second)
			c.primary.Start()
		}},
		{"the database is killed and its standby takes its place", func() {
			c.primary.Kill()
			c.standby.Promote()
			c.wire.Lead(c.standby.host())
		}},
		{"somebody else has to sweep", func() {
			eventually(t, "another node that sweeps", func() (string, bool) { return sweeper, c.sweeper() != sweeper })
			t.Logf("%s after its death another node sweeps", time.Since(died).Round(time.Second))
		}},
		{"all nodes are replaced one after the other", func() {
			for _, n := range c.nodes {
				n.replace()
			}
		}},
	}
	var begins atomic.Int64
	var over atomic.Bool
	var running sync.WaitGroup
	begun := time.Now()
	for _, p := range c.persons {
		running.Go(func() {
			for begins.Add(1) <= int64(logins) || !over.Load() {
				p.signIn()
				time.Sleep(rand.N(time.Second)) // people, and not a loop: all of it falls into their midst
			}
		})
	}
	for _, tr := range trouble {
		time.Sleep(2 * time.Second)
		before := c.tally()
		tr.do()
		time.Sleep(2 * time.Second)
		t.Logf("%s; meanwhile: %s", tr.what, c.tally().since(before))
	}
	over.Store(true)
	running.Wait()
	took := time.Since(begun)
	all := c.tally()
	t.Logf("in all, in %s: %s", took.Round(time.Second), all)

	// Each token that was given still works; each code that gave one is spent.
	var lost, twice int
	for _, g := range c.given {
		if status := c.userinfo(g.token); status != http.StatusOK {
			lost++
		}
	}
	for _, g := range c.given {
		if status, _ := c.exchange(g.code); status == http.StatusOK {
			twice++
		}
	}
	database := c.standby
	finished := database.count(`SELECT COUNT(*) FROM pairings WHERE state = 'finished'`)
	codes := database.count(`SELECT COUNT(*) FROM codes`)
	tokens := database.count(`SELECT COUNT(*) FROM tokens`)
	t.Logf("%d codes given to browsers, %d tokens to the app; %d tokens lost, %d codes accepted twice; in the database %d finished sign-ins, %d codes, %d live tokens after each code was tried again",
		c.codes.Load(), len(c.given), lost, twice, finished, codes, tokens)
	if lost > 0 || twice > 0 || c.faults.Load() > 0 {
		t.Errorf("%d tokens lost, %d codes accepted twice, %d answers that nobody may give", lost, twice, c.faults.Load())
	}
	if codes != finished || codes < int(c.codes.Load()) {
		t.Errorf("%d sign-ins were finished, and made %d codes, of which browsers were given %d", finished, codes, c.codes.Load())
	}
	if len(c.given) < logins*8/10 {
		t.Errorf("only %d of %d came through", len(c.given), logins)
	}
}

// cluster is a database with a standby, a bus, nodes, and a load balancer that
// knows which of them are ready.
type cluster struct {
	t                testing.TB
	primary, standby *postgresServer
	wire             *servertest.Wire
	bus              *servertest.NATSServer
	nodes            []*node
	url              string
	app              servertest.App
	persons          []*person
	http             *http.Client

	signedIn, again, unclear, tries, codes, faults atomic.Int64

	mu    sync.Mutex // guards given
	given []granted
}

type granted struct{ code, token string }

func newCluster(t testing.TB, nodes int) *cluster {
	t.Helper()
	c := &cluster{t: t, http: &http.Client{Timeout: 30 * time.Second}}
	c.primary = startPostgres(t, "synchronous_standby_names=standby")
	c.bus = servertest.StartNATS(t)
	if err := c.primary.do("ALTER SYSTEM SET synchronous_commit = local"); err != nil { // until the standby is there
		t.Fatal(err)
	}
	c.standby = c.primary.standby()
	for _, statement := range []string{"ALTER SYSTEM RESET synchronous_commit", "SELECT pg_reload_conf()"} {
		if err := c.primary.do(statement); err != nil {
			t.Fatal(err)
		}
	}
	var database string
	c.wire, database = servertest.NewWire(t, c.primary.URL())
	key := filepath.Join(t.TempDir(), "ham.key")
	if err := os.WriteFile(key, []byte("a key of tests, which everybody may know"), 0o600); err != nil {
		t.Fatal(err)
	}
	outside, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c.url = "http://" + outside.Addr().String()
	for range nodes {
		port, err := freePort()
		if err != nil {
			t.Fatal(err)
		}
		n := &node{t: t, address: "127.0.0.1:" + strconv.Itoa(port)}
		n.line = []string{
			"serve", "--database", database, "--bus", c.bus.URL, "--key-file", key, "--listen", n.address, "--public-url", c.url,
			"--trusted-proxy", "127.0.0.1", "--drain", "--log-level", "warn",
		}
		c.nodes = append(c.nodes, n)
		n.start()
		eventually(t, "one that sweeps", func() (string, bool) { // it is the first
			return "nobody", c.sweeper() != ""
		})
	}
	balancer := &http.Server{Handler: c.balance(), ReadHeaderTimeout: time.Minute}
	go balancer.Serve(outside)
	t.Cleanup(func() { balancer.Close() })
	return c
}

// sweeper is who does what one node at a time does.
func (c *cluster) sweeper() (holder string) {
	for _, s := range []*postgresServer{c.primary, c.standby} {
		if s.process != nil {
			holder = s.text(`SELECT COALESCE(MAX(holder), '') FROM leases`)
		}
	}
	return holder
}

// node is a server of its own.
type node struct {
	t       testing.TB
	address string
	line    []string
	process *process
	ready   atomic.Bool
}

func (n *node) start() {
	p, err := startProcess(os.Environ(), n.t.TempDir(), "ham", n.line...)
	if err != nil {
		n.t.Fatal(err)
	}
	n.process = p
	n.t.Cleanup(func() {
		if n.t.Failed() {
			n.t.Logf("%s said:\n%s", n.address, p.output.String())
		}
	})
	if err := p.ready("http://" + n.address); err != nil {
		n.t.Fatal(err)
	}
	n.ready.Store(true)
}

func (n *node) kill() { _, _ = n.process.end(syscall.SIGKILL, patience) }

// replace stops the node as an operator does, and starts another one.
func (n *node) replace() {
	if code, err := n.process.end(syscall.SIGTERM, 2*patience); code != 0 || err != nil {
		n.t.Errorf("a node that was told to stop ended with %d (%v)", code, err)
	}
	n.start()
}

// balance sends each request to the next node that is ready, as far as it knows.
func (c *cluster) balance() http.Handler {
	ctx, stop := context.WithCancel(context.Background())
	c.t.Cleanup(stop)
	for _, n := range c.nodes {
		go func() {
			for ctx.Err() == nil {
				n.ready.Store(readyz("http://"+n.address) == http.StatusOK)
				time.Sleep(100 * time.Millisecond)
			}
		}()
	}
	var next atomic.Uint64
	transport := &http.Transport{MaxIdleConnsPerHost: 100, DialContext: (&net.Dialer{Timeout: time.Second}).DialContext}
	return &httputil.ReverseProxy{
		Transport: transport,
		ErrorLog:  nil,
		Rewrite: func(r *httputil.ProxyRequest) {
			var to *node
			for range c.nodes {
				to = c.nodes[next.Add(1)%uint64(len(c.nodes))]
				if to.ready.Load() {
					break
				}
			}
			r.SetURL(&url.URL{Scheme: "http", Host: to.address})
			r.Out.Host = r.In.Host
			r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusBadGateway)
		},
	}
}

// counts is what has come of the sign-ins.
type counts struct{ signedIn, again, unclear, tries int64 }

func (c *cluster) tally() counts {
	return counts{c.signedIn.Load(), c.again.Load(), c.unclear.Load(), c.tries.Load()}
}

func (n counts) since(before counts) counts {
	return counts{n.signedIn - before.signedIn, n.again - before.again, n.unclear - before.unclear, n.tries - before.tries}
}

func (n counts) String() string {
	return fmt.Sprintf("%d signed in, %d told to begin again, %d whose answer was lost, %d requests sent again", n.signedIn, n.again, n.unclear, n.tries)
}

// from has everything come from one address of many.
type from struct{ address string }

func (f from) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Forwarded-For", f.address)
	return http.DefaultTransport.RoundTrip(r)
}

// person has a browser and a Ham app.
type person struct {
	c     *cluster
	phone *client.Account
	from  from
}

func (c *cluster) people(many int) {
	c.t.Helper()
	ctx := context.Background()
	admin, err := server.OpenAdmin(ctx, server.Place{Database: c.primary.URL()}, c.url)
	if err != nil {
		c.t.Fatal(err)
	}
	defer admin.Close()
	app, secret, err := admin.AddClient(ctx, server.Client{
		Name: "Campus Library", RedirectURIs: []string{"https://library.example/callback"}, Scopes: server.HamScopes(), UserinfoAuth: server.UserinfoBoth,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.app = servertest.App{ID: app.ID, Secret: secret.Reveal(), RedirectURI: app.RedirectURIs[0]}
	for i := range many {
		_, text, err := admin.AddUser(ctx, server.User{Nickname: fmt.Sprint("Person ", i)})
		if err != nil {
			c.t.Fatal(err)
		}
		link, err := qr.ParseLink(text)
		if err != nil {
			c.t.Fatal(err)
		}
		p := &person{c: c, from: from{fmt.Sprintf("192.0.2.%d", i+1)}}
		if p.phone, err = client.Enroll(ctx, link, client.Options{Dir: c.t.TempDir() + "/app", Transport: p.from}); err != nil {
			c.t.Fatal(err)
		}
		c.persons = append(c.persons, p)
	}
}

// errAgain is that the person has to begin anew.
var errAgain = errors.New("begin again")

// signIn tries once, from the page to the data.
func (p *person) signIn() {
	code, err := p.code()
	if err != nil {
		p.c.count(err)
		return
	}
	p.c.codes.Add(1)
	tried := 0
	status, token := 0, ""
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); tried++ {
		if status, token = p.c.exchange(code); status != 0 && status < http.StatusInternalServerError {
			break
		}
		p.c.pause()
	}
	switch {
	case status == http.StatusBadRequest && tried > 0: // the answer before was lost, and a code is good once
		p.c.unclear.Add(1)
		return
	case status != http.StatusOK:
		p.c.fault("a fresh code", fmt.Errorf("HTTP %d", status))
		return
	}
	p.c.mu.Lock()
	p.c.given = append(p.c.given, granted{code, token})
	p.c.mu.Unlock()
	p.c.signedIn.Add(1)
}

func (c *cluster) count(err error) {
	var refused *servertest.StatusError
	switch {
	case errors.Is(err, errAgain):
		c.again.Add(1)
	case errors.As(err, &refused) && refused.Status == http.StatusConflict, errors.As(err, &refused) && refused.Status == http.StatusGone:
		c.unclear.Add(1)
	default:
		c.fault("a sign-in", err)
	}
}

func (c *cluster) fault(what string, err error) {
	c.faults.Add(1)
	c.t.Errorf("%s: %v", what, err)
}

func (c *cluster) pause() {
	c.tries.Add(1)
	time.Sleep(50*time.Millisecond + rand.N(150*time.Millisecond))
}

// isTrouble reports whether to try once more: nobody answered, or it was said.
func isTrouble(err error) bool {
	var refused *servertest.StatusError
	if errors.As(err, &refused) {
		return refused.Status >= http.StatusInternalServerError
	}
	var failure *client.Failure
	if errors.As(err, &failure) {
		return failure.Status >= http.StatusInternalServerError
	}
	return err != nil
}

// insist tries until there is no more trouble.
func (p *person) insist(try func() error) error {
	for deadline := time.Now().Add(patience); ; {
		err := try()
		if err == nil || !isTrouble(err) {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("in vain: %w", err)
		}
		p.c.pause()
	}
}

// code goes the way from the page to the redirect.
func (p *person) code() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	browser := servertest.NewBrowser(p.c.url)
	browser.Client.Transport = p.from
	address := p.c.url + "/sso-authorize?" + url.Values{
		"client_id": {p.c.app.ID}, "redirect_uri": {p.c.app.RedirectURI}, "scope": {"profile"}, "state": {"s"},
	}.Encode()
	var page *servertest.Page
	err := p.insist(func() (err error) {
		page, err = browser.Open(ctx, address)
		return err
	})
	if err != nil {
		return "", err
	}
	var socket *servertest.Socket
	connect := func() error {
		return p.insist(func() (err error) {
			socket, err = page.ConnectWith(ctx, http.Header{"Origin": {p.c.url}, "X-Forwarded-For": {p.from.address}, "User-Agent": {servertest.UserAgent}})
			return err
		})
	}
	if err := connect(); err != nil {
		return "", err
	}
	defer func() { socket.Close() }()
	until := func(states ...string) (servertest.View, error) {
		for {
			v, err := socket.Next()
			for _, s := range states {
				if err == nil && v.State == s {
					return v, nil
				}
			}
			switch {
			case err == nil && pairing.State(v.State).Over():
				return v, errAgain
			case err != nil:
				socket.Close()
				if err := connect(); err != nil {
					return v, err
				}
			}
		}
	}
	var ask *client.Ask
	link := page.Link
	err = p.insist(func() (err error) {
		ask, err = p.phone.Claim(ctx, servertest.Code(link))
		return err
	})
	if err != nil {
		return "", p.refused(err)
	}
	view, err := until("claimed")
	if err != nil {
		return "", err
	}
	err = p.insist(func() error {
		_, err := p.phone.Approve(ctx, ask, view.Number, ask.ScopeNames())
		return err
	})
	if err != nil {
		return "", p.refused(err)
	}
	if _, err := until("approved", "finished"); err != nil {
		return "", err
	}
	var to string
	err = p.insist(func() (err error) {
		to, err = page.Finish(ctx)
		return err
	})
	if err != nil {
		return "", err
	}
	landed, err := url.Parse(to)
	if err != nil || landed.Query().Get("code") == "" {
		return "", fmt.Errorf("the redirect has no code")
	}
	return landed.Query().Get("code"), nil
}

// refused turns what the app was told into what that means for the person: a
// code that was replaced, or a time that ran out during the trouble.
func (p *person) refused(err error) error {
	var failure *client.Failure
	if errors.As(err, &failure) {
		switch failure.Code {
		case pairing.FailNotFound, pairing.FailState:
			return errAgain
		}
	}
	return err
}

// exchange swaps a code for a token; status 0 is that nobody answered.
func (c *cluster) exchange(code string) (status int, token string) {
	request, err := http.NewRequest(http.MethodPost, c.url+"/oauth/token", strings.NewReader(url.Values{"grant_type": {"authorization_code"}, "code": {code}}.Encode()))
	if err != nil {
		return 0, ""
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(c.app.ID, c.app.Secret)
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	return c.send(request, &answer), answer.AccessToken
}

// userinfo insists on an answer.
func (c *cluster) userinfo(token string) (status int) {
	for range 50 {
		request, err := http.NewRequest(http.MethodGet, c.url+"/oauth/userinfo", nil)
		if err != nil {
			return 0
		}
		request.Header["Authorization"] = []string{"Bearer " + token, servertest.Basic(c.app.ID, c.app.Secret)}
		if status = c.send(request, &struct{}{}); status != 0 && status < http.StatusInternalServerError {
			return status
		}
		c.pause()
	}
	return status
}

func (c *cluster) send(request *http.Request, into any) (status int) {
	response, err := c.http.Do(request)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	if err != nil || response.StatusCode == http.StatusOK && json.Unmarshal(text, into) != nil {
		return 0 // it was cut off in the middle
	}
	return response.StatusCode
}
