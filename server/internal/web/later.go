package web

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"sync"
)

// laterPanels remembers the panels that a sign-in page holds for what may come:
// they are most of a page, and the same on every page of an app but for two
// addresses. Its zero value is ready.
type laterPanels struct {
	mu    sync.Mutex // guards known
	known map[laterOf]string
}

// laterOf is all that such panels say, but for the addresses.
type laterOf struct{ lang, base, app, homepage string }

// mostLater bounds the memory, 4 KB each: of servers with more apps some are
// written again.
const mostLater = 512

// What stands for a pairing's id, and for the path back to its beginning, until
// a page puts its own there. Nobody knows them before the process ends.
var pairingMark, againMark = rand.Text(), rand.Text()

// later gives the panels of a page.
func (p *Pages) later(page *signInPage) (template.HTML, error) {
	if page.Plain {
		return "", nil
	}
	of := laterOf{page.Lang, page.Base, page.App.Name, page.Homepage()}
	p.laterPanels.mu.Lock()
	marked, known := p.laterPanels.known[of]
	p.laterPanels.mu.Unlock()
	if !known {
		var text bytes.Buffer
		if err := p.execute(&text, "signin", "later", page.marked()); err != nil {
			return "", err
		}
		marked = text.String()
		p.laterPanels.keep(of, marked)
	}
	// The address back holds what the visitor has sent, and is escaped as in its
	// place; the id is letters and digits.
	const before, after = `<a href="`, `">`
	var link bytes.Buffer
	if err := p.execute(&link, "signin", "again", page); err != nil {
		return "", err
	}
	again, ok := strings.CutPrefix(strings.TrimSuffix(link.String(), after), before)
	if !ok {
		return "", fmt.Errorf("the link back is written as %d other bytes", link.Len())
	}
	return template.HTML(strings.NewReplacer(pairingMark, template.HTMLEscapeString(url.PathEscape(page.PairingID)), "/"+againMark, again).Replace(marked)), nil //nolint:gosec // escaped
}

func (l *laterPanels) keep(of laterOf, marked string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil || len(l.known) >= mostLater {
		l.known = map[laterOf]string{}
	}
	l.known[of] = marked
}

// marked is s as far as its later panels say it, with the marks.
func (s *signInPage) marked() *signInPage {
	app := App{Name: s.App.Name, Homepage: s.App.Homepage}
	return &signInPage{Texts: s.Texts, SignIn: SignIn{Base: s.Base, App: app, PairingID: pairingMark, Start: "/" + againMark}}
}
