package web

import (
	"context"
	"html/template"
	"net/http"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// When writes a moment as the language does, in UTC. The script turns it into
// the reader's own time where it runs.
func (t Texts) When(at time.Time) template.HTML {
	at = at.UTC()
	return template.HTML(`<time datetime="` + at.Format(time.RFC3339) + `">` + //nolint:gosec // digits and our own text
		template.HTMLEscapeString(at.Format(t.Get("format.moment"))) + ` UTC</time>`)
}

// Number writes a number as the language does.
func (t Texts) Number(n int) string {
	tag, err := language.Parse(t.Lang)
	if err != nil {
		tag = language.English
	}
	return message.NewPrinter(tag).Sprint(n)
}

// Language is one that pages can be read in.
type Language struct {
	Code string // as a person's setting names it: en, zh, ja
	HTML string // for the lang attribute
	Name string // in itself
}

func (p *Pages) languages() []Language {
	var all []Language
	for i, l := range languages {
		all = append(all, Language{l.file, l.html, p.catalogues.texts[i].Get("page.language")})
	}
	return all
}

// Speaks reports whether there are texts for a language, by its code.
func (p *Pages) Speaks(code string) bool {
	for _, l := range languages {
		if l.file == code {
			return true
		}
	}
	return false
}

type languageKey struct{}

// Speak makes what answers r speak a person's language, unless the query of r
// asks for another. An empty one changes nothing. It changes r itself, because
// the error page of a request is written by who wrapped its handler.
func Speak(r *http.Request, code string) {
	if code != "" {
		*r = *r.WithContext(context.WithValue(r.Context(), languageKey{}, code))
	}
}

// spoken is the language that Speak set.
func spoken(r *http.Request) string {
	code, _ := r.Context().Value(languageKey{}).(string)
	return code
}
