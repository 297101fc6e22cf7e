package server

import "context"

// Sweep does what a running server does every minute, by its own connections.
func (s *Server) Sweep(ctx context.Context) (removed int64, err error) {
	return s.db.Sweep(ctx, s.config.Now())
}
