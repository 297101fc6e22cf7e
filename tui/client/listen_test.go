package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

// pipes are a network that a synctest bubble can see through.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	if c, ok := <-p; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}
func (pipes) Close() error   { return nil }
func (pipes) Addr() net.Addr { return &net.UnixAddr{} }

// listens has an account listen to a server that answers as handler does, until
// it was lost so often, and gives why and when it came.
func listens(t *testing.T, handler http.HandlerFunc, losses int) (lost []error, at []time.Duration) {
	t.Helper()
	dir, s := t.TempDir(), newServer(t)
	if _, err := client.Enroll(t.Context(), link(t, s.EnrollLink()), client.Options{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		network := make(pipes)
		server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Hour}
		go server.Serve(network)
		transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			network <- theirs
			return ours, nil
		}}
		account := mustLoad(t, client.Options{Dir: dir, Transport: transport})
		ctx, cancel := context.WithCancel(t.Context())
		begun := time.Now()
		err := account.Listen(ctx, client.Listener{
			Changed: func() { t.Error("news of nothing") },
			Lost: func(err error) {
				lost, at = append(lost, err), append(at, time.Since(begun))
				if len(lost) == losses {
					cancel()
				}
			},
		})
		cancel()
		if !errors.Is(err, context.Canceled) && err != nil {
			lost = append(lost, err)
		}
		transport.CloseIdleConnections()
		close(network)
		server.Close()
	})
	return lost, at
}

// refuses answers with a status and body, and asks for a pause.
func refuses(status int, kind, body, pause string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		if pause != "" {
			w.Header().Set("Retry-After", pause)
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

func TestListenIsPatientWithAServerThatRefuses(t *testing.T) {
	const asJSON = "application/json"
	for name, test := range map[string]struct {
		answer   http.HandlerFunc
		code     pairing.FailureCode // empty for an AnswerError
		from, to time.Duration       // between two tries, at first
	}{
		"it wants a pause":                      {refuses(429, asJSON, `{"error":"too_many_requests"}`, "120"), pairing.FailTooMany, 120 * time.Second, 121 * time.Second},
		"what is before it wants a pause":       {refuses(429, "text/html", "<h1>", "120"), pairing.FailTooMany, 120 * time.Second, 121 * time.Second},
		"a pause of days":                       {refuses(429, "text/html", "<h1>", "999999"), pairing.FailTooMany, time.Hour, time.Hour + time.Second},
		"a pause until some year":               {refuses(429, asJSON, `{"error":"too_many_requests"}`, "Fri, 02 Jan 2060 15:04:05 GMT"), pairing.FailTooMany, time.Hour, time.Hour + time.Second},
		"a pause that it does not tell":         {refuses(429, asJSON, `{"error":"too_many_requests"}`, ""), pairing.FailTooMany, 7 * time.Second, 16 * time.Second},
		"the account is disabled":               {refuses(403, asJSON, `{"error":"user_disabled"}`, ""), pairing.FailUserDisabled, 7 * time.Second, 16 * time.Second},
		"it broke":                              {refuses(500, asJSON, `{"error":"server_error"}`, ""), pairing.FailServer, 0, time.Second},
		"the proof is refused, and Me says why": {refuses(401, asJSON, `{"error":"invalid_dpop_proof"}`, ""), pairing.FailProof, 7 * time.Second, 16 * time.Second},
		"what is before it forbids":             {refuses(403, "text/html", "<h1>", ""), "", 0, time.Second},
		"a page":                                {refuses(200, "text/html", "<h1>", ""), "", 0, time.Second},
		"another place":                         {refuses(302, "text/html", "", ""), "", 0, time.Second},
		"a refusal for reasons of its own":      {refuses(403, asJSON, `{"error":"because"}`, ""), "", 0, time.Second},
		"more words than belong to a handshake": {refuses(403, asJSON, fmt.Sprintf(`{"error":"user_disabled","error_description":"%2000d"}`, 1), ""), "", 0, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			lost, at := listens(t, test.answer, 2)
			if len(at) != 2 {
				t.Fatalf("it ended: %v", lost)
			}
			if between := at[1] - at[0]; between < test.from || between > test.to {
				t.Errorf("tried again after %s", between)
			}
			if test.code == "" {
				wantOdd(t, lost[0])
				return
			}
			wantFailure(t, lost[0], test.code)
		})
	}
}

func TestListenEndsForADeviceThatWasRemoved(t *testing.T) {
	lost, at := listens(t, refuses(401, "application/json", `{"error":"not_signed_in"}`, ""), 2)
	if len(at) != 0 || len(lost) != 1 || !errors.Is(lost[0], client.ErrNotSignedIn) {
		t.Errorf("%v", lost)
	}
}

// TestListenCutsOffAHandshakeWithoutEnd: neither library nor server bounds what
// comes before a WebSocket is there.
func TestListenCutsOffAHandshakeWithoutEnd(t *testing.T) {
	var sent int
	lost, at := listens(t, func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer connection.Close()
		text := "HTTP/1.1 101 Switching Protocols\r\nX: "
		for err == nil {
			var n int
			n, err = io.WriteString(connection, text)
			sent += n
			text = "xxxxxxxxxxxxxxxx"
		}
	}, 1)
	if len(at) != 1 || !errors.Is(lost[0], client.ErrUnreachable) || sent > 200<<10 {
		t.Errorf("%v, after %d bytes", lost, sent)
	}
}

// TestListenNoticesAServerThatFallsSilent: one that is stopped keeps its
// connections.
func TestListenNoticesAServerThatFallsSilent(t *testing.T) {
	lost, at := listens(t, func(w http.ResponseWriter, r *http.Request) {
		connection, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer connection.Close()
		_ = connection.SetReadDeadline(time.Now().Add(time.Minute)) // it answers pings for so long
		_, _, _ = connection.NextReader()
		_ = connection.NetConn().SetReadDeadline(time.Time{})
		_, _ = io.Copy(io.Discard, connection.NetConn())
	}, 1)
	if len(at) != 1 || !errors.Is(lost[0], client.ErrUnreachable) || at[0] < time.Minute || at[0] > 75*time.Second {
		t.Errorf("%v, after %v", lost, at)
	}
}
