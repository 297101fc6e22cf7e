package server

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"hamconnect/server/internal/bus"
)

// carrier is what takes messages to the other nodes.
func (c Config) carrier() bus.Carrier {
	if isNATS(c.Bus) {
		return bus.NewNATS(c.Bus)
	}
	if c.Bus != "" {
		return bus.NewPostgres(c.Bus)
	}
	return bus.NewPostgres(c.Database)
}

func isNATS(address string) bool {
	return strings.HasPrefix(address, "nats://") || strings.HasPrefix(address, "tls://")
}

// changedSince gives what steps of all nodes have changed.
func (s *Server) changedSince(ctx context.Context, after time.Time) ([]bus.Wake, error) {
	left, err := s.db.Wakes(ctx, after)
	wakes := make([]bus.Wake, len(left))
	for i, w := range left {
		wakes[i] = bus.Wake(w)
	}
	return wakes, err
}

// ParseBus checks the address of a bus for Config.Bus. The error does not hold
// it, as it may hold a password.
func ParseBus(address string) (string, error) {
	errForm := errors.New("the address of the bus cannot be read: give nats://host:4222 or tls://host:4222 (several separated by commas), or postgres://user:password@host/database")
	parts := []string{address}
	if isNATS(address) {
		parts = strings.Split(address, ",")
	}
	for _, part := range parts {
		u, err := url.Parse(part)
		if err != nil || u.Hostname() == "" {
			return "", errForm
		}
		switch u.Scheme {
		case "nats", "tls":
			if !isNATS(address) || u.Path != "" || u.RawQuery != "" {
				return "", errForm
			}
		case "postgres", "postgresql":
		default:
			return "", errForm
		}
	}
	return address, nil
}
