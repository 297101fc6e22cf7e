package desk

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
	"hamconnect/server/internal/follow"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/web"
)

// SignIn writes the page for an authorization request that is in order. It
// stores nothing: the pairing begins when the page comes back, with the cookie
// that it is given here. The code on the page is good from that moment on.
func (d *Desk) SignIn(w http.ResponseWriter, r *http.Request, request oauth.Request) error {
	id, now, frozen := pairing.NewID(), d.Now(), freeze(request)
	secret := oauth.Secret(d.Codes.NewSecret(pairing.KindAuthorize, id, now, frozen))
	p := pairing.Begin(now, id, secret.Reveal(), frozen, pairing.Browser{})
	return d.offer(w, r, p, secret, web.SignIn{
		Start: request.Client.Dialect.AuthorizePath(), Query: r.URL.RawQuery, AppLink: appLink(request),
		// Who is to sign in anew may have asked for another account, and the
		// app would answer with the one that it has.
		AppAtOnce: request.Prompt != oauth.PromptLogin,
	}, request.LoginHint)
}

// SignInHere writes the page that signs the browser itself in. again is the
// nickname of who is signed in already, and is to do it anew.
func (d *Desk) SignInHere(w http.ResponseWriter, r *http.Request, again string) error {
	id, now := pairing.NewID(), d.Now()
	secret := oauth.Secret(d.Codes.NewSecret(pairing.KindSignIn, id, now, pairing.Request{}))
	p := pairing.BeginSignIn(now, id, secret.Reveal(), pairing.Browser{})
	return d.offer(w, r, p, secret, web.SignIn{Confirm: again}, "")
}

// appLink hands the request to the Ham app on the same phone. It is empty where
// the app would refuse it, say for a state that is too long: then there is the
// code.
func appLink(request oauth.Request) string {
	if request.Implicit { // a token stays with the browser that asked for it
		return ""
	}
	parameters := request.Query()
	if parameters.Has("scope") {
		parameters.Set("scope", strings.Join(request.Scopes, " "))
	}
	link, err := qr.AuthorizeLink(parameters)
	if err != nil {
		return ""
	}
	return link
}

// offer writes the page of a pairing that does not exist yet.
func (d *Desk) offer(w http.ResponseWriter, r *http.Request, p pairing.Pairing, secret oauth.Secret, page web.SignIn, hint string) error {
	d.dropOldSecrets(w, r)
	d.setSecret(w, p.ID, secret)
	return d.writePage(w, r, p, page, hint)
}

// writePage fills in what p says, and writes the page.
func (d *Desk) writePage(w http.ResponseWriter, r *http.Request, p pairing.Pairing, page web.SignIn, hint string) error {
	var err error
	if page.View, err = d.view(p, d.Now()); err != nil {
		return err
	}
	if page.Ask, err = d.askable(r, p.Kind, hint); err != nil {
		return err
	}
	page.Passkey = d.Passkeys && !page.Plain
	page.Camera = d.Passkeys
	page.Next = afterPasskey(p.Kind, page.Start, page.Query)
	page.Base = base(p.Kind)
	page.App = web.NewApp(p.Request.ClientID, p.Request.AppName, p.Request.IconURL, p.Request.Homepage, p.Request.RedirectURI)
	page.App.Username = p.Request.Dialect == string(oauth.OpenMaster)
	page.PairingID = p.ID
	for _, name := range p.Request.Scopes {
		page.Scopes = append(page.Scopes, web.Scope{Name: name})
	}
	return d.Pages.SignIn(w, r, http.StatusOK, page)
}

// afterPasskey is where the browser goes on once a passkey has signed it in:
// to the request again, which a sign-in that it asked for has satisfied.
func afterPasskey(kind pairing.Kind, start, query string) string {
	if kind == pairing.KindSignIn {
		return "/account"
	}
	parameters, err := url.ParseQuery(query)
	if err != nil {
		return start + "?" + query
	}
	parameters.Del("max_age") // it is as fresh as can be
	switch prompt := parameters.Get("prompt"); {
	case prompt == string(oauth.PromptLogin):
		parameters.Del("prompt")
	case strings.Contains(prompt, string(oauth.PromptConsent)):
		parameters.Set("prompt", string(oauth.PromptConsent))
	}
	return start + "?" + parameters.Encode()
}

// BeginPlain begins the pairing of a browser that runs no scripts.
func (d *Desk) BeginPlain(kind pairing.Kind) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		p, err := d.begin(r, kind)
		if err != nil {
			return err
		}
		next := plainPath(p)
		if locales := r.URL.Query().Get("ui_locales"); locales != "" {
			next += "?" + url.Values{"ui_locales": {locales}}.Encode()
		}
		http.Redirect(w, r, next, http.StatusSeeOther) //nolint:gosec // a path of our own
		return nil
	}
}

func plainPath(p pairing.Pairing) string { return base(p.Kind) + "/plain/" + p.ID }

// Plain is the page that follows a pairing by loading itself again: the answer
// to ?after=VERSION comes when there is something new to show.
func (d *Desk) Plain(w http.ResponseWriter, r *http.Request) error {
	if !ownNavigation(r) { // it leads on to the finish by itself
		return ErrOrigin
	}
	p, _, err := d.mine(r)
	if err != nil {
		return err
	}
	if after := r.URL.Query().Get("after"); after != "" {
		if p, err = d.awaited(r, p, after); err != nil {
			return err
		}
		if p.State == pairing.Approved && after == follow.Version(p) { // the page before has shown who signs in
			return web.Leave(w, finishPath(p))
		}
	}
	next := url.Values{"after": {follow.Version(p)}}
	for _, kept := range []string{"ui_locales", "asked"} {
		if value := r.URL.Query().Get(kept); value != "" {
			next.Set(kept, value)
		}
	}
	page := web.SignIn{Plain: true, Follow: plainPath(p) + "?" + next.Encode()}
	if p.Kind == pairing.KindAuthorize {
		request := thaw(p.Request, oauth.Client{})
		page.Start, page.Query = request.Client.Dialect.AuthorizePath(), request.Query().Encode()
	}
	page.Asked = r.URL.Query().Has("asked")
	return d.writePage(w, r, p, page, "")
}

// lookFor is how long the page without scripts says who is signing in before
// it goes on.
const lookFor = time.Second

// awaited waits until there is something else to show than the page does that
// asks: the pairing after that version, or the next code.
func (d *Desk) awaited(r *http.Request, p pairing.Pairing, after string) (pairing.Pairing, error) {
	release, ok := d.Sockets.TakeVisitor(r)
	if !ok {
		return p, ErrTooMany
	}
	defer release()
	now := d.Now()
	p.Settle(now)
	wait := follow.Most
	switch p.State {
	case pairing.Waiting:
		age := now.Sub(p.Begun)
		wait = time.Duration(pairing.Step(age)+1)*pairing.CodeEvery - age
	case pairing.Approved:
		wait = lookFor
	default: // until something happens
	}
	return d.Follower.After(r.Context(), p.ID, wait, after)
}

// Begin begins the pairing of a page that cannot open its socket.
func (d *Desk) Begin(kind pairing.Kind) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		p, err := d.begin(r, kind)
		if err != nil {
			return err
		}
		return d.writeView(w, p)
	}
}

// Status is how the pairing stands, for the page that polls.
func (d *Desk) Status(w http.ResponseWriter, r *http.Request) error {
	p, _, err := d.mine(r)
	if err != nil {
		return err
	}
	return d.writeView(w, p)
}

func (d *Desk) writeView(w http.ResponseWriter, p pairing.Pairing) error {
	view, err := d.view(p, d.Now())
	if err != nil {
		return err
	}
	return web.JSON(w, view)
}

// EnrollLink is the page behind an enrol link, opened in a browser. It says that
// the Ham app is needed, and looks nothing up.
func (d *Desk) EnrollLink(w http.ResponseWriter, r *http.Request) error {
	return d.Pages.AppLink(w, r, web.AppLink{Kind: web.EnrollLink, Link: d.PublicURL + "/enroll/" + r.PathValue("code")})
}
