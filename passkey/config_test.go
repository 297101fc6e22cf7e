package passkey_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"hamconnect/passkey"
)

func TestTheRPIDComesFromThePublicURL(t *testing.T) {
	for url, want := range map[string]string{
		"https://login.example.org":          "login.example.org https://login.example.org",
		"https://Login.Example.org:443/sso/": "login.example.org https://login.example.org",
		"https://login.example.org:8443":     "login.example.org https://login.example.org:8443",
		"https://xn--mnchen-3ya.example":     "xn--mnchen-3ya.example https://xn--mnchen-3ya.example",
		"http://localhost:8080":              "localhost http://localhost:8080",
		"http://localhost:80/":               "localhost http://localhost",
		"https://localhost":                  "localhost https://localhost",
		"http://ham.localhost:3000":          "ham.localhost http://ham.localhost:3000",
	} {
		c, err := passkey.FromURL(url, "Example")
		if err != nil || c.RPID+" "+c.Origins[0] != want || c.RPName != "Example" {
			t.Errorf("%s: %+v, %v", url, c, err)
		}
	}
}

func TestASiteWithoutANameHasNoPasskeysAndSaysWhy(t *testing.T) {
	for url, why := range map[string]passkey.Why{
		"http://127.0.0.1:8080":            passkey.BareAddress,
		"https://192.0.2.7":                passkey.BareAddress,
		"http://[::1]:8080":                passkey.BareAddress,
		"https://[2001:db8::1%25eth0]":     passkey.BareAddress,
		"http://login.example.org":         passkey.Insecure,
		"http://localhost.example.org":     passkey.Insecure,
		"http://notlocalhost:80":           passkey.BadName,
		"https://intranet":                 passkey.BadName,
		"https://login.example.org.":       passkey.BadName,
		"https://münchen.example":          passkey.BadName,
		"https://127.1":                    passkey.BadName,
		"https://0x7f.1":                   passkey.BadName,
		"https://-x.example":               passkey.BadName,
		"ftp://login.example.org":          passkey.NotAURL,
		"login.example.org":                passkey.NotAURL,
		"https:login.example.org":          passkey.NotAURL,
		"https://evil@login.example.org":   passkey.NotAURL,
		"https://login.example.org:https/": passkey.NotAURL,
		"":                                 passkey.NotAURL,
	} {
		_, err := passkey.FromURL(url, "Example")
		var off *passkey.OffError
		if !errors.As(err, &off) || off.Why != why || off.Address != url {
			t.Errorf("%q: %v, wanted %q", url, err, why)
		}
	}
}

func TestAConfigurationThatCannotWorkIsRefused(t *testing.T) {
	good := passkey.Config{RPID: "example.org", RPName: "Example", Origins: []string{"https://login.example.org"}}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*passkey.Config){
		"no RP ID":                  func(c *passkey.Config) { c.RPID = "" },
		"an address as RP ID":       func(c *passkey.Config) { c.RPID = "127.0.0.1" },
		"an IPv6 address as RP ID":  func(c *passkey.Config) { c.RPID = "::1" },
		"a URL as RP ID":            func(c *passkey.Config) { c.RPID = "https://example.org" },
		"a port in the RP ID":       func(c *passkey.Config) { c.RPID = "example.org:8443" },
		"capitals in the RP ID":     func(c *passkey.Config) { c.RPID = "Example.org" },
		"no name":                   func(c *passkey.Config) { c.RPName = "" },
		"no origins":                func(c *passkey.Config) { c.Origins = nil },
		"a path after an origin":    func(c *passkey.Config) { c.Origins = []string{"https://login.example.org/"} },
		"a default port":            func(c *passkey.Config) { c.Origins = []string{"https://login.example.org:443"} },
		"an origin without scheme":  func(c *passkey.Config) { c.Origins = []string{"login.example.org"} },
		"an origin over plain http": func(c *passkey.Config) { c.Origins = []string{"http://login.example.org"} },
		"an app without its key":    func(c *passkey.Config) { c.Origins = []string{"android:apk-key-hash"} },
		"six names outside the RPID": func(c *passkey.Config) {
			c.Origins = strings.Fields("https://a.aa https://b.bb https://c.cc https://d.dd https://e.ee https://f.ff")
		},
	} {
		c := good
		spoil(&c)
		if _, err := passkey.New(c, newMemory(), newMemory(), nil); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestOnlyOriginsOutsideTheRPIDAreRelated(t *testing.T) {
	c := passkey.Config{RPID: "example.org", RPName: "Example", Origins: []string{"https://example.org", "https://login.example.org:8443", "android:apk-key-hash:abc"}}
	doc, err := c.RelatedOrigins()
	if doc != nil || err != nil {
		t.Errorf("%s, %v", doc, err)
	}
	c.Origins = append(c.Origins, "https://example.net", "https://notexample.org:444")
	if doc, err = c.RelatedOrigins(); err != nil || string(doc) != `{"origins":["https://example.net","https://notexample.org:444"]}` {
		t.Errorf("%s, %v", doc, err)
	}
	if passkey.RelatedOriginsPath != "/.well-known/webauthn" {
		t.Error(passkey.RelatedOriginsPath)
	}
}

func TestAAGUIDsAreReadAsTheyAreWritten(t *testing.T) {
	for text, name := range map[string]string{
		"fbfc3007-154e-4ecc-8c0b-6e020557d7bd": "Apple Passwords",
		"08987058-cadc-4b81-b6e1-30de50dcbe96": "Windows Hello",
		"ee882879-721c-4913-9775-3dfcce97072a": "YubiKey 5 Series",
		"00000000-0000-0000-0000-000000000000": "",
	} {
		a, err := passkey.ParseAAGUID(text)
		if err != nil || a.String() != text || a.Provider() != name {
			t.Errorf("%s: %s %q, %v", text, a, a.Provider(), err)
		}
	}
	wrong := []string{"", "fbfc3007154e4ecc8c0b6e020557d7bd", "fbfc3007-154e-4ecc-8c0b-6e020557d7b", "fbfc3007-154e-4ecc-8c0b-6e020557d7bd0", "gbfc3007-154e-4ecc-8c0b-6e020557d7bd"}
	if i := slices.IndexFunc(wrong, func(s string) bool { _, err := passkey.ParseAAGUID(s); return err == nil }); i >= 0 {
		t.Errorf("%q is taken", wrong[i])
	}
}
