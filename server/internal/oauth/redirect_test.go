package oauth_test

import (
	"fmt"
	"strings"
	"testing"

	"hamconnect/server/internal/oauth"
)

// openMasterClient is one whose callback is callback.
func openMasterClient(callback string) oauth.Client {
	return oauth.Client{Dialect: oauth.OpenMaster, RedirectURIs: []string{callback}}
}

// hostile are addresses that must not pass for http://foo.com, whatever they
// look like to whom.
var hostile = []string{
	// what the document calls bad
	"http://foo.com:8080", "http://oauth.foo.com:8080", "http://bar.com",

	// another scheme
	"https://foo.com", "https://foo.com/bar", "ftp://foo.com/", "javascript:alert(1)", "javascript://foo.com/%0aalert(1)", "data:text/html,x",
	"file://foo.com/etc/passwd", "foo.com", "//foo.com", "/bar", "", "http:", "http://", "http:///foo.com", "http:foo.com", "http:/foo.com", "ws://foo.com",
	"HTTP://foo.com", "Http://foo.com/bar", " http://foo.com", "http://foo.com ", "http://foo.com/a b", "http ://foo.com",

	// hosts that begin, end or look like it
	"http://foo.com.evil.com", "http://foo.com.evil.com/bar", "http://evilfoo.com", "http://evil.com/foo.com", "http://evil.com?foo.com", "http://evil.com#foo.com",
	"http://foo.comevil.com", "http://foo.co", "http://foo.com.", "http://foo.com./bar", "http://.foo.com", "http://foo..com", "http://foo.com%2eevil.com",
	"http://foo%2ecom", "http://foo.com%00.evil.com", "http://foo.com%20", "http://*.foo.com", "http://foo-.com", "http://foo_com",

	// user names
	"http://foo.com@evil.com", "http://foo.com:80@evil.com", "http://user@foo.com", "http://user:pass@foo.com/", "http://@foo.com", "http://:@foo.com",
	"http://foo.com%40evil.com", "http://evil.com\\@foo.com", "http://foo.com\\@evil.com", "http://evil.com@@foo.com", "http://foo.com;@evil.com",

	// backslashes
	"http:\\\\foo.com", "http://foo.com\\bar", "http:/\\foo.com", "http://foo.com/\\evil.com", "http://foo.com/bar\\..\\x", "\\\\foo.com",

	// ports
	"http://foo.com:", "http://foo.com:/bar", "http://foo.com:80", "http://foo.com:80/bar", "http://foo.com:443", "http://foo.com:0", "http://foo.com:080",
	"http://foo.com:65616", "http://foo.com:-1", "http://foo.com:80:80", "http://foo.com:8o", "http://foo.com:+80", "http://foo.com:%38%30",

	// letters
	"http://FOO.com", "http://foo.COM/bar", "http://Foo.Com", "http://f\u043e\u043e.com", "http://xn--foo-o5d.com", "http://foo\u3002com", "http://foo\uff0ecom",
	"http://\uff46oo.com", "http://fo\u00ado.com", "http://foo.com\u200b", "http://foo.c\u212aom", "http://ｆｏｏ.com/",

	// addresses
	"http://127.0.0.1", "http://2130706433", "http://0x7f000001", "http://0177.0.0.1", "http://127.1", "http://[::1]", "http://[::ffff:127.0.0.1]", "http://[foo.com]", "http://[::1%25foo.com]",

	// control characters
	"http://foo.com\t", "http://fo\to.com", "http://foo.com\n", "http://foo\n.com", "http://foo.com\r\nLocation: http://evil.com", "http://foo.com/\x00", "\x01http://foo.com", "http://foo.com/%0d%0aSet-Cookie:a=b",
	"ht\ntp://foo.com", "http://foo.com/\x7f",

	// fragments, and what the answer would add
	"http://foo.com#", "http://foo.com/#x", "http://foo.com/bar#@evil.com", "http://foo.com/?code=x", "http://foo.com/bar?state=x", "http://foo.com/?x=%zz", "http://foo.com/?a;b",

	// paths that lead elsewhere
	"http://foo.com/..", "http://foo.com/../bar", "http://foo.com/a/../b", "http://foo.com/.", "http://foo.com/a/./b", "http://foo.com/%2e%2e/bar", "http://foo.com/%2E%2e", "http://foo.com/.%2e/bar",
	"http://foo.com/%252e%252e/bar", "http://foo.com/%25252e%25252e/bar", "http://foo.com//evil.com", "http://foo.com//", "http://foo.com/a//b", "http://foo.com/%2f/evil.com", "http://foo.com/%2Fevil.com", "http://foo.com/%252fevil.com",
	"http://foo.com/%5c..%5cx", "http://foo.com/%5Cevil.com", "http://foo.com/%00", "http://foo.com/%zz", "http://foo.com/%", "http://foo.com/%c0%ae%c0%ae/", "http://foo.com/..;/admin", "http://foo.com/..;a=b/admin", "http://foo.com/%09",

	// length
	"http://foo.com/" + strings.Repeat("a", 2048), "http://" + strings.Repeat("a", 5000) + ".foo.com/",
}

func TestOpenMastersRedirectRule(t *testing.T) {
	for _, uri := range hostile {
		name := fmt.Sprintf("not %.60q", uri)
		t.Run(name, func(t *testing.T) {
			if openMasterClient("http://foo.com").AllowsRedirect(uri, true) {
				t.Error("it passes for http://foo.com")
			}
			if openMasterClient("http://foo.com/").AllowsRedirect(uri, true) {
				t.Error("it passes for http://foo.com/")
			}
		})
	}
	for _, c := range []struct {
		callback, uri string
		allowed       bool
	}{
		{"http://foo.com", "http://foo.com", true}, // the document's five lines; three are among the hostile ones
		{"http://foo.com", "http://foo.com/bar", true},
		{"http://foo.com", "http://foo.com/", true},
		{"http://foo.com", "http://foo.com/bar/", true},
		{"http://foo.com", "http://foo.com/bar?next=%2Fbooks", true},
		{"http://foo.com", "http://foo.com?x=1", true},
		{"http://foo.com", "http://foo.com/a%20b", true},
		{"http://foo.com", "http://foo.com/%E6%B1%89", true},
		{"http://foo.com", "http://foo.com/..a/b..", true},
		{"http://foo.com/", "http://foo.com", true},
		{"https://foo.com:8443/cb", "https://foo.com:8443/cb", true},
		{"https://foo.com:8443/cb", "https://foo.com:8443/cb/x", true},
		{"https://foo.com:8443/cb", "https://foo.com:8443/cb?x", true},
		{"https://foo.com:8443/cb", "https://foo.com/cb", false},
		{"https://foo.com/cb", "https://foo.com/cb2", false},
		{"https://foo.com/cb", "https://foo.com/c", false},
		{"https://foo.com/cb", "https://foo.com/", false},
		{"https://foo.com/cb", "https://foo.com", false},
		{"https://foo.com/cb", "https://foo.com/CB", false},
		{"https://foo.com/cb", "https://foo.com/%63b", false},
		{"https://foo.com/cb", "https://foo.com/x/cb", false},
		{"https://foo.com/cb", "https://foo.com/cb/../x", false},
		{"https://foo.com/cb/", "https://foo.com/cb", true},
		{"https://foo.com/cb/", "https://foo.com/cb/x", true},
		{"https://foo.com/cb?a=1", "https://foo.com/cb?a=1", true},
		{"https://xn--bcher-kva.example", "https://xn--bcher-kva.example/cb", true},
		{"https://xn--bcher-kva.example", "https://bücher.example/cb", false},
		{"http://[::1]:3000", "http://[::1]:3000/cb", true},
		{"http://[::1]:3000", "http://[0:0:0:0:0:0:0:1]:3000/cb", false},
		{"http://127.0.0.1:3000", "http://127.0.0.1:3000/cb", true},
		{"http://127.0.0.1:3000", "http://127.1:3000/cb", false},
		{"http://localhost:3000", "http://localhost:3000/auth/callback", true},
		{"http://localhost:3000", "http://localhost:3001/", false},
	} {
		if got := openMasterClient(c.callback).AllowsRedirect(c.uri, true); got != c.allowed {
			t.Errorf("%s for %s: %t", c.uri, c.callback, got)
		}
	}
	if openMasterClient("http://foo.com").AllowsRedirect("http://foo.com", false) {
		t.Error("a server that is no sandbox sends a browser to plain http")
	}
	if (oauth.Client{Dialect: oauth.OpenMaster}).AllowsRedirect("http://foo.com", true) {
		t.Error("a client without a callback has one")
	}
}

func TestWhatCannotBeACallbackIsRefusedAtRegistration(t *testing.T) {
	valid := func(callbacks ...string) error {
		return oauth.Client{Name: "x", Dialect: oauth.OpenMaster, RedirectURIs: callbacks, UserinfoAuth: oauth.UserinfoBoth}.Validate()
	}
	for _, good := range []string{"http://foo.com", "https://foo.com/cb", "http://localhost:3000/cb", "http://[::1]:3000", "https://foo.com:8443/a/b?x=1"} {
		if err := valid(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"https://foo.com:443", "http://foo.com:80/", "http://FOO.com", "http://foo.com.", "http://foo.com/../x", "http://foo.com//x", "http://a@foo.com", "http://foo.com/#x",
		"javascript:alert(1)", "http://*.foo.com", "http://foo.com,http://bar.com", "http://127.1", "http://0x7f.1", "http://foo.com/?code=1", "foo.com", "",
	} {
		if valid(bad) == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
	both := oauth.Client{Name: "x", Dialect: oauth.OpenMaster, RedirectURIs: []string{"http://foo.com"}, UserinfoAuth: oauth.UserinfoBoth, Implicit: true, RequirePKCE: true}
	if both.Validate() == nil {
		t.Error("PKCE is required, and a flow is allowed that has none")
	}
	if valid() == nil || valid("http://foo.com", "http://bar.com") == nil {
		t.Error("a number of callbacks other than one was accepted")
	}
}
