package server

import (
	"bufio"
	"context"
	"log"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"hamconnect/server/internal/activity"
	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/session"
)

type requestIDKey struct{}

// requestID names a request in the log and on an error page.
func requestID(r *http.Request) string {
	id, _ := r.Context().Value(requestIDKey{}).(string)
	return id
}

// logged writes a line for each request: its route, never its path or query,
// which hold codes. What went well is written at debug level.
func (s *Server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		ctx := context.WithValue(r.Context(), requestIDKey{}, oauth.NewID())
		r = r.WithContext(activity.From(ctx, func() activity.Origin { return origin(r) }))
		recorder := &recorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(recorder, r)
		level := slog.LevelDebug
		if recorder.status >= http.StatusBadRequest {
			level = slog.LevelInfo
		}
		if s.config.Log.Enabled(r.Context(), level) {
			s.config.Log.LogAttrs(r.Context(), level, "request", slog.String("route", r.Pattern), slog.Int("status", recorder.status),
				slog.Duration("took", time.Since(begun)), slog.String("address", limit.Address(r)), slog.String("request_id", requestID(r)))
		}
	})
}

// origin is where a request comes from, for the person's account. The Ham app
// is no browser.
func origin(r *http.Request) activity.Origin {
	o := activity.Origin{Address: limit.Address(r)}
	if !strings.HasPrefix(r.URL.Path, "/app/") {
		o.Browser = session.BrowserName(r.UserAgent())
	}
	return o
}

// recorder remembers the status that a handler wrote.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Hijack is what a WebSocket upgrade asks the writer for.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	r.status = http.StatusSwitchingProtocols
	return http.NewResponseController(r.ResponseWriter).Hijack()
}

// Unwrap lets http.ResponseController reach the writer beneath.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// quietLog takes what net/http complains of: broken connections, mostly.
func quietLog(to *slog.Logger) *log.Logger {
	return slog.NewLogLogger(to.Handler(), slog.LevelDebug)
}
