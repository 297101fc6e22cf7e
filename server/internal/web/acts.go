package web

import (
	"html/template"
	"net/http"
	"strings"
)

// AskPage asks a person whether they are sure.
type AskPage struct {
	Path    string // of the form
	Form    string // its token
	Fields  []AskField
	Name    string // of what is going to go, or empty
	Section string // of the account page, to go back to
}

// AskField is a field that the form keeps.
type AskField struct{ Name, Value string }

// Ask writes the page. Its texts are those below ask. for the form's path.
func (p *Pages) Ask(w http.ResponseWriter, r *http.Request, page AskPage) error {
	return p.write(w, r, http.StatusOK, "ask", needs{forms: true}, askPage{p.Texts(r), page})
}

type askPage struct {
	Texts
	AskPage
}

func (p askPage) key() string {
	return "ask." + strings.ReplaceAll(strings.TrimPrefix(p.Path, "/account/"), "/", "_")
}

func (p askPage) Title() string { return p.Get(p.key()+".title", p.thing(p.Name)) }
func (p askPage) Text() string  { return p.Get(p.key() + ".text") }
func (p askPage) Go() string    { return p.Get(p.key() + ".go") }

// Heading is Title with the name set apart.
func (p askPage) Heading() template.HTML { return p.sentence(p.key()+".title", bdi(p.thing(p.Name))) }

// Back is where no leads.
func (p askPage) Back() string { return "/account#" + p.Section }

// LinkPage shows a link that is good for a short time, as text and as a QR
// code, to the person who asked for it.
type LinkPage struct {
	Link string
	QR   *QR
}

// ConnectApp writes a link that signs in another Ham app.
func (p *Pages) ConnectApp(w http.ResponseWriter, r *http.Request, page LinkPage) error {
	return p.write(w, r, http.StatusOK, "connect", needs{}, linkPage{p.Texts(r), page})
}

type linkPage struct {
	Texts
	LinkPage
}

func (p linkPage) Title() string { return p.Get("connect.title") }

// RecoveryCodes shows new recovery codes, which no page shows again.
func (p *Pages) RecoveryCodes(w http.ResponseWriter, r *http.Request, codes []string) error {
	return p.write(w, r, http.StatusOK, "codes", needs{script: true}, codesPage{p.Texts(r), codes})
}

type codesPage struct {
	Texts
	Codes []string
}

func (p codesPage) Title() string { return p.Get("recovery.title") }

// RecoverPage takes a recovery code.
type RecoverPage struct {
	Wrong bool // the last one was not accepted
}

// Recover writes the page with the field.
func (p *Pages) Recover(w http.ResponseWriter, r *http.Request, status int, page RecoverPage) error {
	return p.write(w, r, status, "recover", needs{forms: true}, recoverPage{p.Texts(r), page})
}

type recoverPage struct {
	Texts
	RecoverPage
}

func (p recoverPage) Title() string { return p.Get("recover.title") }

// AddPasskeyPage adds a passkey in a browser that nobody is signed in in, by a
// link.
type AddPasskeyPage struct {
	Nickname string // whose account gets it
	Code     string // of the link
}

// AddPasskey writes the page.
func (p *Pages) AddPasskey(w http.ResponseWriter, r *http.Request, page AddPasskeyPage) error {
	return p.write(w, r, http.StatusOK, "addpasskey", needs{script: true}, addPasskeyPage{p.Texts(r), page})
}

type addPasskeyPage struct {
	Texts
	AddPasskeyPage
}

func (p addPasskeyPage) Title() string { return p.Get("addpasskey.title") }

// For says whose account it is.
func (p addPasskeyPage) For() template.HTML {
	return p.sentence("addpasskey.for", bdi(tidy(p.Nickname)))
}
