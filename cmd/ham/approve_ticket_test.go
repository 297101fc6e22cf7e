package main

import (
	"net/netip"
	"strings"
	"testing"

	"hamconnect/qr/pairing"
)

func TestATicketIsAskedAboutTwiceOnATerminal(t *testing.T) {
	for name, c := range map[string]struct {
		typed      string
		args       []string
		passphrase bool
		want       pairing.State
		code       int
	}{
		"yes and yes":                       {"yes\nyes\n", nil, false, pairing.Approved, exitDone},
		"yes and no":                        {"yes\nno\n", nil, false, pairing.Denied, exitDone},
		"no":                                {"no\n", nil, false, pairing.Denied, exitDone},
		"yes and nothing":                   {"yes\n", nil, false, pairing.Claimed, exitOther},
		"enter alone":                       {"\n\nyes\n\nyes\n", nil, false, pairing.Approved, exitDone},
		"--yes answers the first one only":  {"no\n", []string{"--yes"}, false, pairing.Denied, exitDone},
		"--yes and yes":                     {"yes\n", []string{"--yes"}, false, pairing.Approved, exitDone},
		"--browser answers both":            {"", []string{"--browser", "192.0.2.7"}, false, pairing.Approved, exitDone},
		"--browser of a network":            {"", []string{"--browser", "192.0.2.0/24"}, false, pairing.Approved, exitDone},
		"--browser elsewhere":               {"yes\nyes\n", []string{"--browser", "192.0.2.8"}, false, pairing.Claimed, exitRefused},
		"a number":                          {"yes\nyes\n", []string{"--number", "42"}, false, pairing.Claimed, exitUsage},
		"a key without the passphrase":      {"yes\nyes\n", nil, true, pairing.Claimed, exitRefused},
		"scopes, as if it were for an app":  {"yes\nyes\n", []string{"--scopes", "profile"}, false, pairing.Claimed, exitUsage},
		"--deny":                            {"", []string{"--deny"}, false, pairing.Denied, exitDone},
		"--browser for a page with numbers": {"", []string{"--browser", "127.0.0.1", "--number", "42"}, false, pairing.Waiting, exitUsage},
	} {
		t.Run(name, func(t *testing.T) {
			s := signedIn(t)
			id, link := s.BeginTicket(c.passphrase)
			out, errs, code := atTerminal(t, c.typed, append([]string{"approve", link}, c.args...)...)
			if code != c.code || s.State(id) != c.want {
				t.Errorf("exit code %d, %s: %s%s", code, s.State(id), out, errs)
			}
			if strings.Count(c.typed, "yes") == 2 && c.args == nil && !strings.Contains(errs, "Chromium on Linux at 192.0.2.7, asking since ") {
				t.Errorf("the second question does not say who asks: %s", errs)
			}
		})
	}
}

func TestBrowserTakesAddressesAndNetworks(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.7": "192.0.2.7/32", "192.0.2.9/24": "192.0.2.0/24", "2001:db8::1": "2001:db8::1/128", "::ffff:192.0.2.7": "192.0.2.7/32",
		"": "", "here": "", "192.0.2.7:80": "", "*": "",
	} {
		got, err := parseBrowser(text)
		if (err == nil) != (want != "") || err == nil && got != netip.MustParsePrefix(want) {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
}
