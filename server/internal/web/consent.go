package web

import (
	"html/template"
	"net/http"
)

// ConsentPage asks a person who is signed in what an app may see.
type ConsentPage struct {
	App      App
	Nickname string
	Username string // what the app gets to call the person by, in OpenMaster's dialect
	Nonce    string // what the form must carry
	Scopes   []ConsentScope
	Other    string   // where another account signs in, a path on this origin
	Leave    []string // sources to which the form may lead, beside this origin
}

// ConsentScope is one thing that is asked.
type ConsentScope struct {
	Scope
	Values []Value
	Before bool // allowed before, to this app as it is now
	Off    bool // left out before: not ticked by itself
}

// Value is what the app would get to see. Name is a key below consent.value;
// Yes is set where it is a yes or a no.
type Value struct {
	Name    string
	Text    string
	Yes     *bool
	Picture string // where the picture at Text is shown from, a path on this origin
}

// Person is what there is to see of one.
type Person struct {
	Nickname, Picture, Email, Username string
	Student                            bool
}

// ValuesOf are the very values of a person that an app with the scope gets to
// see.
func ValuesOf(scope string, of Person) []Value {
	switch scope {
	case "profile":
		return []Value{{Name: "nickname", Text: of.Nickname}, {Name: "picture", Text: of.Picture, Picture: PicturePath(of.Picture)}}
	case "is_student":
		return []Value{{Name: "student", Yes: &of.Student}}
	case "user":
		return []Value{{Name: "email", Text: of.Email}, {Name: "username", Text: of.Username}}
	}
	return nil
}

// Values puts values into words, one for each.
func (t Texts) Values(values []Value) (words []string) {
	for _, v := range values {
		if v.Picture != "" { // an address says nothing in words
			yes := true
			v = Value{Name: v.Name, Yes: &yes}
		}
		words = append(words, t.Get("consent.value."+v.Name)+" "+t.Value(v))
	}
	return words
}

// Consent writes the consent page.
func (p *Pages) Consent(w http.ResponseWriter, r *http.Request, page ConsentPage) error {
	texts := p.Texts(r)
	for i, s := range page.Scopes {
		page.Scopes[i].Scope = texts.Scope(s.Scope)
	}
	return p.write(w, r, http.StatusOK, "consent", needs{forms: true, leave: page.Leave}, consentPage{texts, page})
}

type consentPage struct {
	Texts
	ConsentPage
}

func (p consentPage) Title() string          { return p.Get("signin.title", p.App.Name) }
func (p consentPage) Refresh() (none string) { return "" }

// Heading, Returns, Asks and SignedIn are sentences with a name set apart.
func (p consentPage) Heading() template.HTML {
	return p.sentence("signin.title", `<bdi data-testid="app-name">`+template.HTMLEscapeString(p.App.Name)+`</bdi>`)
}

func (p consentPage) Returns() template.HTML {
	return p.sentence("signin.returns", bdi(p.App.RedirectHost))
}

func (p consentPage) Asks() template.HTML { return p.sentence("signin.asks", bdi(p.App.Name)) }

func (p consentPage) SignedIn() template.HTML {
	return p.sentence("consent.as", `<bdi data-testid="account-name">`+template.HTMLEscapeString(p.Nickname)+`</bdi>`)
}

// Value is a value in words.
func (t Texts) Value(v Value) string {
	switch {
	case v.Yes == nil && v.Text == "":
		return t.Get("consent.value.none")
	case v.Yes == nil:
		return v.Text
	case *v.Yes:
		return t.Get("consent.value.yes")
	}
	return t.Get("consent.value.no")
}
