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

// readyz says whether the database answers, to reads and to writes, and that
// this server is not about to stop.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	if s.draining.Load() {
		notReady(w)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	answered := make(chan error, 1)
	go func() { answered <- s.db.Ping(ctx) }()
	select {
	case err := <-answered:
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
