package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
)

//go:embed templates/*.html
var templateFiles embed.FS

// Pages renders every page. It is safe for use by many requests at once.
type Pages struct {
	assets     assets
	catalogues catalogues
	templates  map[string]*template.Template // keyed by the page's file name without .html
}

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
	p := &Pages{assets: a, catalogues: c, templates: map[string]*template.Template{}}
	funcs := template.FuncMap{"asset": a.address, "clock": clock, "initial": initial, "local": localPath}
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
		t, err := template.New(name).Funcs(funcs).ParseFS(templateFiles, append([]string{"templates/layout.html"}, files...)...)
		if err != nil {
			return nil, fmt.Errorf("parsing page %s: %w", name, err)
		}
		p.templates[name] = t
	}
	return p, nil
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

// write renders page name with data, whole, and then sends it.
func (p *Pages) write(w http.ResponseWriter, r *http.Request, status int, name string, n needs, data any) error {
	var page bytes.Buffer
	if err := p.templates[name].ExecuteTemplate(&page, "layout", data); err != nil {
		return fmt.Errorf("rendering page %s: %w", name, err)
	}
	setHeaders(w, r, n)
	w.Header().Set("Content-Length", strconv.Itoa(page.Len()))
	w.WriteHeader(status)
	// Whether the browser got it all is nothing that the caller could mend.
	_, _ = page.WriteTo(w)
	return nil
}
