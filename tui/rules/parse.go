package rules

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"

	"hamconnect/qr/pairing"
)

// Max is how long a file may be, in bytes.
const Max = 1 << 20

// maxDepth is how deep brackets may stand in one another: each costs the
// reader of TOML stack, and rules need two. Those in texts and comments count.
const maxDepth = 1000

// maxLine is how long a line may be: what the reader of TOML does with a key
// grows with the square of its dots.
const maxLine = 4096

const (
	maxTold  = 10   // mistakes are told at once
	maxFound = 100  // and no more looked for
	maxList  = 1000 // texts in one list
)

// Mistake is one thing that is wrong in a file.
type Mistake struct {
	Line, Column int // from 1; columns are characters
	Text         string
}

// FileError says what is wrong in a file, in the order of the file.
type FileError struct {
	Name     string
	Mistakes []Mistake
}

func (e *FileError) Error() string {
	var b strings.Builder
	for i, m := range e.Mistakes {
		if i > 0 {
			b.WriteByte('\n')
		}
		if i == maxTold {
			b.WriteString("and more")
			break
		}
		fmt.Fprintf(&b, "%s:%d:%d: %s", e.Name, m.Line, m.Column, m.Text)
	}
	return b.String()
}

// Parse reads the rules of a file. name is what its mistakes are told by; they
// come as a *FileError, and no rule with them.
func Parse(name string, r io.Reader) (Rules, error) {
	text, err := io.ReadAll(io.LimitReader(r, Max+1))
	switch {
	case err != nil:
		return Rules{}, fmt.Errorf("reading the rules: %w", err)
	case len(text) > Max:
		return Rules{}, fmt.Errorf("%s has more than %d KB, which rules do not need", name, Max>>10)
	}
	p := &parser{text: string(text)}
	parsed := p.parse()
	if len(p.mistakes) > 0 {
		slices.SortStableFunc(p.mistakes, func(a, b Mistake) int {
			if a.Line != b.Line {
				return a.Line - b.Line
			}
			return a.Column - b.Column
		})
		return Rules{}, &FileError{Name: name, Mistakes: p.mistakes}
	}
	return Rules{parsed}, nil
}

type parser struct {
	text     string
	mistakes []Mistake
}

func (p *parser) wrong(at place, format string, args ...any) {
	if len(p.mistakes) >= maxFound {
		return
	}
	before := p.text[:min(max(0, int(at)), len(p.text))]
	line := strings.LastIndexByte(before, '\n') + 1
	p.mistakes = append(p.mistakes, Mistake{
		Line:   strings.Count(before, "\n") + 1,
		Column: utf8.RuneCountInString(before[line:]) + 1,
		Text:   fmt.Sprintf(format, args...),
	})
}

func (p *parser) parse() []rule {
	if at := tooDeep(p.text); at >= 0 {
		p.wrong(at, "brackets stand too deep in one another")
		return nil
	}
	for at, line := range linesOf(p.text) {
		if len(line) > maxLine {
			p.wrong(at, "this line is longer than %d bytes; a list can go over several", maxLine)
			return nil
		}
	}
	var file map[string]any
	if _, err := toml.Decode(p.text, &file); err != nil {
		wrong, ok := errors.AsType[toml.ParseError](err)
		if !ok {
			p.wrong(0, "%v", err)
			return nil
		}
		p.wrong(place(wrong.Position.Start), "%s", wrong.Message)
		return nil
	}
	tables := scan(p.text)
	for _, v := range tables[0].values {
		p.wrong(v.at, "this belongs to no rule; each begins with a line [[rule]]")
	}
	for _, h := range tables[1:] {
		if h.name == "[rule]" {
			p.wrong(h.at, "write [[rule]], in two brackets each")
		} else if h.name != "[[rule]]" {
			p.wrong(h.at, "there is nothing but [[rule]]")
		}
	}
	if len(p.mistakes) > 0 {
		return nil
	}
	if len(tables) == 1 {
		p.wrong(0, "there is no rule; each begins with a line [[rule]]")
		return nil
	}
	values, _ := file["rule"].([]map[string]any)
	if len(values) != len(tables)-1 {
		p.wrong(0, "write the rules in a plainer way, each below a line [[rule]]")
		return nil
	}
	all := make([]rule, len(values))
	for i, h := range tables[1:] {
		if len(p.mistakes) < maxFound {
			all[i] = p.rule(h, values[i])
		}
	}
	return all
}

// tooDeep gives where brackets stand deeper in one another than any rules do,
// wherever they are, or -1.
func tooDeep(text string) place {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '[', '{':
			if depth++; depth > maxDepth {
				return place(i)
			}
		case ']', '}':
			depth = max(0, depth-1)
		}
	}
	return -1
}

// linesOf gives the lines of text, each with where it begins.
func linesOf(text string) iter.Seq2[place, string] {
	return func(yield func(place, string) bool) {
		at := 0
		for line := range strings.Lines(text) {
			if !yield(place(at), line) {
				return
			}
			at += len(line)
		}
	}
}

const keys = "client_id, redirect_host, scopes, browser, kind, action and leave_out"

// rule reads one. All of it is looked at, so that all mistakes are told at once.
func (p *parser) rule(h header, values map[string]any) rule {
	before := len(p.mistakes)
	r := rule{kind: pairing.KindAuthorize}
	at := map[string]value{}
	for _, v := range h.values {
		given, known := values[v.key]
		if !known { // quoted, or with a dot in it
			p.wrong(v.at, "a rule has no key %s; write one of %s, without quotes or dots", cut(v.key), keys)
			continue
		}
		at[v.key] = v
		switch v.key {
		case "client_id":
			r.clientIDs = p.list(v, given, someOf, func(s string) string {
				return checkPlain(s, "a client_id")
			})
		case "redirect_host":
			r.redirectHosts = p.list(v, given, someOf, checkHost)
		case "scopes":
			r.scopes = p.list(v, given, anyOf, func(s string) string { return checkPlain(s, "a scope") })
		case "leave_out":
			r.leaveOut = p.list(v, given, someOf, func(s string) string { return checkPlain(s, "a scope") })
		case "browser":
			r.browsers = []netip.Prefix{} // if all are wrong it is still a condition
			p.list(v, given, someOf, func(s string) string {
				network, wrong := checkNetwork(s)
				if wrong == "" {
					r.browsers = append(r.browsers, network)
				}
				return wrong
			})
		case "kind":
			r.kind = pairing.Kind(p.word(v, given, string(pairing.KindAuthorize), string(pairing.KindSignIn), string(pairing.KindTicket)))
		case "action":
			r.action = Action(p.word(v, given, string(Allow), string(Deny), string(Ask)))
		default:
			p.wrong(v.at, "a rule has no key %s; there are %s", cut(v.key), keys)
		}
	}
	if len(p.mistakes) == before { // else what is missing may only be misspelt
		p.together(h, r, at)
	}
	return r
}

// together looks at what can only be told of a rule as a whole.
func (p *parser) together(h header, r rule, at map[string]value) {
	if _, has := at["action"]; !has {
		p.wrong(h.at, `this rule does nothing: give it an action, "allow", "deny" or "ask"`)
	}
	given := func(keys ...string) bool {
		return slices.ContainsFunc(keys, func(k string) bool { _, has := at[k]; return has })
	}
	switch {
	case !given("client_id", "redirect_host", "scopes", "browser") && r.kind != pairing.KindAuthorize:
		p.wrong(h.at, "this rule would match every browser: say which, with browser")
	case !given("client_id", "redirect_host", "scopes", "browser"):
		p.wrong(h.at, "this rule would match everything: give it a client_id, redirect_host, scopes or browser")
	}
	if r.kind != pairing.KindAuthorize {
		for _, key := range []string{"client_id", "redirect_host", "scopes", "leave_out"} {
			if v, has := at[key]; has {
				p.wrong(v.at, "a %s concerns no app, so this never matches; leave out %s", r.kind, key)
			}
		}
	}
	v, has := at["leave_out"]
	if !has {
		return
	}
	if r.action == Deny || r.action == Ask {
		p.wrong(v.at, "leave_out goes with action = \"allow\" only")
	}
	for i, scope := range r.leaveOut {
		if r.scopes != nil && scope != "" && !slices.Contains(r.scopes, scope) {
			p.wrong(v.element(i), "%q is not among scopes, so a request that this rule matches never asks for it", cut(scope))
		}
	}
}

// element gives where an element of a list stands, or the value that is none.
func (v value) element(i int) place {
	if i < len(v.elements) {
		return v.elements[i]
	}
	return v.begins
}

type size bool

const (
	someOf size = true  // a list may not be empty
	anyOf  size = false // an empty list means something
)

// list reads a text or a list of texts; check says what is wrong with one. Of
// a mistake an empty text is left, so that others stay where they are.
func (p *parser) list(v value, given any, size size, check func(string) (wrong string)) []string {
	many, isList := given.([]any)
	if !isList {
		many = []any{given}
		v.elements = nil
	}
	switch {
	case len(many) == 0 && size == someOf:
		p.wrong(v.begins, "an empty list matches nothing; leave the line out, or name something")
	case len(many) > maxList:
		p.wrong(v.begins, "a list has at most %d texts", maxList)
		return nil
	}
	texts := make([]string, len(many))
	for i, one := range many {
		text, ok := one.(string)
		wrong := `this has to be a text in quotes, or a list of such: ["a", "b"]`
		if ok {
			wrong = check(text)
		}
		switch {
		case wrong != "":
			p.wrong(v.element(i), "%s", wrong)
		case slices.Contains(texts[:i], text):
			p.wrong(v.element(i), "%q stands here twice", cut(text))
		default:
			texts[i] = text
		}
	}
	return texts
}

func (p *parser) word(v value, given any, words ...string) string {
	text, ok := given.(string)
	if ok && slices.Contains(words, text) {
		return text
	}
	p.wrong(v.begins, "%s is one of %s", v.key, strings.Join(quoted(words), ", "))
	return words[0]
}

func quoted(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = `"` + w + `"`
	}
	return out
}
