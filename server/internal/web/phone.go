package web

import (
	"html/template"
	"net/http"
	"slices"
	"strconv"
)

// PhoneStart is the page behind the QR code's link, opened by an ordinary
// camera. Showing it claims nothing, and says nothing about whether the code is
// good.
type PhoneStart struct {
	AppLink
	Code string
}

// PhoneStart writes the page.
func (p *Pages) PhoneStart(w http.ResponseWriter, r *http.Request, start PhoneStart) error {
	return p.write(w, r, http.StatusOK, "phone", needs{script: true}, phoneStartPage{appLinkPage{p.Texts(r), start.AppLink}, start.Code})
}

type phoneStartPage struct {
	appLinkPage
	Code string
}

func (p phoneStartPage) Title() string { return p.Get("phone.title") }

// PhonePage is what a person decides on in their phone's browser, and how it
// ended. It never holds the check number: that stands on the desktop.
type PhonePage struct {
	State     string  // claimed, approved, denied, expired, cancelled or finished
	Path      string  // of the page, a path on this origin
	Follow    string  // answers when there is something new, a path on this origin
	App       App     // zero where the desktop's browser itself is signed in
	Scopes    []Scope // all that were asked
	Nickname  string  // who decides
	Browser   string  // which browser asks, as it says itself
	Address   string  // from where
	Form      string  // what the forms must carry
	Digest    string  // of what is shown
	Typed     Typed
	TriesLeft int
	Contested bool // somebody else tried to scan the code too
	Seconds   int  // left in this state
	DecideFor int  // seconds there were to decide
}

// Typed is what came with a form that must be filled in again.
type Typed struct {
	Sent        bool
	Scopes      []string
	NoNumber    bool // nothing that could be one
	WrongNumber bool
}

// Phone writes the page.
func (p *Pages) Phone(w http.ResponseWriter, r *http.Request, status int, page PhonePage) error {
	texts := p.Texts(r)
	page.App.Name, page.App.RedirectHost = tidy(page.App.Name), tidy(page.App.RedirectHost)
	page.Nickname, page.Browser, page.Address = tidy(page.Nickname), tidy(page.Browser), tidy(page.Address)
	page.Scopes = slices.Clone(page.Scopes)
	for i, s := range page.Scopes {
		page.Scopes[i] = texts.Scope(s)
	}
	return p.write(w, r, status, "claim", needs{script: page.State == "claimed", forms: page.State == "claimed"}, phonePage{texts, page})
}

type phonePage struct {
	Texts
	PhonePage
}

// Here reports whether the desktop's browser itself is signed in, and no app
// takes part.
func (p phonePage) Here() bool { return p.App.Name == "" }

func (p phonePage) Title() string {
	switch p.State {
	case "approved":
		return p.Get("phone.approved.title")
	case "finished":
		return p.Get("finished.title")
	case "denied":
		return p.Get("denied.title")
	case "expired":
		return p.Get("expired.title")
	case "cancelled":
		return p.Get("phone.cancelled.title")
	}
	if p.Here() {
		return p.Get("phone.here.title")
	}
	return p.Get("signin.title", p.App.Name)
}

// Text says what comes of the present state.
func (p phonePage) Text() string {
	switch p.State {
	case "approved":
		return p.Get("phone.approved.text")
	case "finished":
		return p.Get("phone.finished.text")
	case "denied":
		return p.Get("phone.denied.text")
	case "expired":
		return p.Get("phone.expired.text")
	}
	return p.Get("phone.cancelled.text")
}

// Heading, Returns, Asks, From and As are sentences with a name set apart.
func (p phonePage) Heading() template.HTML {
	if p.Here() {
		return p.sentence("phone.here.title")
	}
	return p.sentence("signin.title", `<bdi data-testid="app-name">`+template.HTMLEscapeString(p.App.Name)+`</bdi>`)
}

func (p phonePage) Returns() template.HTML {
	return p.sentence("phone.returns", bdi(p.App.RedirectHost))
}

func (p phonePage) Asks() template.HTML { return p.sentence("signin.asks", bdi(p.App.Name)) }

func (p phonePage) From() template.HTML {
	return p.sentence("phone.from", bdi(p.Browser), bdi(p.Address))
}

func (p phonePage) As() template.HTML {
	return p.sentence("phone.as", `<bdi data-testid="account-name">`+template.HTMLEscapeString(p.Nickname)+`</bdi>`)
}

// Wrong says that the number was not the desktop's.
func (p phonePage) Wrong() string { return p.Get("phone.wrong", strconv.Itoa(p.TriesLeft)) }

// Chosen reports whether a scope is ticked: all at first, and after a form that
// must be filled in again those that were.
func (p phonePage) Chosen(scope string) bool {
	return !p.Typed.Sent || slices.Contains(p.Typed.Scopes, scope)
}

// Refresh follows an approval to its end: the server answers when there is
// something new. While the person types nothing may be taken from under their
// fingers; a form that comes too late is told so.
func (p phonePage) Refresh() template.HTML {
	if p.State != "approved" {
		return ""
	}
	return refresh(localPath(p.Follow))
}
