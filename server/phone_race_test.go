package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"hamconnect/passkey/softkey"
	"hamconnect/server/servertest"
	"hamconnect/tui/client"
)

// answered asks for the challenge of a claim and signs it: what is left is the
// claim itself.
func answered(t *testing.T, p *servertest.Provider, b *servertest.Browser, code string, key *softkey.Authenticator) map[string]any {
	t.Helper()
	options := script(t, b, "/Q/options", map[string]any{"code": code})
	assertion, err := key.Get(options.Options, p.URL)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{"code": code, "ceremony": options.Ceremony, "answer": json.RawMessage(assertion)}
}

func TestRaceOfFiftyPhonesAndAppsHasOneWinner(t *testing.T) {
	p := onLocalhost(t)
	apps, keys := make([]*client.Account, 50), make([]*softkey.Authenticator, 50)
	for i := range apps {
		apps[i], _ = p.AddPhone(fmt.Sprint("Lin ", i))
		if i%2 == 1 {
			keys[i] = softkey.Synced()
			addPasskey(t, p, signedIn(t, p, apps[i]), keys[i])
		}
	}
	s := p.Begin(p.AddApp(nil))
	code := servertest.Code(s.Link)
	browsers, claims := make([]*servertest.Browser, 50), make([]map[string]any, 50)
	for i, key := range keys {
		if key != nil {
			browsers[i] = servertest.NewBrowser(p.URL)
			claims[i] = answered(t, p, browsers[i], code, key)
		}
	}
	results := race(len(apps), func(i int) string {
		if keys[i] == nil {
			_, err := apps[i].Claim(t.Context(), code)
			return reason(err)
		}
		return script(t, browsers[i], "/Q/claim", claims[i]).Error
	})
	told := tell(results)
	if told[""] != 1 || told["already_claimed"] != 49 {
		t.Fatalf("they were told %v", told)
	}
	if view, err := s.Poll(t.Context()); err != nil || view.State != "claimed" || view.Contested != 49 {
		t.Errorf("the desktop sees %s, contested %d times (%v)", view.State, view.Contested, err)
	}
	for i, b := range browsers {
		if b == nil {
			continue
		}
		status, _, err := b.Get(t.Context(), "/Q/pairing/"+s.Pairing)
		if err != nil || (status == http.StatusOK) != (results[i] == "") {
			t.Errorf("browser %d, told %q, is shown a page %d, %v", i, results[i], status, err)
		}
	}
}

func TestRaceOneAnswerClaimsOnce(t *testing.T) {
	p := onLocalhost(t)
	_, key, _ := lin(t, p)
	s := p.Begin(p.AddApp(nil))
	claim := answered(t, p, servertest.NewBrowser(p.URL), servertest.Code(s.Link), key)
	told := tell(race(50, func(int) string { return script(t, servertest.NewBrowser(p.URL), "/Q/claim", claim).Error }))
	if told[""] != 1 || told["ceremony_unknown"] != 49 {
		t.Errorf("they were told %v", told)
	}
	if view, err := s.Poll(t.Context()); err != nil || view.Contested != 0 {
		t.Errorf("the desktop warns of %d others, %v", view.Contested, err)
	}
}

func TestRaceOfOnePasskeyInFiftyBrowsersLeavesOneClaim(t *testing.T) {
	p := onLocalhost(t)
	_, key, _ := lin(t, p)
	s := p.Begin(p.AddApp(nil))
	browsers, claims := make([]*servertest.Browser, 50), make([]map[string]any, 50)
	for i := range browsers {
		browsers[i] = servertest.NewBrowser(p.URL)
		claims[i] = answered(t, p, browsers[i], servertest.Code(s.Link), key)
	}
	if told := tell(race(50, func(i int) string { return script(t, browsers[i], "/Q/claim", claims[i]).Error })); told[""] != 50 {
		t.Errorf("they were told %v", told)
	}
	pages := map[int]int{}
	for _, b := range browsers {
		status, _, err := b.Get(t.Context(), "/Q/pairing/"+s.Pairing)
		if err != nil {
			t.Fatal(err)
		}
		pages[status]++
	}
	if pages[http.StatusOK] != 1 || pages[http.StatusNotFound] != 49 {
		t.Errorf("the pages answer %v", pages)
	}
}

func TestRaceOfYesAndNoOnThePhoneHasOneEnd(t *testing.T) {
	p := onLocalhost(t)
	app := p.AddApp(nil)
	_, key, _ := lin(t, p)
	ends := map[string]int{}
	for range 6 {
		s := p.Begin(app)
		c := scanned(t, p, s, key)
		form := c.form(t)
		race(50, func(i int) int {
			what := "approve"
			if i%2 == 1 {
				what = "deny"
			}
			status, where, err := c.Post(t.Context(), c.path+"/"+what, form, nil)
			if err != nil || status != http.StatusSeeOther || where != c.path {
				t.Errorf("%s is answered %d, %v", what, status, err)
			}
			return status
		})
		view, err := s.Poll(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ends[view.State]++
		c.page(t, view.State)
		if finished := race(20, func(int) bool {
			location, err := s.Finish(t.Context())
			return err == nil && strings.Contains(location, "code=")
		}); tell(finished)[true] != map[bool]int{true: 1}[view.State == "approved"] {
			t.Errorf("%s, and %d codes", view.State, tell(finished)[true])
		}
	}
	if ends["approved"]+ends["denied"] != 6 {
		t.Errorf("they ended %v", ends)
	}
}
