// Package clienttest is a small Ham server in memory, for tests of programs
// that use tui/client. It keeps the rules of qr/pairing and checks each proof,
// knows one user, Ada, and one app, Campus Library, which Ada can revoke; what it does not do is
// send a browser anywhere, and its links for passkeys lead to no page. Intercept makes it lie.
package clienttest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
)

// Number is the check number of every pairing of a Server.
const Number = 42

// EnrollCode is the code of the enrol link; it may be used again and again.
const EnrollCode = "ENROLLENROLLENROLL"

// Server is the fake. Its URL is an origin on loopback.
type Server struct {
	*httptest.Server

	codes pairing.Codes
	now   func() time.Time

	mu        sync.Mutex // guards the fields below
	changed   chan struct{}
	pairings  map[string]*pairing.Pairing
	devices   map[string]pairing.Me       // keyed by the thumbprint of the device key
	seen      map[string]bool             // jti of every proof
	notices   map[string][]pairing.Notice // keyed as devices are: what was not seen there, latest first
	apps      []pairing.AppGrant          // what apps Ada has allowed something, by name
	noPasskey bool
	links     int // for passkeys, that were made
	intercept func(w http.ResponseWriter, r *http.Request) bool
}

// New starts a server; Close ends it. The time is that of the machine if now is nil.
func New(now func() time.Time) *Server {
	if now == nil {
		now = time.Now
	}
	s := &Server{
		codes: pairing.NewCodes([32]byte{1}), now: now,
		changed: make(chan struct{}), pairings: map[string]*pairing.Pairing{},
		devices: map[string]pairing.Me{}, seen: map[string]bool{},
		notices: map[string][]pairing.Notice{},
	}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	return s
}

// EnrollLink is a link for ham login.
func (s *Server) EnrollLink() string { return qr.EnrollLink(s.URL, EnrollCode) }

// Request is what Campus Library asks unless a test wants something else.
func Request() pairing.Request {
	return pairing.Request{
		ClientID: "library", AppName: "Campus Library", IconURL: "https://cdn.library.example/icon.png",
		RedirectURI: "https://library.example/callback", Scopes: []string{"profile", "is_student"},
	}
}

// Begin is a browser that opens the sign-in page; it gives the pairing's id
// and what the QR says.
func (s *Server) Begin(request pairing.Request) (id, link string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id = pairing.NewID()
	p := pairing.Begin(s.now(), id, "browser secret", request, pairing.Browser{Name: "Chromium on Linux", Address: "192.0.2.7"})
	s.pairings[id] = &p
	return id, qr.PairingLink(s.URL, s.codes.At(id, 0))
}

// BeginTicket is Begin for a page that shows no number.
func (s *Server) BeginTicket(passphrase bool) (id, link string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id = pairing.NewID()
	p := pairing.BeginTicket(s.now(), id, "browser secret", pairing.Browser{Name: "Chromium on Linux", Address: "192.0.2.7"}, passphrase)
	s.pairings[id] = &p
	return id, qr.LoginLink(s.codes.Ticket(id))
}

// Update changes a pairing from the desktop's side or by force, and wakes who waits.
func (s *Server) Update(id string, change func(p *pairing.Pairing)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s.pairings[id])
	s.wake()
}

// Finish is the browser going on after an approval.
func (s *Server) Finish(id string) (err error) {
	s.Update(id, func(p *pairing.Pairing) { err = p.Finish(s.now(), "browser secret") })
	return err
}

// State tells where a pairing stands.
func (s *Server) State(id string) pairing.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pairings[id].State
}

// Granted tells what was approved.
func (s *Server) Granted(id string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pairings[id].Granted
}

// RemoveDevices makes every device one that is not signed in.
func (s *Server) RemoveDevices() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.devices)
}

// AddNotice puts a notice before Ada on each of her devices.
func (s *Server) AddNotice(n pairing.Notice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.devices {
		s.notices[key] = append([]pairing.Notice{n}, s.notices[key]...)
	}
}

// PasskeysOff makes it a server whose address can have no passkeys.
func (s *Server) PasskeysOff() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noPasskey = true
}

// Intercept has f see each request first; what it answers with true is final.
func (s *Server) Intercept(f func(w http.ResponseWriter, r *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.intercept = f
}

func (s *Server) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	intercept := s.intercept
	s.mu.Unlock()
	if intercept != nil && intercept(w, r) {
		return
	}
	answer, err := s.route(r)
	status := http.StatusOK
	if err != nil {
		status, answer = refusal(err)
	}
	if _, ok := answer.(listening); ok {
		s.events(w, r)
		return
	}
	if answer == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(answer) // the test sees a broken answer
}

// listening is the answer of a route that becomes a WebSocket.
type listening struct{}

// read decodes a request's body.
func read[T any](r *http.Request) (T, error) {
	var v T
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return v, fail(pairing.FailRequest)
	}
	if err := json.NewDecoder(r.Body).Decode(&v); err != nil {
		return v, fail(pairing.FailRequest)
	}
	return v, nil
}
