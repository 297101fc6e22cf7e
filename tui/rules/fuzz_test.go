package rules_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"hamconnect/qr/pairing"
	"hamconnect/tui/rules"
)

// FuzzParse holds what is read against the library that reads TOML: what was
// accepted holds as many rules as it sees, and none that matches everything;
// what was not names a place that is in the file, in words that can be printed.
func FuzzParse(f *testing.F) {
	f.Add("[[rule]]\nclient_id = \"x\"\naction = \"allow\"\n", "x", "localhost:3000", "profile", "127.0.0.1")
	f.Add("[[rule]]\r\nredirect_host = ['localhost:*', \"*.example.org\"] # ]\r\naction = '''allow'''\r\nleave_out = \"a\"", "x", "localhost", "a", "::1")
	f.Add("[[ rule ]]\nbrowser = [\n\"::1\", # x\n\"10.0.0.0/8\",\n]\nkind = \"sign_in\"\naction = \"ask\"", "", "", "", "10.1.2.3")
	f.Add("rule = [{a = \"[[rule]]\"}]", "", "", "", "")
	f.Add("[[rule]]\nx = \"\"\"\n[[rule]]\n\"\"\"\"\"\ny = {a = [1, {b = '}'}]}", "", "", "", "")
	f.Fuzz(func(t *testing.T, text, clientID, host, scope, address string) {
		r, err := rules.Parse("r.toml", strings.NewReader(text))
		if wrong, ok := errors.AsType[*rules.FileError](err); ok {
			for _, m := range wrong.Mistakes {
				if m.Line < 1 || m.Line > strings.Count(text, "\n")+1 || m.Column < 1 || m.Column > len(text)+1 {
					t.Fatalf("%d:%d is not in %q", m.Line, m.Column, text)
				}
			}
			return
		}
		if err != nil {
			return // too long
		}
		var file struct {
			Rule []struct {
				Action   string
				LeaveOut any `toml:"leave_out"`
				Kind     string
			}
		}
		if _, err := toml.Decode(text, &file); err != nil || len(file.Rule) != r.Len() || r.Len() == 0 {
			t.Fatalf("%d rules of %q, where TOML has %d (%v)", r.Len(), text, len(file.Rule), err)
		}
		q := rules.Request{Kind: pairing.KindAuthorize, ClientID: clientID, RedirectHost: host, Scopes: []string{scope}, Address: address}
		for _, q.Kind = range []pairing.Kind{pairing.KindAuthorize, pairing.KindSignIn, pairing.KindTicket} {
			d := r.Decide(q)
			if d.Rule == 0 {
				if d.Action != rules.Deny {
					t.Fatalf("%s without a rule", d.Action)
				}
				continue
			}
			one := file.Rule[d.Rule-1]
			if string(d.Action) != one.Action || q.Kind != pairing.KindAuthorize && one.Kind != string(q.Kind) || len(d.Scopes) > 1 {
				t.Fatalf("%+v by %+v", d, one)
			}
		}
		if d := r.Decide(rules.Request{Kind: "other", ClientID: clientID}); d.Action != rules.Deny {
			t.Fatalf("a kind that is not known: %+v", d)
		}
	})
}
