package web

import (
	"net/http"
	"regexp"
)

// LinkKind says what a link of ours is for.
type LinkKind string

// The links that somebody may open in a browser by mistake.
const (
	PairLink   LinkKind = "pair"   // /Q/CODE
	EnrollLink LinkKind = "enroll" // /enroll/CODE
)

// AppLink is the page behind a link that only the Ham app can use. Showing it
// claims nothing and says nothing about whether the code in it is good.
type AppLink struct {
	Kind LinkKind
	Link string // whole, as the app wants it
}

// AppLink writes that the Ham app is needed, and how to start it.
func (p *Pages) AppLink(w http.ResponseWriter, r *http.Request, link AppLink) error {
	return p.write(w, r, http.StatusOK, "applink", needs{}, appLinkPage{p.Texts(r), link})
}

type appLinkPage struct {
	Texts
	AppLink
}

// shellSafe is a link that a person can paste into a shell as it is.
var shellSafe = regexp.MustCompile(`^[A-Za-z0-9:/._-]{1,300}$`)

func (p appLinkPage) Title() string { return p.Get("applink." + string(p.Kind) + ".title") }
func (p appLinkPage) Text() string  { return p.Get("applink." + string(p.Kind) + ".text") }
func (p appLinkPage) Warning() string {
	return p.Get("applink." + string(p.Kind) + ".warning")
}

// Command is what to type. A link with other than plain characters is not
// repeated: this page must not be made to suggest somebody else's command.
func (p appLinkPage) Command() string {
	command, link := "ham approve ", "LINK"
	if p.Kind == EnrollLink {
		command = "ham login "
	}
	if shellSafe.MatchString(p.Link) {
		link = p.Link
	}
	return command + link
}

// Home is the page at the root.
type Home struct {
	PublicURL string // the server's own address, such as https://ham.example
}

// Home writes one calm page that says what this server is.
func (p *Pages) Home(w http.ResponseWriter, r *http.Request, home Home) error {
	return p.write(w, r, http.StatusOK, "home", needs{}, homePage{p.Texts(r), home})
}

type homePage struct {
	Texts
	Home
}

func (p homePage) Title() string { return p.Get("home.title") }
