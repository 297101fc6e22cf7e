package oauth

import "net/http"

// ErrorCode is an error code of RFC 6749 §4.1.2.1 and §5.2, or RFC 6750 §3.1.
type ErrorCode string

// The codes in use.
const (
	InvalidRequest          ErrorCode = "invalid_request"
	InvalidClient           ErrorCode = "invalid_client"
	InvalidGrant            ErrorCode = "invalid_grant"
	InvalidToken            ErrorCode = "invalid_token"
	InvalidScope            ErrorCode = "invalid_scope"
	UnauthorizedClient      ErrorCode = "unauthorized_client"
	InsufficientScope       ErrorCode = "insufficient_scope"
	UnsupportedGrantType    ErrorCode = "unsupported_grant_type"
	UnsupportedResponseType ErrorCode = "unsupported_response_type"
	AccessDenied            ErrorCode = "access_denied"
	LoginRequired           ErrorCode = "login_required"   // OpenID Connect Core §3.1.2.6
	ConsentRequired         ErrorCode = "consent_required" // OpenID Connect Core §3.1.2.6
	SlowDown                ErrorCode = "slow_down"        // RFC 8628 §3.5, here with 429
	ServerError             ErrorCode = "server_error"
	TemporarilyUnavailable  ErrorCode = "temporarily_unavailable"

	InvalidCredentials ErrorCode = "invalid_credentials" // a person's own
	NotFound           ErrorCode = "not_found"
)

// Error is a refusal that the client may read. Its Description says what to
// do and never holds a secret.
type Error struct {
	Code        ErrorCode
	Description string
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Description }

// Status is the HTTP status that goes with the error in a direct answer.
func (e *Error) Status() int {
	switch e.Code {
	case InvalidClient, InvalidToken, InvalidCredentials:
		return http.StatusUnauthorized
	case InsufficientScope, AccessDenied:
		return http.StatusForbidden
	case NotFound:
		return http.StatusNotFound
	case SlowDown:
		return http.StatusTooManyRequests
	case ServerError:
		return http.StatusInternalServerError
	case TemporarilyUnavailable:
		return http.StatusServiceUnavailable
	case LoginRequired, ConsentRequired, InvalidRequest, InvalidGrant, InvalidScope, UnauthorizedClient, UnsupportedGrantType, UnsupportedResponseType:
	}
	return http.StatusBadRequest
}

func refuse(code ErrorCode, description string) *Error { return &Error{code, description} }

// PageError is a refusal of an authorization request while the client or its
// redirect_uri are in doubt. It is a type of its own so that nobody can send
// it by redirect: it has no address to go to.
type PageError struct {
	Parameter   string // the one at fault, such as "redirect_uri"
	Description string
}

func (e *PageError) Error() string { return e.Parameter + ": " + e.Description }

// RedirectError is a refusal after client and redirect_uri were proven. To is
// empty unless the client wants errors by redirect (RFC 6749 §4.1.2.1).
type RedirectError struct {
	Refusal *Error
	To      string // complete, with error and state
}

func (e *RedirectError) Error() string { return e.Refusal.Error() }
func (e *RedirectError) Unwrap() error { return e.Refusal }
