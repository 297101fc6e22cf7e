package web

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func newPages(t *testing.T) *Pages {
	t.Helper()
	p, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// render gives what a browser that prefers lang gets.
func render(t *testing.T, lang string, write func(http.ResponseWriter, *http.Request) error) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "https://ham.example/", nil)
	r.Header.Set("Accept-Language", lang)
	w := httptest.NewRecorder()
	if err := write(w, r); err != nil {
		t.Fatal(err)
	}
	return w
}

// node is an element of a page.
type node struct {
	name     string
	attr     map[string]string
	children []*node
	text     string // of the element and all below it
}

var void = []string{"meta", "link", "img", "br", "input"}

// parse reads a page of ours. It accepts less than a browser does: tags must
// be balanced and attributes quoted. What stands in a <template> or <noscript>
// is kept apart by its parent's name.
func parse(t *testing.T, page string) *node {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict = false
	d.AutoClose = void
	d.Entity = xml.HTMLEntity
	root := &node{name: "#root"}
	stack := []*node{root}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the page does not parse: %v\n%s", err, page)
		}
		switch token := token.(type) {
		case xml.StartElement:
			n := &node{name: token.Name.Local, attr: map[string]string{}}
			for _, a := range token.Attr {
				if _, twice := n.attr[a.Name.Local]; twice {
					t.Errorf("<%s> has %s twice", n.name, a.Name.Local)
				}
				n.attr[a.Name.Local] = a.Value
			}
			top := stack[len(stack)-1]
			top.children = append(top.children, n)
			stack = append(stack, n)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			for _, n := range stack {
				n.text += string(token)
			}
		}
	}
	return root
}

// walk visits n and what is below it; inert says whether a browser with
// scripts has it in no document.
func (n *node) walk(visit func(n *node, inert bool)) { n.walkIn(false, visit) }

func (n *node) walkIn(inert bool, visit func(*node, bool)) {
	visit(n, inert)
	for _, c := range n.children {
		c.walkIn(inert || n.name == "template" || n.name == "noscript", visit)
	}
}

// byTestID gives the live elements with the hook id.
func (n *node) byTestID(id string) []*node {
	var found []*node
	n.walk(func(n *node, inert bool) {
		if !inert && n.attr["data-testid"] == id {
			found = append(found, n)
		}
	})
	return found
}

func (n *node) all(name string) []*node {
	var found []*node
	n.walk(func(n *node, _ bool) {
		if n.name == name {
			found = append(found, n)
		}
	})
	return found
}

// one gives the only element with the hook id.
func (n *node) one(t *testing.T, id string) *node {
	t.Helper()
	found := n.byTestID(id)
	if len(found) != 1 {
		t.Fatalf("there are %d elements with data-testid=%q", len(found), id)
	}
	return found[0]
}

// cleanOfInline fails the test if the page holds what its policy would block.
func cleanOfInline(t *testing.T, page *node) {
	t.Helper()
	page.walk(func(n *node, _ bool) {
		if n.name == "style" || (n.name == "script" && (n.attr["src"] == "" || strings.TrimSpace(n.text) != "")) {
			t.Errorf("there is an inline <%s>", n.name)
		}
		for name, value := range n.attr {
			if name == "style" || strings.HasPrefix(name, "on") {
				t.Errorf("<%s> has the attribute %s", n.name, name)
			}
			if slices.Contains([]string{"href", "src", "action"}, name) && strings.HasPrefix(strings.ToLower(value), "javascript:") {
				t.Errorf("<%s> has %s=%q", n.name, name, value)
			}
			if strings.Contains(value, "ZgotmplZ") {
				t.Errorf("<%s>: html/template refused the value of %s", n.name, name)
			}
		}
	})
}

// sample gives a page in the given state.
func sample(state string) SignIn {
	v := View{State: state, Version: 3}
	switch state {
	case "waiting":
		v.Link, v.QR = "HTTPS://HAM.EXAMPLE/Q/ABC", &QR{Size: 21, Path: func() string { return "M0 0h7v7h-7z" }}
		v.SecondsLeft, v.CodeSecondsLeft = 161, 11
	case "claimed":
		v.SecondsLeft, v.Number = 41, 47
	case "approved":
		v.SecondsLeft, v.Scopes, v.Finish = 60, []string{"profile"}, "/sso-authorize/finish?pairing=AAAA"
	}
	if state != "waiting" {
		v.Account = &Account{Nickname: "Ada Lovelace", Picture: "/picture/ada"}
	}
	return SignIn{
		Base:      "/sso-authorize",
		Start:     "/sso-authorize",
		App:       App{Name: "Campus Library", Homepage: "https://library.example/", RedirectHost: "library.example"},
		Scopes:    []Scope{{Name: "profile"}, {Name: "is_student"}},
		PairingID: "ABCDEFGHIJKLMNOP", Query: "client_id=abc&state=x%26y", View: v,
	}
}

var allStates = append([]string{"waiting"}, laterStates...)

func signIn(t *testing.T, p *Pages, lang string, page SignIn) (*httptest.ResponseRecorder, *node) {
	t.Helper()
	w := render(t, lang, func(w http.ResponseWriter, r *http.Request) error { return p.SignIn(w, r, 200, page) })
	return w, parse(t, w.Body.String())
}
