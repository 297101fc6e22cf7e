package hamweb

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"mime"
	"net/http"
	"slices"
	"time"

	"hamconnect/passkey"
	"hamconnect/qr/pairing"
	"hamconnect/server/internal/agree"
	"hamconnect/server/internal/browser"
	"hamconnect/server/internal/clientauth"
	"hamconnect/server/internal/follow"
	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/web"
)

// Web serves the API. All fields are required but where they say so.
type Web struct {
	Keeper    *browser.Keeper // made by Keep
	Log       *slog.Logger
	Now       func() time.Time
	Pages     *web.Pages // for the texts
	PublicURL string
	Codes     pairing.Codes
	Follower  *follow.Follower

	Agreements *agree.Agreements
	Clients    *clientauth.Clients
	Passkeys   *passkey.RelyingParty // nil where the address can have none

	Begins   *limit.Rate  // tickets and ceremonies begun, by address
	Changes  *limit.Rate  // tokens made and changed, and apps allowed, by user
	Waits    *limit.Gauge // long polls, by address
	Stripped *limit.Rate  // warnings of a proxy that strips cookies

	// Origins are those of front ends whose browsers call this server
	// directly; none where a proxy does.
	Origins []string
	// Passphrase says that only an app whose key is sealed with one may sign
	// a browser in by a ticket.
	Passphrase bool
	// NoTickets refuses to make tickets.
	NoTickets bool
	// Begun is told of every ticket that is made; it may be nil.
	Begun func(pairingID string)
	// Console is the client_id of the front end's own console, empty if it
	// has none.
	Console string
}

// Keep makes the Keeper of these sessions. The names are what Ham Web's proxy
// lets through, so they cannot have the prefix __Host-.
func Keep(k browser.Keeper) *browser.Keeper {
	k.Label, k.Session, k.Refresh = "hamconnect hamweb", "ham_session", "ham_refresh"
	return &k
}

// person is who somebody is, as the front end shows it.
type person struct {
	UserID    string `json:"user_id"`
	Nickname  string `json:"nickname"`
	AvatarURL string `json:"avatar_url"`
}

func asPerson(u oauth.User) person { return person{u.ID, u.Nickname, u.AvatarURL} }

// visitor is who is signed in, by the cookie. Unlike the account page it buys
// no new pair by itself: where the front end asks from its own server, nobody
// would hand that to the browser.
func (h *Web) visitor(r *http.Request) (browser.Visitor, error) {
	return h.Keeper.BySession(r.Context(), h.held(r).session)
}

// user is a visitor who may use apps.
func (h *Web) user(r *http.Request) (browser.Visitor, error) {
	v, err := h.visitor(r)
	if err == nil && !v.User.MayUseApps() {
		return v, errNotAllowed
	}
	return v, err
}

// read reads a body that is one JSON object: texts are the names of its
// strings, more knows the others. What else a front end sends is left alone,
// whatever its type.
func read(r *http.Request, more map[string]any, texts ...string) (clientauth.Form, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return nil, errRequest
	}
	body, err := readAll(r)
	if err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return nil, errRequest
	}
	known := map[string]any{}
	for name := range members {
		if !slices.Contains(texts, name) {
			known[name] = new(json.RawMessage)
		}
	}
	maps.Copy(known, more)
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, err := clientauth.ReadObject(r, known)
	if err != nil {
		return nil, errRequest
	}
	return form, nil
}

// readAll reads a body. One that is too long is told from one that broke off.
func readAll(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	var tooLong *http.MaxBytesError
	if err != nil && !errors.As(err, &tooLong) {
		err = errRequest
	}
	return body, err
}

// readNothing takes the body of a call that has none: some clients send an
// empty object. Anything else is refused, as a form from another site is.
func readNothing(r *http.Request) error {
	body, err := readAll(r)
	if err != nil || len(body) == 0 {
		return err
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return errRequest
	}
	return nil
}

func noContent(w http.ResponseWriter) error {
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
	return nil
}
