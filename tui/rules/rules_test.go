package rules_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hamconnect/qr/pairing"
	"hamconnect/tui/rules"
)

func parse(t *testing.T, text string) rules.Rules {
	t.Helper()
	r, err := rules.Parse("r.toml", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// request is one that the tests spoil.
func request(change func(*rules.Request)) rules.Request {
	q := rules.Request{
		Kind: pairing.KindAuthorize, ClientID: "library", RedirectHost: "app.example.org:8443",
		Scopes: []string{"profile", "is_student"}, Address: "192.0.2.7",
	}
	if change != nil {
		change(&q)
	}
	return q
}

func TestFirstRuleThatMatchesDecides(t *testing.T) {
	r := parse(t, `
[[rule]]
client_id = "other"
action = "deny"

[[rule]]
client_id = ["library", "shop"]
leave_out = ["is_student"]
action = "allow"

[[rule]]
browser = ["0.0.0.0/0", "::/0"]
action = "ask"
`)
	for _, test := range []struct {
		name string
		q    rules.Request
		want rules.Decision
	}{
		{"the first is not about it", request(nil), rules.Decision{Action: rules.Allow, Rule: 2, Scopes: []string{"profile"}}},
		{"the first is", request(func(q *rules.Request) { q.ClientID = "other" }), rules.Decision{Action: rules.Deny, Rule: 1}},
		{"the last is about all that is left", request(func(q *rules.Request) { q.ClientID = "Library" }), rules.Decision{Action: rules.Ask, Rule: 3, Scopes: []string{"profile", "is_student"}}},
		{"a browser without an address is in no network", request(func(q *rules.Request) { q.ClientID, q.Address = "x", "" }), rules.Decision{Action: rules.Deny}},
		{"a rule that does not say sign_in matches none", request(func(q *rules.Request) { q.Kind = pairing.KindSignIn }), rules.Decision{Action: rules.Deny}},
		{"nor a ticket", request(func(q *rules.Request) { q.Kind = pairing.KindTicket }), rules.Decision{Action: rules.Deny}},
		{"a kind that is not known matches nothing", request(func(q *rules.Request) { q.Kind = "" }), rules.Decision{Action: rules.Deny}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, r.Decide(test.q)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if d := (rules.Rules{}).Decide(request(nil)); d.Action != rules.Deny {
		t.Errorf("no rules: %+v", d)
	}
}

func TestConditions(t *testing.T) {
	for _, test := range []struct {
		condition  string
		q          rules.Request
		wantsMatch bool
	}{
		{`redirect_host = "app.example.org:8443"`, request(nil), true},
		{`redirect_host = "app.example.org:8443"`, request(func(q *rules.Request) { q.RedirectHost = "APP.Example.org:8443" }), true},
		{`redirect_host = "app.example.org"`, request(nil), false},
		{`redirect_host = "app.example.org:*"`, request(nil), true},
		{`redirect_host = "app.example.org:*"`, request(func(q *rules.Request) { q.RedirectHost = "app.example.org" }), true},
		{`redirect_host = "*.example.org:8443"`, request(nil), true},
		{`redirect_host = "*.example.org"`, request(nil), false},
		{`redirect_host = "*.example.org:*"`, request(nil), true},
		{`redirect_host = "*.app.example.org:*"`, request(nil), false},
		{`redirect_host = "*.example.org"`, request(func(q *rules.Request) { q.RedirectHost = "example.org" }), false},
		{`redirect_host = "*.example.org"`, request(func(q *rules.Request) { q.RedirectHost = "evilexample.org" }), false},
		{`redirect_host = "app.example.org"`, request(func(q *rules.Request) { q.RedirectHost = "app.example.org:443" }), true},
		{`redirect_host = "app.example.org"`, request(func(q *rules.Request) { q.RedirectHost = "app.example.org." }), true},
		{`redirect_host = "app.example.org"`, request(func(q *rules.Request) { q.RedirectHost = "app.example.org.:443" }), true},
		{`redirect_host = "[::1]:*"`, request(func(q *rules.Request) { q.RedirectHost = "[0:0::1]:80" }), true},
		{`redirect_host = "*.example.org"`, request(func(q *rules.Request) { q.RedirectHost = "example.org." }), false},
		{`redirect_host = "*.example.org"`, request(func(q *rules.Request) { q.RedirectHost = "a.b.example.org" }), true},
		{`redirect_host = "*.example.org"`, request(func(q *rules.Request) { q.RedirectHost = ".example.org" }), false},
		{`redirect_host = "[::1]:*"`, request(func(q *rules.Request) { q.RedirectHost = "[::1]:3000" }), true},
		{`redirect_host = "[::1]"`, request(func(q *rules.Request) { q.RedirectHost = "[::1]" }), true},
		{`redirect_host = ["a", "localhost:3000"]`, request(func(q *rules.Request) { q.RedirectHost = "localhost:3000" }), true},
		{`redirect_host = "localhost:*"`, request(func(q *rules.Request) { q.RedirectHost = "" }), false},
		{`scopes = ["profile"]`, request(nil), false},
		{`scopes = "profile"`, request(func(q *rules.Request) { q.Scopes = []string{"profile"} }), true},
		{`scopes = ["profile", "is_student", "more"]`, request(nil), true},
		{`scopes = []`, request(nil), false},
		{`scopes = []`, request(func(q *rules.Request) { q.Scopes = nil }), true},
		{`browser = "192.0.2.0/24"`, request(nil), true},
		{`browser = "192.0.2.7"`, request(nil), true},
		{`browser = "192.0.2.8"`, request(nil), false},
		{`browser = ["::1", "192.0.2.7"]`, request(func(q *rules.Request) { q.Address = "::1" }), true},
		{`browser = "192.0.2.0/24"`, request(func(q *rules.Request) { q.Address = "::ffff:192.0.2.7" }), true},
		{`browser = "::ffff:192.0.2.7"`, request(nil), true},
		{`browser = "fe80::/10"`, request(func(q *rules.Request) { q.Address = "fe80::1%eth0" }), true},
		{`browser = "0.0.0.0/0"`, request(func(q *rules.Request) { q.Address = "unknown" }), false},
		{"client_id = \"library\"\nbrowser = \"10.0.0.0/8\"", request(nil), false},
		{"browser = \"192.0.2.7\"\nkind = \"sign_in\"", request(func(q *rules.Request) { q.Kind = pairing.KindSignIn }), true},
		{"browser = \"192.0.2.7\"\nkind = \"ticket\"", request(func(q *rules.Request) { q.Kind = pairing.KindTicket }), true},
		{"browser = \"192.0.2.8\"\nkind = \"ticket\"", request(func(q *rules.Request) { q.Kind = pairing.KindTicket }), false},
		{"browser = \"192.0.2.7\"\nkind = \"sign_in\"", request(func(q *rules.Request) { q.Kind = pairing.KindTicket }), false},
		{"browser = \"192.0.2.7\"\nkind = \"ticket\"", request(func(q *rules.Request) { q.Kind = pairing.KindSignIn }), false},
		{"browser = \"192.0.2.7\"\nkind = \"sign_in\"", request(nil), false},
	} {
		t.Run(test.condition, func(t *testing.T) {
			r := parse(t, "[[rule]]\naction = \"allow\"\n"+test.condition)
			if got := r.Decide(test.q).Action == rules.Allow; got != test.wantsMatch {
				t.Errorf("%+v: %v", test.q, got)
			}
		})
	}
}

func TestMistakesAreToldWithLineAndColumn(t *testing.T) {
	const good = "[[rule]]\naction = \"allow\"\nclient_id = \"x\"\n"
	for _, test := range []struct{ name, text, want string }{
		{"no TOML", good + "[[rule]]\naction = \n", "r.toml:5:10: expected value"},
		{"a text that does not end", good + "redirect_host = \"x\n", "r.toml:4:19: strings cannot contain newlines"},
		{"a key twice", good + "action = \"deny\"\n", "r.toml:4:1: Key 'rule.action' has already been defined"},
		{"no rules", "# nothing\n", "r.toml:1:1: there is no rule"},
		{"nothing at all", "", "r.toml:1:1: there is no rule"},
		{"a key above the rules", "  action = \"allow\"\n" + good, "r.toml:1:3: this belongs to no rule"},
		{"one bracket", "# x\n[rule]\naction = \"allow\"\n", "r.toml:2:1: write [[rule]]"},
		{"another table", good + " [[rules]]\n", "r.toml:4:2: there is nothing but [[rule]]"},
		{"a table below", good + "[rule.more]\n", "r.toml:4:1: there is nothing but [[rule]]"},
		{"rules in a line", "rule = [{client_id = \"x\", action = \"allow\"}]\n", "r.toml:1:1: this belongs to no rule"},
		{"an unknown key", good + "# ü\n\tcleint_id = \"x\"\n", "r.toml:5:2: a rule has no key cleint_id"},
		{"a key in quotes", "[[rule]]\n\"action\" = \"allow\"\nclient_id = \"x\"\n", "r.toml:2:1: a rule has no key \"action\"; write one of"},
		{"a key with a dot", good + "a.b = 1\n", "r.toml:4:1: a rule has no key a.b"},
		{"an unknown action", "[[rule]]\nclient_id = \"x\" # = \"\naction   =   \"alow\"\n", `r.toml:3:14: action is one of "allow", "deny", "ask"`},
		{"an action that is a list", "[[rule]]\nclient_id = \"x\"\naction = [\"allow\"]\n", "r.toml:3:10: action is one of"},
		{"an unknown kind", good + "kind = 'signin'\n", `r.toml:4:8: kind is one of "authorize", "sign_in", "ticket"`},
		{"no action", good + "[[rule]]\nclient_id = \"y\"\n", "r.toml:4:1: this rule does nothing"},
		{"no condition", good + "\n[[rule]]\naction = \"allow\"\n", "r.toml:5:1: this rule would match everything"},
		{"no condition but the kind", "[[rule]]\nkind = \"sign_in\"\naction = \"allow\"\n", "r.toml:1:1: this rule would match every browser"},
		{"an app in a sign_in", "[[rule]]\nkind = \"sign_in\"\nbrowser = \"::1\"\nscopes = []\naction = \"allow\"\n", "r.toml:4:1: a sign_in concerns no app"},
		{"a list that is empty", good + "browser = [ ]\n", "r.toml:4:11: an empty list matches nothing"},
		{"an empty text", "[[rule]]\naction = \"allow\"\nclient_id = \"\"\n", "r.toml:3:13: an empty text"},
		{"a number", good + "redirect_host = [\"a\", 3]\n", "r.toml:4:23: this has to be a text in quotes"},
		{"a table as value", good + "redirect_host = {a = 1}\n", "r.toml:4:17: this has to be a text in quotes"},
		{"an element on a line of its own", good + "browser = [\n  \"::1\", # \"]\"\n  '''10.0.0.0/8''',\n  \"ten\",\n]\n", "r.toml:7:3: this is no address"},
		{"an element twice", good + "scopes = [\"a\", \"b\", \"a\"]\n", `r.toml:4:21: "a" stands here twice`},
		{"an address in a network", good + "browser = \"10.0.0.1/8\"\n", `r.toml:4:11: this is an address in a network; the network is "10.0.0.0/8"`},
		{"a network that is none", good + "browser = \"10.0.0.0/33\"\n", "r.toml:4:11: this is no network"},
		{"an IPv4 network in IPv6", good + "browser = \"::ffff:10.0.0.0/104\"\n", "r.toml:4:11: write a network of IPv4"},
		{"localhost as address", good + "browser = \"localhost\"\n", "r.toml:4:11: this is no address"},
		{"a host in upper case", good + "redirect_host = \"Example.org\"\n", "r.toml:4:17: write a host in lower case"},
		{"an URL as host", good + "redirect_host = \"https://example.org\"\n", "r.toml:4:17: "},
		{"a star in the middle", good + "redirect_host = \"a.*.org\"\n", "r.toml:4:17: a * may stand"},
		{"a star alone", good + "redirect_host = \"*\"\n", "r.toml:4:17: a * may stand"},
		{"a star and a dot", good + "redirect_host = \"*.\"\n", "r.toml:4:17: after *."},
		{"a port that is none", good + "redirect_host = \"a:0\"\n", "r.toml:4:17: after the colon"},
		{"other letters", good + "redirect_host = \"bücher.example\"\n", "r.toml:4:17: 'ü' cannot be in a host"},
		{"a bracket that stays open", good + "redirect_host = \"[::1\"\n", "r.toml:4:17: in brackets"},
		{"leave_out without allow", "[[rule]]\naction = \"deny\"\nclient_id = \"x\"\nleave_out = \"a\"\n", "r.toml:4:1: leave_out goes with"},
		{"leave_out of what is not asked", good + "scopes = [\"a\"]\nleave_out = [\"a\", \"b\"]\n", `r.toml:5:19: "b" is not among scopes`},
		{"an escape in a client_id", "[[rule]]\naction = \"allow\"\nclient_id = \"\\u001b[2J\"\n", "r.toml:3:13: a client_id has neither"},
		{"a control character in a key", good + "\"\\u001b\" = 1\n", "r.toml:4:1: a rule has no key"},
		{"not UTF-8", good + "# \xff\n", "r.toml:4:"},
		{"after a text of many lines", "[[rule]]\naction = \"allow\"\nclient_id = \"\"\"\na\\\"\"\"\"\"\nbrowser = 'x'\n", "r.toml:5:11: this is no address"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := rules.Parse("r.toml", strings.NewReader(test.text))
			if _, ok := errors.AsType[*rules.FileError](err); !ok || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("%v\nwant %s", err, test.want)
			}
		})
	}
}

func TestAllMistakesAreToldInOrderAndNotTooMany(t *testing.T) {
	_, err := rules.Parse("r", strings.NewReader("[[rule]]\nb = 1\na = 2\naction = \"x\"\n"))
	wrong, ok := errors.AsType[*rules.FileError](err)
	if !ok || len(wrong.Mistakes) != 3 || wrong.Mistakes[0].Line != 2 || wrong.Mistakes[2].Line != 4 {
		t.Errorf("%v", err)
	}
	_, err = rules.Parse("r", strings.NewReader(strings.Repeat("[[rule]]\n", 50)))
	if lines := strings.Split(err.Error(), "\n"); len(lines) != 11 || lines[10] != "and more" {
		t.Errorf("%v", err)
	}
}

func TestHugeFilesAreRefusedSoon(t *testing.T) {
	const good = "[[rule]]\naction = \"allow\"\nclient_id = "
	for name, text := range map[string]string{
		"too long":           strings.Repeat("#", rules.Max+1),
		"brackets":           good + strings.Repeat("[", rules.Max-len(good)),
		"braces":             good + strings.Repeat("{a=", (rules.Max-len(good))/3),
		"dots":               strings.Repeat("a.", rules.Max/2-10) + "a=1",
		"dots in many lines": strings.Repeat(strings.Repeat("a.", 2000)+"a=1\n", rules.Max/4100),
		"many mistakes":      strings.Repeat("[[rule]]\n", rules.Max/9),
		"many elements":      good + "[" + strings.Repeat("1,\n", rules.Max/3-100) + "]",
		"a text of a MB":     good + "\"" + strings.Repeat("x ", rules.Max/2-100) + "\"",
		"a list of the same": good + "[" + strings.Repeat("\"x\",\n", rules.Max/5-100) + "]",
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			_, err := rules.Parse("r.toml", strings.NewReader(text))
			if err == nil || len(err.Error()) > 10_000 {
				t.Errorf("%.300v", err)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
	var b strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&b, "[[rule]]\nclient_id = \"app-%d\"\naction = \"allow\"\n", i)
	}
	if d := parse(t, b.String()).Decide(request(func(q *rules.Request) { q.ClientID = "app-4999" })); d.Rule != 5000 {
		t.Errorf("%+v", d)
	}
}
