package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/account"
	"hamconnect/server/internal/appapi"
	"hamconnect/server/internal/ceremony"
	"hamconnect/server/internal/claim"
	"hamconnect/server/internal/clientauth"
	"hamconnect/server/internal/desk"
	"hamconnect/server/internal/hamweb"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/openmaster"
	"hamconnect/server/internal/store"
)

// handler answers a request or returns why it does not; then it has written
// nothing, and the wrapper of its route renders the refusal.
type handler func(http.ResponseWriter, *http.Request) error

// statusError is a refusal that is a matter of HTTP alone.
type statusError struct {
	status int
	allow  string // for 405: the methods that there are
}

func (e *statusError) Error() string { return http.StatusText(e.status) }

// nowhere refuses what no other route of mux takes: 405 where the path exists
// for another method, else 404.
func nowhere(mux *http.ServeMux) handler {
	return func(_ http.ResponseWriter, r *http.Request) error {
		var methods []string
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			if _, pattern := mux.Handler(&http.Request{Method: method, Host: r.Host, URL: r.URL}); pattern != "/" && pattern != webRest {
				methods = append(methods, method)
			}
		}
		if len(methods) > 0 {
			return &statusError{http.StatusMethodNotAllowed, strings.Join(methods, ", ")}
		}
		return &statusError{status: http.StatusNotFound}
	}
}

func notAllowed(allow string) handler {
	return func(http.ResponseWriter, *http.Request) error {
		return &statusError{status: http.StatusMethodNotAllowed, allow: allow}
	}
}

// run calls h and turns a panic into an error, so that it is written and
// logged like any other.
func run(h handler, w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler { //nolint:errorlint // the very value, as net/http compares it
				panic(p)
			}
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return h(w, r)
}

// broken logs a failure of our own and gives the status that tells it: where the
// database does not answer, or there is too much to do, that it is worth to come
// back soon.
func (s *Server) broken(w http.ResponseWriter, r *http.Request, err error) int {
	busy := errors.Is(err, desk.ErrBusy)
	if !busy || s.complaints.Allow("busy") { // each of thousands would be a line
		s.unexpected(r, err)
	}
	if !busy && !errors.Is(err, store.ErrUnavailable) {
		return http.StatusInternalServerError
	}
	w.Header().Set("Retry-After", "2")
	return http.StatusServiceUnavailable
}

// unexpected logs an error that the visitor is not told about. One that came
// of the visitor's leaving is no fault.
func (s *Server) unexpected(r *http.Request, err error) {
	if r.Context().Err() != nil {
		return
	}
	s.config.Log.ErrorContext(r.Context(), "request failed", "route", r.Pattern, "request_id", requestID(r), "error", err)
}

// page renders refusals as pages, or as the redirect that they carry.
func (s *Server) page(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := run(h, w, r)
		if err == nil {
			return
		}
		var back *oauth.RedirectError
		if errors.As(err, &back) && back.To != "" {
			w.Header().Set("Cache-Control", "no-store")
			w.Header().Set("Referrer-Policy", "no-referrer")
			http.Redirect(w, r, back.To, http.StatusSeeOther)
			return
		}
		status, problem := asProblem(err)
		if status >= http.StatusInternalServerError {
			status = s.broken(w, r, err)
		}
		var refused *statusError
		if errors.As(err, &refused) && refused.allow != "" {
			w.Header().Set("Allow", refused.allow)
		}
		if err := s.pages.Problem(w, r, status, problem.With(problem.Detail, requestID(r))); err != nil {
			s.unexpected(r, err)
			http.Error(w, "The server failed. Try again in a while.", http.StatusInternalServerError)
		}
	})
}

// live renders refusals for the page's script, which needs the status.
func (s *Server) live(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := run(h, w, r)
		if err == nil {
			return
		}
		status, problem := asProblem(err)
		if status >= http.StatusInternalServerError {
			status = s.broken(w, r, err)
		}
		writeJSON(w, status, map[string]string{"error": strings.TrimSuffix(problem.Title, ".title")})
	})
}

// script renders refusals for the scripts that talk to authenticators: a
// reason, and its text in the visitor's language.
func (s *Server) script(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := run(h, w, r)
		if err == nil {
			return
		}
		var refusal *ceremony.Refusal
		switch {
		case errors.As(err, &refusal):
		case ceremony.RefusePairing(err) != nil:
			refusal = ceremony.RefusePairing(err)
		case errors.Is(err, account.ErrSignedOut):
			refusal = ceremony.StepUp
		case errors.Is(err, claim.ErrLeaving):
			refusal = &ceremony.Refusal{Status: http.StatusForbidden, Reason: "leaving"}
		case errors.Is(err, account.ErrLinkOver):
			refusal = &ceremony.Refusal{Status: http.StatusNotFound, Reason: "link_over"}
		default:
			refusal = &ceremony.Refusal{Status: s.broken(w, r, err), Reason: "failed"}
		}
		writeJSON(w, refusal.Status, struct {
			Error   string          `json:"error"`
			Message string          `json:"message"`
			Signal  json.RawMessage `json:"signal,omitempty"`
		}{refusal.Reason, s.pages.Texts(r).PasskeyRefusal(refusal.Reason, refusal.Detail), refusal.Signal})
	})
}

// oauth renders refusals as RFC 6749 §5.2 and RFC 6750 §3 say.
func (s *Server) oauth(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := run(h, w, r)
		if err == nil {
			return
		}
		var (
			refusal *oauth.Error
			http_   *statusError
		)
		switch {
		case errors.As(err, &http_):
			w.Header().Set("Allow", http_.allow)
			refusal = &oauth.Error{Code: oauth.InvalidRequest, Description: "This endpoint takes " + http_.allow + " only"}
			s.writeOAuthError(w, r, http_.status, refusal)
			return
		case !errors.As(err, &refusal):
			refusal = &oauth.Error{Code: oauth.ServerError, Description: "The server failed. Try again in a while"}
			if s.broken(w, r, err) == http.StatusServiceUnavailable {
				refusal = &oauth.Error{Code: oauth.TemporarilyUnavailable, Description: "The server cannot answer at the moment. Try again in a few seconds"}
			}
		}
		challenge(w, r, refusal)
		var waiting *openmaster.Waiting
		if errors.As(err, &waiting) {
			w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(waiting.Left.Seconds()))))
		}
		s.writeOAuthError(w, r, refusal.Status(), refusal)
	})
}

// challenge says how to authenticate: a Basic challenge answers credentials
// that were wrong or missing in the header, a Bearer one a token.
func challenge(w http.ResponseWriter, r *http.Request, e *oauth.Error) {
	switch e.Code {
	case oauth.InvalidClient, oauth.InvalidCredentials:
		// A person's program may wait to be asked; a client's has sent its
		// credentials in the body.
		if r.Header.Get("Authorization") != "" || e.Code == oauth.InvalidCredentials {
			w.Header().Set("WWW-Authenticate", `Basic realm="ham", charset="UTF-8"`)
		}
	case oauth.InvalidToken, oauth.InsufficientScope:
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="ham", error=%q, error_description=%q`, e.Code, e.Description))
	case oauth.SlowDown:
		w.Header().Set("Retry-After", "60")
	default:
	}
}

// writeOAuthError writes a refusal; clients of OpenMaster's dialect may want it
// form-encoded, like the success.
func (s *Server) writeOAuthError(w http.ResponseWriter, r *http.Request, status int, e *oauth.Error) {
	var err error
	if strings.HasSuffix(r.Pattern, oauth.OpenMaster.TokenPath()) && clientauth.WantsForm(r) {
		err = clientauth.WriteForm(w, status, url.Values{"error": {string(e.Code)}, "error_description": {e.Description}})
	} else {
		err = clientauth.WriteJSON(w, status, map[string]string{"error": string(e.Code), "error_description": e.Description})
	}
	if err != nil {
		s.unexpected(r, err)
	}
}

// appAPI renders refusals for the Ham app.
func (s *Server) appAPI(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := run(h, w, r)
		if err == nil {
			return
		}
		f := appapi.AsFailure(err)
		if f == nil {
			f = &appapi.Failure{
				Failure: pairing.Failure{Code: pairing.FailServer, Description: "The server failed. Try again in a while"},
				Status:  s.broken(w, r, err),
			}
		}
		if f.Status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "5")
		}
		writeJSON(w, f.Status, f.Failure)
	})
}

// webAPI renders refusals for Ham Web, in the language that it asks for.
func (s *Server) webAPI(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := run(h, w, r)
		if err == nil {
			return
		}
		refusal := hamweb.AsRefusal(err)
		var status *statusError
		switch {
		case refusal != nil:
		case errors.As(err, &status):
			if refusal = hamweb.Status(status.status); status.allow != "" {
				w.Header().Set("Allow", status.allow)
			}
		default:
			failed := *hamweb.Failed
			failed.Status = s.broken(w, r, err)
			refusal = &failed
		}
		if refusal.Status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "5")
		}
		if challenge := refusal.Challenge(); challenge != "" {
			w.Header().Set("WWW-Authenticate", challenge)
		}
		writeJSON(w, refusal.Status, struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		}{refusal.Code, refusal.Message(s.pages.Texts(r))})
	})
}

// sameSite refuses a change of state that another site's page asks for.
func (s *Server) sameSite(h http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(s.page(func(http.ResponseWriter, *http.Request) error { return desk.ErrOrigin }))
	return protection.Handler(h)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		http.Error(w, `{"error":"server_error"}`, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // who has gone needs no answer
}
