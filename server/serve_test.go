package server_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"hamconnect/qr"
	"hamconnect/server"
	"hamconnect/server/servertest"
	"hamconnect/tui/client"
)

// serving is a server as the command runs it, with its own limits of time.
func serving(t *testing.T, change func(*server.Config)) (s *server.Server, address string, stop func() error) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = listener.Addr().String()
	config := server.Config{DataDir: t.TempDir() + "/data", PublicURL: "http://" + address}
	if change != nil {
		change(&config)
	}
	s, err = server.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, listener) }()
	stop = func() error {
		cancel()
		err := <-done
		return errors.Join(err, s.Close())
	}
	return s, address, stop
}

func TestAStoppingServerTellsEverybodyAndIsGoneInFiveSeconds(t *testing.T) {
	s, address, stop := serving(t, nil)
	app, _, err := s.Admin().AddClient(t.Context(), server.Client{
		Name: "Library", RedirectURIs: []string{"https://library.example/"}, Scopes: server.HamScopes(), UserinfoAuth: server.UserinfoBoth,
	})
	if err != nil {
		t.Fatal(err)
	}
	_, link, err := s.Admin().AddUser(t.Context(), server.User{Nickname: "Lin"})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := qr.ParseLink(link)
	if err != nil {
		t.Fatal(err)
	}
	phone, err := client.Enroll(t.Context(), parsed, client.Options{Dir: t.TempDir() + "/app"})
	if err != nil {
		t.Fatal(err)
	}
	page, err := servertest.NewBrowser("http://"+address).Open(t.Context(), "http://"+address+"/sso-authorize?client_id="+app.ID+"&redirect_uri=https://library.example/")
	if err != nil {
		t.Fatal(err)
	}
	socket, err := page.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ask, err := phone.Claim(t.Context(), servertest.Code(page.Link))
	if err != nil {
		t.Fatal(err)
	}
	polled := make(chan error, 1)
	go func() {
		_, err := phone.Status(t.Context(), ask.PairingID, ask.Status.Version, 25*time.Second)
		polled <- err
	}()
	half, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address) // says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer half.Close()
	if _, err := socket.Until("claimed"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond) // nothing outside shows that the long poll has begun
	begun := time.Now()
	if err := stop(); err != nil {
		t.Errorf("it ends with %v", err)
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	var end *websocket.CloseError
	if _, err := socket.Next(); !errors.As(err, &end) || end.Code != websocket.CloseServiceRestart {
		t.Errorf("the socket was told %v", err)
	}
	if err := <-polled; err != nil {
		t.Errorf("the long poll was cut off: %v", err)
	}
	if connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address); err == nil {
		connection.Close()
		t.Error("it still accepts")
	}
}
