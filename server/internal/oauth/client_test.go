package oauth_test

import (
	"strings"
	"testing"
	"time"

	"hamconnect/server/internal/oauth"
)

func library(uris ...string) oauth.Client {
	if len(uris) == 0 {
		uris = []string{"https://library.example/callback"}
	}
	c, _ := oauth.NewClient(time.Unix(0, 0), oauth.Client{
		Name: "Campus Library", RedirectURIs: uris, Scopes: oauth.HamScopes, UserinfoAuth: oauth.UserinfoBoth,
	})
	return c
}

func TestARegistrationTakesOnlyRedirectURIsThatAreSafe(t *testing.T) {
	for uri, ok := range map[string]bool{
		"https://library.example/callback":               true,
		"https://library.example":                        true,
		"https://library.example:8443/cb?tenant=1":       true,
		"https://[2001:db8::1]/cb":                       true,
		"http://localhost:8485/callback":                 true,
		"http://127.0.0.1/callback":                      true,
		"http://[::1]:9/callback":                        true,
		"":                                               false,
		"/callback":                                      false,
		"//library.example/callback":                     false,
		"library.example/callback":                       false,
		"http://library.example/callback":                false,
		"http://127.0.0.1.evil.example/":                 false,
		"http://localhost.evil.example/":                 false,
		"http://127.1/":                                  false,
		"http://2130706433/":                             false,
		"http://0.0.0.0/":                                false,
		"http://localhost@evil.example/":                 false,
		"https://user@library.example/":                  false,
		"https://user:pass@library.example/":             false,
		"https://library.example/cb#":                    false,
		"https://library.example/cb#fragment":            false,
		"https://library.example/%zz":                    false,
		"https://library.example\\@evil.example/":        false,
		"https://library.example/a b":                    false,
		"https://library.example/\r\nSet-Cookie:a=b":     false,
		"https://library.example/\x00":                   false,
		"https://bücher.example/":                        false,
		"https://":                                       false,
		"https://:443/":                                  false,
		"https:library.example":                          false,
		"https:///callback":                              false,
		"javascript:alert(1)":                            false,
		"javascript://library.example/%0aalert(1)":       false,
		"data:text/html,x":                               false,
		"file:///etc/passwd":                             false,
		"ham://callback":                                 false,
		"ftp://library.example/":                         false,
		"HTTPS://library.example/callback":               false,
		"HTTP://localhost/callback":                      false,
		"https://library.example/cb?code=1":              false,
		"https://library.example/cb?state=1":             false,
		"https://library.example/cb?x=1&error=2":         false,
		"https://library.example/cb?iss=1":               false,
		"https://library.example/cb?a=1;b=2":             false,
		"https://x.example/" + strings.Repeat("a", 2048): false,
	} {
		if err := library(uri).Validate(); (err == nil) != ok {
			t.Errorf("%q: %v", uri, err)
		}
	}
}

func TestARegistrationNamesWhatIsWrong(t *testing.T) {
	for name, change := range map[string]func(*oauth.Client){
		"name: must":         func(c *oauth.Client) { c.Name = " " },
		"no wildcards":       func(c *oauth.Client) { c.RedirectURIs = []string{"https://*.example.com/cb"} },
		"several addresses":  func(c *oauth.Client) { c.RedirectURIs = []string{"http://127.0.0.1:3000/cb,http://[::1]:3000/cb"} },
		"redirect URIs":      func(c *oauth.Client) { c.RedirectURIs = nil },
		"between 1 and 32":   func(c *oauth.Client) { c.RedirectURIs = make([]string, 33) },
		`scope "admin"`:      func(c *oauth.Client) { c.Scopes = oauth.Scopes{"admin"} },
		"given twice":        func(c *oauth.Client) { c.Scopes = oauth.Scopes{"profile", "profile"} },
		"neither both":       func(c *oauth.Client) { c.UserinfoAuth = "" },
		"must be https":      func(c *oauth.Client) { c.IconURL = "http://cdn.example/icon.png" },
		"absolute web":       func(c *oauth.Client) { c.Homepage = "javascript:alert(1)" },
		"holds control or i": func(c *oauth.Client) { c.Name = "Library\u202egnp.exe" },
	} {
		c := library()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("want %q, got %v", name, err)
		}
	}
}

func TestNamesThatFoolTheEyeAreRefused(t *testing.T) {
	for name, ok := range map[string]bool{
		"Campus Library":            true,
		"图书馆":                       true,
		"Bücherei № 1":              true,
		"📚 Library":                 true,
		"❤\ufe0f":                   true, // an emoji's own presentation
		"":                          false,
		"   ":                       false,
		" Library":                  false,
		"Library ":                  false,
		"a\nb":                      false,
		"a\x1b[31mb":                false,
		"a\u200bb":                  false, // zero-width space
		"a\u202eb":                  false, // right-to-left override
		"a\u2066b":                  false, // isolate
		"a\ufeffb":                  false,
		"a\u00adb":                  false, // soft hyphen
		"\u3164":                    false, // Hangul filler: a letter that shows nothing
		"a\u115fb":                  false,
		"\uffa0":                    false,
		"a\u034fb":                  false, // combining grapheme joiner
		"\u2800":                    false, // a braille cell without dots
		"a\xffb":                    false,
		strings.Repeat("x", 64):     true,
		strings.Repeat("図", 64):     true,
		strings.Repeat("x", 65):     false,
		strings.Repeat("\u0301", 3): false, // accents on nothing
	} {
		if err := oauth.ValidName(name); (err == nil) != ok {
			t.Errorf("%+q: %v", name, err)
		}
	}
}

func TestARedirectURIIsMatchedByteForByte(t *testing.T) {
	c := library("https://library.example/callback", "http://localhost:8485/callback")
	for uri, where := range map[string]string{
		"https://library.example/callback":      "anywhere",
		"http://localhost:8485/callback":        "sandbox",
		"https://library.example/callback/":     "",
		"https://library.example/callback?":     "",
		"https://library.example/callback?x=1":  "",
		"https://library.example/callback#":     "",
		"https://library.example:443/callback":  "",
		"https://LIBRARY.example/callback":      "",
		"HTTPS://library.example/callback":      "",
		"https://library.example/%63allback":    "",
		"https://library.example/x/../callback": "",
		"https://library.example/callback\n":    "",
		" https://library.example/callback":     "",
		"https://library.example.evil.example/": "",
		"https://library.example@evil.example/": "",
		"http://library.example/callback":       "",
		"http://localhost:8486/callback":        "",
		"http://127.0.0.1:8485/callback":        "",
		"":                                      "",
	} {
		if got := c.AllowsRedirect(uri, true); got != (where != "") {
			t.Errorf("%q in the sandbox: %t", uri, got)
		}
		if got := c.AllowsRedirect(uri, false); got != (where == "anywhere") {
			t.Errorf("%q elsewhere: %t", uri, got)
		}
	}
}

func TestADisabledClientIsRefusedInTheWordsOfAWrongSecret(t *testing.T) {
	c, secret := oauth.NewClient(time.Unix(0, 0), library())
	if err := c.Authenticate(secret); err != nil {
		t.Fatal(err)
	}
	wrong := c.Authenticate(secret + "x")
	c.Disabled = true
	if disabled := c.Authenticate(secret); disabled == nil || wrong == nil || disabled.Error() != wrong.Error() {
		t.Errorf("%v, and %v", wrong, disabled)
	}
	if err := (oauth.Client{}).Authenticate(""); err == nil {
		t.Error("a client without a secret lets an empty one in")
	}
}
