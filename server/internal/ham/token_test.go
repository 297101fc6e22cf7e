package ham_test

import (
	"net/http"
	"strings"
	"testing"

	"hamconnect/server"
	"hamconnect/server/servertest"
)

const form = "application/x-www-form-urlencoded"

func TestTheTokenEndpointRefusesAsTheGuidesTableSays(t *testing.T) {
	h := build(t, nil)
	code := h.Code(h.app, h.phone)
	good := "grant_type=authorization_code&code=" + code
	for _, c := range []struct {
		name   string
		method string // POST
		query  string
		kind   string // a form
		header string // Authorization lines, separated by "|"
		body   string
		status int
		code   string
	}{
		{name: "another grant_type", header: "{basic}", body: "grant_type=password&code=x", status: 400, code: "unsupported_grant_type"},
		{name: "grant_type in another case", header: "{basic}", body: "grant_type=Authorization_Code&code=x", status: 400, code: "unsupported_grant_type"},
		{name: "refresh_token, which does not exist", header: "{basic}", body: "grant_type=refresh_token&refresh_token=x", status: 400, code: "unsupported_grant_type"},
		{name: "no grant_type", header: "{basic}", body: "code=" + code, status: 400, code: "invalid_request"},
		{name: "an empty grant_type", header: "{basic}", body: "grant_type=&code=" + code, status: 400, code: "invalid_request"},
		{name: "no code", header: "{basic}", body: "grant_type=authorization_code", status: 400, code: "invalid_request"},
		{name: "an empty code", header: "{basic}", body: "grant_type=authorization_code&code=", status: 400, code: "invalid_request"},
		{name: "an unknown code", header: "{basic}", body: "grant_type=authorization_code&code=x", status: 400, code: "invalid_grant"},
		{name: "code twice", header: "{basic}", body: good + "&code=" + code, status: 400, code: "invalid_request"},
		{name: "grant_type twice", header: "{basic}", body: good + "&grant_type=authorization_code", status: 400, code: "invalid_request"},
		{name: "an unknown parameter twice", header: "{basic}", body: good + "&x=1&x=2", status: 400, code: "invalid_request"},
		{name: "a parameter with a quote in its name, twice", header: "{basic}", body: good + "&a%22%5C%0a%e2%80%aeb=1&a%22%5C%0a%e2%80%aeb=2", status: 400, code: "invalid_request"},
		{name: "parameters in the URL", query: "?" + good, header: "{basic}", status: 400, code: "invalid_request"},
		{name: "one parameter in the URL", query: "?code=" + code, header: "{basic}", body: "grant_type=authorization_code", status: 400, code: "invalid_request"},
		{name: "a JSON body", kind: "application/json", header: "{basic}", body: `{"grant_type":"authorization_code"}`, status: 400, code: "invalid_request"},
		{name: "a multipart body", kind: "multipart/form-data; boundary=x", header: "{basic}", body: "--x--", status: 400, code: "invalid_request"},
		{name: "a text body", kind: "text/plain", header: "{basic}", body: good, status: 400, code: "invalid_request"},
		{name: "a form of no kind", kind: "-", header: "{basic}", body: good, status: 400, code: "invalid_request"},
		{name: "a broken escape", header: "{basic}", body: good + "&x=%zz", status: 400, code: "invalid_request"},
		{name: "a semicolon", header: "{basic}", body: "grant_type=authorization_code;code=" + code, status: 400, code: "invalid_request"},
		{name: "a body of 17 KB", header: "{basic}", body: good + "&x=" + strings.Repeat("x", 17<<10), status: 400, code: "invalid_request"},
		{name: "a body of 1 MB", header: "{basic}", body: good + "&x=" + strings.Repeat("x", 1<<20), status: 400, code: "invalid_request"},

		{name: "no credentials", body: good, status: 401, code: "invalid_client"},
		{name: "client_id alone", body: good + "&client_id={id}", status: 401, code: "invalid_client"},
		{name: "client_secret alone", body: good + "&client_secret={secret}", status: 401, code: "invalid_client"},
		{name: "an empty client_secret", body: good + "&client_id={id}&client_secret=", status: 401, code: "invalid_client"},
		{name: "a wrong secret in the body", body: good + "&client_id={id}&client_secret=wrong", status: 401, code: "invalid_client"},
		{name: "an unknown client in the body", body: good + "&client_id=nobody&client_secret={secret}", status: 401, code: "invalid_client"},
		{name: "a wrong secret in Basic", header: "{wrong}", body: good, status: 401, code: "invalid_client"},
		{name: "an unknown client in Basic", header: "{stranger}", body: good, status: 401, code: "invalid_client"},
		{name: "Basic that is not base64", header: "Basic !!!", body: good, status: 401, code: "invalid_client"},
		{name: "Basic without a colon", header: "Basic YWJj", body: good, status: 401, code: "invalid_client"},
		{name: "Basic without an id", header: "Basic OnNlY3JldA==", body: good, status: 401, code: "invalid_client"},
		{name: "Basic with a broken escape", header: "Basic " + "JXp6OiV6eg==", body: good, status: 401, code: "invalid_client"},
		{name: "Basic alone", header: "Basic", body: good, status: 401, code: "invalid_client"},
		{name: "a scheme that is not offered", header: "Digest username=x", body: good, status: 401, code: "invalid_client"},
		{name: "a Bearer token in place of credentials", header: "Bearer abc", body: good, status: 401, code: "invalid_client"},
		{name: "wrong credentials and a wrong grant_type", header: "{wrong}", body: "grant_type=password", status: 401, code: "invalid_client"},

		{name: "Basic and body", header: "{basic}", body: good + "&client_id={id}&client_secret={secret}", status: 400, code: "invalid_request"},
		{name: "Basic and a secret in the body", header: "{basic}", body: good + "&client_secret={secret}", status: 400, code: "invalid_request"},
		{name: "Basic and another client_id", header: "{basic}", body: good + "&client_id={other-id}", status: 400, code: "invalid_request"},
		{name: "Basic twice in two lines", header: "{basic}|{basic}", body: good, status: 400, code: "invalid_request"},
		{name: "Basic twice in one line", header: "{basic}, {basic}", body: good, status: 400, code: "invalid_request"},
		{name: "client_id twice", body: good + "&client_id={id}&client_id={id}&client_secret={secret}", status: 400, code: "invalid_request"},

		{name: "another client's code", header: "{other-basic}", body: good, status: 400, code: "invalid_grant"},
		{name: "another redirect_uri", header: "{basic}", body: good + "&redirect_uri=https://evil.example/", status: 400, code: "invalid_grant"},
		{name: "a redirect_uri with a slash more", header: "{basic}", body: good + "&redirect_uri=https://library.example/callback/", status: 400, code: "invalid_grant"},
		{name: "a code_verifier that nobody asked for", header: "{basic}", body: good + "&code_verifier=" + strings.Repeat("a", 43), status: 400, code: "invalid_grant"},

		{name: "GET", method: http.MethodGet, query: "?" + good, header: "{basic}", kind: "-", status: 405, code: "invalid_request"},
		{name: "HEAD", method: http.MethodHead, kind: "-", status: 405},
		{name: "PUT", method: http.MethodPut, header: "{basic}", body: good, status: 405, code: "invalid_request"},
		{name: "DELETE", method: http.MethodDelete, kind: "-", status: 405, code: "invalid_request"},
		{name: "OPTIONS", method: http.MethodOptions, kind: "-", status: 405, code: "invalid_request"},
	} {
		t.Run(c.name, func(t *testing.T) {
			header := http.Header{"Origin": {"https://spa.example"}, "Access-Control-Request-Method": {"POST"}}
			if c.header != "" {
				header["Authorization"] = strings.Split(h.fill(c.header), "|")
			}
			kind := map[string]string{"": form, "-": ""}
			if _, ok := kind[c.kind]; !ok {
				kind[c.kind] = c.kind
			}
			method := c.method
			if method == "" {
				method = http.MethodPost
			}
			a := h.SendBody(method, "/oauth/token"+c.query, kind[c.kind], h.fill(c.body), header)
			if method == http.MethodHead {
				if a.Status != c.status || a.Raw != "" {
					t.Errorf("answered %d with %d bytes", a.Status, len(a.Raw))
				}
				return
			}
			refused(t, a, c.status, c.code)
			scheme := ""
			if c.status == 401 && c.header != "" {
				scheme = "Basic"
			}
			challenged(t, a, scheme, "")
			if allow := a.Header.Get("Allow"); (allow == "POST") != (c.status == 405) {
				t.Errorf("Allow is %q", allow)
			}
		})
	}
	if a := h.Exchange(h.app, code); a.Status != 200 {
		t.Errorf("a refused request spent the code: %d %s", a.Status, a.Text("error"))
	}
}

func TestTheTokenEndpointTakesCredentialsInEitherPlace(t *testing.T) {
	h := build(t, nil)
	for name, c := range map[string]struct{ header, body string }{
		"Basic": {"{basic}", ""},
		"Basic, the scheme in lower case and spaces around": {" basic  {plain}  ", ""},
		"the body": {"", "&client_id={id}&client_secret={secret}"},
		"Basic, and the same client_id in the body": {"{basic}", "&client_id={id}"},
		"Basic, and empty ones in the body":         {"{basic}", "&client_id=&client_secret="},
		"Basic, and the redirect_uri":               {"{basic}", "&redirect_uri=https://library.example/callback"},
		"Basic, and a parameter that nobody knows":  {"{basic}", "&audience=x"},
		"a form kind with a charset, and Basic":     {"{basic}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			header := http.Header{}
			if c.header != "" {
				plain := strings.TrimPrefix(servertest.Basic(h.app.ID, h.app.Secret), "Basic ")
				header["Authorization"] = []string{strings.ReplaceAll(h.fill(c.header), "{plain}", plain)}
			}
			body := "grant_type=authorization_code&code=" + h.Code(h.app, h.phone) + h.fill(c.body)
			a := h.SendBody(http.MethodPost, "/oauth/token", form+"; charset=UTF-8", body, header)
			if a.Status != 200 || len(a.Fields) != 4 || len(a.Text("access_token")) != 43 || a.Text("token_type") != "Bearer" ||
				a.Fields["expires_in"] != 7200.0 || a.Text("scope") != "profile is_student" {
				t.Fatalf("answered %d %s", a.Status, a.Text("error"))
			}
			if a.Header.Get("Pragma") != "no-cache" {
				t.Error("no Pragma: no-cache (RFC 6749 §5.1)")
			}
			plain(t, a)
		})
	}
}

func TestACodeUsedTwiceRevokesItsToken(t *testing.T) {
	h := build(t, nil)
	code := h.Code(h.app, h.phone)
	token := h.Exchange(h.app, code).Text("access_token")
	bystander := h.Token(h.app, h.phone)
	refused(t, h.Exchange(h.other, code), 400, "invalid_grant")
	if a := h.Userinfo(h.app, token); a.Status != 200 {
		t.Fatalf("another client's try revoked the token: %d", a.Status)
	}
	refused(t, h.Exchange(h.app, code), 400, "invalid_grant")
	refused(t, h.Userinfo(h.app, token), 401, "invalid_token")
	if a := h.Userinfo(h.app, bystander); a.Status != 200 {
		t.Errorf("the token of another sign-in went too: %d", a.Status)
	}
	refused(t, h.Exchange(h.app, code), 400, "invalid_grant")
}

func TestACodeLivesFiveMinutesAndATokenTwoHours(t *testing.T) {
	h := build(t, nil)
	early, late := h.Code(h.app, h.phone), h.Code(h.app, h.phone)
	h.Clock.Advance(5*60e9 - 5e9)
	a := h.Exchange(h.app, early)
	if a.Status != 200 {
		t.Fatalf("five seconds before its end: %d", a.Status)
	}
	h.Clock.Advance(5e9)
	refused(t, h.Exchange(h.app, late), 400, "invalid_grant")
	h.Clock.Advance(7200e9 - 10e9)
	if a := h.Userinfo(h.app, a.Text("access_token")); a.Status != 200 {
		t.Errorf("the token, five seconds before its end: %d", a.Status)
	}
	h.Clock.Advance(5e9)
	a = h.Userinfo(h.app, a.Text("access_token"))
	refused(t, a, 401, "invalid_token")
	challenged(t, a, "Bearer", "invalid_token")
}

func TestPKCEHoldsFromTheRequestToTheExchange(t *testing.T) {
	const ( // RFC 7636, appendix B
		challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
		verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	)
	h := build(t, func(c *server.Client) { c.RequirePKCE = true })
	code := h.Code(h.app, h.phone, "code_challenge", challenge, "code_challenge_method", "S256")
	refused(t, h.Exchange(h.app, code), 400, "invalid_request")
	refused(t, h.Exchange(h.app, code, "code_verifier", strings.ToLower(verifier)), 400, "invalid_grant")
	refused(t, h.Exchange(h.app, code, "code_verifier", challenge), 400, "invalid_grant")
	refused(t, h.Exchange(h.app, code, "code_verifier", "short"), 400, "invalid_grant")
	if a := h.Exchange(h.app, code, "code_verifier", verifier); a.Status != 200 {
		t.Errorf("with its verifier: %d %s", a.Status, a.Text("error"))
	}
	if _, err := servertest.NewBrowser(h.URL).Open(t.Context(), h.Authorize(h.app)); err == nil {
		t.Error("an app that requires PKCE gets a page without")
	}
}
