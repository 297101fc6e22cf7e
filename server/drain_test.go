package server_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"hamconnect/server"
	"hamconnect/server/servertest"
)

// The order is what load balancers need: first readyz, then those who wait one
// after the other while everything is still answered, then the end.
func TestADrainingServerSendsThoseWhoWaitAwayOneAfterTheOther(t *testing.T) {
	t.Parallel()
	s, address, stop := serving(t, func(c *server.Config) { c.Drain = true })
	app, _, err := s.Admin().AddClient(t.Context(), server.Client{
		Name: "Library", RedirectURIs: []string{"https://library.example/"}, Scopes: server.HamScopes(), UserinfoAuth: server.UserinfoBoth,
	})
	if err != nil {
		t.Fatal(err)
	}
	status := func(path string) int {
		response, err := http.Get("http://" + address + path)
		if err != nil {
			t.Error(err)
			return 0
		}
		response.Body.Close()
		return response.StatusCode
	}
	signIn := "/sso-authorize?client_id=" + app.ID + "&redirect_uri=https://library.example/"
	const waiting = 40
	closed := make(chan time.Time, waiting+1)
	wait := func() {
		page, err := servertest.NewBrowser("http://"+address).Open(t.Context(), "http://"+address+signIn)
		if err != nil {
			t.Fatal(err)
		}
		socket, err := page.Connect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				_, err := socket.Next()
				var end *websocket.CloseError
				if errors.As(err, &end) && end.Code == websocket.CloseServiceRestart {
					closed <- time.Now()
					return
				}
				if err != nil {
					t.Errorf("a socket was told %v", err)
					closed <- time.Now()
					return
				}
			}
		}()
	}
	for range waiting {
		wait()
	}
	if got := status("/readyz"); got != http.StatusOK {
		t.Fatalf("ready: %d", got)
	}
	begun := time.Now()
	ended := make(chan error, 1)
	go func() { ended <- stop() }()
	for status("/readyz") != http.StatusServiceUnavailable {
		if time.Since(begun) > 5*time.Second {
			t.Fatal("it says that it is ready")
		}
		time.Sleep(5 * time.Millisecond)
	}
	if got := fmt.Sprint(status("/healthz"), status(signIn)); got != "200 200" {
		t.Errorf("while it drains: %s", got)
	}
	wait() // one whom the load balancer sends late
	var first, last time.Time
	for i := range waiting + 1 {
		at := <-closed
		if i == 0 {
			first = at
		}
		last = at
	}
	if spread := last.Sub(first); spread < 5*time.Second {
		t.Errorf("all were sent away within %s", spread)
	}
	if err := <-ended; err != nil {
		t.Errorf("it ends with %v", err)
	}
}
