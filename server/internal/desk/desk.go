package desk

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/browser"
	"hamconnect/server/internal/bus"
	"hamconnect/server/internal/follow"
	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/picture"
	"hamconnect/server/internal/session"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

// What the desktop's side refuses, besides what package pairing does.
var (
	// ErrNoCookie: the browser did not bring the secret of the pairing.
	ErrNoCookie = errors.New("desk: the pairing's cookie is missing")
	// ErrOrigin: the request comes from a page of another site.
	ErrOrigin = errors.New("desk: from another origin")
	// ErrTooMany: the address begins too many pairings, or holds too many sockets.
	ErrTooMany = errors.New("desk: too many from this address")
	// ErrBusy: more codes are wanted than can be drawn.
	ErrBusy = errors.New("desk: too much to draw")
	// ErrNotAllowed: client or user were disabled after the approval.
	ErrNotAllowed = browser.ErrNotAllowed
)

// Desk serves the desktop's side. All exported fields are required.
type Desk struct {
	DB        *store.DB
	Bus       *bus.Local
	Log       *slog.Logger
	Now       func() time.Time
	PublicURL string // the origin: scheme, host, port; no slash at the end
	Sandbox   bool
	Codes     pairing.Codes
	Pages     *web.Pages
	Pictures  *picture.Fetcher
	Passkeys  bool         // the page offers them
	Begins    *limit.Rate  // pairings begun, by address
	Sockets   *limit.Gauge // sockets and waiting pages, by address
	Follower  *follow.Follower
	GrantAge  time.Duration // how old a yes may be that counts beside a new one

	// Request checks the authorization request with which a pairing begins.
	Request func(context.Context, url.Values) (oauth.Request, error)

	// FromPairing gives the session that a finished pairing of kind sign_in
	// begins.
	FromPairing func(pairing.Pairing, oauth.User) (session.Session, session.Pair, error)

	// SignedIn gives the browser the cookies of the session that a finished
	// pairing of kind sign_in began.
	SignedIn func(http.ResponseWriter, *http.Request, session.Session, session.Pair)

	// Remembered is the id of who was signed in in the request's browser last,
	// and since when it knows them; empty if nobody was.
	Remembered func(*http.Request) (userID string, since time.Time)

	// Begun is told of every pairing that begins; it may be nil.
	Begun func(pairingID string)

	hub      hub
	hints    hints
	drawings drawings
}

// base is where the pages of a kind of pairing live.
func base(kind pairing.Kind) string {
	if kind == pairing.KindSignIn {
		return "/account/sign-in"
	}
	return "/sso-authorize"
}

// freeze copies what of a request belongs to a pairing.
func freeze(r oauth.Request) pairing.Request {
	return pairing.Request{
		ClientID:       r.Client.ID,
		AppName:        r.Client.Name,
		IconURL:        r.Client.IconURL,
		Homepage:       r.Client.Homepage,
		RedirectURI:    r.RedirectURI,
		Scopes:         slices.Clone(r.Scopes),
		State:          r.State,
		CodeChallenge:  r.CodeChallenge,
		RedirectErrors: r.Client.WantsErrors(),
		Dialect:        string(r.Client.Dialect),
		Implicit:       r.Implicit,
	}
}

// thaw makes the request of a pairing again: what the person saw of the client
// is as it was frozen, everything else is as c is now.
func thaw(p pairing.Request, c oauth.Client) oauth.Request {
	c.ID, c.Name, c.IconURL, c.Dialect = p.ClientID, p.AppName, p.IconURL, oauth.Dialect(p.Dialect)
	if c.Dialect == "" { // a pairing of the days when there was one dialect
		c.Dialect = oauth.Ham
	}
	return oauth.Request{
		Client: c, RedirectURI: p.RedirectURI, Scopes: p.Scopes, State: p.State,
		CodeChallenge: p.CodeChallenge, Implicit: p.Implicit,
	}
}

// cookieLife is how long a page may wait until it begins its pairing, and longer
// than that can last.
const cookieLife = pairing.OfferFor

func (d *Desk) cookieName(id string) string {
	if d.secure() {
		return "__Host-ham_pairing_" + id
	}
	return "ham_pairing_" + id
}

func (d *Desk) secure() bool { return strings.HasPrefix(d.PublicURL, "https://") }

// setSecret gives the browser the secret of a pairing; an empty one takes it
// away again.
func (d *Desk) setSecret(w http.ResponseWriter, id string, secret oauth.Secret) {
	age := int(cookieLife.Seconds())
	if secret == "" {
		age = -1
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // not Secure only where the public URL is http on loopback
		Name: d.cookieName(id), Value: secret.Reveal(), Path: "/", MaxAge: age,
		HttpOnly: true, Secure: d.secure(), SameSite: http.SameSiteStrictMode,
	})
}

func (d *Desk) secret(r *http.Request, id string) (oauth.Secret, error) {
	if !pairing.ValidID(id) {
		return "", pairing.ErrNotFound
	}
	cookie, err := r.Cookie(d.cookieName(id))
	if err != nil || cookie.Value == "" {
		return "", ErrNoCookie
	}
	return oauth.Secret(cookie.Value), nil
}

// maxCookies bounds how many pairings one browser keeps open.
const maxCookies = 8

// dropOldSecrets takes away the pairing cookies that came first: browsers send
// those that are older before the others (RFC 6265 §5.4).
func (d *Desk) dropOldSecrets(w http.ResponseWriter, r *http.Request) {
	prefix := d.cookieName("")
	var ids []string
	for _, c := range r.Cookies() {
		if id, ok := strings.CutPrefix(c.Name, prefix); ok && pairing.ValidID(id) {
			ids = append(ids, id)
		}
	}
	for len(ids) >= maxCookies {
		d.setSecret(w, ids[0], "")
		ids = ids[1:]
	}
}

// seconds rounds up, so that what is left never reads 0 before it is over.
func seconds(left time.Duration) int { return int(math.Ceil(left.Seconds())) }
