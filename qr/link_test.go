package qr

import (
	"errors"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

const authorizeLink = "ham://sso-authorize?client_id=abc&scope=openid+profile&state=x%2Fy%3D&redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Fa%3D1"

func TestParseLinkAccepts(t *testing.T) {
	pairing := func(origin string) Link { return Link{Kind: KindPairing, Origin: origin, Code: sampleCode} }
	authorize := Link{Kind: KindAuthorize, Authorize: url.Values{
		"client_id": {"abc"}, "scope": {"openid profile"}, "state": {"x/y="},
		"redirect_uri": {"https://app.example/cb?a=1"},
	}}
	lower := strings.ToLower(sampleCode)
	for name, tc := range map[string]struct {
		text string
		want Link
	}{
		"the pairing link as the code says it":        {"HTTPS://HAM.EXAMPLE/Q/" + sampleCode, pairing("https://ham.example")},
		"a pairing link in lower case":                {"https://ham.example/q/" + lower, pairing("https://ham.example")},
		"a pairing link in mixed case":                {"hTTps://Ham.eXample/q/" + lower[:9] + sampleCode[9:], pairing("https://ham.example")},
		"a port of its own":                           {"https://ham.example:8443/q/" + lower, pairing("https://ham.example:8443")},
		"the default port, which is dropped":          {"https://ham.example:443/q/" + lower, pairing("https://ham.example")},
		"http's port on https, which is kept":         {"https://ham.example:80/q/" + lower, pairing("https://ham.example:80")},
		"http on localhost":                           {"HTTP://LOCALHOST:8080/Q/" + sampleCode, pairing("http://localhost:8080")},
		"http on 127.0.0.1 with the default port":     {"http://127.0.0.1:80/q/" + lower, pairing("http://127.0.0.1")},
		"http on the IPv6 loopback":                   {"http://[::1]:8080/q/" + lower, pairing("http://[::1]:8080")},
		"https on an IPv6 address":                    {"https://[2001:DB8::1]/q/" + lower, pairing("https://[2001:db8::1]")},
		"https on an IPv4 address":                    {"https://192.0.2.7/q/" + lower, pairing("https://192.0.2.7")},
		"a host name without a dot":                   {"https://intranet/q/" + lower, pairing("https://intranet")},
		"a host in punycode, shown as such":           {"https://xn--bcher-kva.example/q/" + lower, pairing("https://xn--bcher-kva.example")},
		"white space around":                          {"\n\t https://ham.example/q/" + lower + " \r\n", pairing("https://ham.example")},
		"a no-break space around":                     {"\u00a0https://ham.example/q/" + lower + "\u00a0", pairing("https://ham.example")},
		"a link that a terminal wrapped":              {"https://ham.exam\r\n  ple/q/" + lower[:5] + "\n" + lower[5:], pairing("https://ham.example")},
		"the shortest code":                           {"https://h/q/" + lower[:16], Link{Kind: KindPairing, Origin: "https://h", Code: sampleCode[:16]}},
		"the longest code":                            {"https://h/q/" + strings.Repeat("A", 64), Link{Kind: KindPairing, Origin: "https://h", Code: strings.Repeat("A", 64)}},
		"an enrolment link":                           {"https://ham.example/enroll/" + lower, Link{Kind: KindEnroll, Origin: "https://ham.example", Code: sampleCode}},
		"an enrolment link in capitals":               {"HTTPS://HAM.EXAMPLE/ENROLL/" + sampleCode, Link{Kind: KindEnroll, Origin: "https://ham.example", Code: sampleCode}},
		"an authorize link":                           {authorizeLink, authorize},
		"an authorize link with a slash":              {strings.Replace(authorizeLink, "?", "/?", 1), authorize},
		"an authorize link with its name in capitals": {strings.Replace(authorizeLink, "ham://sso-authorize", "HAM://SSO-Authorize", 1), authorize},
		"an authorize link that a terminal wrapped":   {authorizeLink[:30] + "\r\n   " + authorizeLink[30:], authorize},
		"a ticket":                             {LoginLink(sampleCode), Link{Kind: KindLogin, Code: sampleCode}},
		"a ticket in small letters":            {strings.ToLower(LoginLink(sampleCode)), Link{Kind: KindLogin, Code: sampleCode}},
		"a ticket that a terminal has wrapped": {"ham://qrcode-login?tic\n  ket=" + sampleCode, Link{Kind: KindLogin, Code: sampleCode}},
		"values keep their letter case and spaces": {"ham://sso-authorize?state=aB%20c+D", Link{
			Kind: KindAuthorize, Authorize: url.Values{"state": {"aB c D"}},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseLink(tc.text)
			if err != nil {
				t.Fatalf("ParseLink(%q): %v", tc.text, err)
			}
			if !reflect.DeepEqual(got, tc.want) {
				t.Errorf("ParseLink(%q)\n got %+v\nwant %+v", tc.text, got, tc.want)
			}
		})
	}
}

func TestParseLinkRefuses(t *testing.T) {
	const code = "/q/" + sampleCode
	for name, tc := range map[string]struct{ text, reason string }{
		"nothing":                                 {"", "no link here"},
		"nothing but white space":                 {" \r\n\t ", "no link here"},
		"a sentence":                              {"hello there", "begin with https://"},
		"a host without a scheme":                 {"ham.example" + code, "begin with https://"},
		"javascript":                              {"javascript://h" + code + "%0aalert(1)", "javascript: link"},
		"javascript broken by a line break":       {"java\nscript:alert(1)", "javascript: link"},
		"a local file":                            {"file:///etc/passwd", "file: link"},
		"data":                                    {"data:text/html,x", "data: link"},
		"ftp":                                     {"ftp://h" + code, "ftp: link"},
		"a scheme of endless length":              {strings.Repeat("a", 200) + "://h", "aaaaaaaaaaaaaaaaaaaaaaaa…: link"},
		"one slash":                               {"https:/ham.example" + code, "followed by //"},
		"three slashes":                           {"https:///ham.example" + code, "not a proper host"},
		"no host at all":                          {"https://", "not a proper host"},
		"a user name":                             {"https://ham.example@evil.example" + code, "behind an @"},
		"a user name and password":                {"https://ham.example:443@evil.example" + code, "behind an @"},
		"an empty user name":                      {"https://@evil.example" + code, "behind an @"},
		"a backslash for a slash":                 {`https://evil.example\@ham.example` + code, "backslash"},
		"backslashes after the scheme":            {`https:\\ham.example` + code, "backslash"},
		"a percent-encoded host":                  {"https://%65vil.example" + code, "disguised with %"},
		"a percent-encoded slash in the host":     {"https://ham.example%2fevil" + code, "disguised with %"},
		"a Cyrillic look-alike":                   {"https://h\u0430m.example" + code, "punycode"},
		"a full-width look-alike":                 {"https://ham\uff0eexample" + code, "punycode"},
		"a slash look-alike":                      {"https://ham.example\u2215q.evil.example" + code, "punycode"},
		"a zero-width space":                      {"https://ham\u200b.example" + code, "hidden characters"},
		"a soft hyphen":                           {"https://ham\u00ad.example" + code, "hidden characters"},
		"a right-to-left override":                {"https://\u202emah.example" + code, "hidden characters"},
		"a direction isolate":                     {"https://ham.example/q/\u2066" + sampleCode, "hidden characters"},
		"an escape sequence":                      {"https://ham.example/q/\x1b[31m" + sampleCode, "hidden characters"},
		"a null byte":                             {"https://ham.example\x00.evil" + code, "hidden characters"},
		"a C1 control":                            {"https://ham.example\u009b" + code, "hidden characters"},
		"bytes that are not UTF-8":                {"https://ham.example\xff" + code, "hidden characters"},
		"an empty port":                           {"https://ham.example:" + code, "port"},
		"port 0":                                  {"https://ham.example:0" + code, "port"},
		"a port with a leading zero":              {"https://ham.example:0443" + code, "port"},
		"a port too large":                        {"https://ham.example:65536" + code, "port"},
		"a port with a sign":                      {"https://ham.example:+443" + code, "port"},
		"a port that is a word":                   {"https://ham.example:https" + code, "port"},
		"two ports":                               {"https://ham.example:1:2" + code, "not a proper host"},
		"an empty host with a port":               {"https://:443" + code, "not a proper host"},
		"an empty label":                          {"https://ham..example" + code, "not a proper host"},
		"a dot at the end":                        {"https://ham.example." + code, "not a proper host"},
		"a label that begins with a hyphen":       {"https://-ham.example" + code, "not a proper host"},
		"a label that is too long":                {"https://" + strings.Repeat("a", 64) + ".example" + code, "not a proper host"},
		"a name that is too long":                 {"https://" + strings.Repeat("a.", 130) + "example" + code, "not a proper host"},
		"an underscore":                           {"https://ham_x.example" + code, "not a proper host"},
		"a short form of an address":              {"https://127.1" + code, "not a proper host"},
		"an address as one number":                {"https://2130706433" + code, "not a proper host"},
		"an address in hexadecimal":               {"https://0x7f000001" + code, "not a proper host"},
		"an octal address":                        {"https://0177.0.0.1" + code, "not a proper host"},
		"an unfinished IPv6 address":              {"https://[::1" + code, "not a proper host"},
		"an IPv6 address with a zone":             {"https://[fe80::1%25eth0]" + code, "disguised with %"},
		"an IPv6 address written the long way":    {"https://[0:0:0:0:0:0:0:1]" + code, "not a proper host"},
		"an IPv4 address inside IPv6":             {"https://[::ffff:127.0.0.1]" + code, "not a proper host"},
		"text after the IPv6 address":             {"https://[::1]evil.example" + code, "port"},
		"http on another host":                    {"http://ham.example" + code, "unprotected"},
		"http on a private address":               {"http://192.168.1.2" + code, "unprotected"},
		"http on another loopback address":        {"http://127.0.0.2" + code, "unprotected"},
		"http on a name that begins as localhost": {"http://localhost.evil.example" + code, "unprotected"},
		"a query":                                 {"https://ham.example" + code + "?next=//evil", "more than a code"},
		"a query before the path":                 {"https://ham.example?" + code, "more than a code"},
		"a fragment":                              {"https://ham.example" + code + "#x", "more than a code"},
		"an empty fragment":                       {"https://ham.example" + code + "#", "more than a code"},
		"a dot segment":                           {"https://ham.example/x/../q/" + sampleCode, ". or .. step"},
		"an encoded dot segment":                  {"https://ham.example/x/%2E%2e" + code, ". or .. step"},
		"a single dot":                            {"https://ham.example/./q/" + sampleCode, ". or .. step"},
		"a path before":                           {"https://ham.example/base" + code, "web page"},
		"a slash after":                           {"https://ham.example" + code + "/", "web page"},
		"two slashes":                             {"https://ham.example//q/" + sampleCode, "web page"},
		"another page":                            {"https://ham.example/account/" + sampleCode, "web page"},
		"no path":                                 {"https://ham.example", "web page"},
		"no code":                                 {"https://ham.example/q/", "incomplete or mistyped"},
		"a code that is too short":                {"https://ham.example/q/" + sampleCode[:15], "incomplete or mistyped"},
		"a code that is too long":                 {"https://ham.example/q/" + strings.Repeat("A", 65), "incomplete or mistyped"},
		"a code with a 1":                         {"https://ham.example/q/1" + sampleCode, "incomplete or mistyped"},
		"a percent-encoded code":                  {"https://ham.example/q/%41" + sampleCode, "incomplete or mistyped"},
		"a code that is upper-cased into ASCII":   {"https://ham.example/q/\u017f" + sampleCode, "incomplete or mistyped"},
		"a link of 5 KB":                          {"https://ham.example/q/" + strings.Repeat("A", 5000), "too long"},
		"64 KB of white space around a link":      {strings.Repeat(" ", 64<<10) + "https://ham.example" + code, "far too long"},

		"a newer ham link":                      {"ham://transfer?x=1", "does not know ham://transfer yet"},
		"a ticket with something beside it":     {LoginLink(sampleCode) + "&server=evil.example", "something else than a ticket"},
		"two tickets":                           {LoginLink(sampleCode) + "&ticket=" + sampleCode, "twice"},
		"a ticket under another name":           {"ham://qrcode-login?code=" + sampleCode, "something else than a ticket"},
		"a ticket in capitals only":             {"ham://qrcode-login?TICKET=" + sampleCode, "something else than a ticket"},
		"an empty ticket":                       {"ham://qrcode-login?ticket=", "incomplete or mistyped"},
		"a ticket with a long s":                {"ham://qrcode-login?ticket=%C5%BF" + sampleCode, "incomplete or mistyped"},
		"a ticket that is too long":             {LoginLink(strings.Repeat("A", 65)), "incomplete or mistyped"},
		"a ticket at a host":                    {"ham://qrcode-login@evil.example?ticket=" + sampleCode, "behind an @"},
		"a ticket below a path":                 {"ham://qrcode-login/x?ticket=" + sampleCode, "incomplete or damaged"},
		"a ham link with an odd name":           {"ham://sso_authorize?x=1", "not one that this app knows"},
		"a ham link without a name":             {"ham://?x=1", "not one that this app knows"},
		"a ham link without slashes":            {"ham:sso-authorize?x=1", "followed by //"},
		"a ham link with a port":                {"ham://sso-authorize:1?x=1", "not one that this app knows"},
		"a ham link with a user name":           {"ham://sso-authorize@evil?x=1", "behind an @"},
		"a ham link with a path":                {"ham://sso-authorize/x?y=1", "incomplete or damaged"},
		"a ham link with a fragment":            {authorizeLink + "#x", "incomplete or damaged"},
		"a ham link without parameters":         {"ham://sso-authorize", "incomplete or damaged"},
		"a ham link with an empty query":        {"ham://sso-authorize?", "which app asks"},
		"a parameter twice":                     {authorizeLink + "&scope=all", "same thing twice"},
		"a parameter twice with the same value": {authorizeLink + "&client_id=abc", "same thing twice"},
		"a parameter twice, once encoded":       {authorizeLink + "&sc%6fpe=all", "same thing twice"},
		"a broken escape":                       {"ham://sso-authorize?client_id=%zz", "damaged"},
		"a semicolon between parameters":        {"ham://sso-authorize?client_id=a;scope=b", "damaged"},
		"a parameter without a name":            {"ham://sso-authorize?=x", "damaged"},
		"an encoded line break in a value":      {"ham://sso-authorize?client_id=a%0ab", "hidden characters"},
		"an encoded escape sequence":            {"ham://sso-authorize?client_id=%1b%5b2J", "hidden characters"},
		"an encoded direction mark":             {"ham://sso-authorize?client_id=%E2%80%AEa", "hidden characters"},
		"an encoded value that is not UTF-8":    {"ham://sso-authorize?client_id=%ff", "hidden characters"},
		"raw letters outside ASCII in a value":  {"ham://sso-authorize?client_id=\u00e9", "percent-encoded"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseLink(tc.text)
			var refusal *LinkError
			if !errors.As(err, &refusal) {
				t.Fatalf("ParseLink(%q) = %+v, %v; want a *LinkError", tc.text, got, err)
			}
			if !reflect.DeepEqual(got, Link{}) {
				t.Errorf("a refused link gave %+v", got)
			}
			if !strings.Contains(refusal.Reason, tc.reason) {
				t.Errorf("ParseLink(%q)\n got %q\nwant %q in it", tc.text, refusal.Reason, tc.reason)
			}
			if !clean(refusal.Reason) || len(refusal.Reason) > 250 {
				t.Errorf("the reason is not fit for a screen: %q", refusal.Reason)
			}
		})
	}
}

func TestLinksAreWrittenAsTheyAreRead(t *testing.T) {
	for name, tc := range map[string]struct{ got, want string }{
		"pairing":                         {PairingLink("https://ham.example", strings.ToLower(sampleCode)), "HTTPS://HAM.EXAMPLE/Q/" + sampleCode},
		"pairing with a port and a slash": {PairingLink("http://localhost:8080/", sampleCode), "HTTP://LOCALHOST:8080/Q/" + sampleCode},
		"enrolment":                       {EnrollLink("https://Ham.example/", strings.ToLower(sampleCode)), "https://ham.example/enroll/" + sampleCode},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.got != tc.want {
				t.Errorf("got %s, want %s", tc.got, tc.want)
			}
			if _, err := ParseLink(tc.got); err != nil {
				t.Errorf("ParseLink(%q): %v", tc.got, err)
			}
		})
	}
}

func TestKindsHaveNames(t *testing.T) {
	for kind, want := range map[Kind]string{KindPairing: "pairing", KindEnroll: "enroll", KindAuthorize: "authorize", 0: "unknown"} {
		if got := kind.String(); got != want {
			t.Errorf("Kind(%d) = %q, want %q", int(kind), got, want)
		}
	}
}

func TestADeepLinkIsReadBackAsItWasMeant(t *testing.T) {
	for name, parameters := range map[string]url.Values{
		"a request":          {"client_id": {"abc"}, "scope": {"profile is_student"}, "state": {"x/y="}, "redirect_uri": {"https://app.example/cb?a=1&b=2"}},
		"markup":             {"client_id": {"abc"}, "state": {`"><script>alert(1)</script>`}},
		"another link":       {"state": {"javascript:alert(1)//ham://sso-authorize?client_id=evil"}},
		"separators":         {"state": {"&client_id=evil;x#y?z%26+ \\'`"}},
		"a name of its own":  {"a=b&c": {"d"}},
		"other alphabets":    {"state": {"日本語 é"}},
		"nothing in a value": {"client_id": {"abc"}, "state": {""}},
	} {
		link, err := AuthorizeLink(parameters)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if strings.Trim(strings.ToLower(link), "abcdefghijklmnopqrstuvwxyz0123456789%&-./:=?_~") != "" || strings.ContainsAny(link, "\"'<> +#;\\`") {
			t.Errorf("%s: %s holds more than harmless characters", name, link)
		}
		got, err := ParseLink(link)
		if err != nil || got.Kind != KindAuthorize || !reflect.DeepEqual(got.Authorize, parameters) {
			t.Errorf("%s: read back as %v, %v", name, got.Authorize, err)
		}
	}
	for name, parameters := range map[string]url.Values{
		"nothing":                {},
		"one thing twice":        {"client_id": {"abc", "evil"}},
		"a nameless parameter":   {"": {"x"}},
		"a control character":    {"state": {"a\nb"}},
		"a direction mark":       {"state": {"a\u202eb"}},
		"bytes that are no text": {"state": {"a\xffb"}},
		"more than fits":         {"state": {strings.Repeat("/", 2000)}},
	} {
		if link, err := AuthorizeLink(parameters); err == nil {
			t.Errorf("%s: there is a link of %d bytes", name, len(link))
		}
	}
}

func TestALinkForAPasskeyIsKnownToTheLetter(t *testing.T) {
	const origin, code = "https://ham.example:8443", "ABCDEFGHABCDEFGHABCDEFGH"
	for text, want := range map[string]bool{
		PasskeyLink(origin, code):                        true,
		PasskeyLink("https://HAM.example:8443/", code):   true,
		PasskeyLink("https://ham.example", code):         false,
		PasskeyLink("http://ham.example:8443", code):     false,
		PasskeyLink(origin, code) + "/":                  false,
		PasskeyLink(origin, code) + "?a":                 false,
		PasskeyLink(origin, "SHORT"):                     false,
		EnrollLink(origin, code):                         false,
		origin + "/passkey/" + "abcdefghabcdefgh":        false,
		origin + "/passkey/ABCDEFGHABCDEFG\u017f":        false,
		"https://ham.example:8443@evil/passkey/" + code:  false,
		"https://ham.example:84433/passkey/" + code + "": false,
		"": false,
	} {
		if got := IsPasskeyLink(text, origin); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
