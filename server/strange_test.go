package server_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"hamconnect/server/servertest"
)

// strange are values that some reader on the way takes for something else, or
// cannot hold.
var strange = []string{
	"", "a\x00b", "\xff\xfe", "\xed\xa0\x80", "\u202e\u2028", `'"><script>`, "{0}{{.}}", "-9223372036854775809", "..", "%",
	strings.Repeat("\U0001F416", 150), "ABCDEFGHIJKLMNOP", "~ABCDEFGHIJKLMNOP.AAAAAAAAAAAAAAAAAAAAAAAAAA",
}

// A load balancer that sees a 5xx takes the node for broken, and sends others
// elsewhere: so no visitor may have one for the asking.
func TestNoStrangerGetsAServerErrorForTheAsking(t *testing.T) {
	source, err := os.ReadFile("routes.go")
	if err != nil {
		t.Fatal(err)
	}
	routes := regexp.MustCompile(`"(GET|POST|PATCH|DELETE) (/[^"]*)"`).FindAllStringSubmatch(string(source), -1)
	for _, base := range []string{"/sso-authorize", "/account/sign-in"} {
		for _, rest := range regexp.MustCompile(`"(GET|POST) "\+base\+"([^"]+)"`).FindAllStringSubmatch(string(source), -1) {
			routes = append(routes, []string{"", rest[1], base + rest[2]})
		}
	}
	if len(routes) < 90 {
		t.Fatalf("only %d routes are found", len(routes))
	}
	p := servertest.Start(t, nil)
	app, device := p.AddApp(nil), p.AddDevice("Lin")
	names := []string{
		"client_id", "redirect_uri", "scope", "state", "code_challenge", "login_hint", "ui_locales", "pairing", "after", "wait", "code", "code_verifier",
		"grant_type", "refresh_token", "username", "email", "password", "token", "access_token", "cursor", "before", "id", "number", "digest", "form", "asked",
	}
	place := regexp.MustCompile(`\{[a-z.$]+\}`)
	for _, route := range routes {
		if strings.HasSuffix(route[2], "/events") { // it does not end
			continue
		}
		for _, value := range strange {
			path := place.ReplaceAllLiteralString(route[2], url.PathEscape(value))
			form := url.Values{}
			for _, name := range names {
				form.Set(name, value)
			}
			known := url.Values{"client_id": {app.ID}, "redirect_uri": {app.RedirectURI}, "response_type": {"code"}}
			for name, values := range form {
				if !known.Has(name) {
					known[name] = values
				}
			}
			cookies := "ham_session=" + value + "; __Host-ham_session=" + value + "; ham_pairing_ABCDEFGHIJKLMNOP=" + value
			headers := http.Header{
				"Origin": {p.URL}, "Sec-Fetch-Site": {"same-origin"}, "User-Agent": {clean(value)}, "Accept-Language": {clean(value)},
				"Cookie": {clean(cookies)}, "Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(value+":"+value))},
			}
			bearer := headers.Clone()
			bearer.Set("Authorization", "Bearer "+clean(value))
			own := headers.Clone()
			own.Set("Authorization", servertest.Basic(app.ID, app.Secret))
			json := `{"id":` + quoted(value) + `,"code":` + quoted(value) + `,"ticket":` + quoted(value) + `,"name":` + quoted(value) + `,"client_id":` + quoted(value) + `}`
			query := path + "?" + known.Encode()
			answers := []servertest.Answer{
				p.Send(route[1], path+"?"+form.Encode(), nil, headers), p.Send(route[1], query, nil, bearer),
			}
			if route[1] != "GET" {
				answers = append(answers, p.Send(route[1], path, form, own), p.Send(route[1], path, known, bearer), p.SendBody(route[1], path, "application/json", json, headers))
			}
			if strings.HasPrefix(route[2], "/app/") && !strings.HasSuffix(path, "/logout") && !strings.HasSuffix(path, "/leave") {
				for _, body := range bodies(app, value) {
					answers = append(answers, device.Call(route[1], path, body))
				}
			}
			for i, a := range answers {
				if a.Status >= 500 {
					t.Errorf("%s %s, request %d with %q: %d %.200s", route[1], route[2], i, value, a.Status, a.Raw)
				}
			}
		}
	}
	if me := device.Call(http.MethodGet, "/app/v1/me", ""); me.Status != http.StatusOK {
		t.Errorf("the device was signed out on the way: %d", me.Status)
	}
}

// clean leaves out what net/http's client does not send in a header.
func clean(value string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return -1
		}
		return r
	}, value)
}

// quoted is a JSON string that may be no UTF-8.
func quoted(value string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\x00", `\u0000`, "\u2028", `\u2028`).Replace(value) + `"`
}

// bodies are what the Ham app may send, each with the value in one place.
func bodies(app servertest.App, value string) []string {
	v, known := quoted(value), `"client_id":`+quoted(app.ID)+`,"redirect_uri":`+quoted(app.RedirectURI)
	all := []string{"", `[]`, v}
	for _, name := range []string{"id", "code", "ticket", "client_id", "nickname", "language", "notice", "device_name"} {
		all = append(all, `{"`+name+`":`+v+`}`)
	}
	return append(all, `{"id":`+v+`,"name":`+v+`}`, `{"number":11,"scopes":[`+v+`],"digest":`+v+`}`,
		`{"parameters":{"client_id":`+v+`}}`, `{"parameters":{`+known+`,"state":`+v+`,"scope":"profile"},"scopes":[`+v+`],"digest":`+v+`}`)
}
