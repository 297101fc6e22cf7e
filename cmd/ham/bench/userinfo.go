package bench

import (
	"context"
	"net/http"
)

// userinfo reads the data of people, one after the other.
type userinfo struct {
	w       *world
	headers []http.Header
}

func beginUserinfo(w *world) scenario {
	return &userinfo{w, make([]http.Header, w.o.Users)}
}

func (s *userinfo) prepare(ctx context.Context) error {
	return s.w.prepared(ctx, "making tokens", len(s.headers), func(ctx context.Context, i int) error {
		code, err := s.w.allow(ctx, s.w.people[i])
		if err != nil {
			return err
		}
		token, err := s.w.exchange(ctx, code)
		s.headers[i] = http.Header{"Authorization": {"Bearer " + token, s.w.basic}} // both factors, a line each
		return at("token", err)
	})
}

func (s *userinfo) arrive(ctx context.Context, a *arrival) error {
	_, _, err := s.w.send(ctx, http.MethodGet, "/oauth/userinfo", nil, s.headers[a.number%len(s.headers)], http.StatusOK)
	return at("userinfo", err)
}

func (s *userinfo) close() {}
