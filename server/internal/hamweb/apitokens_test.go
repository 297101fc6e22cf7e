package hamweb_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"hamconnect/server"
	"hamconnect/server/servertest"
)

func (f *front) makes(name string, days int, scopes ...string) answer {
	f.t.Helper()
	return f.call(http.MethodPost, "/web/tokens", map[string]any{"name": name, "scopes": scopes, "ttl_days": days})
}

// token makes one and gives its id and its secret.
func (f *front) token(scopes ...string) (id, raw string) {
	f.t.Helper()
	a := f.makes("my program", 30, scopes...)
	if a.status != http.StatusOK {
		f.t.Fatalf("making a token answered %d %v", a.status, a.fields)
	}
	token, _ := a.fields["token"].(map[string]any)
	id, _ = token["id"].(string)
	return id, a.text("raw_token")
}

// bears calls me with a token, and no cookie.
func bears(t testing.TB, p *servertest.Provider, raw string) answer {
	t.Helper()
	return newFront(t, p).send(http.MethodGet, "/web/auth/me", http.Header{"Authorization": {"Bearer " + raw}}, nil)
}

func (f *front) tokens() []map[string]any {
	f.t.Helper()
	a := f.call(http.MethodGet, "/web/tokens", nil)
	if a.status != http.StatusOK || a.list == nil {
		f.t.Fatalf("the list answered %d %v", a.status, a.fields)
	}
	all := make([]map[string]any, len(a.list))
	for i, one := range a.list {
		all[i], _ = one.(map[string]any)
	}
	return all
}

func TestATokenSpeaksForItsOwnerUntilItIsRotatedOrDeleted(t *testing.T) {
	p := start(t, nil)
	phone, user := p.AddPhone("Lin")
	b := newFront(t, p)
	for _, a := range []answer{
		b.call(http.MethodGet, "/web/tokens", nil), b.makes("x", 1, "mcp"), b.call(http.MethodDelete, "/web/tokens/x", nil),
		b.call(http.MethodPost, "/web/tokens/x/rotate", map[string]int{"ttl_days": 1}),
	} {
		b.refused(a, http.StatusUnauthorized, "signed_out")
	}
	b.signIn(phone)
	if len(b.tokens()) != 0 {
		t.Fatal("there are tokens already")
	}
	id, raw := b.token("mcp:read")
	if a := bears(t, p, raw); a.status != http.StatusOK || a.text("user_id") != user.ID {
		t.Errorf("the token answered %d %v", a.status, a.fields)
	}
	listed := b.tokens()
	if len(listed) != 1 || listed[0]["last4"] != raw[len(raw)-4:] || listed[0]["name"] != "my program" || listed[0]["last_used_at"] == nil {
		t.Errorf("the list is %v", listed)
	}
	a := b.call(http.MethodPost, "/web/tokens/"+id+"/rotate", map[string]int{"ttl_days": 2})
	rotated := a.text("raw_token")
	if a.status != http.StatusOK || rotated == raw {
		t.Fatalf("rotating answered %d", a.status)
	}
	b.refused(bears(t, p, raw), http.StatusUnauthorized, "invalid_token")
	if bears(t, p, rotated).status != http.StatusOK {
		t.Error("the new secret does not work")
	}
	p.Clock.Advance(49 * time.Hour)
	b.refused(bears(t, p, rotated), http.StatusUnauthorized, "invalid_token")
	b.call(http.MethodPost, "/web/auth/refresh", nil)
	if len(b.tokens()) != 0 {
		t.Error("an expired token is listed")
	}
	b.refused(b.call(http.MethodPost, "/web/tokens/"+id+"/rotate", map[string]int{"ttl_days": 2}), http.StatusNotFound, "not_found")
	id, raw = b.token("mcp")
	if a := b.call(http.MethodDelete, "/web/tokens/"+id, nil); a.status != http.StatusNoContent {
		t.Errorf("deleting answered %d", a.status)
	}
	b.refused(bears(t, p, raw), http.StatusUnauthorized, "invalid_token")
	b.refused(b.call(http.MethodDelete, "/web/tokens/"+id, nil), http.StatusNotFound, "not_found")
	notices, err := phone.Me(t.Context())
	if err != nil || len(notices.Notices) == 0 || !strings.Contains(notices.Notices[0].Title, "API token") {
		t.Errorf("the person is not told: %+v, %v", notices.Notices, err)
	}
}

func TestATokenOpensWhatItsScopesSay(t *testing.T) {
	p := start(t, nil)
	phone, user := p.AddPhone("Lin")
	b := newFront(t, p)
	b.signIn(phone)
	for _, c := range []struct {
		scopes []string
		opens  bool
	}{{[]string{"mcp"}, true}, {[]string{"mcp:read"}, true}, {[]string{"mcp:write", "mcp:read"}, true}, {[]string{"mcp:write"}, false}} {
		_, raw := b.token(c.scopes...)
		if a := bears(t, p, raw); c.opens != (a.status == http.StatusOK) || !c.opens && a.text("code") != "insufficient_scope" {
			t.Errorf("%v answered %d %v", c.scopes, a.status, a.fields)
		}
	}
	_, raw := b.token("mcp")
	for path, method := range map[string]string{"/web/tokens": http.MethodGet, "/web/auth/refresh": http.MethodPost} {
		a := newFront(t, p).send(method, path, http.Header{"Authorization": {"Bearer " + raw}}, nil)
		b.refused(a, http.StatusUnauthorized, "signed_out")
	}
	for _, wrong := range []string{"", "ham_", "ham_" + strings.Repeat("A", 43), raw[:len(raw)-1], strings.ToUpper(raw), strings.TrimPrefix(raw, "ham_")} {
		b.refused(bears(t, p, wrong), http.StatusUnauthorized, "invalid_token")
	}
	// One that is wrong is not made good by the cookie beside it.
	b.refused(b.send(http.MethodGet, "/web/auth/me", http.Header{"Authorization": {"Bearer x"}}, nil), http.StatusUnauthorized, "invalid_token")
	basic := http.Header{"Authorization": {servertest.Basic("staging", "x")}} // of a proxy before the front end
	if a := b.send(http.MethodGet, "/web/auth/me", basic, nil); a.text("nickname") != "Lin" {
		t.Errorf("beside another proxy's password it answered %d %v", a.status, a.fields)
	}
	b.refused(newFront(t, p).send(http.MethodGet, "/web/auth/me", basic, nil), http.StatusUnauthorized, "signed_out")
	if _, err := p.Admin().UpdateUser(t.Context(), user.ID, func(u *server.User) { u.Disabled = true }); err != nil {
		t.Fatal(err)
	}
	b.refused(bears(t, p, raw), http.StatusUnauthorized, "invalid_token")
}

func TestATokenThatCannotBeMadeIsRefused(t *testing.T) {
	p := start(t, nil)
	phone, _ := p.AddPhone("Lin")
	b := newFront(t, p)
	b.signIn(phone)
	for name, c := range map[string]struct {
		a    answer
		code string
	}{
		"no name":           {b.makes("", 1, "mcp"), "invalid_name"},
		"a hidden name":     {b.makes("a\u202eb", 1, "mcp"), "invalid_name"},
		"a long name":       {b.makes(strings.Repeat("a", 65), 1, "mcp"), "invalid_name"},
		"no scope":          {b.makes("x", 1), "invalid_scope"},
		"another scope":     {b.makes("x", 1, "profile"), "invalid_scope"},
		"a scope twice":     {b.makes("x", 1, "mcp", "mcp"), "invalid_scope"},
		"no time":           {b.makes("x", 0, "mcp"), "invalid_ttl"},
		"more than a year":  {b.makes("x", 366, "mcp"), "invalid_ttl"},
		"a negative time":   {b.makes("x", -1, "mcp"), "invalid_ttl"},
		"a time with a dot": {b.call(http.MethodPost, "/web/tokens", map[string]any{"name": "x", "scopes": []string{"mcp"}, "ttl_days": 1.5}), "invalid_request"},
	} {
		if c.a.status != http.StatusBadRequest || c.a.text("code") != c.code {
			t.Errorf("%s answered %d %v", name, c.a.status, c.a.fields)
		}
	}
	if len(b.tokens()) != 0 {
		t.Error("one was made")
	}
}

func TestNobodyTouchesATokenOfSomebodyElse(t *testing.T) {
	p := start(t, nil)
	phone, _ := p.AddPhone("Lin")
	mei, _ := p.AddPhone("Mei")
	b, stranger := newFront(t, p), newFront(t, p)
	b.signIn(phone)
	stranger.signIn(mei)
	id, raw := b.token("mcp")
	stranger.refused(stranger.call(http.MethodDelete, "/web/tokens/"+id, nil), http.StatusNotFound, "not_found")
	stranger.refused(stranger.call(http.MethodPost, "/web/tokens/"+id+"/rotate", map[string]int{"ttl_days": 1}), http.StatusNotFound, "not_found")
	if len(stranger.tokens()) != 0 || bears(t, p, raw).status != http.StatusOK {
		t.Error("a stranger saw or changed it")
	}
}

func TestThereAreFiveTokensAtMostRace(t *testing.T) {
	p := start(t, nil)
	phone, _ := p.AddPhone("Lin")
	b := newFront(t, p)
	b.signIn(phone)
	answers := make([]answer, 20)
	var wait sync.WaitGroup
	for i := range answers {
		wait.Go(func() { answers[i] = b.makes(fmt.Sprint("program ", i), 1, "mcp") })
	}
	wait.Wait()
	made := 0
	for _, a := range answers {
		if a.status == http.StatusOK {
			made++
			continue
		}
		b.refused(a, http.StatusConflict, "too_many_tokens")
	}
	if made != 5 || len(b.tokens()) != 5 {
		t.Errorf("%d were made, and %d are listed", made, len(b.tokens()))
	}
	id, _ := b.tokens()[0]["id"].(string)
	b.call(http.MethodDelete, "/web/tokens/"+id, nil)
	b.token("mcp")
	p.Clock.Advance(25 * time.Hour)
	b.call(http.MethodPost, "/web/auth/refresh", nil)
	b.token("mcp") // those that have expired do not count
}

func TestTheLatestUseIsWrittenOnceAMinute(t *testing.T) {
	p := start(t, nil)
	phone, _ := p.AddPhone("Lin")
	b := newFront(t, p)
	b.signIn(phone)
	_, raw := b.token("mcp")
	if b.tokens()[0]["last_used_at"] != nil {
		t.Error("it was used before its first use")
	}
	bears(t, p, raw)
	first := b.tokens()[0]["last_used_at"]
	p.Clock.Advance(50 * time.Second)
	bears(t, p, raw)
	if got := b.tokens()[0]["last_used_at"]; got != first {
		t.Errorf("a use within the minute was written: %v after %v", got, first)
	}
	p.Clock.Advance(11 * time.Second)
	bears(t, p, raw)
	if got := b.tokens()[0]["last_used_at"]; got == first {
		t.Error("a use after the minute was not written")
	}
}

func TestAServiceOfTheOperatorsLooksATokenUp(t *testing.T) {
	p := start(t, nil)
	phone, user := p.AddPhone("Lin")
	app, other := p.AddApp(nil), p.AddApp(nil)
	b := newFront(t, p)
	b.signIn(phone)
	_, raw := b.token("mcp:read", "mcp:write")
	look := func(app servertest.App, form url.Values) answer {
		header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
		if app.ID != "" {
			header.Set("Authorization", servertest.Basic(app.ID, app.Secret))
		}
		return newFront(t, p).send(http.MethodPost, "/web/tokens/introspect", header, []byte(form.Encode()))
	}
	a := look(app, url.Values{"token": {raw}})
	if a.status != http.StatusOK || a.fields["active"] != true || a.text("scope") != "mcp:read mcp:write" || a.text("sub") == user.ID {
		t.Errorf("answered %d %v", a.status, a.fields)
	}
	access := p.Userinfo(app, p.Token(app, phone))
	if a.text("sub") != access.Text("open_id") || look(other, url.Values{"token": {raw}}).text("sub") == a.text("sub") {
		t.Error("the subject is not the person's open_id within the client")
	}
	for _, wrong := range []string{"x", "ham_" + strings.Repeat("A", 43), p.Token(app, phone)} {
		if a := look(app, url.Values{"token": {wrong}}); a.status != http.StatusOK || a.fields["active"] != false || len(a.fields) != 1 {
			t.Errorf("a token that is none answered %d %v", a.status, a.fields)
		}
	}
	agent := p.AddApp(func(c *server.Client) { c.Scopes = append(c.Scopes, "mcp:read") })
	given := p.Exchange(agent, p.Code(agent, phone, "scope", "profile,mcp:read")).Text("access_token")
	if a := look(app, url.Values{"token": {given}}); a.fields["active"] != true || a.text("scope") != "mcp:read" || a.text("client_id") != agent.ID || a.text("sub") != access.Text("open_id") {
		t.Errorf("an app's access token answered %d %v", a.status, a.fields)
	}
	b.refused(bears(t, p, given), http.StatusUnauthorized, "invalid_token") // who a person is here is told to their own programs alone
	for name, a := range map[string]answer{
		"nobody":         look(servertest.App{}, url.Values{"token": {raw}}),
		"a wrong secret": look(servertest.App{ID: app.ID, Secret: "x"}, url.Values{"token": {raw}}),
		"the token only": newFront(t, p).send(http.MethodPost, "/web/tokens/introspect", http.Header{
			"Content-Type": {"application/x-www-form-urlencoded"}, "Authorization": {"Bearer " + raw},
		}, []byte("token="+raw)),
	} {
		if a.status != http.StatusUnauthorized || a.text("error") != "invalid_client" {
			t.Errorf("%s: answered %d %v", name, a.status, a.fields)
		}
	}
	if a := look(app, nil); a.status != http.StatusBadRequest || a.text("error") != "invalid_request" {
		t.Errorf("without a token: %d %v", a.status, a.fields)
	}
}
