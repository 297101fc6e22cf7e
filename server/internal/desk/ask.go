package desk

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

// A browser that knows who is to sign in can ask that person's Ham apps, in
// place of being scanned. It knows them because they were signed in in it, or
// because the app names them (login_hint). Nobody is asked who has not turned
// that on; and what a browser is told never says whether somebody whom the
// hint names exists, or wants to be asked. Nor does the time of the answer: it
// is given before anybody is looked up.

// ErrTooOften is returned where a person was asked too often lately.
var ErrTooOften = errors.New("desk: asked too often")

const (
	maxHint   = 128 // bytes of a login_hint
	mostHints = 16  // that wait or are looked up at once; a further one reaches nobody
	hintAfter = 50 * time.Millisecond
	hintFor   = 10 * time.Second // to look one up
)

// askable is whom the page of a request may ask.
func (d *Desk) askable(r *http.Request, kind pairing.Kind, hint string) (*web.AskPhone, error) {
	u, err := d.remembered(r)
	switch {
	case err == nil && u.Asks:
		return &web.AskPhone{Nickname: u.Nickname}, nil
	case err != nil && !errors.Is(err, store.ErrNotFound):
		return nil, err
	case kind == pairing.KindAuthorize && hint != "" && len(hint) <= maxHint:
		return &web.AskPhone{Hint: hint}, nil
	}
	return nil, nil
}

// remembered is who was signed in in this browser last.
func (d *Desk) remembered(r *http.Request) (oauth.User, error) {
	id, since := d.Remembered(r)
	if id == "" {
		return oauth.User{}, store.ErrNotFound
	}
	u, err := d.DB.User(r.Context(), id)
	if err == nil && (u.Disabled || since.Before(u.KnownSince)) {
		err = store.ErrNotFound
	}
	return u, err
}

// Ask answers POST …/pairing/{id}/ask: the request appears in the person's Ham
// apps by itself. The check number is asked for all the same.
func (d *Desk) Ask(w http.ResponseWriter, r *http.Request) error {
	p, _, err := d.mine(r)
	if err != nil {
		return err
	}
	source := limit.AddressKey(limit.Address(r))
	if !d.Begins.Allow(source) {
		return ErrTooMany
	}
	p.Settle(d.Now())
	if p.State != pairing.Waiting {
		return &pairing.StateError{State: p.State}
	}
	a := store.Ask{PairingID: p.ID, Source: source}
	if hint := r.PostFormValue("login_hint"); hint != "" {
		answerAsk(w, r, p)
		if p.Kind == pairing.KindAuthorize && len(hint) <= maxHint {
			d.askHinted(r.Context(), p.Request.ClientID, hint, a)
		}
		return nil
	}
	u, err := d.remembered(r)
	if err == nil {
		err = d.ask(r.Context(), a, u)
	}
	switch {
	case errors.Is(err, store.ErrTooOften):
		return ErrTooOften
	case err != nil && !errors.Is(err, store.ErrNotFound): // who cannot be asked is nobody's business
		return err
	}
	answerAsk(w, r, p)
	return nil
}

func answerAsk(w http.ResponseWriter, r *http.Request, p pairing.Pairing) {
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	http.Redirect(w, r, plainPath(p)+"?asked=1", http.StatusSeeOther) //nolint:gosec // a path of our own
}

func (d *Desk) ask(ctx context.Context, a store.Ask, u oauth.User) error {
	a.UserID = u.ID
	err := d.DB.AddAsk(ctx, a)
	if err == nil {
		d.Log.InfoContext(ctx, "asked a person's Ham apps", "pairing", a.PairingID, "user", u.Nickname)
	}
	return err
}

// askHinted asks whom a client knows as hint, beside the request, and a while
// later: the work would slow the answer down that is on its way, and the next
// one. Whether anybody was asked is nobody's business.
func (d *Desk) askHinted(ctx context.Context, clientID, hint string, a store.Ask) {
	if !d.hints.add() {
		d.Log.WarnContext(ctx, "too many look-ups at once, nobody was asked", "pairing", a.PairingID)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), hintFor)
	go func() {
		defer d.hints.done()
		defer cancel()
		time.Sleep(hintAfter + rand.N(hintAfter)) //nolint:gosec // only to be at no certain time
		a.Hinted = true
		u, err := d.DB.UserByOpenID(ctx, clientID, hint)
		if err == nil {
			err = d.ask(ctx, a, u)
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrTooOften) {
			d.Log.ErrorContext(ctx, "asking a person's Ham apps", "pairing", a.PairingID, "error", err)
		}
	}()
}

// hints counts the hints that are being looked up. Its zero value is ready.
type hints struct {
	mu     sync.Mutex // guards open and closed
	open   int
	closed bool
	under  sync.WaitGroup
}

// add reports false if there are too many, or the server has stopped.
func (h *hints) add() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || h.open >= mostHints {
		return false
	}
	h.open++
	h.under.Add(1)
	return true
}

func (h *hints) done() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open--
	h.under.Done()
}

// FinishAsks waits until everybody was asked for whom a browser was told so.
// Nobody is asked by a hint after that.
func (d *Desk) FinishAsks() {
	d.hints.mu.Lock()
	d.hints.closed = true
	d.hints.mu.Unlock()
	d.hints.under.Wait()
}
