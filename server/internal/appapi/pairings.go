package appapi

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"math/big"
	"net/http"
	"strconv"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/activity"
	"hamconnect/server/internal/follow"
	"hamconnect/server/internal/web"
)

// Claim answers POST /app/v1/pairings/claim.
func (a *App) Claim() func(http.ResponseWriter, *http.Request) error {
	return call(a, func(ctx context.Context, _ *http.Request, who caller, in pairing.ClaimCode) (pairing.Asked, error) {
		id, step, err := a.Codes.Open(in.Code)
		if err != nil {
			return pairing.Asked{}, err
		}
		number, err := checkNumber()
		if err != nil {
			return pairing.Asked{}, err
		}
		p, err := a.update(ctx, id, func(p *pairing.Pairing) error {
			if p.Kind == pairing.KindAuthorize && !who.user.MayUseApps() {
				return errLeaving
			}
			return p.Scan(a.Now(), who.asActor(), step, number)
		})
		if err != nil {
			return pairing.Asked{}, fmt.Errorf("claiming a pairing: %w", err)
		}
		a.Log.InfoContext(ctx, "scanned", "pairing", id, "user", who.user.Nickname, "device", who.device.Name)
		return a.asked(p, who.texts), nil
	})
}

// checkNumber draws from 10 to 99.
func checkNumber() (int, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(90))
	if err != nil {
		return 0, fmt.Errorf("drawing a check number: %w", err)
	}
	return 10 + int(n.Int64()), nil
}

// update runs a transition and wakes who waits for the pairing, also after a
// refusal: one may have changed it.
func (a *App) update(ctx context.Context, id string, transition func(*pairing.Pairing) error) (pairing.Pairing, error) {
	p, err := a.DB.UpdatePairing(ctx, id, transition)
	a.Bus.Publish(follow.Topic(id))
	return p, err
}

// Status answers GET /app/v1/pairings/{id}?after=V&wait=S: at once if the
// pairing's version has grown past V, otherwise when it does, or after S
// seconds, or when the state's time runs out.
func (a *App) Status() func(http.ResponseWriter, *http.Request) error {
	return call(a, func(ctx context.Context, r *http.Request, who caller, _ none) (pairing.Status, error) {
		after, wait, err := waitParameters(r)
		if err != nil {
			return pairing.Status{}, err
		}
		p, err := a.Follower.Until(ctx, r.PathValue("id"), wait, func(p pairing.Pairing) (bool, error) {
			if !p.ClaimedBy(who.device.ID) {
				return false, pairing.ErrNotFound
			}
			return p.Version > after, nil
		})
		if err != nil {
			return pairing.Status{}, err
		}
		return status(p, a.Now()), nil
	})
}

func waitParameters(r *http.Request) (after int64, wait time.Duration, err error) {
	q := r.URL.Query()
	if text := q.Get("after"); text != "" {
		if after, err = strconv.ParseInt(text, 10, 64); err != nil {
			return 0, 0, invalid("after must be a version: a whole number")
		}
	}
	if text := q.Get("wait"); text != "" {
		seconds, err := strconv.Atoi(text)
		if err != nil || seconds < 0 {
			return 0, 0, invalid("wait must be a number of seconds")
		}
		wait = time.Duration(min(seconds, 60)) * time.Second
	}
	return after, wait, nil
}

// Approve answers POST /app/v1/pairings/{id}/approve.
func (a *App) Approve() func(http.ResponseWriter, *http.Request) error {
	return call(a, func(ctx context.Context, r *http.Request, who caller, in pairing.Approval) (pairing.Status, error) {
		return a.decide(ctx, r, func(p *pairing.Pairing) error {
			return p.Approve(a.Now(), who.asActor(), in.Number, in.Scopes, in.Digest)
		})
	})
}

// Deny answers POST /app/v1/pairings/{id}/deny.
func (a *App) Deny() func(http.ResponseWriter, *http.Request) error {
	return call(a, func(ctx context.Context, r *http.Request, who caller, _ none) (pairing.Status, error) {
		return a.decide(ctx, r, func(p *pairing.Pairing) error {
			return p.Deny(a.Now(), who.asActor())
		})
	})
}

func (a *App) decide(ctx context.Context, r *http.Request, transition func(*pairing.Pairing) error) (pairing.Status, error) {
	id := r.PathValue("id")
	p, err := a.update(ctx, id, transition)
	var wrong *pairing.NumberError
	if errors.As(err, &wrong) {
		a.Log.WarnContext(ctx, "wrong check number", "pairing", id, "tries_left", wrong.TriesLeft)
	}
	if p.State == pairing.Denied && (err == nil || wrong != nil) {
		if err := a.DB.Note(ctx, refused(p)); err != nil {
			return pairing.Status{}, err
		}
	}
	if err != nil {
		return pairing.Status{}, fmt.Errorf("deciding on a pairing: %w", err)
	}
	a.Log.InfoContext(ctx, string(p.State)+" in the app", "pairing", id, "scopes", p.Granted)
	return status(p, a.Now()), nil
}

// refused is what the account of who refused p remembers: the browser is the
// one that asked.
func refused(p pairing.Pairing) activity.Event {
	e := activity.Event{
		UserID: p.Claim.UserID, Kind: activity.SignInRefused, Origin: activity.Origin{Browser: p.Browser.Name, Address: p.Browser.Address},
	}
	if p.Kind == pairing.KindAuthorize {
		e.Kind, e.Subject, e.Name = activity.AppRefused, p.Request.ClientID, p.Request.AppName
	}
	return e
}

// status is how p stands, as its claimant may see it.
func status(p pairing.Pairing, now time.Time) pairing.Status {
	return pairing.Status{
		State:     p.State,
		Version:   p.Version,
		ExpiresIn: int(math.Ceil(p.Left(now).Seconds())),
		TriesLeft: pairing.MaxTries - p.Claim.Wrong,
		Contested: p.Claim.Contested,
		Scopes:    p.Granted,
	}
}

// asked is what the person decides on.
func (a *App) asked(p pairing.Pairing, texts web.Texts) pairing.Asked {
	return pairing.Asked{
		Kind:        p.Kind,
		PairingID:   p.ID,
		ClientID:    p.Request.ClientID,
		AppName:     p.Request.AppName,
		IconURL:     p.Request.IconURL,
		Homepage:    p.Request.Homepage,
		RedirectURI: p.Request.RedirectURI,
		Scopes:      inWords(p.Request.Scopes, texts),
		Browser:     &p.Browser,
		Status:      status(p, a.Now()),
	}
}

func inWords(names []string, texts web.Texts) []pairing.Scope {
	scopes := make([]pairing.Scope, len(names))
	for i, name := range names {
		s := texts.Scope(web.Scope{Name: name})
		scopes[i] = pairing.Scope{Name: name, Title: s.Title, Reveals: s.Reveals}
	}
	return scopes
}
