package desk

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/session"
	"hamconnect/server/internal/store"
)

// A pairing begins when its page comes back, with the cookie that it was given
// and the parameters of its authorization request. It is stored then, except
// where a page that was made just now opens its socket: most of these are never
// scanned, so the socket keeps the promise of one, and stores it when somebody
// asks for it (follow.Bring). Nothing of it can be changed by its browser
// meanwhile: the secret says when it began and what the page shows, so another
// socket of the page comes to the same, or to nothing.

// How a page says where it stands. signin.js has the same names.
const (
	tryParameter    = "pairing_try"    // how often it has tried, as nobody has told it of its pairing yet
	resumeParameter = "pairing_resume" // what it was told by a socket that had not stored it
)

// maxHeld bounds the query that a socket holds: of many, each could have as much
// as a request's header may have. Requests of apps are shorter.
const maxHeld = 2 << 10

// promise is a pairing that is not stored yet: what it will be made of.
type promise struct {
	id          string
	kind        pairing.Kind
	ends        time.Time // until when it waits
	browser     pairing.Browser
	browserHash [sha256.Size]byte
	offer       pairing.Offer // its codes run since that was made
	query       string        // holds the parameters of the authorization request
}

// arrival is a page that comes back.
type arrival struct {
	promise
	secret  oauth.Secret
	untold  bool // nobody has told it of its pairing yet
	first   bool // and it has not asked before, so there is none
	resumes bool // it was told of one that was not stored
}

func (d *Desk) arrive(r *http.Request, kind pairing.Kind) (a arrival, err error) {
	parameters, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return a, pairing.ErrNotFound
	}
	a.id, a.kind, a.query = parameters.Get("pairing"), kind, r.URL.RawQuery
	if a.secret, err = d.secret(r, a.id); err != nil {
		return a, err
	}
	a.browser = pairing.Browser{Name: session.BrowserName(r.UserAgent()), Address: limit.Address(r)}
	a.browserHash = sha256.Sum256([]byte(a.secret.Reveal()))
	told := parameters.Has(resumeParameter)
	a.untold = !told && parameters.Has(tryParameter)
	a.first = a.untold && parameters.Get(tryParameter) == "1"
	a.resumes = told && d.Codes.Resumes(a.id, parameters.Get(resumeParameter))
	return a, nil
}

// begin gives the pairing of a page that comes back, and stores it at the first
// call.
func (d *Desk) begin(r *http.Request, kind pairing.Kind) (pairing.Pairing, error) {
	a, err := d.arrive(r, kind)
	if err != nil {
		return pairing.Pairing{}, err
	}
	return d.comeBack(r, a)
}

// beginAt is begin for a socket, which may be given the promise of the pairing
// in its place.
func (d *Desk) beginAt(r *http.Request, kind pairing.Kind) (p pairing.Pairing, promised *promise, err error) {
	a, err := d.arrive(r, kind)
	if err != nil {
		return p, nil, err
	}
	if promised, err = d.promise(r, a); err != nil {
		return p, nil, err
	}
	if promised != nil {
		return promised.made(pairing.Request{}), promised, nil
	}
	p, err = d.comeBack(r, a)
	p.Settle(d.Now())
	return p, nil, err
}

func (d *Desk) comeBack(r *http.Request, a arrival) (pairing.Pairing, error) {
	if !a.first {
		p, err := d.held(r.Context(), a.id, a.secret)
		if !errors.Is(err, pairing.ErrNotFound) {
			return p, err
		}
	}
	return d.store(r, a)
}

// store stores the pairing of a page that comes back.
func (d *Desk) store(r *http.Request, a arrival) (p pairing.Pairing, err error) {
	if err = d.date(&a); err != nil {
		return p, err
	}
	p = a.made(pairing.Request{})
	if p.Settle(d.Now()); p.State.Over() { // nobody asked for it in its time
		return p, nil
	}
	if !a.resumes && !d.Begins.AllowVisitor(r) {
		return p, ErrTooMany
	}
	p, fresh, err := d.keep(r.Context(), a.promise)
	if fresh && !a.resumes {
		d.tellBegun(r.Context(), a.promise, p.Request.AppName)
	}
	return p, err
}

// promise gives the pairing of a page that opens its socket just after it was
// made, and counts it. Nothing is looked up. It is nil for any other page.
func (d *Desk) promise(r *http.Request, a arrival) (*promise, error) {
	if !a.first || len(a.query) > maxHeld {
		return nil, nil //nolint:nilnil // there is none, which is no error
	}
	if err := d.date(&a); err != nil {
		return nil, err
	}
	if d.Now().Sub(a.offer.Made) >= pairing.CodeEvery {
		return nil, nil //nolint:nilnil // as above
	}
	if !d.Begins.AllowVisitor(r) {
		return nil, ErrTooMany
	}
	d.tellBegun(r.Context(), a.promise, "")
	promised := a.promise // a copy: nobody holds the secret while the page waits
	return &promised, nil
}

// date puts in since when and until when the pairing of a waits, if one can begin with its page. A
// page of ours gave it id and secret together, or nobody did. A page that nobody
// has told of its pairing for a while, as on a phone, is given all the time. Any
// other may have had one that was not stored. Its codes run since the page was
// made in either case: none is good a second time, however its page comes back.
func (d *Desk) date(a *arrival) (err error) {
	if a.offer, err = d.Codes.OpenSecret(a.kind, a.id, a.secret.Reveal()); err != nil {
		return err
	}
	now := d.Now()
	age := now.Sub(a.offer.Made)
	if age >= pairing.OfferFor {
		return pairing.ErrNotFound
	}
	a.ends = a.offer.Made.Add(pairing.WaitFor)
	if a.untold && age >= pairing.CodeEvery {
		a.ends = now.Add(pairing.WaitFor)
	}
	return nil
}

// keep stores what was promised and gives it as it is now. fresh reports that no
// other request of its page came first. If the app is not what the page shows any
// more, and nothing was stored before, there is no such pairing.
func (d *Desk) keep(ctx context.Context, q promise) (p pairing.Pairing, fresh bool, err error) {
	request, err := d.frozen(ctx, q)
	if err == nil && !q.offer.Shows(request) {
		err = pairing.ErrNotFound
	}
	if err == nil {
		p = q.made(request)
		err = d.DB.BeginPairing(ctx, p)
	}
	if err == nil || ctx.Err() != nil || errors.Is(err, store.ErrUnavailable) {
		return p, err == nil, err
	}
	before, missing := d.DB.Pairing(ctx, q.id)
	switch {
	case missing == nil && before.BrowserHash == q.browserHash:
		return before, false, nil
	case errors.Is(err, store.ErrExists):
		err = pairing.ErrNotFound
	}
	return pairing.Pairing{}, false, err
}

// frozen is what the page's request is now.
func (d *Desk) frozen(ctx context.Context, q promise) (pairing.Request, error) {
	if q.kind == pairing.KindSignIn {
		return pairing.Request{}, nil
	}
	parameters, err := url.ParseQuery(q.query)
	if err != nil {
		return pairing.Request{}, pairing.ErrNotFound
	}
	request, err := d.Request(ctx, parameters)
	return freeze(request), err
}

// made is the pairing that q promised.
func (q promise) made(request pairing.Request) pairing.Pairing {
	p := pairing.Begin(q.offer.Made, q.id, "", request, q.browser)
	p.Kind, p.BrowserHash, p.Deadline = q.kind, q.browserHash, q.ends
	return p
}

func (d *Desk) tellBegun(ctx context.Context, q promise, app string) {
	d.Log.InfoContext(ctx, "pairing begun", "pairing", q.id, "app", app, "browser", q.browser.Name, "address", q.browser.Address)
	if d.Begun != nil {
		d.Begun(q.id)
	}
}
