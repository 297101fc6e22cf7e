// Package consent is the page on which a person who is signed in in their
// browser allows an app what it asks, or a part of it.
//
//	GET  /sso-authorize          dispatch ─▶ Page (or Silent, when all was allowed before)
//	POST /sso-authorize/consent  Answer    ─▶ the app, with a code
//
// An answer counts once. The page carries a nonce, whose row says which
// session it was shown to and what was asked; answering marks the row and
// stores the code in one step. A form from another session or an older page
// finds no row, and a second click gives no second code: it goes the way of a
// new request, which the first one has made answerable.
package consent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/activity"
	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/session"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

// Consent serves the page. All fields are required.
type Consent struct {
	DB       *store.DB
	Log      *slog.Logger
	Now      func() time.Time
	Pages    *web.Pages
	Sandbox  bool          // apps on loopback may be on plain http
	Asks     *limit.Rate   // pages and silent codes, by session
	GrantAge time.Duration // how old a yes may be that spares the question

	// Request checks the authorization request again when the answer comes.
	Request func(context.Context, url.Values) (oauth.Request, error)
	// Visitor gives who is signed in.
	Visitor func(http.ResponseWriter, *http.Request) (session.Session, oauth.User, error)
}

var (
	// ErrNotCovered: what is asked was not all allowed before.
	ErrNotCovered = errors.New("consent: not allowed before")
	// ErrTooMany: one session asks for too many pages or codes.
	ErrTooMany = errors.New("consent: too many from this session")
	// ErrAnswered: the page was answered before, or is another session's, or
	// too old.
	ErrAnswered = errors.New("consent: there is no such page to answer")
	// ErrChanged: the app is not what it was when the page was shown.
	ErrChanged = errors.New("consent: the app has changed since the page was shown")
)

// Cancelled says that the person allowed nothing, and the app does not want to be told.
// Again is where they can change their mind, a path on this origin.
type Cancelled struct{ Again string }

func (c *Cancelled) Error() string { return "consent: cancelled" }

func cancelled(request oauth.Request) error {
	return &Cancelled{request.Path()}
}

// life is how long a page may wait for its answer.
const life = 10 * time.Minute

// Page asks the person.
func (c *Consent) Page(w http.ResponseWriter, r *http.Request, s session.Session, u oauth.User, request oauth.Request) error {
	if !c.Asks.Allow(s.ID) {
		return ErrTooMany
	}
	before, err := c.DB.Grant(r.Context(), u.ID, request.Client.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("looking up what was granted before: %w", err)
	}
	nonce := oauth.NewSecret()
	err = c.DB.AddConsent(r.Context(), store.Consent{
		Nonce: nonce.Hash(), SessionID: s.ID, Query: request.Query().Encode(), Shown: request.Fingerprint(), Expires: c.Now().Add(life),
	})
	if err != nil {
		return fmt.Errorf("storing a consent page: %w", err)
	}
	page := web.ConsentPage{
		App: web.NewApp(request.Client.ID, request.Client.Name, request.Client.IconURL,
			request.Client.Homepage, request.RedirectURI),
		Nickname: u.Nickname,
		Nonce:    nonce.Reveal(),
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
// not, it is ErrNotCovered, and the person must be asked. So they are before a
// token goes to the browser itself: what follows the callback there, be it a
// page that redirects on, is handed the fragment.
func (c *Consent) Silent(w http.ResponseWriter, r *http.Request, s session.Session, u oauth.User, request oauth.Request) error {
	if request.Implicit {
		return ErrNotCovered
	}
	before, err := c.DB.Grant(r.Context(), u.ID, request.Client.ID)
	switch {
	case err != nil && !errors.Is(err, store.ErrNotFound):
		return fmt.Errorf("looking up what was granted before: %w", err)
	case err != nil || !before.Covers(request, c.Now(), c.GrantAge):
		return ErrNotCovered
	case !c.Asks.Allow(s.ID):
		return ErrTooMany
	}
	code, to := request.Grant(oauth.Agreement{UserID: u.ID, Granted: request.Scopes, Method: "silent", At: c.Now(), Silent: true})
	err = c.DB.AddSilentCode(r.Context(), code, func(g oauth.Grant) bool { return g.Covers(request, c.Now(), c.GrantAge) })
	if errors.Is(err, store.ErrNotFound) {
		return ErrNotCovered
	}
	if err != nil {
		return fmt.Errorf("storing a code: %w", err)
	}
	c.Log.InfoContext(r.Context(), "code issued", "app", request.Client.Name, "user", u.Nickname, "code", code.Hash.Short())
	return web.Leave(w, to)
}

// Answer takes the form.
func (c *Consent) Answer(w http.ResponseWriter, r *http.Request) error {
	s, u, err := c.Visitor(w, r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return ErrAnswered
	}
	nonce := oauth.Secret(r.PostForm.Get("nonce"))
	allowed := r.PostForm.Get("answer") == "allow"
	var (
		request oauth.Request
		code    oauth.Code
		to      string
	)
	shown, err := c.DB.AnswerConsent(r.Context(), nonce.Hash(), s.ID, allowed, c.Now(), func(shown store.Consent) (*oauth.Code, error) {
		query, err := url.ParseQuery(shown.Query)
		if err != nil {
			return nil, err
		}
		if request, err = c.Request(r.Context(), query); err != nil {
			return nil, err
		}
		if !allowed {
			return nil, nil //nolint:nilnil // no code, and no fault
		}
		if request.Fingerprint() != shown.Shown {
			return nil, ErrChanged
		}
		granted, err := pairing.Choose(request.Scopes, r.PostForm["scope"])
		if err != nil { // one that was not asked, or twice: not ticked on our page
			return nil, ErrAnswered
		}
		code, to = request.Grant(oauth.Agreement{UserID: u.ID, Granted: granted, Method: "consent", At: c.Now(), GrantAge: c.GrantAge})
		return &code, nil
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return ErrAnswered
	case errors.Is(err, store.ErrExists):
		return c.answeredAlready(w, r, shown.Query, allowed)
	case err != nil:
		return fmt.Errorf("answering a consent page: %w", err)
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
	c.Log.InfoContext(r.Context(), "code issued", "app", request.Client.Name, "user", u.Nickname, "code", code.Hash.Short())
	return web.Leave(w, to)
}

// answeredAlready leads a second click to where the first one was on its way:
// the request is answered at once if all was allowed, and asked again if not.
func (c *Consent) answeredAlready(w http.ResponseWriter, r *http.Request, query string, allowed bool) error {
	parameters, err := url.ParseQuery(query)
	if err != nil {
		return ErrAnswered
	}
	request, err := c.Request(r.Context(), parameters)
	if err != nil {
		return err
	}
	if !allowed {
		return cancelled(request)
	}
	request.Prompt = ""
	return web.Leave(w, request.Path())
}
