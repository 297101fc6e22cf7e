package server_test

import (
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"hamconnect/server"
	"hamconnect/server/internal/store/storetest"
	"hamconnect/server/servertest"
)

// wire is a way to a database that can be cut, or held.
type wire struct {
	to string

	mu    sync.Mutex // guards the fields below
	held  chan struct{}
	cut   bool
	conns []net.Conn
}

// through gives the address of a database by way of a new wire.
func through(t *testing.T, address string) (*wire, string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal("the address cannot be read")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{to: u.Host}
	t.Cleanup(func() {
		listener.Close()
		w.set(true, false)
	})
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			go w.carry(near)
		}
	}()
	u.Host = listener.Addr().String()
	return w, u.String()
}

func (w *wire) carry(near net.Conn) {
	w.mu.Lock()
	refused := w.cut
	w.mu.Unlock()
	if refused {
		near.Close()
		return
	}
	far, err := net.Dial("tcp", w.to)
	if err != nil {
		near.Close()
		return
	}
	w.mu.Lock()
	w.conns = append(w.conns, near, far)
	w.mu.Unlock()
	go w.pass(far, near)
	w.pass(near, far)
}

func (w *wire) pass(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	for buffer := make([]byte, 32<<10); ; {
		n, err := from.Read(buffer)
		w.mu.Lock()
		held := w.held
		w.mu.Unlock()
		if held != nil {
			<-held
		}
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// set cuts the wire, or holds what goes over it, or lets it through again.
func (w *wire) set(cut, hold bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
	if w.held != nil {
		close(w.held)
		w.held = nil
	}
	if hold {
		w.held = make(chan struct{})
	}
	if cut {
		for _, c := range w.conns {
			c.Close()
		}
		w.conns = nil
	}
}

func TestADatabaseThatIsGoneOrStandsStillIsToldAndEverythingComesBack(t *testing.T) {
	if os.Getenv(storetest.Variable) == "" {
		t.Skip("needs PostgreSQL: name a server in $" + storetest.Variable)
	}
	var w *wire
	p := servertest.Start(t, func(c *server.Config) { w, c.Database = through(t, c.Database) })
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	token := p.Token(app, phone)
	for name, trouble := range map[string]func(){
		"gone":           func() { w.set(true, false) },
		"standing still": func() { w.set(false, true) },
	} {
		t.Run(name, func(t *testing.T) {
			code := p.Code(app, phone)
			trouble()
			for what, ask := range map[string]func() servertest.Answer{
				"userinfo": func() servertest.Answer { return p.Userinfo(app, token) },
				"token":    func() servertest.Answer { return p.Exchange(app, "x") },
				"page": func() servertest.Answer {
					return p.Send(http.MethodGet, "/sso-authorize?client_id="+app.ID, nil, nil)
				},
				"ready": func() servertest.Answer { return p.Send(http.MethodGet, "/readyz", nil, nil) },
			} {
				begun := time.Now()
				a := ask()
				if a.Status != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
					t.Errorf("%s: answered %d %s, Retry-After %q", what, a.Status, a.Text("error"), a.Header.Get("Retry-After"))
				}
				if took := time.Since(begun); took > 10*time.Second { // far more than it should
					t.Errorf("%s: it took %s", what, took)
				}
			}
			if a := p.Send(http.MethodGet, "/healthz", nil, nil); a.Status != http.StatusOK {
				t.Errorf("healthz: %d", a.Status)
			}
			w.set(false, false)
			deadline := time.Now().Add(20 * time.Second)
			for p.Send(http.MethodGet, "/readyz", nil, nil).Status != http.StatusOK {
				if time.Now().After(deadline) {
					t.Fatal("it does not come back")
				}
				time.Sleep(50 * time.Millisecond)
			}
			if a := p.Exchange(app, code); a.Status != http.StatusOK {
				t.Errorf("a code from before: %d %s", a.Status, a.Text("error"))
			}
			if a := p.Userinfo(app, token); a.Status != http.StatusOK {
				t.Errorf("a token from before: %d", a.Status)
			}
			p.Code(app, phone) // and a whole sign-in, with its socket
		})
	}
}
