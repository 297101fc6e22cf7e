package hamweb_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"hamconnect/server"
	"hamconnect/server/servertest"
)

// wants is an authorization request as the front end passes it on.
func (f *front) asks(app servertest.App, change map[string]any) answer {
	f.t.Helper()
	body := map[string]any{"client_id": app.ID, "scope": []string{"profile", "is_student"}, "redirect_uri": app.RedirectURI, "state": "s 1&x"}
	maps.Copy(body, change)
	return f.call(http.MethodPost, "/web/sso/consent/info", body)
}

func (f *front) allows(app servertest.App, nonce string, change map[string]any) answer {
	f.t.Helper()
	body := map[string]any{"client_id": app.ID, "scope": []string{"profile"}, "redirect_uri": app.RedirectURI, "state": "s 1&x", "nonce": nonce}
	maps.Copy(body, change)
	return f.call(http.MethodPost, "/web/sso/consent/confirm", body)
}

// landed gives the parameters that a redirect_url brings to the app.
func landed(t *testing.T, app servertest.App, a answer) url.Values {
	t.Helper()
	to, err := url.Parse(a.text("redirect_url"))
	if err != nil || a.status != http.StatusOK || !strings.HasPrefix(a.text("redirect_url"), app.RedirectURI+"?") {
		t.Fatalf("answered %d %v", a.status, a.fields)
	}
	return to.Query()
}

func TestConsentGivesACodeForWhatWasLeftTicked(t *testing.T) {
	p := start(t, nil)
	phone, _ := p.AddPhone("Lin")
	app := p.AddApp(func(c *server.Client) { c.IconURL = "https://cdn.example/icon.png" })
	b := newFront(t, p)
	b.refused(b.asks(app, nil), http.StatusUnauthorized, "signed_out")
	b.refused(b.allows(app, "x", nil), http.StatusUnauthorized, "signed_out")
	b.signIn(phone)
	info := b.asks(app, map[string]any{"nonce": "of the app", "code_challenge": nil, "scope": []string{"is_student", "profile", "made_up"}})
	shown, _ := info.fields["app"].(map[string]any)
	scopes, _ := info.fields["scopes"].([]any)
	if shown["name"] != "Campus Library" || shown["icon_url"] != "https://cdn.example/icon.png" || len(scopes) != 2 || info.fields["can_auto_authorize"] != false {
		t.Fatalf("info is %v", info.fields)
	}
	first, _ := scopes[0].(map[string]any)
	if first["scope"] != "profile" || first["label"] != "Nickname and picture" || first["category"] != "profile" || first["already_granted"] != false || first["required"] != false {
		t.Errorf("a scope is %v", first)
	}
	q := landed(t, app, b.allows(app, info.text("nonce"), nil))
	if q.Get("state") != "s 1&x" {
		t.Errorf("state came back as %q", q.Get("state"))
	}
	token := p.Exchange(app, q.Get("code"))
	if token.Status != http.StatusOK || token.Text("scope") != "profile" {
		t.Fatalf("the exchange answered %d %s", token.Status, token.Text("error"))
	}
	if user := p.Userinfo(app, token.Text("access_token")); user.Text("nickname") != "Lin" || user.Fields["is_student"] != nil {
		t.Errorf("userinfo gives more or less than was left ticked: %v", user.Status)
	}
	b.Header.Set("Accept-Language", "zh")
	again := b.asks(app, nil)
	scopes, _ = again.fields["scopes"].([]any)
	first, _ = scopes[0].(map[string]any)
	if first["already_granted"] != true || first["label"] == "Nickname and picture" || again.fields["can_auto_authorize"] != false {
		t.Errorf("the second time: %v", again.fields)
	}
}

func TestAnAppAsksForTheScopesOfServicesOnlyIfItIsRegisteredForThem(t *testing.T) {
	p := start(t, nil)
	phone, _ := p.AddPhone("Lin")
	b := newFront(t, p)
	b.signIn(phone)
	ask := map[string]any{"scope": []string{"profile", "mcp", "mcp:read", "mcp:write", "is_student"}}
	for _, c := range []struct {
		app  servertest.App
		want string
	}{
		{p.AddApp(nil), "profile:profile is_student:identity "},
		{p.AddApp(func(c *server.Client) { c.Scopes = append(c.Scopes, "mcp:read") }), "profile:profile is_student:identity mcp:read:mcp "},
	} {
		for _, language := range []string{"en", "zh", "ja"} {
			b.Header.Set("Accept-Language", language)
			scopes, _ := b.asks(c.app, ask).fields["scopes"].([]any)
			got := ""
			for _, one := range scopes {
				s, _ := one.(map[string]any)
				got += fmt.Sprint(s["scope"], ":", s["category"], " ")
				if s["label"] == s["scope"] || s["description"] == "" {
					t.Errorf("%s has no words in %s", s["scope"], language)
				}
			}
			if got != c.want {
				t.Errorf("it asks for %q, want %q", got, c.want)
			}
		}
	}
}

func TestWhatWasAllowedIsNotAskedAgainForAsLongAsThePageWouldNot(t *testing.T) {
	p := start(t, func(c *server.Config) { c.GrantAge = time.Hour })
	phone, _ := p.AddPhone("Lin")
	app := p.AddApp(nil)
	b := newFront(t, p)
	b.signIn(phone)
	auto := func(want bool, when string) string {
		t.Helper()
		info := b.asks(app, nil)
		if info.fields["can_auto_authorize"] != want {
			t.Fatalf("%s: can_auto_authorize is %v", when, info.fields["can_auto_authorize"])
		}
		return info.text("nonce")
	}
	all := map[string]any{"scope": []string{"profile", "is_student", "made_up"}}
	landed(t, app, b.allows(app, auto(false, "at first"), all))
	for range 5 { // an answer that the front end gives by itself makes the yes no younger
		p.Clock.Advance(11 * time.Minute)
		landed(t, app, b.allows(app, auto(true, "within the hour"), all))
	}
	p.Clock.Advance(6 * time.Minute)
	b.call(http.MethodPost, "/web/auth/refresh", nil)
	nonce := auto(false, "after an hour")
	landed(t, app, b.allows(app, nonce, all))
	nonce = auto(true, "asked again")
	if err := phone.Revoke(t.Context(), app.ID); err != nil {
		t.Fatal(err)
	}
	b.refused(b.allows(app, nonce, all), http.StatusConflict, "invalid_nonce") // nobody was asked since
	nonce = auto(false, "revoked")
	if _, err := p.Admin().UpdateClient(t.Context(), app.ID, func(c *server.Client) { c.Name = "Campus Library II" }); err != nil {
		t.Fatal(err)
	}
	b.refused(b.allows(app, nonce, all), http.StatusConflict, "app_changed")
}

func TestANonceCountsOnceAndForWhatItWasGivenFor(t *testing.T) {
	p := start(t, nil)
	phone, _ := p.AddPhone("Lin")
	mei, _ := p.AddPhone("Mei")
	app := p.AddApp(func(c *server.Client) {
		c.RedirectURIs = []string{"https://library.example/callback", "https://library.example/other"}
	})
	other := p.AddApp(func(c *server.Client) { c.RedirectURIs = []string{"https://library.example/callback"} })
	b, stranger, again := newFront(t, p), newFront(t, p), newFront(t, p)
	b.signIn(phone)
	stranger.signIn(mei)
	again.signIn(phone) // another session of the same person
	fresh := func() string { return b.asks(app, nil).text("nonce") }

	used := fresh()
	landed(t, app, b.allows(app, used, nil))
	b.refused(b.allows(app, used, nil), http.StatusConflict, "invalid_nonce")

	for name, try := range map[string]func(nonce string) answer{
		"another client": func(n string) answer { return b.allows(other, n, nil) },
		"another redirect_uri": func(n string) answer {
			return b.allows(app, n, map[string]any{"redirect_uri": "https://library.example/other"})
		},
		"another state": func(n string) answer { return b.allows(app, n, map[string]any{"state": "s2"}) },
		"no state":      func(n string) answer { return b.allows(app, n, map[string]any{"state": nil}) },
	} {
		nonce := fresh()
		b.refused(try(nonce), http.StatusConflict, "invalid_nonce")
		if a := b.allows(app, nonce, nil); a.status == http.StatusOK {
			t.Errorf("%s: the nonce still counts afterwards", name)
		}
	}
	nonce := fresh()
	b.refused(stranger.allows(app, nonce, nil), http.StatusConflict, "invalid_nonce")
	b.refused(again.allows(app, nonce, nil), http.StatusConflict, "invalid_nonce")
	landed(t, app, b.allows(app, nonce, nil)) // who has no right to it cannot spend it either

	b.refused(b.allows(app, "", nil), http.StatusConflict, "invalid_nonce")
	b.refused(b.allows(app, strings.Repeat("A", 43), nil), http.StatusConflict, "invalid_nonce")
	nonce = fresh()
	p.Clock.Advance(10 * time.Minute)
	b.refused(b.allows(app, nonce, nil), http.StatusConflict, "invalid_nonce")

	nonce = b.asks(app, map[string]any{"scope": []string{"profile"}}).text("nonce")
	b.refused(b.allows(app, nonce, map[string]any{"scope": []string{"profile", "is_student"}}), http.StatusBadRequest, "invalid_scope")
	b.refused(b.allows(app, nonce, nil), http.StatusConflict, "invalid_nonce")
}

func TestACodeIsBoundToTheChallengeOfItsQuestion(t *testing.T) {
	p := start(t, nil)
	phone, _ := p.AddPhone("Lin")
	app := p.AddApp(nil)
	b := newFront(t, p)
	b.signIn(phone)
	verifier := strings.Repeat("v", 43)
	sum := sha256.Sum256([]byte(verifier))
	challenge := map[string]any{"code_challenge": base64.RawURLEncoding.EncodeToString(sum[:]), "code_challenge_method": "S256"}
	code := func() string {
		nonce := b.asks(app, challenge).text("nonce")
		// The answer cannot bring another challenge.
		return landed(t, app, b.allows(app, nonce, map[string]any{"code_challenge": strings.Repeat("A", 43), "code_challenge_method": "S256"})).Get("code")
	}
	if a := p.Exchange(app, code()); a.Text("error") != "invalid_request" {
		t.Errorf("without a verifier: %d %s", a.Status, a.Text("error"))
	}
	if a := p.Exchange(app, code(), "code_verifier", strings.Repeat("w", 43)); a.Text("error") != "invalid_grant" {
		t.Errorf("with another verifier: %d %s", a.Status, a.Text("error"))
	}
	if a := p.Exchange(app, code(), "code_verifier", verifier); a.Status != http.StatusOK {
		t.Errorf("with the verifier: %d %s", a.Status, a.Text("error"))
	}
}

func TestOneOfManyConfirmationsGivesACodeRace(t *testing.T) {
	p := start(t, nil)
	phone, _ := p.AddPhone("Lin")
	app := p.AddApp(nil)
	b := newFront(t, p)
	b.signIn(phone)
	nonce := b.asks(app, nil).text("nonce")
	answers := make([]answer, 16)
	var wait sync.WaitGroup
	for i := range answers {
		wait.Go(func() { answers[i] = b.allows(app, nonce, nil) })
	}
	wait.Wait()
	given := 0
	for _, a := range answers {
		if a.status == http.StatusOK {
			given++
		}
	}
	if given != 1 {
		t.Errorf("%d codes were given", given)
	}
}

func TestARequestThatIsWrongIsNeverAsked(t *testing.T) {
	p := start(t, nil)
	phone, _ := p.AddPhone("Lin")
	app := p.AddApp(nil)
	master := p.AddApp(func(c *server.Client) {
		c.Dialect, c.Scopes, c.RedirectURIs = server.OpenMaster, nil, []string{"https://old.example/callback"}
	})
	b := newFront(t, p)
	b.signIn(phone)
	for name, c := range map[string]struct {
		change map[string]any
		code   string
	}{
		"an unknown app":          {map[string]any{"client_id": "nobody"}, "unknown_app"},
		"no app":                  {map[string]any{"client_id": ""}, "unknown_app"},
		"a wrong redirect_uri":    {map[string]any{"redirect_uri": "https://evil.example/callback"}, "wrong_redirect"},
		"no redirect_uri":         {map[string]any{"redirect_uri": ""}, "wrong_redirect"},
		"plain PKCE":              {map[string]any{"code_challenge": "x", "code_challenge_method": "plain"}, "wrong_request"},
		"a long state":            {map[string]any{"state": strings.Repeat("s", 3000)}, "wrong_request"},
		"scopes that are no list": {map[string]any{"scope": "profile"}, "invalid_request"},
	} {
		if a := b.asks(app, c.change); a.status != http.StatusBadRequest || a.text("code") != c.code {
			t.Errorf("%s answered %d %v, want %s", name, a.status, a.fields, c.code)
		}
	}
	if a := b.asks(master, nil); a.status != http.StatusBadRequest {
		t.Errorf("an app of the other dialect answered %d %v", a.status, a.fields)
	}
	nonce := b.asks(app, nil).text("nonce")
	if _, err := phone.Deactivate(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.refused(b.asks(app, nil), http.StatusUnauthorized, "signed_out")
	b.signIn(phone) // to change their mind, and for nothing else
	b.refused(b.asks(app, nil), http.StatusForbidden, "not_allowed")
	b.refused(b.allows(app, nonce, nil), http.StatusForbidden, "not_allowed")
	b.refused(b.makes("x", 1, "mcp"), http.StatusForbidden, "not_allowed")
}
