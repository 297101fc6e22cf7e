package server

import (
	"context"
	"net/http"
	"time"

	"hamconnect/server/internal/web"
)

// healthz says that the process lives.
func healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// readyWithin is how long the database may take to be there.
const readyWithin = 2 * time.Second

// readyz says whether the database answers, to reads and to writes, and that
// this server is not about to stop.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	if s.draining.Load() {
		notReady(w)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
	defer cancel()
	// However many ask at a time, the database is asked once: the connections
	// are for those who sign in.
	answered := s.pings.DoChan("", func() (any, error) {
		within, cancel := context.WithTimeout(s.beside, readyWithin)
		defer cancel()
		return nil, s.db.Ping(within)
	})
	select {
	case answer := <-answered:
		err := answer.Err
		if err == nil {
			writeJSON(w, http.StatusOK, map[string]string{"status": "ready"})
			return
		}
		s.unexpected(r, err)
	case <-ctx.Done():
	}
	w.Header().Set("Retry-After", "2")
	writeJSON(w, http.StatusServiceUnavailable, map[string]string{"status": "the database does not answer"})
}

func (s *Server) home(w http.ResponseWriter, r *http.Request) error {
	return s.pages.Home(w, r, web.Home{PublicURL: s.config.PublicURL})
}
