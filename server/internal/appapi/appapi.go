// Package appapi is the Ham app's side: enrolment, claim, approval, refusal.
// The messages are those of package pairing (wire.go); tui/client speaks them.
//
// Every call is signed with the device's own key (RFC 9449 DPoP proof), and
// the key is all that a device has: there is no token that could be stolen
// from a log. A proof holds for one method and path, for a minute, once.
package appapi

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/bus"
	"hamconnect/server/internal/claim"
	"hamconnect/server/internal/follow"
	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/person"
	"hamconnect/server/internal/picture"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

// App serves the app's side. All fields are required.
type App struct {
	DB        *store.DB
	Log       *slog.Logger
	Now       func() time.Time
	PublicURL string     // the origin: what proofs are made for
	Pages     *web.Pages // for the scopes' texts
	Passkey   bool       // this server can have passkeys
	Follower  *follow.Follower
	Claims    *claim.Claims // claims and decisions
	Acts      *person.Acts
	Pictures  *picture.Fetcher
	Bus       *bus.Local

	// Leaving is closed when the server is about to stop: then listening apps
	// are told to come back, spread over LeaveWithin.
	Leaving     <-chan struct{}
	LeaveWithin time.Duration

	Streams  *limit.Gauge  // WebSockets of news, by device
	Uploads  *limit.Gauge  // pictures on their way, by user
	Enrols   *limit.Rate   // enrolments tried, by address
	Calls    *limit.Rate   // calls, by device
	GrantAge time.Duration // how old a yes may be that counts beside a new one

	// Request checks the authorization request of a deep link.
	Request func(context.Context, url.Values) (oauth.Request, error)

	streams streams
}

// caller is the device that signed a call, and its user.
type caller struct {
	device  store.Device
	user    oauth.User
	address string
	texts   web.Texts
}

func (c caller) asActor() pairing.Device {
	return pairing.Device{ID: c.device.ID, UserID: c.user.ID, Nickname: c.user.Nickname, AvatarURL: c.user.AvatarURL}
}

func (c caller) me() pairing.Me {
	return pairing.Me{
		UserID: c.user.ID, Nickname: c.user.Nickname, AvatarURL: c.user.AvatarURL, IsStudent: c.user.IsStudent,
		DeviceID: c.device.ID, DeviceName: c.device.Name, Language: c.user.Language, Leaves: moment(c.user.Leaves),
		MayBeAsked: c.user.Asks,
	}
}

// moment is nil for one that has not come.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// none is the body of a call that has none, and the answer that has none.
type none struct{}

// call is the way through every call of a signed-in device: who signed it,
// whether they may, what the body says, the act itself, the answer.
func call[In, Out any](a *App, act func(context.Context, *http.Request, caller, In) (Out, error)) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		who, err := a.authenticate(r)
		if err != nil {
			return err
		}
		var in In
		if err := readJSON(r, &in); err != nil {
			return err
		}
		out, err := act(r.Context(), r, who, in)
		if err != nil {
			return err
		}
		return writeJSON(w, out)
	}
}

func (a *App) authenticate(r *http.Request) (caller, error) {
	p, err := a.proof(r)
	if err != nil {
		return caller{}, err
	}
	device, user, err := a.DB.DeviceByKey(r.Context(), p.thumbprint)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return caller{}, fail(http.StatusUnauthorized, pairing.FailNotSignedIn, "This device is not signed in, or was removed. Ask for a new enrol link and run: ham login ENROLL-LINK")
	case err != nil:
		return caller{}, err
	case user.Disabled:
		return caller{}, errDisabled
	case !a.Calls.Allow(device.ID):
		return caller{}, errTooMany
	}
	// Last, because this is the first write: a flood does not get this far.
	if err := spent(a.DB.SpendProofOf(r.Context(), device, a.Now(), p.id, p.expires)); err != nil {
		return caller{}, err
	}
	web.Speak(r, user.Language)
	return caller{device, user, limit.Address(r), a.Pages.Texts(r)}, nil
}

// spent says what it means that a proof could not be spent.
func spent(err error) error {
	if errors.Is(err, store.ErrExists) {
		return errReplayed
	}
	return err
}

func invalid(description string) error {
	return fail(http.StatusBadRequest, pairing.FailRequest, description)
}

// readJSON reads one JSON value and nothing else. A call without a body is
// read into none. The routes bound the size.
func readJSON(r *http.Request, into any) error {
	if _, ok := into.(*none); ok {
		return nil
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return invalid("The body must be application/json")
	}
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return invalid("The body is not the JSON that this call takes")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return invalid("The body holds more than one JSON value")
	}
	return nil
}

func writeJSON(w http.ResponseWriter, answer any) error {
	if _, ok := answer.(none); ok {
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return web.JSON(w, answer)
}
