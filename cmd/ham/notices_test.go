package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"

	"hamconnect/qr/pairing"
)

func TestNoticesOfAHostileServerPrintNoEscapes(t *testing.T) {
	s := signedIn(t)
	s.AddNotice(pairing.Notice{
		ID: "n", Kind: "\x1b[2J", Title: "New\x1b]0;x\a passkey\u202e\r\n" + strings.Repeat("T", 5000), At: time.Now(),
		Browser: "\x1b[31mW\u2066", Address: "\u200b1",
	})
	for _, args := range [][]string{{"notices"}, {"whoami"}, {"notices", "--json"}, {"whoami", "--json"}, {"notices", "seen"}} {
		out, stderr, code := ham(t, "", args...)
		if code != 0 || !strings.Contains(out, "New passkey") || len(out) > 2000 {
			t.Errorf("%v: %d: %s%s", args, code, out, stderr)
		}
		if strings.ContainsFunc(out, func(r rune) bool { return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf) }) {
			t.Errorf("%v: %q", args, out)
		}
	}
	if out, _, _ := ham(t, "", "notices"); out != "Nothing new.\n" {
		t.Errorf("after all were seen: %s", out)
	}
}

func TestWhatCouldNotBeMarkedAsSeenIsToldAgain(t *testing.T) {
	s := signedIn(t)
	s.AddNotice(pairing.Notice{ID: "n", Title: "New passkey: key", At: time.Now()})
	s.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/app/v1/notices/seen" {
			return false
		}
		w.WriteHeader(http.StatusBadGateway)
		return true
	})
	if _, stderr, code := ham(t, "", "notices", "seen"); code != exitUnreachable || !strings.Contains(stderr, "check the network") {
		t.Errorf("%d: %s", code, stderr)
	}
	s.Intercept(nil)
	if out, _, _ := ham(t, "", "notices"); !strings.Contains(out, "New passkey: key") {
		t.Error(out)
	}
}

func TestALinkForAPasskeyInAScript(t *testing.T) {
	s := signedIn(t)
	out, _, code := ham(t, "", "passkey", "--json")
	var link pairing.PasskeyLink
	if err := json.Unmarshal([]byte(out), &link); err != nil || code != 0 || !strings.HasPrefix(link.Link, s.URL+"/passkey/") || link.ExpiresIn != 300 {
		t.Errorf("%d, %v: %s", code, err, out)
	}
	for body, c := range map[string]struct {
		code int
		says string
	}{
		`{"error":"user_leaving"}`:                                           {exitRefused, "deactivated"},
		`{"error":"passkeys_off"}`:                                           {exitOther, "takes no passkeys"},
		`{"error":"not_signed_in"}`:                                          {exitNotSignedIn, "no longer knows this device"},
		`{"link":"https://evil.example/passkey/ABCDEFGHABCDEFGHABCD"}`:       {exitOther, "cannot be used"},
		`{"link":"` + s.URL + `/passkey/../account","expires_in":300}`:       {exitOther, "cannot be used"},
		`{"link":"` + s.URL + `/passkey/ABCDEFGHABCDEFGH","expires_in":-1}`:  {exitOther, "run out"},
		`{"link":"` + s.URL + `/passkey/ABCDEFGHABCDEFGH","expires_in":300}`: {exitDone, ""},
	} {
		s.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Type", "application/json")
			if strings.Contains(body, "error") {
				w.WriteHeader(http.StatusForbidden)
			}
			w.Write([]byte(body))
			return true
		})
		out, stderr, code := ham(t, "", "passkey")
		if code != c.code || !strings.Contains(stderr, c.says) || code != 0 && out != "" {
			t.Errorf("%s: %d: %s%s", body, code, out, stderr)
		}
	}
}
