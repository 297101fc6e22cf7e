package appapi

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/claim"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

// Claim answers POST /app/v1/pairings/claim.
func (a *App) Claim() func(http.ResponseWriter, *http.Request) error {
	return call(a, func(ctx context.Context, _ *http.Request, who caller, in pairing.ClaimCode) (pairing.Asked, error) {
		person := claim.Person{Device: who.asActor(), Name: who.device.Name, Apps: who.user.MayUseApps()}
		if in.Ticket != "" && in.Code != "" {
			return pairing.Asked{}, invalid("Send a code or a ticket, not both")
		}
		var p pairing.Pairing
		var err error
		if in.Ticket != "" {
			p, err = a.Claims.ScanTicket(ctx, in.Ticket, person)
		} else {
			p, err = a.Claims.Scan(ctx, in.Code, person)
		}
		if err != nil {
			return pairing.Asked{}, err
		}
		return a.asked(ctx, p, who)
	})
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
		return a.decided(a.Claims.Approve(ctx, r.PathValue("id"), who.asActor(), in))
	})
}

// Deny answers POST /app/v1/pairings/{id}/deny.
func (a *App) Deny() func(http.ResponseWriter, *http.Request) error {
	return call(a, func(ctx context.Context, r *http.Request, who caller, _ none) (pairing.Status, error) {
		return a.decided(a.Claims.Deny(ctx, r.PathValue("id"), who.asActor()))
	})
}

func (a *App) decided(p pairing.Pairing, err error) (pairing.Status, error) {
	if err != nil {
		return pairing.Status{}, err
	}
	return status(p, a.Now()), nil
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
func (a *App) asked(ctx context.Context, p pairing.Pairing, who caller) (pairing.Asked, error) {
	shown := oauth.Fingerprint(p.Request.AppName, p.Request.IconURL, p.Request.RedirectURI)
	scopes, err := a.known(ctx, who, p.Request.ClientID, shown, p.Request.Scopes)
	asked := pairing.Asked{
		Kind:        p.Kind,
		PairingID:   p.ID,
		ClientID:    p.Request.ClientID,
		AppName:     p.Request.AppName,
		IconURL:     p.Request.IconURL,
		Homepage:    p.Request.Homepage,
		RedirectURI: p.Request.RedirectURI,
		Username:    a.username(oauth.Dialect(p.Request.Dialect), p.Request.ClientID, who),
		Scopes:      scopes,
		Browser:     &p.Browser,
		Status:      status(p, a.Now()),
	}
	if p.Kind == pairing.KindTicket {
		asked.Since, asked.Passphrase = &p.Begun, p.Request.Passphrase
	}
	return asked, err
}

// username is what an app of OpenMaster's dialect calls the person, whatever it
// asks for. It is empty in Ham's.
func (a *App) username(d oauth.Dialect, clientID string, who caller) string {
	if d != oauth.OpenMaster {
		return ""
	}
	return who.user.NameFor(a.DB.OpenID(clientID, who.user.ID))
}

// known gives what is asked with what the person is to know about it: what the
// app would get to see, and what they said when it was asked before.
func (a *App) known(ctx context.Context, who caller, clientID, shown string, names []string) ([]pairing.Scope, error) {
	before, err := a.DB.Grant(ctx, who.user.ID, clientID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	of := web.Person{Nickname: who.user.Nickname, Picture: who.user.AvatarURL, Student: who.user.IsStudent, Email: who.user.Email}
	of.Username = who.user.NameFor(a.DB.OpenID(clientID, who.user.ID))
	scopes := inWords(names, who.texts)
	for i, name := range names {
		scopes[i].Given = before.Scopes.Has(name) && before.Shown == shown
		scopes[i].LeftOut = before.Declined.Has(name)
		scopes[i].Values = who.texts.Values(web.ValuesOf(name, of))
	}
	return scopes, nil
}

func inWords(names []string, texts web.Texts) []pairing.Scope {
	scopes := make([]pairing.Scope, len(names))
	for i, name := range names {
		s := texts.Scope(web.Scope{Name: name})
		scopes[i] = pairing.Scope{Name: name, Title: s.Title, Reveals: s.Reveals}
	}
	return scopes
}
