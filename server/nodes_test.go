package server_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"hamconnect/server"
	"hamconnect/server/servertest"
)

// signsIn goes the whole way several times: page, socket, scan, approval,
// finish, token and userinfo each land on another node.
func signsIn(t *testing.T, p *servertest.Provider) {
	t.Helper()
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	for range 4 {
		if a := p.Userinfo(app, p.Token(app, phone)); a.Status != http.StatusOK || a.Text("nickname") != "Lin" {
			t.Fatalf("userinfo: %d %s", a.Status, a.Text("error"))
		}
	}
}

func TestNothingAboutASignInDependsOnTheNode(t *testing.T) {
	t.Parallel()
	p, _ := servertest.Nodes(t, 3, nil)
	signsIn(t, p)
}

// The machines' clocks are minutes apart. What the database's clock says holds.
func TestNodesWhoseClocksDifferExpireThingsAtTheSameMoment(t *testing.T) {
	t.Parallel()
	off := []time.Duration{0, 7 * time.Minute, -9 * time.Minute}
	p, nodes := servertest.Nodes(t, len(off), func(node int, c *server.Config) {
		c.Now = nil
		c.MachineClock = func() time.Time { return time.Now().Add(off[node]).Round(0) } // no monotonic clock helps
	})
	signsIn(t, p)
	page := p.Begin(p.AddApp(nil))
	for i, node := range nodes {
		view, err := page.At(node.URL).Poll(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if view.State != "waiting" || view.SecondsLeft < 150 || view.SecondsLeft > 185 {
			t.Errorf("node %d: %s for %d s", i, view.State, view.SecondsLeft)
		}
	}
}

func TestWithoutAnyHintEverythingIsFoundByLooking(t *testing.T) {
	t.Parallel()
	p, _ := servertest.Nodes(t, 2, func(_ int, c *server.Config) { c.Bus = "nats://127.0.0.1:1" }) // nobody is there
	signsIn(t, p)
}

func TestNATSCarriesHintsAndItsDeathIsSurvived(t *testing.T) {
	t.Parallel()
	s := servertest.StartNATS(t)
	p, _ := servertest.Nodes(t, 2, func(_ int, c *server.Config) { c.Bus = s.URL })
	troubleNATS(t, s.URL)
	signsIn(t, p)
	s.Kill()
	signsIn(t, p)
	s.Start()
	signsIn(t, p)
}

// The way to the bus has troubles of its own.
func TestABusThatIsReachedBadlyCostsNobodyTheirSignIn(t *testing.T) {
	t.Parallel()
	s := servertest.StartNATS(t)
	w, address := servertest.NewWire(t, s.URL)
	p, _ := servertest.Nodes(t, 2, func(_ int, c *server.Config) { c.Bus = address })
	for _, trouble := range []func(){w.Hold, func() { w.Slow(time.Second) }, w.Cut, w.Mend} {
		trouble()
		signsIn(t, p)
	}
}

// troubleNATS says everything again, late and in another order, and things
// that no node says.
func troubleNATS(t *testing.T, address string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	connection, err := nats.Connect(address, nats.NoEcho(), nats.RetryOnFailedConnect(true), nats.ReconnectWait(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(connection.Close)
	_, err = connection.Subscribe("ham.wake", func(m *nats.Msg) {
		running.Go(func() {
			for i := range 3 {
				select {
				case <-time.After(time.Duration(300-100*i) * time.Millisecond):
					_ = connection.Publish("ham.wake", m.Data) // it may be killed meanwhile
				case <-ctx.Done():
				}
			}
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, nonsense := range []string{"", "\n", "node", "node\n", "node\nx y", "node\n1", "\n1 pairing/X", string(make([]byte, 100_000))} {
		_ = connection.Publish("ham.wake", []byte(nonsense))
	}
}

// A node that was told of a change, and cannot read it, tells its browser once
// it can; the browser need not come again.
func TestADesktopWaitsOnWhileItsNodeCannotReadTheDatabase(t *testing.T) {
	t.Parallel()
	var w *servertest.Wire
	p, nodes := servertest.Nodes(t, 2, func(node int, c *server.Config) {
		if node == 0 {
			c.Bus = c.Database
			w, c.Database = servertest.NewWire(t, c.Database)
		} else {
			c.Database = c.Bus
		}
	})
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	page, err := servertest.NewBrowser(p.URL).Open(t.Context(), p.Authorize(app))
	if err != nil {
		t.Fatal(err)
	}
	page.Browser = page.Browser.At(nodes[0].URL)
	socket, err := page.ConnectWith(t.Context(), http.Header{"Origin": {p.URL}, "User-Agent": {servertest.UserAgent}})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	if _, err := socket.Until("waiting"); err != nil {
		t.Fatal(err)
	}
	scan := func() (err error) {
		for range 4 { // every second one goes to the node that cannot
			if _, err = phone.Claim(t.Context(), servertest.Code(page.Link)); err == nil {
				return nil
			}
		}
		return err
	}
	w.Hold()
	if err := scan(); err == nil {
		t.Fatal("the pairing is stored, though its node cannot")
	}
	w.Mend()
	if _, err := page.Poll(t.Context()); err != nil { // it is stored, and nobody has scanned
		t.Fatal(err)
	}
	w.Hold()
	if err := scan(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * time.Second) // it has given up reading
	w.Mend()
	if view, err := socket.Until("claimed"); err != nil || view.Number == 0 {
		t.Fatalf("%+v, %v", view, err)
	}
}
