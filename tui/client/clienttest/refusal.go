package clienttest

import (
	"errors"
	"net/http"

	"hamconnect/qr/pairing"
)

// failure is a refusal on its way to the answer.
type failure struct{ body pairing.Failure }

func (f failure) Error() string { return string(f.body.Code) }

func fail(code pairing.FailureCode) error {
	return failure{pairing.Failure{Code: code, Description: "Because the test says so."}}
}

// refusal gives status and body for an error, by the table in wire.go.
func refusal(err error) (int, any) {
	body := pairing.Failure{Code: pairing.FailServer, Description: "Something broke."}
	if f, ok := errors.AsType[failure](err); ok {
		body = f.body
	} else if s, ok := errors.AsType[*pairing.StateError](err); ok {
		body = pairing.Failure{Code: pairing.FailState, State: s.State}
	} else if n, ok := errors.AsType[*pairing.NumberError](err); ok {
		body = pairing.Failure{Code: pairing.FailNumber, TriesLeft: n.TriesLeft}
	} else if errors.Is(err, pairing.ErrNotFound) {
		body.Code = pairing.FailNotFound
	} else if errors.Is(err, pairing.ErrAlreadyClaimed) {
		body.Code = pairing.FailClaimed
	} else if errors.Is(err, pairing.ErrDigest) {
		body.Code = pairing.FailDigest
	} else if errors.Is(err, pairing.ErrConfirm) {
		body.Code = pairing.FailConfirm
	} else if errors.Is(err, pairing.ErrSealing) {
		body.Code = pairing.FailSealing
	} else if errors.Is(err, pairing.ErrScopes) {
		body.Code = pairing.FailScopes
	}
	return status[body.Code], body
}

var status = map[pairing.FailureCode]int{
	pairing.FailRequest: http.StatusBadRequest, pairing.FailProof: http.StatusUnauthorized,
	pairing.FailClock: http.StatusUnauthorized, pairing.FailNotSignedIn: http.StatusUnauthorized,
	pairing.FailUserDisabled: http.StatusForbidden, pairing.FailUserLeaving: http.StatusForbidden, pairing.FailNoPasskeys: http.StatusNotFound, pairing.FailClient: http.StatusBadRequest,
	pairing.FailNotFound: http.StatusNotFound, pairing.FailClaimed: http.StatusConflict,
	pairing.FailState: http.StatusConflict, pairing.FailNumber: http.StatusForbidden,
	pairing.FailConfirm: http.StatusForbidden, pairing.FailSealing: http.StatusForbidden,
	pairing.FailDigest: http.StatusConflict, pairing.FailScopes: http.StatusBadRequest,
	pairing.FailTooMany: http.StatusTooManyRequests, pairing.FailTooOften: http.StatusTooManyRequests, pairing.FailServer: http.StatusInternalServerError,
}
