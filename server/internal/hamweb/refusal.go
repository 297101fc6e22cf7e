package hamweb

import (
	"errors"
	"net/http"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/agree"
	"hamconnect/server/internal/browser"
	"hamconnect/server/internal/ceremony"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

// Refusal is what the front end is told. Its text is that of Code below
// "hamweb.refused.", in the visitor's language.
type Refusal struct {
	Status  int
	Code    string
	Detail  string            // for whoever develops the app at fault
	Passkey *ceremony.Refusal // whose text is the message, if it is set
}

func (f *Refusal) Error() string { return "hamweb: " + f.Code }

// Message is the refusal in words.
func (f *Refusal) Message(texts web.Texts) string {
	if f.Passkey != nil {
		return texts.PasskeyRefusal(f.Passkey.Reason, f.Passkey.Detail)
	}
	return texts.Get("hamweb.refused."+f.Code, f.Detail)
}

// Challenge tells a program what was wrong with its token (RFC 6750 §3).
func (f *Refusal) Challenge() string {
	if f == errToken || f == errTokenScope {
		return `Bearer realm="ham", error="` + f.Code + `"`
	}
	return ""
}

// The refusals. Ham Web takes 401 and 403 for "signed out" where it asks who is
// signed in, and 5xx for a failure.
var (
	errRequest    = &Refusal{Status: http.StatusBadRequest, Code: "invalid_request"}
	errName       = &Refusal{Status: http.StatusBadRequest, Code: "invalid_name"}
	errScopes     = &Refusal{Status: http.StatusBadRequest, Code: "invalid_scope"}
	errAge        = &Refusal{Status: http.StatusBadRequest, Code: "invalid_ttl"}
	errCode       = &Refusal{Status: http.StatusBadRequest, Code: "invalid_code"}
	errSignedOut  = &Refusal{Status: http.StatusUnauthorized, Code: "signed_out"}
	errToken      = &Refusal{Status: http.StatusUnauthorized, Code: "invalid_token"}
	errTokenScope = &Refusal{Status: http.StatusForbidden, Code: "insufficient_scope"}
	errOrigin     = &Refusal{Status: http.StatusForbidden, Code: "origin"}
	errNotAllowed = &Refusal{Status: http.StatusForbidden, Code: "not_allowed"}
	errTickets    = &Refusal{Status: http.StatusForbidden, Code: "tickets_off"}
	errNotFound   = &Refusal{Status: http.StatusNotFound, Code: "not_found"}
	errMethod     = &Refusal{Status: http.StatusMethodNotAllowed, Code: "method_not_allowed"}
	errNonce      = &Refusal{Status: http.StatusConflict, Code: "invalid_nonce"}
	errChanged    = &Refusal{Status: http.StatusConflict, Code: "app_changed"}
	errFull       = &Refusal{Status: http.StatusConflict, Code: "too_many_tokens"}
	errTooLarge   = &Refusal{Status: http.StatusRequestEntityTooLarge, Code: "too_large"}
	errTooMany    = &Refusal{Status: http.StatusTooManyRequests, Code: "slow_down"}

	// Failed is what everything is that nobody expects.
	Failed = &Refusal{Status: http.StatusInternalServerError, Code: "server_error"}
)

// Status gives the refusal that is a matter of HTTP alone.
func Status(status int) *Refusal {
	if status == http.StatusMethodNotAllowed {
		return errMethod
	}
	return errNotFound
}

// AsRefusal gives the refusal that err is, or nil if it is none that the front
// end should hear about.
func AsRefusal(err error) *Refusal {
	var (
		refusal *Refusal
		key     *ceremony.Refusal
		page    *oauth.PageError
		back    *oauth.RedirectError
		tooLong *http.MaxBytesError
	)
	switch {
	case errors.As(err, &refusal):
		return refusal
	case errors.As(err, &key):
		return &Refusal{Status: key.Status, Code: "passkey_" + key.Reason, Passkey: key}
	case errors.As(err, &page) && page.Parameter == "client_id":
		return &Refusal{Status: http.StatusBadRequest, Code: "unknown_app", Detail: page.Description}
	case errors.As(err, &page) && page.Parameter == "redirect_uri":
		return &Refusal{Status: http.StatusBadRequest, Code: "wrong_redirect", Detail: page.Description}
	case errors.As(err, &page):
		return &Refusal{Status: http.StatusBadRequest, Code: "wrong_request", Detail: page.Error()}
	case errors.As(err, &back):
		return &Refusal{Status: http.StatusBadRequest, Code: "wrong_request", Detail: back.Refusal.Description}
	case errors.As(err, &tooLong):
		return errTooLarge
	case errors.Is(err, browser.ErrSignedOut):
		return errSignedOut
	case errors.Is(err, agree.ErrAnswered):
		return errNonce
	case errors.Is(err, agree.ErrChanged):
		return errChanged
	case errors.Is(err, agree.ErrTooMany):
		return errTooMany
	case errors.Is(err, pairing.ErrScopes):
		return errScopes
	case errors.Is(err, oauth.ErrCodeUnknown), errors.Is(err, oauth.ErrCodeReused):
		return errCode
	case errors.Is(err, store.ErrFull):
		return errFull
	case errors.Is(err, store.ErrNotFound):
		return errNotFound
	}
	return nil
}
