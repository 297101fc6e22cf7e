package web

import (
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// SignIn is the page that a third-party app sends a browser to.
type SignIn struct {
	Base      string  // where the pairing's addresses lie, such as /sso-authorize
	App       App     // zero where the browser itself is signed in
	Scopes    []Scope // may be empty: then the app gets only its own id for the person
	PairingID string
	Start     string // where the app sent the browser, a path on this origin
	Query     string // the raw query of it, to be sent again when the pairing begins
	AppLink   string // ham://sso-authorize?…, where the Ham app on the same phone can take the request over
	AppAtOnce bool   // a phone tries AppLink without being asked
	View      View
	Passkey   bool      // offer to sign in with one
	Camera    bool      // a phone's camera will do in place of the Ham app
	Next      string    // where a passkey leads, a path on this origin
	Confirm   string    // nickname of who is signed in already, and is to do it anew; else empty
	Ask       *AskPhone // whom the browser can ask in place of being scanned, nil for nobody
	Asked     bool      // of the form without scripts: it did
	Plain     bool      // the form of the page for browsers without scripts
	Follow    string    // of that form: the address that answers when there is something new, a path on this origin
}

// AskPhone is a person whose Ham apps the browser can ask.
type AskPhone struct {
	Nickname string // of who was signed in here last; empty for a hint
	Hint     string // login_hint, to be sent again
}

// App is the third-party app.
type App struct {
	Name         string
	Icon         string // a path on this origin, or empty
	Homepage     string // http or https, or empty
	RedirectHost string // where the browser goes afterwards
	Username     bool   // it gets the person's username besides an id, whatever it asks for
}

// Always is the key of what the app gets whatever it asks for.
func (a App) Always() string {
	if a.Username {
		return "signin.always.username"
	}
	return "signin.always.id"
}

// Scope is one thing that the app asks for. A Title that is empty is taken,
// together with Reveals, from the texts for Name in the page's language.
type Scope struct {
	Name    string
	Title   string
	Reveals string
}

// laterStates are those that a waiting pairing can come to.
var laterStates = []string{"claimed", "approved", "denied", "expired", "cancelled", "finished"}

// SignIn writes the sign-in page.
func (p *Pages) SignIn(w http.ResponseWriter, r *http.Request, status int, page SignIn) error {
	texts := p.textsFor(r, page.Query)
	page.App.Name, page.App.RedirectHost = tidy(page.App.Name), tidy(page.App.RedirectHost)
	if page.View.Account != nil {
		page.View.Account = &Account{tidy(page.View.Account.Nickname), page.View.Account.Picture, page.View.Account.Phone}
	}
	page.Scopes = slices.Clone(page.Scopes)
	for i, s := range page.Scopes {
		page.Scopes[i] = texts.Scope(s)
	}
	all := &signInPage{Texts: texts, SignIn: page, DeepLink: deepLink(page.AppLink)}
	var err error
	if all.Rest, err = p.later(all); err != nil {
		return err
	}
	return p.write(w, r, status, "signin", needs{script: !page.Plain, forms: true}, all)
}

// Scope fills in what s leaves empty. A scope that there are no texts for is
// shown by its name.
func (t Texts) Scope(s Scope) Scope {
	if s.Title != "" {
		return s
	}
	s.Title = s.Name
	if key := "scope." + s.Name; t.Has(key + ".title") {
		s.Title, s.Reveals = t.Get(key+".title"), t.Get(key+".reveals")
	} else if t.custom != nil {
		if texts, ok := t.custom(s.Name); ok {
			s.Title = tidy(texts[t.Lang])
		}
	}
	return s
}

// signInPage is SignIn with what its template computes. It goes to the template
// by its address: each thing that is computed would have it copied.
type signInPage struct {
	Texts
	SignIn
	DeepLink template.URL  // AppLink, if it may stand in the page
	Rest     template.HTML // the later panels
}

func (s *signInPage) Title() string {
	if s.Here() {
		return s.Get("signin.here")
	}
	return s.Get("signin.title", s.App.Name)
}

// Here reports whether the browser itself is signed in, and no app takes part.
func (s *signInPage) Here() bool { return s.App.Name == "" }

// Heading is Title with the app's name set apart.
func (s *signInPage) Heading() template.HTML {
	if s.Here() {
		return template.HTML(template.HTMLEscapeString(s.Title())) //nolint:gosec // escaped
	}
	return s.sentence("signin.title", `<bdi data-testid="app-name">`+template.HTMLEscapeString(s.App.Name)+`</bdi>`)
}

// Why says why somebody who is signed in is to do it again.
func (s *signInPage) Why() template.HTML { return s.sentence("signin.confirm", bdi(tidy(s.Confirm))) }

// Asks, Returns and FirstStep are sentences with an element in them.
func (s *signInPage) Asks() template.HTML { return s.sentence("signin.asks", bdi(s.App.Name)) }

func (s *signInPage) Returns() template.HTML {
	return s.sentence("signin.returns", bdi(s.App.RedirectHost))
}

func (s *signInPage) FirstStep() template.HTML {
	return s.sentence("waiting.step1", "<kbd>ham app</kbd>")
}

func bdi(text string) string { return "<bdi>" + template.HTMLEscapeString(text) + "</bdi>" }

// PlainURL begins the pairing, of which nobody has told the page yet.
func (s *signInPage) PlainURL() string {
	path := s.Base + "/plain?pairing=" + url.QueryEscape(s.PairingID)
	if s.Query != "" {
		path += "&" + s.Query
	}
	return path + "&pairing_try=1"
}

func (s *signInPage) CancelURL() string {
	return s.Base + "/pairing/" + url.PathEscape(s.PairingID) + "/cancel"
}

func (s *signInPage) AskURL() string {
	return s.Base + "/pairing/" + url.PathEscape(s.PairingID) + "/ask"
}

// AskWhom is the button's text.
func (s *signInPage) AskWhom() template.HTML {
	if s.Ask.Nickname == "" {
		return s.sentence("askphone.hint")
	}
	return s.sentence("askphone.go", bdi(tidy(s.Ask.Nickname)))
}

func (s *signInPage) AgainURL() string {
	switch {
	case s.Here():
		return "/account"
	case s.Query == "":
		return s.Start
	}
	return s.Start + "?" + s.Query
}

// appLink is a deep link that can stand in any attribute: after the one scheme
// and name that it may have come characters that end or begin nothing.
var appLink = regexp.MustCompile(`^ham://sso-authorize\?[A-Za-z0-9%&=._~-]+$`)

// deepLink gives link if it is one, otherwise nothing. html/template takes every
// scheme that it does not know for an attack, so the type says that this one was
// looked at.
func deepLink(link string) template.URL {
	if !appLink.MatchString(link) {
		return ""
	}
	return template.URL(link) //nolint:gosec // of harmless characters only
}

// ByPhone reports whether a phone has better ways to sign in than the code,
// which it would have to show to another device.
func (s *signInPage) ByPhone() bool { return !s.Plain && (s.DeepLink != "" || s.Passkey) }

// Homepage gives the app's homepage if it is one that may be linked to.
func (s *signInPage) Homepage() string {
	u, err := url.Parse(s.App.Homepage)
	if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return ""
	}
	return s.App.Homepage
}

// Refresh is how the plain page follows the pairing while something can change:
// it loads what comes next at once, which the server sends when there is
// something new. So nothing moves under who reads. A refused pairing whose app
// wants to know goes there.
func (s *signInPage) Refresh() template.HTML {
	next := s.View.Finish
	switch s.View.State {
	case "waiting", "claimed", "approved":
		next = s.Follow
	}
	return refresh(localPath(next))
}

// refresh is written here, because html/template puts nothing into a content
// attribute.
func refresh(path string) template.HTML {
	if path == "" {
		return ""
	}
	return template.HTML(`<meta http-equiv="refresh" content="0;url=` + template.HTMLEscapeString(path) + `">`) //nolint:gosec // escaped
}

// Withheld reports whether the person did not grant scope.
func (s *signInPage) Withheld(scope string) bool {
	return s.View.State == "approved" && !slices.Contains(s.View.Scopes, scope)
}

// Panel is what the present View looks like.
func (s *signInPage) Panel() *panel { return &panel{s, s.View, true} }

// Later are the empty panels that the script fills.
func (s *signInPage) Later() []*panel {
	var later []*panel
	for _, state := range laterStates {
		later = append(later, &panel{s, View{State: state, Account: &Account{}}, false})
	}
	return later
}

// panel is the part of the page that changes with the pairing.
type panel struct {
	*signInPage
	View View
	live bool // false in a <template>
}

// Hook marks an element for tests. In a <template> it is written so that
// nobody takes the element for one that is on the page; the script turns it
// into the real mark when it puts the panel in place.
func (p *panel) Hook(name string) template.HTMLAttr {
	mark := "data-testid"
	if !p.live {
		mark = "data-hook"
	}
	return template.HTMLAttr(mark + `="` + template.HTMLEscapeString(name) + `"`) //nolint:gosec // escaped
}

// Scanned says whose app scanned the code.
func (p *panel) Scanned() template.HTML { return p.sentence("claimed.by", p.account()) }

// SigningIn says who is about to be signed in to what.
func (p *panel) SigningIn() template.HTML {
	if p.Here() {
		return p.sentence("approved.here", p.account())
	}
	return p.sentence("approved.as", bdi(p.App.Name), p.account())
}

func (p *panel) account() string {
	name := ""
	if p.View.Account != nil {
		name = p.View.Account.Nickname
	}
	return `<bdi data-slot="nickname" ` + string(p.Hook("account-name")) + `>` + template.HTMLEscapeString(name) + `</bdi>`
}

// sentence puts elements, which are HTML already, into a text. The names in
// them are set apart (<bdi>), so that one written from right to left cannot
// turn the words around it.
func (t Texts) sentence(key string, elements ...string) template.HTML {
	pairs := make([]string, 0, 2*len(elements))
	for i, element := range elements {
		pairs = append(pairs, "{"+strconv.Itoa(i)+"}", element)
	}
	text := template.HTMLEscapeString(t.Get(key))
	return template.HTML(strings.NewReplacer(pairs...).Replace(text)) //nolint:gosec // text and elements are escaped
}
