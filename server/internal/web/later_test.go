package web

import (
	"html/template"
	"strings"
	"testing"
)

// What is remembered of the later panels is what the template says of each page.
func TestTheLaterPanelsAreThoseOfTheirPage(t *testing.T) {
	p := newPages(t)
	for _, app := range []App{{}, {Name: "Library", Homepage: "https://library.example/a?b=c&d=\"e"}, {Name: `<b>"&'</b>`}} {
		for _, query := range []string{"", "a=b", `state="><script>&x={0}%20'` + "`+\u202e"} {
			for _, lang := range p.catalogues.texts {
				for _, id := range []string{"ABCDEFGHIJKLMNOP", "QRSTUVWXYZ234567"} {
					page := &signInPage{Texts: lang, SignIn: SignIn{Base: "/sso-authorize", App: app, PairingID: id, Start: "/sso-authorize", Query: query, Passkey: true, Camera: true}}
					got, err := p.later(page)
					if err != nil {
						t.Fatal(err)
					}
					var want strings.Builder
					if err := p.templates[pageIn{"signin", lang.Lang}].ExecuteTemplate(&want, "later", page); err != nil {
						t.Fatal(err)
					}
					if got != template.HTML(want.String()) {
						t.Errorf("%q %q:\n%s\nwant\n%s", app.Name, query, got, want.String())
					}
				}
			}
		}
	}
}

func TestLaterPanelsAreBounded(t *testing.T) {
	p := newPages(t)
	for i := range 3 * mostLater {
		if _, err := p.later(&signInPage{Texts: p.catalogues.texts[0], SignIn: SignIn{App: App{Name: strings.Repeat("a", i+1)}}}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(p.laterPanels.known); n > mostLater {
		t.Errorf("%d are remembered", n)
	}
}
