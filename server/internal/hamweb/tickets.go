package hamweb

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/browser"
	"hamconnect/server/internal/follow"
	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/session"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

// state is how a ticket stands, in Ham Web's words.
type state string

const (
	pending   state = "PENDING"
	scanned   state = "SCANNED"
	confirmed state = "CONFIRMED"
	expired   state = "EXPIRED"
	invalid   state = "INVALID"
)

// stateOf is a view of a pairing's state: there are no others.
func stateOf(p pairing.Pairing) state {
	switch p.State {
	case pairing.Waiting:
		return pending
	case pairing.Claimed:
		return scanned
	case pairing.Approved, pairing.Finished:
		return confirmed
	case pairing.Expired:
		return expired
	case pairing.Denied, pairing.Cancelled:
	}
	return invalid
}

// scanner is who looks at a sign-in. Their id is nothing for a browser that
// they may yet refuse.
type scanner struct {
	Nickname  string `json:"nickname"`
	AvatarURL string `json:"avatar_url"`
}

type ticketState struct {
	State     state    `json:"state"`
	ExpiresIn int      `json:"expires_in,omitempty"`
	Scanner   *scanner `json:"scan_user_info,omitempty"`
	User      *person  `json:"user_info,omitempty"`
}

func see(p pairing.Pairing, now time.Time) ticketState {
	t := ticketState{State: stateOf(p), ExpiresIn: int(math.Ceil(p.Left(now).Seconds()))}
	switch t.State {
	case scanned:
		t.Scanner = &scanner{p.Claim.Nickname, p.Claim.AvatarURL}
	case confirmed:
		t.ExpiresIn = 0
		t.User = &person{p.Claim.UserID, p.Claim.Nickname, p.Claim.AvatarURL}
	case pending, expired, invalid:
	}
	return t
}

// Ticket answers POST /web/auth/qr/ticket.
func (h *Web) Ticket(w http.ResponseWriter, r *http.Request) error {
	if err := readNothing(r); err != nil {
		return err
	}
	if h.NoTickets {
		return errTickets
	}
	if !h.Begins.AllowVisitor(r) {
		return errTooMany
	}
	id := pairing.NewID()
	now := h.Now()
	secret := h.Codes.NewSecret(pairing.KindTicket, id, now, pairing.Request{})
	asking := pairing.Browser{Name: session.BrowserName(r.UserAgent()), Address: limit.Address(r)}
	p := pairing.BeginTicket(now, id, secret, asking, h.Passphrase)
	if err := h.Keeper.DB.BeginPairing(r.Context(), p); err != nil {
		return fmt.Errorf("storing a ticket: %w", err)
	}
	h.Log.InfoContext(r.Context(), "ticket made", "pairing", id, "browser", asking.Name, "address", asking.Address)
	if h.Begun != nil {
		h.Begun(id)
	}
	h.keepTicket(w, h.held(r), heldTicket{id, oauth.Secret(secret)})
	return web.JSON(w, struct {
		Ticket    string `json:"ticket"`
		ExpiresIn int    `json:"expires_in"`
	}{h.Codes.Ticket(id), int(pairing.WaitFor.Seconds())})
}

// Poll answers GET /web/auth/qr/ticket/{ticket}: at once, or with ?wait= when
// the state is another than ?state=, which is PENDING if it is not given, and
// after that many seconds in any case. A ticket that this server did not make,
// or whose secret the browser does not bring, costs no query, and any other
// one, as long as nothing happens.
func (h *Web) Poll(w http.ResponseWriter, r *http.Request) error {
	wait, err := waitFor(r)
	if err != nil {
		return err
	}
	b := h.held(r)
	id, err := h.Codes.OpenTicket(r.PathValue("ticket"))
	secret := b.ticket(id)
	if err != nil || secret == "" {
		if err == nil && !b.any {
			h.warnOfStripping(r)
		}
		return web.JSON(w, ticketState{State: invalid})
	}
	if wait > 0 {
		release, ok := h.Waits.TakeVisitor(r)
		if !ok {
			return errTooMany
		}
		defer release()
	}
	shown := state(r.URL.Query().Get("state"))
	if shown == "" {
		shown = pending
	}
	p, err := h.Follower.Until(r.Context(), id, wait, func(p pairing.Pairing) (bool, error) {
		if p.Kind != pairing.KindTicket || !p.HeldBy(secret.Reveal()) {
			return false, pairing.ErrNotFound
		}
		return stateOf(p) != shown, nil
	})
	if err == nil && stateOf(p) == confirmed && r.Method == http.MethodGet { // HEAD is asked by nobody who signs in
		p, err = h.finish(w, r, b, p, secret)
	}
	if errors.Is(err, pairing.ErrNotFound) {
		return web.JSON(w, ticketState{State: invalid})
	}
	if err != nil {
		return fmt.Errorf("looking at a ticket: %w", err)
	}
	return web.JSON(w, see(p, h.Now()))
}

func waitFor(r *http.Request) (time.Duration, error) {
	text := r.URL.Query().Get("wait")
	if text == "" {
		return 0, nil
	}
	seconds, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0, errRequest
	}
	return min(time.Duration(seconds)*time.Second, follow.Most), nil
}

// finish begins the session of an approved ticket, or gives the browser once
// more what it was given when it began.
func (h *Web) finish(w http.ResponseWriter, r *http.Request, b held, p pairing.Pairing, secret oauth.Secret) (pairing.Pairing, error) {
	var begun session.Session
	var pair session.Pair
	if p.State == pairing.Approved {
		var err error
		p, err = h.Keeper.DB.FinishSignIn(r.Context(), p.ID, func(p *pairing.Pairing) error { return p.Finish(h.Now(), secret.Reveal()) },
			func(p pairing.Pairing, u oauth.User) (_ session.Session, err error) {
				if begun, pair, err = h.Keeper.FromPairing(p, u); err != nil {
					return begun, err
				}
				begun.ID = p.ID // so that a retry finds it
				return begun, begun.Promise(h.Now(), secret, pair)
			})
		var over *pairing.StateError
		switch {
		case err == nil:
			h.Log.InfoContext(r.Context(), "browser signed in by a ticket", "pairing", p.ID, "browser", begun.Browser, "address", begun.Address)
			h.signIn(w, r, b, begun, pair)
			return p, nil
		case errors.Is(err, store.ErrNotFound), errors.Is(err, browser.ErrNotAllowed): // removed or disabled since the approval
			return p, pairing.ErrNotFound
		case !errors.As(err, &over):
			return p, err
		case p.State != pairing.Finished: // cancelled or too late: it is shown as it ended
			return p, nil
		}
	}
	s, u, err := h.Keeper.DB.Session(r.Context(), p.ID)
	switch {
	case errors.Is(err, store.ErrNotFound): // signed out since
		return p, nil
	case err != nil:
		return p, err
	}
	if pair, again := s.Promised(h.Now(), secret); again && !u.Disabled {
		h.signIn(w, r, b, s, pair)
	}
	return p, nil
}

// warnOfStripping tells the operator what nobody would find out otherwise: a
// browser that made a ticket a moment ago holds a cookie.
func (h *Web) warnOfStripping(r *http.Request) {
	if h.Stripped.Allow("") {
		h.Log.WarnContext(r.Context(), "a ticket is asked about without the cookie that was set when it was made, so nobody can be signed in by it; "+
			"if this goes on, a proxy between the browser and this server strips Cookie or Set-Cookie",
			"cookie", h.Keeper.Session, "address", limit.Address(r), "browser", session.BrowserName(r.UserAgent()))
	}
}
