package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"sync"
)

//go:embed templates/*.html
var templateFiles embed.FS

// Pages renders every page. It is safe for use by many requests at once.
type Pages struct {
	assets     assets
	catalogues catalogues
	templates  map[pageIn]*template.Template

	laterPanels laterPanels
	buffers     sync.Pool // of *bytes.Buffer, for pages that are being written
}

// pageIn is a page, by its file's name without .html, in a language.
type pageIn struct{ name, lang string }

// inLanguage is what a page shows: everything that embeds Texts.
type inLanguage interface{ language() string }

// New reads and parses everything, once. custom gives the texts of scopes that
// the operator has defined; nil where there are none.
func New(custom func(scope string) (ScopeTexts, bool)) (*Pages, error) {
	a, err := readAssets()
	if err != nil {
		return nil, err
	}
	c, err := readCatalogues(custom)
	if err != nil {
		return nil, err
	}
	p := &Pages{assets: a, catalogues: c, templates: map[pageIn]*template.Template{}}
	p.buffers.New = func() any { return new(bytes.Buffer) }
	funcs := template.FuncMap{"clock": clock, "initial": initial, "local": localPath}
	for name, files := range map[string][]string{
		"signin":     {"templates/signin.html", "templates/panels.html"},
		"problem":    {"templates/problem.html"},
		"applink":    {"templates/applink.html"},
		"account":    {"templates/account.html", "templates/account_ways.html", "templates/account_rest.html", "templates/event.html"},
		"activity":   {"templates/activity.html", "templates/event.html"},
		"ask":        {"templates/ask.html"},
		"connect":    {"templates/connect.html"},
		"codes":      {"templates/codes.html"},
		"recover":    {"templates/recover.html"},
		"addpasskey": {"templates/addpasskey.html"},
		"consent":    {"templates/consent.html"},
		"home":       {"templates/home.html"},
		"phone":      {"templates/phone.html"},
		"claim":      {"templates/claim.html"},
	} {
		for _, texts := range c.texts {
			t := template.New(name).Funcs(funcs)
			for _, file := range append([]string{"templates/layout.html"}, files...) {
				source, err := p.source(file, texts)
				if err != nil {
					return nil, err
				}
				if _, err := t.Parse(source); err != nil {
					return nil, fmt.Errorf("parsing %s: %w", file, err)
				}
			}
			p.templates[pageIn{name, texts.Lang}] = t
		}
	}
	return p, nil
}

// constant is what a template says that is the same on every page in a
// language.
var constant = regexp.MustCompile(`{{(?:\$?\.Get "([a-z0-9._]+)"|asset "([a-z.]+)")}}`)

// source gives a file of templates with its constants in place: most of a page
// are texts, and looking each one up costs more than all the rest of it.
func (p *Pages) source(file string, texts Texts) (string, error) {
	source, err := templateFiles.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", file, err)
	}
	return constant.ReplaceAllStringFunc(string(source), func(found string) string {
		of := constant.FindStringSubmatch(found)
		if of[2] != "" {
			var address string
			if address, err = p.assets.address(of[2]); err != nil {
				return ""
			}
			return template.HTMLEscapeString(address)
		}
		return template.HTMLEscapeString(texts.Get(of[1]))
	}), err
}

// Handler serves GET /assets/{name}.
func (p *Pages) Handler() http.Handler { return p.assets }

// Texts are those in the language that r asks for: the ui_locales parameter of
// its query first, then what Speak said, then Accept-Language.
func (p *Pages) Texts(r *http.Request) Texts {
	return p.catalogues.choose(r.URL.Query(), spoken(r), r.Header)
}

// textsFor is Texts for a page that goes on from an earlier request, whose
// query was raw.
func (p *Pages) textsFor(r *http.Request, raw string) Texts {
	query := r.URL.Query()
	if !query.Has("ui_locales") {
		if earlier, err := url.ParseQuery(raw); err == nil {
			query = earlier
		}
	}
	return p.catalogues.choose(query, spoken(r), r.Header)
}

// execute renders a part of page name.
func (p *Pages) execute(to *bytes.Buffer, name, part string, data inLanguage) error {
	if err := p.templates[pageIn{name, data.language()}].ExecuteTemplate(to, part, data); err != nil {
		return fmt.Errorf("rendering page %s: %w", name, err)
	}
	return nil
}

// write renders page name with data, whole, and then sends it.
func (p *Pages) write(w http.ResponseWriter, r *http.Request, status int, name string, n needs, data inLanguage) error {
	page := p.buffers.Get().(*bytes.Buffer)
	defer p.buffers.Put(page)
	page.Reset()
	if err := p.execute(page, name, "layout", data); err != nil {
		return err
	}
	setHeaders(w, r, n)
	w.Header().Set("Content-Length", strconv.Itoa(page.Len()))
	w.WriteHeader(status)
	// Whether the browser got it all is nothing that the caller could mend.
	_, _ = page.WriteTo(w)
	return nil
}
