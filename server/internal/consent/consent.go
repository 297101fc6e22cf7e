// Package consent is the page on which a person who is signed in in their
// browser allows an app what it asks, or a part of it.
//
//	GET  /sso-authorize          dispatch ─▶ Page (or Silent, when all was allowed before)
//	POST /sso-authorize/consent  Answer    ─▶ the app, with a code
//
// The rules are those of package agree. A second click gives no second code:
// it goes the way of a new request, which the first one has made answerable.
package consent

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/activity"
	"hamconnect/server/internal/agree"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/session"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

// Consent serves the page. All fields are required.
type Consent struct {
	DB         *store.DB
	Log        *slog.Logger
	Pages      *web.Pages
	Sandbox    bool // apps on loopback may be on plain http
	Agreements *agree.Agreements

	// Visitor gives who is signed in.
	Visitor func(http.ResponseWriter, *http.Request) (session.Session, oauth.User, error)
}

// Cancelled says that the person allowed nothing, and the app does not want to be told.
// Again is where they can change their mind, a path on this origin.
type Cancelled struct{ Again string }

func (c *Cancelled) Error() string { return "consent: cancelled" }

func cancelled(request oauth.Request) error {
	return &Cancelled{request.Path()}
}

// Page asks the person.
func (c *Consent) Page(w http.ResponseWriter, r *http.Request, s session.Session, u oauth.User, request oauth.Request) error {
	asked, err := c.Agreements.Ask(r.Context(), s, u, request)
	if err != nil {
		return err
	}
	before := asked.Before
	page := web.ConsentPage{
		App: web.NewApp(request.Client.ID, request.Client.Name, request.Client.IconURL,
			request.Client.Homepage, request.RedirectURI),
		Nickname: u.Nickname,
		Nonce:    asked.Nonce.Reveal(),
		Other:    otherAccount(request),
		Leave:    leaveTo(c.Sandbox),
	}
	of := web.Person{Nickname: u.Nickname, Picture: u.AvatarURL, Student: u.IsStudent, Email: u.Email}
	of.Username = u.NameFor(c.DB.OpenID(request.Client.ID, u.ID))
	if page.App.Username = request.Client.Dialect == oauth.OpenMaster; page.App.Username {
		page.Username = of.Username
	}
	for _, scope := range request.Scopes {
		page.Scopes = append(page.Scopes, web.ConsentScope{
			Scope: web.Scope{Name: scope}, Values: web.ValuesOf(scope, of), Before: before.Scopes.Has(scope) && before.Shown == request.Fingerprint(),
			Off: before.Declined.Has(scope),
		})
	}
	return c.Pages.Consent(w, r, page)
}

// otherAccount is the same request, with a sign-in before it.
func otherAccount(request oauth.Request) string {
	request.Prompt = oauth.PromptLogin
	return request.Path()
}

// leaveTo is where the form may lead: browsers check the whole way, also where
// the app itself sends the person on.
func leaveTo(sandbox bool) []string {
	if sandbox {
		return []string{"https:", "http:"} // a policy cannot name [::1]
	}
	return []string{"https:"}
}

// Silent answers a request whose scopes were all allowed before. If they are
// not, it is agree.ErrNotCovered, and the person must be asked.
func (c *Consent) Silent(w http.ResponseWriter, r *http.Request, s session.Session, u oauth.User, request oauth.Request) error {
	to, err := c.Agreements.Silent(r.Context(), s, u, request)
	if err != nil {
		return err
	}
	return web.Leave(w, to)
}

// Answer takes the form.
func (c *Consent) Answer(w http.ResponseWriter, r *http.Request) error {
	s, u, err := c.Visitor(w, r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return agree.ErrAnswered
	}
	allowed := r.PostForm.Get("answer") == "allow"
	request, to, query, err := c.Agreements.Answer(r.Context(), s, u, agree.Answer{
		Nonce: oauth.Secret(r.PostForm.Get("nonce")), Allowed: allowed,
		Choose: func(request oauth.Request) (oauth.Scopes, error) {
			granted, err := pairing.Choose(request.Scopes, r.PostForm["scope"])
			if err != nil { // one that was not asked, or twice: not ticked on our page
				return nil, agree.ErrAnswered
			}
			return granted, nil
		},
	})
	switch {
	case errors.Is(err, store.ErrExists):
		return c.answeredAlready(w, r, query, allowed)
	case err != nil:
		return err
	case !allowed:
		if err := c.DB.Note(r.Context(), activity.Event{UserID: u.ID, Kind: activity.AppRefused, Subject: request.Client.ID, Name: request.Client.Name}); err != nil {
			return err
		}
		c.Log.InfoContext(r.Context(), "refused on the consent page", "app", request.Client.Name, "user", u.Nickname)
		if to := request.Refuse(&oauth.Error{Code: oauth.AccessDenied, Description: "The person refused"}).To; to != "" {
			return web.Leave(w, to)
		}
		return cancelled(request)
	}
	return web.Leave(w, to)
}

// answeredAlready leads a second click to where the first one was on its way:
// the request is answered at once if all was allowed, and asked again if not.
func (c *Consent) answeredAlready(w http.ResponseWriter, r *http.Request, query string, allowed bool) error {
	parameters, err := url.ParseQuery(query)
	if err != nil {
		return agree.ErrAnswered
	}
	request, err := c.Agreements.Request(r.Context(), parameters)
	if err != nil {
		return err
	}
	if !allowed {
		return cancelled(request)
	}
	request.Prompt = ""
	return web.Leave(w, request.Path())
}
