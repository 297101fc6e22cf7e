package openmaster_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"hamconnect/server"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/servertest"
)

func TestARefreshTokenIsSwappedForTheNext(t *testing.T) {
	h := build(t, nil)
	first := h.OpenMasterTokens(h.app, h.phone)
	second := h.refresh(h.app, first.Text("refresh_token"))
	if second.Status != 200 || second.Text("refresh_token") == first.Text("refresh_token") || second.Text("access_token") == first.Text("access_token") || second.Text("scope") != "user,brand" {
		t.Fatalf("answered %d with scope %q", second.Status, second.Text("scope"))
	}
	if !h.works(first.Text("access_token")) || !h.works(second.Text("access_token")) {
		t.Error("one of the two access tokens does not work")
	}
	third := h.refresh(h.app, second.Text("refresh_token"), "scope", "brand")
	if third.Text("scope") != "brand" || h.Bearer(http.MethodGet, "/user", third.Text("access_token")).Fields["email"] != nil {
		t.Errorf("narrowed, the scope is %q", third.Text("scope"))
	}
	refused(t, h.refresh(h.app, third.Text("refresh_token"), "scope", "brand,admin"), 400, "invalid_scope")
	if a := h.refresh(h.app, third.Text("refresh_token")); a.Text("scope") != "user,brand" {
		t.Errorf("after that all is there again, but for %q", a.Text("scope"))
	}
	for _, wrong := range []string{"", "x", strings.Repeat("0", 40), first.Text("access_token")} {
		want := "invalid_grant"
		if wrong == "" {
			want = "invalid_request"
		}
		refused(t, h.refresh(h.app, wrong), 400, want)
	}
}

func TestARefreshTokenThatComesAgainTooLateEndsItsFamilyAndThePersonIsTold(t *testing.T) {
	for name, again := range map[string]func(h house, first, second servertest.Answer){
		"after ten seconds":                  func(h house, _, _ servertest.Answer) { h.Clock.Advance(oauth.RefreshGrace) },
		"after days":                         func(h house, _, _ servertest.Answer) { h.Clock.Advance(6 * 24 * time.Hour) },
		"at once, but what it gave was used": func(h house, _, second servertest.Answer) { h.refresh(h.app, second.Text("refresh_token")) },
	} {
		t.Run(name, func(t *testing.T) {
			h := build(t, nil)
			bystander := h.OpenMasterTokens(h.app, h.phone)
			first := h.OpenMasterTokens(h.app, h.phone)
			second := h.refresh(h.app, first.Text("refresh_token"))
			again(h, first, second)
			refused(t, h.refresh(h.app, first.Text("refresh_token")), 400, "invalid_grant")
			refused(t, h.refresh(h.app, second.Text("refresh_token")), 400, "invalid_grant")
			if h.works(first.Text("access_token")) || h.works(second.Text("access_token")) {
				t.Error("an access token of the family still works")
			}
			if a := h.refresh(h.app, bystander.Text("refresh_token")); a.Status != 200 {
				t.Errorf("another family of the same person and app: %d", a.Status)
			}
			me, err := h.phone.Me(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			told := false
			for _, n := range me.Notices {
				told = told || strings.Contains(n.Title, "Brand Watch") && strings.Contains(n.Title, "refresh token")
			}
			if !told {
				t.Errorf("the person is not told: %d notices", len(me.Notices))
			}
		})
	}
}

func TestRefreshEndsWithEverythingItRestsOn(t *testing.T) {
	for name, end := range map[string]func(house) error{
		"its 30 days": func(h house) error { h.Clock.Advance(oauth.RefreshLife); return nil },
		"the person revokes the app": func(h house) error {
			return h.phone.Revoke(h.TB.Context(), h.app.ID)
		},
		"the person is disabled": func(h house) error {
			_, err := h.Admin().UpdateUser(h.TB.Context(), h.user.ID, func(u *server.User) { u.Disabled = true })
			return err
		},
		"the person is deleted": func(h house) error { return h.Admin().DeleteUser(h.TB.Context(), h.user.ID) },
		"the person deactivates the account": func(h house) error {
			_, err := h.phone.Deactivate(h.TB.Context())
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := build(t, nil)
			token := h.OpenMasterTokens(h.app, h.phone).Text("refresh_token")
			if err := end(h); err != nil {
				t.Fatal(err)
			}
			refused(t, h.refresh(h.app, token), 400, "invalid_grant")
			if name == "the person is disabled" {
				if _, err := h.Admin().UpdateUser(t.Context(), h.user.ID, func(u *server.User) { u.Disabled = false }); err != nil {
					t.Fatal(err)
				}
				refused(t, h.refresh(h.app, token), 400, "invalid_grant") // whoever is enabled again signs in anew
			}
			if strings.HasPrefix(name, "the person deactivates") {
				if err := h.phone.Keep(t.Context()); err != nil {
					t.Fatal(err)
				}
				refused(t, h.refresh(h.app, token), 400, "invalid_grant") // it does not come back either
			}
		})
	}
	// What the operator takes from the app is gone at once, and not given again.
	h := build(t, nil)
	tokens := h.OpenMasterTokens(h.app, h.phone)
	token := tokens.Text("refresh_token")
	if _, err := h.Admin().UpdateClient(t.Context(), h.app.ID, func(c *server.Client) { c.Scopes = oauth.Scopes{"brand"} }); err != nil {
		t.Fatal(err)
	}
	refused(t, h.SendBody(http.MethodPatch, "/user", "application/json", `{"username":"zed"}`, http.Header{"Authorization": {"bearer " + tokens.Text("access_token")}}), 403, "insufficient_scope")
	if a := h.refresh(h.app, token); a.Text("scope") != "brand" {
		t.Errorf("the scope is %q", a.Text("scope"))
	}
}

func TestWhatAPersonLeavesOutEarlierTokensLoseToo(t *testing.T) {
	h := build(t, nil)
	first := h.OpenMasterTokens(h.app, h.phone)
	h.BeginAt(h.AuthorizeOpenMaster(h.app, "prompt", "consent")).Scan(h.phone).Approve("brand").Land()
	if u := h.Bearer(http.MethodGet, "/user", first.Text("access_token")); u.Header.Get("X-OAuth-Scopes") != "brand" || u.Fields["email"] != nil {
		t.Errorf("the earlier token stands for %q", u.Header.Get("X-OAuth-Scopes"))
	}
	if a := h.refresh(h.app, first.Text("refresh_token")); a.Text("scope") != "brand" {
		t.Errorf("and gives %q", a.Text("scope"))
	}
}

// A clock that went back brings no spent token to life.
func TestARefreshTokenWhoseSuccessorWasUsedIsSpentWhateverTheClockSays(t *testing.T) {
	h := build(t, nil)
	first := h.OpenMasterTokens(h.app, h.phone).Text("refresh_token")
	second := h.refresh(h.app, first).Text("refresh_token")
	h.Clock.Advance(-2 * time.Minute)
	if a := h.refresh(h.app, second); a.Status != http.StatusOK {
		t.Fatal(a.Status)
	}
	refused(t, h.refresh(h.app, first), 400, "invalid_grant")
}

// A hundred of one client's workers refresh at once, as after a night: one
// refresh happens, and all are told the same.
func TestRaceOfRefreshes(t *testing.T) {
	h := build(t, nil)
	token := h.OpenMasterTokens(h.app, h.phone).Text("refresh_token")
	const many = 100
	answers := make([]servertest.Answer, many)
	var at sync.WaitGroup
	for i := range many {
		at.Go(func() { answers[i] = h.refresh(h.app, token) })
	}
	at.Wait()
	for _, a := range answers {
		if a.Status != 200 || a.Raw != answers[0].Raw {
			t.Fatalf("one is answered %d %s, or otherwise than the others", a.Status, a.Text("error"))
		}
	}
	if !h.works(answers[0].Text("access_token")) {
		t.Error("what they were told does not work")
	}
	if a := h.refresh(h.app, answers[0].Text("refresh_token")); a.Status != 200 {
		t.Errorf("and cannot be refreshed: %d", a.Status)
	}
}

// The same with a thief among them: whatever comes first, no two lines of
// tokens live on.
func TestRaceOfARefreshAndItsTheft(t *testing.T) {
	h := build(t, nil)
	first := h.OpenMasterTokens(h.app, h.phone).Text("refresh_token")
	second := h.refresh(h.app, first).Text("refresh_token")
	var own, thief servertest.Answer
	var at sync.WaitGroup
	at.Go(func() { own = h.refresh(h.app, second) })
	at.Go(func() {
		h.Clock.Advance(oauth.RefreshGrace)
		thief = h.refresh(h.app, first)
	})
	at.Wait()
	if thief.Status == 200 {
		t.Error("the stolen token gave another")
	}
	if own.Status == 200 && h.refresh(h.app, own.Text("refresh_token")).Status == 200 {
		t.Error("the family lives on after the theft was seen")
	}
}
