package oauth_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"hamconnect/server/internal/oauth"
)

const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" // RFC 7636, appendix B

func TestAnAuthorizationRequestIsReadOrRefusedByTheRightDoor(t *testing.T) {
	base := "redirect_uri=https://library.example/callback&state=s"
	for _, c := range []struct {
		name   string
		query  string // added to base, unless it begins with "="
		change func(*oauth.Client)
		page   string // the PageError's parameter
		code   oauth.ErrorCode
		scopes string
	}{
		{name: "the guide's example", query: "scope=profile,is_student", scopes: "profile is_student"},
		{name: "scopes with spaces", query: "scope=is_student+profile", scopes: "profile is_student"},
		{name: "scopes twice, unknown and empty ones", query: "scope=,profile,,admin,profile,+", scopes: "profile"},
		{name: "no scope at all", query: ""},
		{name: "an unknown parameter, twice", query: "utm=1&utm=2"},
		{name: "response_type=code", query: "response_type=code"},
		{name: "an empty response_type", query: "response_type="},
		{name: "PKCE", query: "code_challenge_method=S256&code_challenge=" + challenge},
		{name: "a scope the client is not registered for", query: "scope=profile,is_student", change: func(c *oauth.Client) { c.Scopes = oauth.Scopes{"profile"} }, scopes: "profile"},

		{name: "no redirect_uri", query: "=state=s", page: "redirect_uri"},
		{name: "an empty redirect_uri", query: "=redirect_uri=", page: "redirect_uri"},
		{name: "redirect_uri twice, the same", query: "redirect_uri=https://library.example/callback", page: "redirect_uri"},
		{name: "redirect_uri twice, another", query: "redirect_uri=https://evil.example/", page: "redirect_uri"},
		{name: "another redirect_uri", query: "=redirect_uri=https://evil.example/&response_type=token", page: "redirect_uri"},
		{name: "a disabled client", change: func(c *oauth.Client) { c.Disabled = true }, page: "client_id"},
		{name: "a disabled client and a wrong response_type", query: "response_type=token", change: func(c *oauth.Client) { c.Disabled = true }, page: "client_id"},

		{name: "response_type=token", query: "response_type=token", code: oauth.UnsupportedResponseType},
		{name: "response_type in another case", query: "response_type=Code", code: oauth.UnsupportedResponseType},
		{name: "state twice", query: "state=t", code: oauth.InvalidRequest},
		{name: "scope twice", query: "scope=profile&scope=is_student", code: oauth.InvalidRequest},
		{name: "response_type twice", query: "response_type=code&response_type=code", code: oauth.InvalidRequest},
		{name: "code_challenge twice", query: "code_challenge=" + challenge + "&code_challenge=" + challenge + "&code_challenge_method=S256", code: oauth.InvalidRequest},
		{name: "a state of 2049 bytes", query: "=redirect_uri=https://library.example/callback&state=" + strings.Repeat("s", 2049), code: oauth.InvalidRequest},
		{name: "a scope of 1025 bytes", query: "scope=" + strings.Repeat("s", 1025), code: oauth.InvalidRequest},
		{name: "PKCE plain", query: "code_challenge_method=plain&code_challenge=" + challenge, code: oauth.InvalidRequest},
		{name: "PKCE without a method, which means plain", query: "code_challenge=" + challenge, code: oauth.InvalidRequest},
		{name: "a method without a challenge", query: "code_challenge_method=S256", code: oauth.InvalidRequest},
		{name: "a challenge that is too short", query: "code_challenge_method=S256&code_challenge=" + challenge[1:], code: oauth.InvalidRequest},
		{name: "a challenge with padding", query: "code_challenge_method=S256&code_challenge=" + challenge + "%3D", code: oauth.InvalidRequest},
		{name: "no PKCE where it is required", change: func(c *oauth.Client) { c.RequirePKCE = true }, code: oauth.InvalidRequest},
	} {
		t.Run(c.name, func(t *testing.T) {
			query, whole := strings.CutPrefix(c.query, "=")
			if !whole {
				query = base + "&" + c.query
			}
			parameters, err := url.ParseQuery(query)
			if err != nil {
				t.Fatal(err)
			}
			client := library()
			if c.change != nil {
				c.change(&client)
			}
			request, err := oauth.Check(parameters, client, false)
			var (
				page *oauth.PageError
				back *oauth.RedirectError
			)
			switch {
			case c.page != "":
				if !errors.As(err, &page) || page.Parameter != c.page {
					t.Fatalf("%v", err)
				}
			case c.code != "":
				if !errors.As(err, &back) || back.Refusal.Code != c.code || back.To != "" {
					t.Fatalf("%v", err)
				}
			case err != nil || request.Scopes.String() != c.scopes || request.State != "s" || request.RedirectURI != client.RedirectURIs[0]:
				t.Fatalf("%q, state %q, %v", request.Scopes, request.State, err)
			}
		})
	}
}

func TestTheClientIDIsWantedOnce(t *testing.T) {
	for query, ok := range map[string]bool{"client_id=a": true, "": false, "client_id=": false, "client_id=a&client_id=a": false, "client_id=a&client_id=b": false, "Client_id=a": false} {
		parameters, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		id, err := oauth.ClientID(parameters)
		var page *oauth.PageError
		if ok && (err != nil || id != "a") || !ok && (!errors.As(err, &page) || page.Parameter != "client_id") {
			t.Errorf("%q: %v", query, err)
		}
	}
}

func TestAClientThatWantsErrorsGetsThemByRedirectWithItsState(t *testing.T) {
	for uri, want := range map[string]string{
		"https://library.example/callback":     "https://library.example/callback?error=access_denied&error_description=no&state=a+%26b%3D%23",
		"https://library.example/callback?x=1": "https://library.example/callback?x=1&error=access_denied&error_description=no&state=a+%26b%3D%23",
		"https://library.example/callback?":    "https://library.example/callback?error=access_denied&error_description=no&state=a+%26b%3D%23",
	} {
		r := oauth.Request{Client: oauth.Client{RedirectErrors: true}, RedirectURI: uri, State: "a &b=#"}
		if got := r.Refuse(&oauth.Error{Code: oauth.AccessDenied, Description: "no"}).To; got != want {
			t.Errorf("%s", got)
		}
	}
	if to := (oauth.Request{RedirectURI: "https://library.example/"}).Refuse(&oauth.Error{}).To; to != "" {
		t.Errorf("a client that does not is sent to %s", to)
	}
	code, to := oauth.Request{RedirectURI: "https://library.example/callback"}.Grant(oauth.Agreement{})
	if text, ok := strings.CutPrefix(to, "https://library.example/callback?code="); !ok || !code.Hash.Matches(oauth.Secret(text)) {
		t.Error("without a state the answer is something else than the address with the code")
	}
}

// FuzzCheck: while client or redirect_uri are in doubt there is no redirect,
// and a request that passes holds nothing that the client may not ask.
func FuzzCheck(f *testing.F) {
	for _, q := range []string{
		"redirect_uri=https://library.example/callback&scope=profile,is_student&state=s",
		"redirect_uri=https://library.example/callback&redirect_uri=https://library.example/callback",
		"redirect_uri=https://library.example/callback%00&response_type=token",
		"redirect_uri=https://library.example/callback&response_type=token&state=a&state=b",
		"redirect_uri=http://localhost/cb&code_challenge=" + challenge + "&code_challenge_method=S256",
		"redirect_uri=javascript:alert(1)", "%", "a;b", "",
	} {
		f.Add(q, true, false)
		f.Add(q, false, true)
	}
	f.Fuzz(func(t *testing.T, query string, sandbox, disabled bool) {
		parameters, err := url.ParseQuery(query)
		if err != nil {
			t.Skip()
		}
		client := library("https://library.example/callback", "http://localhost/cb")
		client.RedirectErrors, client.Disabled = true, disabled
		request, err := oauth.Check(parameters, client, sandbox)
		uris := parameters["redirect_uri"]
		proven := !disabled && len(uris) == 1 && client.AllowsRedirect(uris[0], sandbox)
		var (
			page *oauth.PageError
			back *oauth.RedirectError
		)
		switch {
		case errors.As(err, &page) == proven:
			t.Fatalf("proven is %t, and the error %v", proven, err)
		case errors.As(err, &back):
			to, err := url.Parse(back.To)
			if err != nil || !strings.HasPrefix(back.To, uris[0]+"?") || to.Fragment != "" || to.Query().Get("error") == "" {
				t.Fatalf("it redirects to %q (%v)", back.To, err)
			}
		case err == nil:
			if !proven || request.RedirectURI != uris[0] || request.State != parameters.Get("state") {
				t.Fatalf("passed with %q", request.RedirectURI)
			}
			for _, s := range request.Scopes {
				if !client.Scopes.Has(s) {
					t.Fatalf("scope %q was let in", s)
				}
			}
			if c := request.CodeChallenge; c != "" && len(c) != 43 {
				t.Fatalf("challenge %q was let in", c)
			}
		}
	})
}
