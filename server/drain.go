package server

import (
	"context"
	"net/http"
	"time"
)

// drainFor is over how long a server that drains sends its waiting browsers
// and apps elsewhere: all at once they would storm the other nodes.
const drainFor = 10 * time.Second

// drain has load balancers take this node out while it still answers, and the
// browsers and apps that wait here go elsewhere one after the other.
func (s *Server) drain() {
	s.config.Log.Info("draining", "sockets", s.desk.Waiting(), "for", drainFor)
	s.draining.Store(true)
	close(s.leaving)
	within, cancel := context.WithTimeout(s.beside, drainFor)
	defer cancel()
	s.desk.Drain(within, drainFor)
	<-within.Done()
}

// notReady answers readyz of a server that is about to stop.
func notReady(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "2")
	writeJSON(w, http.StatusServiceUnavailable, map[string]string{"status": "stopping"})
}
