package hamweb_test

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hamconnect/server"
)

func TestASessionIsRefreshedAndEndsByLogout(t *testing.T) {
	p := start(t, nil)
	phone, user := p.AddPhone("Lin")
	b := newFront(t, p)
	b.refused(b.call(http.MethodGet, "/web/auth/me", nil), http.StatusUnauthorized, "signed_out")
	b.refused(b.call(http.MethodPost, "/web/auth/refresh", nil), http.StatusUnauthorized, "signed_out")
	b.signIn(phone)
	if a := b.call(http.MethodGet, "/web/auth/me", nil); a.text("user_id") != user.ID || a.text("avatar_url") != user.AvatarURL {
		t.Errorf("me is %v", a.fields)
	}
	p.Clock.Advance(31 * time.Minute)
	if b.me() != "" {
		t.Error("an idle session opens something")
	}
	if a := b.call(http.MethodPost, "/web/auth/refresh", struct{}{}); a.status != http.StatusNoContent || !slices.Equal(a.cookies, []string{"ham_refresh", "ham_session"}) {
		t.Fatalf("refreshing answered %d, and set %v", a.status, a.cookies)
	}
	if b.me() != "Lin" {
		t.Fatal("it is signed out after refreshing")
	}
	kept := b.twin()
	if a := b.call(http.MethodPost, "/web/auth/logout", nil); a.status != http.StatusNoContent || len(a.cookies) != 2 {
		t.Errorf("logout answered %d, and set %v", a.status, a.cookies)
	}
	if len(b.cookies()) != 0 || kept.me() != "" {
		t.Error("the session goes on after logout")
	}
	kept.refused(kept.call(http.MethodPost, "/web/auth/refresh", nil), http.StatusUnauthorized, "signed_out")
	if a := b.call(http.MethodPost, "/web/auth/logout", nil); a.status != http.StatusNoContent {
		t.Errorf("a second logout answered %d", a.status)
	}
}

func TestTabsThatRefreshAtOnceStaySignedInRace(t *testing.T) {
	p := start(t, nil)
	phone, _ := p.AddPhone("Lin")
	b := newFront(t, p)
	b.signIn(phone)
	tabs := make([]*front, 20)
	for i := range tabs {
		tabs[i] = b.twin()
	}
	var wait sync.WaitGroup
	for _, tab := range tabs {
		wait.Go(func() { tab.call(http.MethodPost, "/web/auth/refresh", nil) })
	}
	wait.Wait()
	for i, tab := range tabs {
		if tab.me() != "Lin" || !maps.Equal(tab.cookies(), tabs[0].cookies()) {
			t.Errorf("tab %d is signed out, or holds a pair of its own", i)
		}
	}
	p.Clock.Advance(time.Minute)
	b.refused(b.call(http.MethodPost, "/web/auth/refresh", nil), http.StatusUnauthorized, "signed_out") // a copy, too late
	if tabs[0].me() != "" {
		t.Error("a refresh cookie that came twice does not end the session")
	}
}

func TestTheAccountPageAndHamWebKeepTheirCookiesApart(t *testing.T) {
	p := start(t, nil)
	phone, _ := p.AddPhone("Lin")
	b := newFront(t, p)
	b.signIn(phone)
	mine := b.cookies()
	other := newFront(t, p)
	other.hold(map[string]string{"account_ham_session": mine["ham_session"], "account_ham_refresh": mine["ham_refresh"]})
	response, err := other.client.Get(p.URL + "/account")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || strings.Contains(string(text), `data-testid="account"`) || strings.Contains(string(text), "/account/sign-out") {
		t.Errorf("the cookies of Ham Web open the account page, %v", err)
	}
	if sessions, err := phone.Sessions(t.Context()); err != nil || len(sessions) != 1 {
		t.Errorf("there are %d sessions, %v", len(sessions), err)
	}
	if b.me() != "Lin" {
		t.Error("looking at the account page with these cookies has ended the session")
	}
	if other.me() != "" {
		t.Error("a cookie of another name signs in")
	}
}

func TestARemovedDeviceTakesItsBrowsersWithIt(t *testing.T) {
	p := start(t, nil)
	phone, user := p.AddPhone("Lin")
	second := p.AnotherPhone(user)
	b := newFront(t, p)
	b.signIn(phone)
	if err := phone.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b.me() != "" {
		t.Error("it is still signed in")
	}
	b.signIn(second)
	if _, err := p.Admin().UpdateUser(t.Context(), user.ID, func(u *server.User) { u.Disabled = true }); err != nil {
		t.Fatal(err)
	}
	if b.me() != "" {
		t.Error("a disabled person is signed in")
	}
	b.refused(b.call(http.MethodPost, "/web/auth/refresh", nil), http.StatusUnauthorized, "signed_out")
}
