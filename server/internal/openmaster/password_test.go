package openmaster_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"hamconnect/server"
	"hamconnect/server/servertest"
)

func TestAPasswordGivesTokensToAppsThatTurnedItOn(t *testing.T) {
	h := build(t, nil)
	a := h.byPassword("LIN@Campus.example", password, "scope", "user,admin")
	if a.Status != 200 || a.Text("scope") != "user" || a.Text("expires_in") != "1800000" || !h.works(a.Text("access_token")) {
		t.Fatalf("answered %d %s, scope %q", a.Status, a.Text("error"), a.Text("scope"))
	}
	if b := h.refresh(h.app, a.Text("refresh_token")); b.Status != 200 {
		t.Errorf("its refresh: %d %s", b.Status, b.Text("error"))
	}
	apps, err := h.phone.Apps(t.Context())
	if err != nil || len(apps) != 1 || apps[0].ClientID != h.app.ID {
		t.Errorf("the person sees %d apps (%v)", len(apps), err)
	}
	refused(t, h.AccessToken(h.other, "grant_type", "password", "email", email, "password", password), 400, "unauthorized_client")
	for _, missing := range [][2]string{{"", password}, {email, ""}} {
		refused(t, h.byPassword(missing[0], missing[1]), 400, "invalid_request")
	}
}

func TestWrongPasswordsAndUnknownPeopleAreNotToldApart(t *testing.T) {
	h := build(t, nil)
	_, disabled := h.AddPhone("Mo")
	h.AddPassword(disabled, "mo@campus.example", "mo", password)
	if _, err := h.Admin().UpdateUser(t.Context(), disabled.ID, func(u *server.User) { u.Disabled = true }); err != nil {
		t.Fatal(err)
	}
	h.AddPhone("Without")
	wrong := h.byPassword(email, "wrong password")
	refused(t, wrong, 400, "invalid_grant")
	for name, a := range map[string]servertest.Answer{
		"nobody":                 h.byPassword("nobody@campus.example", "wrong password"),
		"a disabled person":      h.byPassword("mo@campus.example", password),
		"no address at all":      h.byPassword("x", password),
		"the address of nothing": h.byPassword("' OR 1=1 --", password),
		"a password of 5 KB":     h.byPassword(email, strings.Repeat("x", 5000)),
	} {
		if a.Status != wrong.Status || a.Raw != wrong.Raw {
			t.Errorf("%s: %d %s", name, a.Status, a.Raw)
		}
	}
}

func TestGuessingIsSlowedDownByAccountAndTheAccountNeedNotExist(t *testing.T) {
	for _, account := range []string{email, "nobody@campus.example"} {
		t.Run(account, func(t *testing.T) {
			h := build(t, nil)
			for range 5 {
				refused(t, h.byPassword(account, "wrong password"), 400, "invalid_grant")
			}
			for delay := time.Second; delay < 10*time.Second; delay *= 2 {
				a := h.byPassword(account, password) // right or wrong, it is not looked at
				refused(t, a, 429, "slow_down")
				after, err := strconv.Atoi(a.Header.Get("Retry-After"))
				if err != nil || time.Duration(after)*time.Second > delay || after < 1 {
					t.Fatalf("Retry-After is %q, want at most %s", a.Header.Get("Retry-After"), delay)
				}
				h.Clock.Advance(delay)
				refused(t, h.byPassword(account, "wrong password"), 400, "invalid_grant")
			}
			h.Clock.Advance(16 * time.Second)
			if account == email {
				if a := h.byPassword(account, password); a.Status != 200 {
					t.Fatalf("the right password, after waiting: %d", a.Status)
				}
				refused(t, h.byPassword(account, "wrong password"), 400, "invalid_grant") // and the count begins anew
				refused(t, h.byPassword(account, "wrong password"), 400, "invalid_grant")
			}
			h.Restart()
		})
	}
}

func TestGuessingIsSlowedDownByAddressTooAndOthersSignIn(t *testing.T) {
	h := build(t, nil)
	for i := range 20 {
		refused(t, h.byPassword(fmt.Sprintf("p%d@campus.example", i), "wrong password"), 400, "invalid_grant")
	}
	refused(t, h.byPassword("another@campus.example", "wrong password"), 429, "slow_down")
	h.Clock.Advance(2 * time.Second)
	if a := h.byPassword(email, password); a.Status != 200 {
		t.Errorf("who knows their password, from the same address, a moment later: %d", a.Status)
	}
}

func TestWrongPasswordsAreForgottenAfterAWhile(t *testing.T) {
	h := build(t, nil)
	for i := range 40 { // one in a minute, with right ones around it, from where all of an app's people come
		refused(t, h.byPassword(fmt.Sprintf("typo%d@campus.example", i), "wrong password"), 400, "invalid_grant")
		if a := h.byPassword(email, password); a.Status != http.StatusOK {
			t.Fatalf("after %d wrong ones of others: %d", i, a.Status)
		}
		h.Clock.Advance(time.Minute)
	}
	for range 4 {
		refused(t, h.byPassword(email, "wrong password"), 400, "invalid_grant")
	}
	h.Clock.Advance(4 * time.Hour)
	for range 5 {
		refused(t, h.byPassword(email, "wrong password"), 400, "invalid_grant")
	}
	refused(t, h.byPassword(email, password), 429, "slow_down")
}

// Tries are counted before they are made: many at once are no way around.
func TestRaceOfPasswordGuesses(t *testing.T) {
	h := build(t, nil)
	const many = 60
	statuses := make([]int, many)
	var at sync.WaitGroup
	for i := range many {
		at.Go(func() { statuses[i] = h.byPassword(email, fmt.Sprintf("wrong password %d", i)).Status })
	}
	at.Wait()
	tried := 0
	for _, s := range statuses {
		if s == 400 {
			tried++
		}
	}
	if tried > 7 { // five, and one for each second that it took
		t.Errorf("%d of %d guesses were looked at", tried, many)
	}
}

func TestANewPasswordEndsWhatTheOldOneGave(t *testing.T) {
	for name, change := range map[string]func(house) error{
		"set":     func(h house) error { return h.Admin().SetPassword(h.TB.Context(), h.user.ID, "another password") },
		"removed": func(h house) error { return h.Admin().RemovePassword(h.TB.Context(), h.user.ID) },
	} {
		t.Run(name, func(t *testing.T) {
			h := build(t, nil)
			a, byCode := h.byPassword(email, password), h.OpenMasterTokens(h.app, h.phone)
			if err := change(h); err != nil {
				t.Fatal(err)
			}
			if h.works(a.Text("access_token")) || !h.works(byCode.Text("access_token")) {
				t.Error("its token works still, or one that the person approved in the app does not")
			}
			refused(t, h.refresh(h.app, a.Text("refresh_token")), 400, "invalid_grant")
			refused(t, h.byPassword(email, password), 400, "invalid_grant")
		})
	}
}

func TestAPersonMakesListsAndEndsAuthorizations(t *testing.T) {
	h := build(t, nil)
	_, mo := h.AddPhone("Mo")
	h.AddPassword(mo, "mo@campus.example", "mo", password)
	as := func(address string) http.Header {
		return http.Header{"Authorization": {servertest.Basic(address, password)}}
	}
	body := func(app servertest.App, rest string) string {
		return `{"client_id":"` + app.ID + `","client_secret":"` + app.Secret + `"` + rest + `}`
	}
	create := func(rest string) servertest.Answer {
		return h.SendBody(http.MethodPost, "/authorizations", "application/json", body(h.app, rest), as(email))
	}
	first := create(`,"scopes":["user"],"note":"cron"`)
	if first.Status != http.StatusCreated || first.Text("note") != "cron" || first.Text("scope") != "user" || first.Text("token") != first.Text("access_token") ||
		first.Header.Get("Location") != "/authorizations/"+first.Text("id") || !h.works(first.Text("token")) {
		t.Fatalf("answered %d %s", first.Status, first.Text("error"))
	}
	second := create(`,"scopes":["user"],"note":"cron"`)
	if second.Status != http.StatusCreated || second.Text("id") == first.Text("id") {
		t.Errorf("the same again, unasked: %d", second.Status)
	}
	renewed := create(`,"scopes":["user","admin"],"note":"cron","idempotent":true`)
	if renewed.Status != http.StatusOK || renewed.Text("id") != first.Text("id") || h.works(first.Text("token")) || !h.works(renewed.Text("token")) || !h.works(second.Text("token")) {
		t.Errorf("idempotent: %d, and the old token works: %t", renewed.Status, h.works(first.Text("token")))
	}
	if a := create(`,"scopes":["brand"],"note":"cron","idempotent":true`); a.Status != http.StatusCreated {
		t.Errorf("idempotent, with other scopes: %d", a.Status)
	}

	list := h.Send(http.MethodGet, "/authorizations", nil, as(email))
	if list.Status != 200 || strings.Count(list.Raw, `"id"`) != 3 || strings.Contains(list.Raw, "token") || list.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the list: %d %s", list.Status, list.Raw)
	}
	one := "/authorizations/" + first.Text("id")
	if a := h.Send(http.MethodGet, one, nil, as(email)); a.Status != 200 || a.Text("id") != first.Text("id") || a.Text("app") != "Brand Watch" {
		t.Errorf("one: %d %s", a.Status, a.Raw)
	}
	if a := h.Send(http.MethodGet, "/authorizations", nil, as("mo@campus.example")); a.Raw != "[]\n" {
		t.Errorf("somebody else sees %s", a.Raw)
	}
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		refused(t, h.Send(method, one, nil, as("mo@campus.example")), 404, "not_found")
	}
	if a := h.Send(http.MethodDelete, one, nil, as(email)); a.Status != http.StatusNoContent || a.Raw != "" || h.works(renewed.Text("token")) {
		t.Errorf("deleted: %d, and its token works: %t", a.Status, h.works(renewed.Text("token")))
	}
	refused(t, h.refresh(h.app, renewed.Text("refresh_token")), 400, "invalid_grant")
	refused(t, h.Send(http.MethodDelete, one, nil, as(email)), 404, "not_found")

	// Revoking the app in the Ham app ends them all.
	if err := h.phone.Revoke(t.Context(), h.app.ID); err != nil {
		t.Fatal(err)
	}
	if a := h.Send(http.MethodGet, "/authorizations", nil, as(email)); a.Raw != "[]\n" || h.works(second.Text("token")) {
		t.Errorf("after a revocation there is %s", a.Raw)
	}
}

func TestAuthorizationsRefuseWhatIsNoProperRequest(t *testing.T) {
	h := build(t, nil)
	good := `"client_id":"` + h.app.ID + `","client_secret":"` + h.app.Secret + `"`
	basic := servertest.Basic(email, password)
	for _, c := range []struct {
		name, authorization, body string
		status                    int
		code                      string
	}{
		{"no person", "", `{` + good + `}`, 401, "invalid_credentials"},
		{"a wrong password", servertest.Basic(email, "wrong password"), `{` + good + `}`, 401, "invalid_credentials"},
		{"nobody", servertest.Basic("nobody@campus.example", password), `{` + good + `}`, 401, "invalid_credentials"},
		{"a token in place of a password", "bearer x", `{` + good + `}`, 401, "invalid_credentials"},
		{"no client", basic, `{}`, 401, "invalid_client"},
		{"a wrong client secret", basic, `{"client_id":"` + h.app.ID + `","client_secret":"x"}`, 401, "invalid_client"},
		{"a client of Ham's dialect", basic, `{"client_id":"` + h.ham.ID + `","client_secret":"` + h.ham.Secret + `"}`, 400, "unauthorized_client"},
		{"scopes in a text", basic, `{` + good + `,"scopes":"user"}`, 400, "invalid_request"},
		{"scopes that are numbers", basic, `{` + good + `,"scopes":[1]}`, 400, "invalid_request"},
		{"a note with a line break", basic, `{` + good + `,"note":"a\nb"}`, 400, "invalid_request"},
		{"a long note", basic, `{` + good + `,"note":"` + strings.Repeat("a", 201) + `"}`, 400, "invalid_request"},
		{"no JSON", basic, `client_id=x`, 400, "invalid_request"},
		{"client_id twice", basic, `{` + good + `,` + good + `}`, 400, "invalid_request"},
	} {
		t.Run(c.name, func(t *testing.T) {
			header := http.Header{}
			if c.authorization != "" {
				header.Set("Authorization", c.authorization)
			}
			refused(t, h.SendBody(http.MethodPost, "/authorizations", "application/json", c.body, header), c.status, c.code)
		})
	}
	a := h.SendBody(http.MethodPost, "/authorizations", "text/plain", `{`+good+`}`, http.Header{"Authorization": {basic}, "Sec-Fetch-Site": {"cross-site"}})
	if a.Status != http.StatusForbidden {
		t.Errorf("from another site's page: %d", a.Status)
	}
	if list := h.Send(http.MethodGet, "/authorizations", nil, http.Header{"Authorization": {basic}}); list.Raw != "[]\n" {
		t.Errorf("what was refused was stored: %s", list.Raw)
	}
	if methods := h.Send(http.MethodPut, "/authorizations", nil, nil).Header.Get("Allow"); !slices.Equal(strings.Split(methods, ", "), []string{"GET", "POST"}) {
		t.Errorf("Allow is %q", methods)
	}
}
