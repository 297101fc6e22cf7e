package server

import (
	"net"
	"net/http"
	"sync"
)

// silentConnections are those that were opened and have asked nothing yet.
// Shutdown would wait for their first request; there is none to wait for.
type silentConnections struct {
	mu   sync.Mutex // guards open
	open map[net.Conn]struct{}
}

// note is an http.Server's ConnState.
func (s *silentConnections) note(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if state != http.StateNew {
		delete(s.open, c)
		return
	}
	if s.open == nil {
		s.open = map[net.Conn]struct{}{}
	}
	s.open[c] = struct{}{}
}

func (s *silentConnections) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.open {
		_ = c.Close() // nobody has said anything on it
	}
}
