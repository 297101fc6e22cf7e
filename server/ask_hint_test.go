package server_test

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hamconnect/server/servertest"
)

// An app may say whom it means (login_hint), and the browser is told nothing
// of them.

// settle waits until whoever was named by a hint has been asked: it is done
// beside the answer, and a server does not end before.
func settle(p *servertest.Provider) { p.Restart() }

func TestAHintAsksWhomTheAppKnowsAndTellsNothing(t *testing.T) {
	p := servertest.Start(t, nil)
	app, other := p.AddApp(nil), p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	openID := p.Userinfo(app, p.Token(app, phone)).Text("open_id")
	if len(openID) < 32 {
		t.Fatalf("open_id is %q", openID)
	}
	if err := phone.AllowRequests(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	_, body, err := servertest.NewBrowser(p.URL).Get(t.Context(), strings.TrimPrefix(p.Authorize(app, "login_hint", openID), p.URL))
	if err != nil || !strings.Contains(body, "ask-phone") || strings.Contains(body, "Lin<") {
		t.Errorf("the page of a hint, which must not name whom it means (%v):\n%s", err, body)
	}
	for name, c := range map[string]struct {
		app  servertest.App
		hint string
		asks int
	}{
		"the app's own": {app, openID, 1}, "another app's": {other, openID, 0}, "nobody's": {app, strings.Repeat("0", 64), 0},
		"a long one": {app, strings.Repeat("0", 500), 0},
	} {
		page := waits(t, p, servertest.NewBrowser(p.URL), c.app, "login_hint", c.hint)
		if status := askPhone(t, page, url.Values{"login_hint": {c.hint}}); status != http.StatusNoContent {
			t.Errorf("%s: answered %d", name, status)
		}
		settle(p)
		all := requests(t, phone)
		if len(all) != c.asks {
			t.Errorf("%s: %d requests", name, len(all))
		}
		for _, r := range all {
			if _, err := phone.AnswerRequest(t.Context(), r.ID); err != nil {
				t.Error(err)
			}
		}
	}
	// Four times within the hour: the fourth reaches nobody, and is answered alike.
	for i := range 4 {
		page := waits(t, p, servertest.NewBrowser(p.URL), app, "login_hint", openID)
		if status := askPhone(t, page, url.Values{"login_hint": {openID}}); status != http.StatusNoContent {
			t.Errorf("the %d-th: answered %d", i+2, status)
		}
	}
	settle(p)
	if all := requests(t, phone); len(all) != 2 {
		t.Errorf("%d requests, after one that was answered", len(all))
	}
}

// TestTheAnswerToAHintIsTheSameForEverybody compares all that is sent, which is
// complete before anybody is looked up.
func TestTheAnswerToAHintIsTheSameForEverybody(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	hints := map[string]string{
		"does not want to be asked": hinted(t, p, app, false), "nobody": strings.Repeat("0", 64), "a long one": strings.Repeat("0", 500),
	}
	wants := hinted(t, p, app, true)
	for _, accept := range []string{"application/json", "text/html"} {
		want := answerToHint(t, p, app, wants, accept)
		for name, hint := range hints {
			if diff := cmp.Diff(want, answerToHint(t, p, app, hint, accept)); diff != "" {
				t.Errorf("%s, as %s: %s", name, accept, diff)
			}
		}
	}
}

// answerToHint gives the bytes of the answer, without its date and the id of
// the pairing.
func answerToHint(t *testing.T, p *servertest.Provider, app servertest.App, hint, accept string) string {
	t.Helper()
	page := waits(t, p, servertest.NewBrowser(p.URL), app, "login_hint", hint)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL+"/sso-authorize/pairing/"+page.Pairing+"/ask",
		strings.NewReader(url.Values{"login_hint": {hint}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {accept}, "Sec-Fetch-Site": {"same-origin"}}
	answer, err := page.Browser.Client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	answer.Header.Del("Date")
	text, err := httputil.DumpResponse(answer, true)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), page.Pairing, "PAIRING")
}

func TestWhoeverIsNamedByAnAppIsNotNamedToTheBrowser(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	openID := p.Userinfo(app, p.Token(app, phone)).Text("open_id")
	if err := phone.AllowRequests(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	for _, approves := range []bool{false, true} {
		page := waits(t, p, servertest.NewBrowser(p.URL), app, "login_hint", openID)
		askPhone(t, page, url.Values{"login_hint": {openID}})
		settle(p)
		ask, err := phone.AnswerRequest(t.Context(), requests(t, phone)[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		view, err := page.Poll(t.Context())
		if err != nil || view.Account == nil || view.Account.Nickname != "…" || view.Account.Picture != "" {
			t.Fatalf("who looks is told as %+v, %v", view.Account, err)
		}
		want := "…"
		if approves {
			want = "Lin"
			_, err = phone.Approve(t.Context(), ask, view.Number, ask.ScopeNames())
		} else {
			_, err = phone.Deny(t.Context(), ask)
		}
		if err != nil {
			t.Fatal(err)
		}
		if view, err := page.Poll(t.Context()); err != nil || view.Account.Nickname != want {
			t.Errorf("approved %v: the browser is told %+v, %v", approves, view.Account, err)
		}
	}
}

// BenchmarkAskByHint is how long a browser waits for the answer to a hint. What
// it says of the person must not be in the time either.
func BenchmarkAskByHint(b *testing.B) {
	for name, hint := range map[string]func(p *servertest.Provider, app servertest.App) string{
		"who wants to be asked": func(p *servertest.Provider, app servertest.App) string { return hinted(b, p, app, true) },
		"who does not":          func(p *servertest.Provider, app servertest.App) string { return hinted(b, p, app, false) },
		"nobody":                func(*servertest.Provider, servertest.App) string { return strings.Repeat("0", 64) },
	} {
		b.Run(name, func(b *testing.B) {
			p := servertest.Start(b, nil)
			app := p.AddApp(nil)
			form := url.Values{"login_hint": {hint(p, app)}}
			var took []time.Duration
			for b.Loop() {
				p.Clock.Advance(2 * time.Hour) // nobody was asked too often
				page := waits(b, p, servertest.NewBrowser(p.URL), app, "login_hint", form.Get("login_hint"))
				start := time.Now()
				askPhone(b, page, form)
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "µs/answer")
		})
	}
}

// hinted is the open_id by which app knows a new person.
func hinted(t testing.TB, p *servertest.Provider, app servertest.App, asks bool) string {
	t.Helper()
	phone, _ := p.AddPhone("Lin")
	openID := p.Userinfo(app, p.Token(app, phone)).Text("open_id")
	if err := phone.AllowRequests(t.Context(), asks); err != nil {
		t.Fatal(err)
	}
	return openID
}
