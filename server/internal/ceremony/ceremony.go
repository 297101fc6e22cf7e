// Package ceremony is how the scripts of our pages and the server talk about
// passkeys: the JSON that goes to and fro, and the refusals.
package ceremony

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"

	"hamconnect/passkey"
	"hamconnect/qr/pairing"
	"hamconnect/server/internal/web"
)

// Refusal is what the page's script is told; Reason is a key for the text.
type Refusal struct {
	Status int
	Reason string
	Signal json.RawMessage // for PublicKeyCredential.signalUnknownCredential
	Detail string          // what was expected, where that helps
}

func (r *Refusal) Error() string { return "passkey refused: " + r.Reason }

// The refusals that are not package passkey's own.
var (
	Off       = &Refusal{Status: http.StatusNotFound, Reason: "off"}
	TooMany   = &Refusal{Status: http.StatusTooManyRequests, Reason: "slow_down"}
	Disabled  = &Refusal{Status: http.StatusForbidden, Reason: "disabled"}
	StepUp    = &Refusal{Status: http.StatusForbidden, Reason: "step_up"} // authenticate again
	Foreign   = &Refusal{Status: http.StatusForbidden, Reason: "form"}    // of another session
	NoPasskey = &Refusal{Status: http.StatusForbidden, Reason: "none"}    // who is signed in has none
	Malformed = &Refusal{Status: http.StatusBadRequest, Reason: "malformed"}
)

// Answer is what the script brings back.
type Answer struct {
	Form     string          `json:"form,omitempty"` // the token of the page's forms, where somebody is signed in
	Code     string          `json:"code,omitempty"` // of the link that led to the page, where one did
	Ceremony string          `json:"ceremony"`
	JSON     json.RawMessage `json:"answer"` // PublicKeyCredential.toJSON()
}

// Write sends the options of a ceremony to the page's script.
func Write(w http.ResponseWriter, begun passkey.Begun) error {
	return web.JSON(w, struct {
		Ceremony string          `json:"ceremony"`
		Options  json.RawMessage `json:"options"`
	}{begun.Ceremony, begun.Options})
}

// Read reads what a script sent: one JSON object. The routes bound its size.
func Read(r *http.Request) (a Answer, err error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return a, Malformed
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || json.Unmarshal(body, &a) != nil {
		return Answer{}, Malformed
	}
	return a, nil
}

// RefusePairing gives the refusal that a failed step of a pairing is for the
// page, or nil if err is none.
func RefusePairing(err error) *Refusal {
	var over *pairing.StateError
	switch {
	case errors.Is(err, pairing.ErrNotFound):
		return &Refusal{Status: http.StatusNotFound, Reason: "not_found"}
	case errors.Is(err, pairing.ErrAlreadyClaimed):
		return &Refusal{Status: http.StatusConflict, Reason: "already_claimed"}
	case !errors.As(err, &over):
		return nil
	case over.State == pairing.Expired:
		return &Refusal{Status: http.StatusConflict, Reason: "expired"}
	case over.State == pairing.Cancelled:
		return &Refusal{Status: http.StatusConflict, Reason: "cancelled"}
	}
	return &Refusal{Status: http.StatusConflict, Reason: "over"}
}

// Notes remembers refusals for whom they concern.
type Notes interface {
	NoteRefusal(ctx context.Context, e *passkey.Error) error
}

// Refuse notes a refusal of package passkey and turns it into one for the page;
// any other error stays as it is. rp is the one that refused.
func Refuse(ctx context.Context, log *slog.Logger, notes Notes, rp *passkey.RelyingParty, err error) error {
	var e *passkey.Error
	if !errors.As(err, &e) {
		return err
	}
	log.WarnContext(ctx, "passkey refused", "reason", string(e.Reason), "expected", e.Expected)
	if err := notes.NoteRefusal(ctx, e); err != nil {
		return err
	}
	refusal := &Refusal{Status: http.StatusForbidden, Reason: string(e.Reason)}
	switch e.Reason {
	case passkey.WrongOrigin, passkey.WrongRPID:
		refusal.Detail = e.Expected
	case passkey.UnknownCredential:
		if signal, err := rp.UnknownCredential(e.CredentialID); err == nil {
			refusal.Signal = signal
		}
	default: // the reason says it all
	}
	return refusal
}
