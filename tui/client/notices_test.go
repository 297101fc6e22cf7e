package client_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
	"hamconnect/tui/client/clienttest"
)

func newPasskey(id string) pairing.Notice {
	return pairing.Notice{
		ID: id, Kind: "passkey_added", Title: "New passkey: iCloud Keychain",
		At: time.Date(2026, 11, 21, 11, 28, 0, 0, time.UTC), Browser: "Safari on macOS", Address: "192.0.2.7",
	}
}

func notices(t *testing.T, a *client.Account) []pairing.Notice {
	t.Helper()
	me, err := a.Me(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return me.Notices
}

func TestANoticeStaysUntilItWasSeenOnThisDevice(t *testing.T) {
	s := newServer(t)
	a, other := signIn(t, s), signIn(t, s)
	s.AddNotice(newPasskey("first"))
	s.AddNotice(newPasskey("second"))
	got := notices(t, a)
	if len(got) != 2 || got[0].ID != "second" || got[0].Title != "New passkey: iCloud Keychain" || !got[0].At.Equal(newPasskey("").At) || got[0].Browser != "Safari on macOS" || got[0].Address != "192.0.2.7" {
		t.Fatalf("the notices are %+v", got)
	}
	for range 2 { // one that was seen already is no error
		if err := a.SeeNotice(t.Context(), "second"); err != nil {
			t.Fatal(err)
		}
	}
	if got := notices(t, a); len(got) != 1 || got[0].ID != "first" {
		t.Errorf("left are %+v", got)
	}
	if got := notices(t, other); len(got) != 2 {
		t.Errorf("the other device shows %d", len(got))
	}
	s.RemoveDevices()
	wantFailure(t, a.SeeNotice(t.Context(), "first"), pairing.FailNotSignedIn)
}

// withNotices has the server answer with these notices, as JSON.
func withNotices(s *clienttest.Server, list string) {
	answer(s, 200, "application/json", `{"user_id":"u","device_id":"d","notices":`+list+`}`)
}

func TestWhatANoticeSaysIsClean(t *testing.T) {
	s := newServer(t)
	a := signIn(t, s)
	withNotices(s, `[{"id":"n","kind":"k\u001b[2J","title":"a\u001b]0;x\u0007b\u202ec`+strings.Repeat("長", 9000)+`","browser":"b\u001b[31m\u2066","address":"1\r\n2\u200b"}]`)
	n := notices(t, a)[0]
	for _, text := range []string{n.Kind, n.Title, n.Browser, n.Address} {
		if strings.ContainsFunc(text, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf) }) || len([]rune(text)) > 512 {
			t.Errorf("%q", text)
		}
	}
	if !strings.HasPrefix(n.Title, "abc長") || n.Browser != "b" || n.Address != "1 2" {
		t.Errorf("%q, %q, %q", n.Title[:20], n.Browser, n.Address)
	}
}

func TestNoticesInEveryTimeZone(t *testing.T) {
	s := newServer(t)
	a := signIn(t, s)
	for _, at := range []string{"2026-11-21T11:28:00Z", "2026-11-21T19:28:00+08:00", "0000-01-01T00:00:00-23:59", "9999-12-31T23:59:59.999999999+23:59"} {
		withNotices(s, `[{"id":"n","title":"T","at":"`+at+`"}]`)
		want, err := time.Parse(time.RFC3339Nano, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := notices(t, a)[0].At; !got.Equal(want) {
			t.Errorf("%s came as %s", at, got)
		}
	}
}

func TestNoticesWithoutEndAreCut(t *testing.T) {
	s := newServer(t)
	a := signIn(t, s)
	var list []string
	for i := range 2000 {
		list = append(list, fmt.Sprintf(`{"id":"n%d","title":"T"}`, i))
	}
	withNotices(s, "["+strings.Join(list, ",")+"]")
	if got := notices(t, a); len(got) != 50 || got[0].ID != "n0" {
		t.Errorf("%d came through", len(got))
	}
}

func TestNoticesThatCannotBeShownTruthfullyAreRefused(t *testing.T) {
	s := newServer(t)
	a := signIn(t, s)
	for name, list := range map[string]string{
		"no id":                 `[{"title":"T"}]`,
		"an id with an escape":  `[{"id":"n\u001b[2J","title":"T"}]`,
		"an id without end":     `[{"id":"` + strings.Repeat("n", 1000) + `","title":"T"}]`,
		"the same twice":        `[{"id":"n","title":"T"},{"id":"n","title":"T"}]`,
		"a title of nothing":    `[{"id":"n","title":"\u200b\u001b[2J"}]`,
		"a date that is none":   `[{"id":"n","title":"T","at":"yesterday"}]`,
		"an empty one":          `[{}]`,
		"ten thousand of those": "[" + strings.Repeat("{},", 9999) + "{}]",
		"no list":               `{"id":"n","title":"T"}`,
		"more than an answer":   `[{"id":"n","title":"` + strings.Repeat("T", 64<<10) + `"}]`,
	} {
		withNotices(s, list)
		_, err := a.Me(t.Context())
		if err == nil {
			t.Errorf("%s was taken", name)
			continue
		}
		wantOdd(t, err)
	}
}

func TestALinkForAPasskey(t *testing.T) {
	s := newServer(t)
	a := signIn(t, s)
	one, err := a.PasskeyLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	two, err := a.PasskeyLink(t.Context())
	if err != nil || one.Link == two.Link || !strings.HasPrefix(one.Link, s.URL+"/passkey/") || one.ExpiresIn != 300 {
		t.Errorf("%+v, %+v, %v", one, two, err)
	}
	s.PasskeysOff()
	_, err = a.PasskeyLink(t.Context())
	wantFailure(t, err, pairing.FailNoPasskeys)
	answer(s, http.StatusForbidden, "application/json", `{"error":"user_leaving"}`)
	_, err = a.PasskeyLink(t.Context())
	wantFailure(t, err, pairing.FailUserLeaving)
}

func TestOnlyALinkOfTheOwnServerIsGiven(t *testing.T) {
	s := newServer(t)
	a := signIn(t, s)
	const code = "ABCDEFGHABCDEFGHABCDEFGH"
	for _, link := range []string{
		"", code, "/passkey/" + code, "https://evil.example/passkey/" + code,
		"javascript:alert(1)//" + s.URL + "/passkey/" + code,
		s.URL + "/enroll/" + code, s.URL + "/q/" + code, s.URL + "/account",
		s.URL + "@evil.example/passkey/" + code, s.URL + ".evil.example/passkey/" + code,
		s.URL + "/passkey/" + code + "?next=https://evil.example", s.URL + "/passkey/" + code + "#x",
		s.URL + "/passkey/../account", s.URL + "/passkey/" + code + "/x", s.URL + "/passkey/",
		s.URL + "/passkey/" + strings.ToLower(code), s.URL + "/passkey/" + strings.Repeat("A", 65),
		s.URL + "/passkey/" + code + "\u001b]8;;https://evil.example\u001b\\", s.URL + "/passkey/" + code + "\u202e",
		" " + s.URL + "/passkey/" + code, s.URL + "/passkey/" + code + "\n", strings.ToUpper(s.URL) + "/PASSKEY/" + code,
	} {
		answer(s, 200, "application/json", fmt.Sprintf(`{"link":%s,"expires_in":300}`, asJSON(t, link)))
		_, err := a.PasskeyLink(t.Context())
		if err == nil {
			t.Errorf("%q was taken", link)
			continue
		}
		wantOdd(t, err)
	}
	good := s.URL + "/passkey/" + code
	for in, want := range map[string]int{"300": 300, "12": 12, "1000000000": 300, "0": 0, "-5": 0, "1e99": 0, `"300"`: 0} {
		answer(s, 200, "application/json", fmt.Sprintf(`{"link":%q,"expires_in":%s}`, good, in))
		got, err := a.PasskeyLink(t.Context())
		if got.ExpiresIn != want || (err != nil) != (want == 0) {
			t.Errorf("%s seconds: %d, %v", in, got.ExpiresIn, err)
		}
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
