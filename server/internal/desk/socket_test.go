package desk_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"hamconnect/server"
	"hamconnect/server/servertest"
)

// rawSocket opens the page's socket by hand, to send what no library would.
func rawSocket(t testing.TB, h house, page *servertest.Page, more string) (net.Conn, *bufio.Reader, *http.Response) {
	t.Helper()
	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(h.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	cookie := cookieOf(t, page)
	query := strings.SplitN(h.Authorize(h.app), "?", 2)[1]
	fmt.Fprintf(connection, "GET /sso-authorize/socket?pairing=%s&%s HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nCookie: %s=%s\r\n"+
		"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n",
		page.Pairing, query, strings.TrimPrefix(h.URL, "http://"), h.URL, cookie.Name, cookie.Value, more)
	reader := bufio.NewReader(connection)
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		t.Fatal(err)
	}
	return connection, reader, response
}

// frame is one masked frame of a client: its first byte, and the length that
// it claims, which need not be that of its payload.
func frame(first byte, claimed uint64, payload []byte) []byte {
	out := []byte{first}
	switch {
	case claimed < 126:
		out = append(out, 0x80|byte(claimed))
	case claimed < 1<<16:
		out = binary.BigEndian.AppendUint16(append(out, 0x80|126), uint16(claimed))
	default:
		out = binary.BigEndian.AppendUint64(append(out, 0x80|127), claimed)
	}
	out = append(out, 0, 0, 0, 0) // a mask that changes nothing
	return append(out, payload...)
}

// closed reads until the server ends the connection and gives the close code,
// 0 if it went without one.
func closed(t testing.TB, connection net.Conn, reader *bufio.Reader) int {
	t.Helper()
	if err := connection.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for {
		head := make([]byte, 2)
		if _, err := io.ReadFull(reader, head); err != nil {
			if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() {
				t.Fatal("the connection stays open")
			}
			return 0
		}
		size := int(head[1])
		if size == 126 {
			var more [2]byte
			if _, err := io.ReadFull(reader, more[:]); err != nil {
				return 0
			}
			size = int(binary.BigEndian.Uint16(more[:]))
		}
		payload := make([]byte, size)
		if _, err := io.ReadFull(reader, payload); err != nil {
			return 0
		}
		if head[0] == 0x88 && size >= 2 {
			return int(binary.BigEndian.Uint16(payload))
		}
	}
}

func TestASocketThatSendsAnythingButControlFramesIsClosed(t *testing.T) {
	h := build(t, nil)
	mega := bytes.Repeat([]byte("x"), 1<<20)
	for what, c := range map[string]struct {
		send []byte
		code int // of the close frame; -1: any, or none
	}{
		"a text message":                  {frame(0x81, 2, []byte("hi")), websocket.ClosePolicyViolation},
		"a binary message":                {frame(0x82, 2, []byte("hi")), websocket.ClosePolicyViolation},
		"an empty message":                {frame(0x81, 0, nil), websocket.ClosePolicyViolation},
		"the first part of a message":     {frame(0x01, 2, []byte("hi")), websocket.ClosePolicyViolation},
		"a frame of 1 MB":                 {frame(0x81, 1<<20, mega), -1},
		"a frame that claims 2^62 bytes":  {frame(0x81, 1<<62, nil), -1},
		"a frame that claims 2^63 bytes":  {frame(0x81, 1<<63, nil), -1},
		"a ping of 126 bytes":             {frame(0x89, 126, mega[:126]), websocket.CloseProtocolError},
		"a compressed frame":              {frame(0xc1, 2, []byte("hi")), websocket.CloseProtocolError},
		"an unknown opcode":               {frame(0x83, 0, nil), websocket.CloseProtocolError},
		"a continuation of nothing":       {frame(0x80, 0, nil), websocket.CloseProtocolError},
		"a frame without a mask":          {[]byte{0x81, 2, 'h', 'i'}, websocket.CloseProtocolError},
		"a close":                         {frame(0x88, 2, []byte{3, 232}), websocket.CloseNormalClosure},
		"a close with a code that is not": {frame(0x88, 2, []byte{0, 1}), -1},
		"HTTP":                            {[]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), -1},
	} {
		t.Run(what, func(t *testing.T) {
			page := h.open(t)
			connection, reader, response := rawSocket(t, h, page, "")
			if response.StatusCode != http.StatusSwitchingProtocols {
				t.Fatalf("the handshake: %d", response.StatusCode)
			}
			go connection.Write(c.send)
			if got := closed(t, connection, reader); c.code >= 0 && got != c.code {
				t.Errorf("closed with %d, want %d", got, c.code)
			}
			if v, err := page.Poll(t.Context()); err != nil || v.State != "waiting" {
				t.Errorf("the pairing is %s (%v)", v.State, err)
			}
		})
	}
}

func TestCompressionIsNotNegotiated(t *testing.T) {
	h := build(t, nil)
	_, _, response := rawSocket(t, h, h.open(t), "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\nSec-WebSocket-Protocol: chat\r\n")
	if got := response.Header.Get("Sec-WebSocket-Extensions"); response.StatusCode != http.StatusSwitchingProtocols || got != "" {
		t.Errorf("%d, extensions %q", response.StatusCode, got)
	}
	if got := response.Header.Get("Sec-WebSocket-Protocol"); got != "" {
		t.Errorf("protocol %q", got)
	}
}

func TestPingsAreAnsweredAndDoNotDisturb(t *testing.T) {
	h := build(t, nil)
	s := h.Begin(h.app)
	pongs := make(chan string, 100)
	s.Socket.Connection.SetPongHandler(func(text string) error { pongs <- text; return nil })
	for i := range 100 {
		if err := s.Socket.Connection.WriteControl(websocket.PingMessage, []byte(fmt.Sprint(i)), time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	s.Scan(h.phone).Approve()
	t.Logf("%d pings were answered", len(pongs))
	if len(pongs) == 0 {
		t.Error("no ping was answered")
	}
}

func TestARequestForASocketThatIsNoHandshakeGetsNone(t *testing.T) {
	h := build(t, nil)
	page := h.open(t)
	query := "?pairing=" + page.Pairing + "&" + strings.SplitN(h.Authorize(h.app), "?", 2)[1]
	for what, header := range map[string]http.Header{
		"a plain GET":      {"Origin": {h.URL}},
		"an old version":   {"Origin": {h.URL}, "Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"8"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}},
		"no key":           {"Origin": {h.URL}, "Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}},
		"another protocol": {"Origin": {h.URL}, "Connection": {"Upgrade"}, "Upgrade": {"h2c"}},
	} {
		if got, _, _ := request(t, page, http.MethodGet, h.URL+"/sso-authorize/socket"+query, header); got != http.StatusBadRequest && got != http.StatusUpgradeRequired {
			t.Errorf("%s: %d", what, got)
		}
	}
}

func TestAnAddressHasSoManySocketsAndOthersDoNotNotice(t *testing.T) {
	h := build(t, func(c *server.Config) { c.Limits.Sockets = 3 })
	var held []*servertest.SignIn
	for range 3 {
		held = append(held, h.Begin(h.app))
	}
	page := h.open(t)
	if _, err := page.Connect(t.Context()); status(err) != http.StatusTooManyRequests {
		t.Fatalf("the fourth: %v", err)
	}
	if v, err := page.Begin(t.Context()); err != nil || v.State != "waiting" {
		t.Errorf("the fourth page cannot poll instead: %v", err)
	}
	held[0].Scan(h.phone).Approve()
	if held[0].Land().Get("code") == "" {
		t.Error("the others were disturbed")
	}
	held[1].Socket.Close()
	deadline := time.Now().Add(10 * time.Second)
	for {
		socket, err := page.Connect(t.Context())
		if err == nil {
			socket.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("a closed socket's place is not given back: %v", err)
		}
		time.Sleep(5 * time.Millisecond) // the server learns of the closing when it reads
	}
}

// FuzzSocketMessage throws bytes at an open socket. Whatever they are, the
// pairing stays as it is and the server goes on.
func FuzzSocketMessage(f *testing.F) {
	h := build(f, nil)
	f.Add(frame(0x81, 2, []byte("hi")))
	f.Add(frame(0x89, 5, []byte("hello")))
	f.Add(append(frame(0x8a, 0, nil), frame(0x88, 2, []byte{3, 232})...))
	f.Add(frame(0x81, 1<<40, []byte("x")))
	f.Add(frame(0x88, 1, []byte{3}))
	f.Add([]byte{0xff, 0xff, 0xff})
	f.Add([]byte{})
	page := h.open(f)
	if _, err := page.Begin(f.Context()); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		connection, reader, response := rawSocket(t, h, page, "")
		if response.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("the handshake: %d", response.StatusCode)
		}
		go func() {
			connection.Write(message)
			connection.(*net.TCPConn).CloseWrite()
		}()
		closed(t, connection, reader)
		if v, err := page.Poll(t.Context()); err != nil || v.State != "waiting" && v.State != "expired" {
			t.Fatalf("the pairing is %s (%v)", v.State, err)
		}
	})
}

// What the server has said may not have come as far as the page.
func TestAPageThatWasToldNothingComesBackToWhatHasBegun(t *testing.T) {
	h := build(t, nil)
	s := h.Begin(h.app).Scan(h.phone)
	socket, err := s.Twin().Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	if v, err := socket.Next(); err != nil || v.State != "claimed" || v.Number == 0 {
		t.Errorf("it is %s (%v)", v.State, err)
	}
	s.Approve()
	if v, err := socket.Until("approved"); err != nil || v.Finish == "" {
		t.Errorf("it hears of %s (%v)", v.State, err)
	}
}
