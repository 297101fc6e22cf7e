package limit

import (
	"context"
	"net/http"
)

type liftedKey struct{}

// Lift frees a request from what is counted for its visitor's address by
// AllowVisitor and TakeVisitor, and from nothing else: guesses at passwords,
// codes and credentials are counted by Allow, whoever makes them.
func Lift(r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), liftedKey{}, true))
}

// Lifted reports whether Lift was called for the request.
func Lifted(r *http.Request) bool {
	lifted, _ := r.Context().Value(liftedKey{}).(bool)
	return lifted
}

// AllowVisitor is Allow for the address that a request comes from.
func (r *Rate) AllowVisitor(visit *http.Request) bool {
	return Lifted(visit) || r.Allow(AddressKey(Address(visit)))
}

// TakeVisitor is Take for the address that a request comes from.
func (g *Gauge) TakeVisitor(visit *http.Request) (release func(), ok bool) {
	if Lifted(visit) {
		return func() {}, true
	}
	return g.Take(AddressKey(Address(visit)))
}
