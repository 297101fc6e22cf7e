package appapi_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/server"
	"hamconnect/server/servertest"
)

func TestALongPollAnswersWhenSomethingChanges(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	s := p.Begin(p.AddApp(nil)).Scan(phone)
	version := s.Ask.Status.Version
	if got, err := phone.Status(t.Context(), s.Pairing, version-1, 20*time.Second); err != nil || got.State != pairing.Claimed {
		t.Fatalf("what is known to have changed is waited for: %v", err)
	}
	type result struct {
		status pairing.Status
		err    error
	}
	answered := make(chan result, 1)
	go func() {
		status, err := phone.Status(t.Context(), s.Pairing, version, 20*time.Second)
		answered <- result{status, err}
	}()
	select {
	case r := <-answered:
		t.Fatalf("it answered before anything changed: %s (%v)", r.status.State, r.err)
	case <-time.After(50 * time.Millisecond):
	}
	if _, err := s.Cancel(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := <-answered; r.err != nil || r.status.State != pairing.Cancelled {
		t.Errorf("it answered %s (%v)", r.status.State, r.err)
	}
	for _, query := range []string{"?after=x", "?wait=x", "?wait=-1", "?after=99999999999999999999"} {
		d := p.NewDevice()
		path := "/app/v1/pairings/" + s.Pairing + query
		if a := d.Call(http.MethodGet, path, ""); a.Status != http.StatusUnauthorized {
			t.Errorf("%s of nobody: %d", query, a.Status)
		}
		enrolled := p.AddDevice("Mei")
		if a := enrolled.Call(http.MethodGet, path, ""); a.Status != http.StatusBadRequest {
			t.Errorf("%s: %d", query, a.Status)
		}
	}
}

func TestADeepLinksRequestIsCheckedShownAndDecidedLikeAnyOther(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	app := p.AddApp(nil)
	told := p.AddApp(func(c *server.Client) { c.RedirectErrors = true })
	ask := func(a servertest.App, more ...string) url.Values {
		q := url.Values{"client_id": {a.ID}, "redirect_uri": {a.RedirectURI}, "scope": {"profile"}, "state": {"s"}}
		for i := 0; i+1 < len(more); i += 2 {
			q.Set(more[i], more[i+1])
		}
		return q
	}
	for what, c := range map[string]struct {
		request url.Values
		code    string
	}{
		"an unknown app":       {ask(app, "client_id", "nobody"), "invalid_client"},
		"another redirect_uri": {ask(app, "redirect_uri", "https://evil.example/"), "invalid_client"},
		"response_type=token":  {ask(app, "response_type", "token"), "invalid_request"},
		"PKCE plain":           {ask(app, "code_challenge", "x", "code_challenge_method", "plain"), "invalid_request"},
	} {
		if _, err := phone.CheckAuthorize(t.Context(), c.request); code(err) != c.code {
			t.Errorf("%s: %v", what, err)
		}
	}
	question, err := phone.CheckAuthorize(t.Context(), ask(app))
	if err != nil || question.AppName != "Campus Library" {
		t.Fatal(err)
	}
	if _, err := phone.ApproveAuthorize(t.Context(), question, []string{"profile", "is_student"}); code(err) != "invalid_scope" {
		t.Errorf("a scope that was not asked: %v", err)
	}
	location, err := phone.ApproveAuthorize(t.Context(), question, []string{"profile"})
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(location)
	if err != nil || u.Query().Get("state") != "s" {
		t.Fatal("the answer has another state")
	}
	if a := p.Exchange(app, u.Query().Get("code")); a.Status != 200 || a.Text("scope") != "profile" {
		t.Errorf("its code: %d %s", a.Status, a.Text("error"))
	}
	if _, err := p.Admin().UpdateClient(t.Context(), app.ID, func(c *server.Client) { c.Name = "Another name" }); err != nil {
		t.Fatal(err)
	}
	if _, err := phone.ApproveAuthorize(t.Context(), question, nil); code(err) != "digest_mismatch" {
		t.Errorf("the app was renamed after it was shown: %v", err)
	}
	for a, want := range map[servertest.App]string{app: "", told: "access_denied"} {
		question, err := phone.CheckAuthorize(t.Context(), ask(a))
		if err != nil {
			t.Fatal(err)
		}
		location, err := phone.DenyAuthorize(t.Context(), question)
		u, parseErr := url.Parse(location)
		if err != nil || parseErr != nil || u.Query().Get("error") != want || want == "" && location != "" {
			t.Errorf("a refusal goes to %q (%v)", location, err)
		}
	}
}
