package server_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"hamconnect/passkey/softkey"
	"hamconnect/server"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/store/storetest"
	"hamconnect/server/servertest"
	"hamconnect/tui/client"
)

// hot are pieces of statements that must have been seen, so that a way which is
// gone no more does not pass for one that is fast.
var hot = []string{
	"FROM pairings WHERE id =", "INSERT INTO pairings", "UPDATE pairings",
	"INSERT INTO codes", "FROM codes k JOIN users u", "UPDATE codes SET spent = 1", "DELETE FROM tokens WHERE code_hash",
	"INSERT INTO tokens", "FROM tokens t JOIN clients c",
	"FROM refreshes r JOIN users u", "UPDATE refreshes SET expires_at", "INSERT INTO refreshes",
	"d.thumbprint = $1", "INSERT INTO proofs", "UPDATE devices SET used_at",
	"FROM sessions s JOIN users u", "INSERT INTO sessions", "UPDATE sessions",
	"FROM grants g WHERE", "INSERT INTO grants", "INSERT INTO consents", "UPDATE consents",
	"FROM asks a JOIN pairings p", "INSERT INTO asks", "INSERT INTO activity", "FROM activity a",
	"FROM passkeys k", "INSERT INTO ceremonies", "FROM api_tokens t JOIN users u",
	"INSERT INTO password_tries", "JOIN passwords p", "FROM authorizations a",
	"INSERT INTO wakes", "FROM wakes WHERE", "INSERT INTO leases",
	"DELETE FROM pairings", "DELETE FROM proofs", "DELETE FROM tokens WHERE expires_at", "DELETE FROM users WHERE leaves_at",
}

func good(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

func answers(t *testing.T, what string, a servertest.Answer, want int) servertest.Answer {
	t.Helper()
	if a.Status != want {
		t.Errorf("%s answered %d, want %d", what, a.Status, want)
	}
	return a
}

// everyWay takes the ways through the server that are gone often.
func everyWay(t *testing.T, p *servertest.Provider) {
	t.Helper()
	app := p.AddApp(nil)
	phone, user := p.AddPhone("Lin")
	answers(t, "readyz", p.Send(http.MethodGet, "/readyz", nil, nil), http.StatusOK)
	scanning(t, p, app, phone)
	atTheAccount(t, p, app, phone, user)
	inTheApp(t, p, app, phone)
	asking(t, p, app, phone)
	openMasters(t, p, phone, user)
	good(t, "logging out", phone.Logout(t.Context()))
	good(t, "deleting", p.Admin().DeleteUser(t.Context(), user.ID))
}

func scanning(t *testing.T, p *servertest.Provider, app servertest.App, phone *client.Account) {
	t.Helper()
	ctx := t.Context()
	page := p.Begin(app)
	_, err := page.Poll(ctx)
	good(t, "polling", err)
	page.Scan(phone)
	_, err = phone.Status(ctx, page.Pairing, 0, 0)
	good(t, "the app's poll", err)
	code := page.Approve().Land().Get("code")
	token := answers(t, "the exchange", p.Exchange(app, code), http.StatusOK).Text("access_token")
	answers(t, "userinfo", p.Userinfo(app, token), http.StatusOK)
	answers(t, "a code's second use", p.Exchange(app, code), http.StatusBadRequest)
	refused := p.Begin(app).Scan(phone)
	_, err = phone.Deny(ctx, refused.Ask)
	good(t, "denying", err)
	_, err = p.Begin(app).Cancel(ctx)
	good(t, "cancelling", err)
}

func atTheAccount(t *testing.T, p *servertest.Provider, app servertest.App, phone *client.Account, user server.User) {
	t.Helper()
	ctx := t.Context()
	b := signedIn(t, p, phone)
	account(t, b)
	path := strings.TrimPrefix(p.Authorize(app), p.URL)
	if status, _, err := b.Get(ctx, path); err != nil || status != http.StatusSeeOther {
		t.Errorf("a silent sign-in answered %d (%v)", status, err)
	}
	nonce, _ := consentPage(t, b, p.Authorize(app, "prompt", "consent"))
	for range 2 { // by a double click
		answerConsent(t, b, nonce, "allow", "profile")
	}
	key := softkey.Synced()
	addPasskey(t, p, b, key)
	if status, reason := tryPasskey(t, servertest.NewBrowser(p.URL), p.URL, key); status != http.StatusOK {
		t.Errorf("a passkey's login answered %d %s", status, reason)
	}
	raw := apiToken(t, p, b, phone)
	bearer(t, p, raw)
	introspected := p.Send(http.MethodPost, "/web/tokens/introspect", url.Values{"token": {raw}}, http.Header{"Authorization": {servertest.Basic(app.ID, app.Secret)}})
	if introspected.Status >= http.StatusInternalServerError {
		t.Errorf("introspection answered %d", introspected.Status)
	}
	for _, path := range []string{"/web/auth/me", "/web/tokens", "/account/activity"} {
		if status, _, err := b.Get(ctx, path); err != nil || status != http.StatusOK {
			t.Errorf("%s answered %d (%v)", path, status, err)
		}
	}
	_, _, err := b.PostJSON(ctx, "/web/auth/refresh", nil)
	good(t, "refreshing", err)
	post(t, b, "/account/apps/revoke", "client", app.ID)
	if status, _ := send(t, b, "/account/sign-out"); status != http.StatusSeeOther {
		t.Errorf("signing out answered %d", status)
	}
	second := p.AnotherPhone(user)
	good(t, "a second app", second.Logout(ctx))
}

func inTheApp(t *testing.T, p *servertest.Provider, app servertest.App, phone *client.Account) {
	t.Helper()
	ctx := t.Context()
	me, err := phone.Me(ctx)
	good(t, "me", err)
	for _, n := range me.Notices {
		good(t, "seeing a notice", phone.SeeNotice(ctx, n.ID))
	}
	ask, err := phone.CheckAuthorize(ctx, url.Values{"client_id": {app.ID}, "scope": {"profile"}, "redirect_uri": {app.RedirectURI}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = phone.ApproveAuthorize(ctx, ask, ask.ScopeNames())
	good(t, "approving a link", err)
	_, err = phone.Apps(ctx)
	good(t, "apps", err)
	_, err = phone.Devices(ctx)
	good(t, "devices", err)
	_, err = phone.Passkeys(ctx)
	good(t, "passkeys", err)
	_, err = phone.Sessions(ctx)
	good(t, "sessions", err)
	_, _, err = phone.Activity(ctx, "")
	good(t, "activity", err)
	_, err = phone.PasskeyLink(ctx)
	good(t, "a link for a passkey", err)
}

func asking(t *testing.T, p *servertest.Provider, app servertest.App, phone *client.Account) {
	t.Helper()
	ctx := t.Context()
	b := known(t, p, phone)
	good(t, "allowing requests", phone.AllowRequests(ctx, true))
	page := waits(t, p, b, app)
	if status := askPhone(t, page, nil); status != http.StatusNoContent {
		t.Errorf("asking answered %d", status)
	}
	all := requests(t, phone)
	if len(all) != 1 {
		t.Fatalf("%d requests", len(all))
	}
	_, err := phone.AnswerRequest(ctx, all[0].ID)
	good(t, "answering", err)
	good(t, "reporting", phone.ReportRequest(ctx, all[0].ID))
}

func openMasters(t *testing.T, p *servertest.Provider, phone *client.Account, user server.User) {
	t.Helper()
	app := p.AddOpenMasterApp(func(c *server.Client) { c.Password = true })
	tokens := p.OpenMasterTokens(app, phone)
	answers(t, "user", p.Bearer(http.MethodGet, "/user", tokens.Text("access_token")), http.StatusOK)
	for range 2 { // the second is the answer to the first once more
		answers(t, "a refresh", p.AccessToken(app, "grant_type", "refresh_token", "refresh_token", tokens.Text("refresh_token")), http.StatusOK)
	}
	p.AddPassword(user, "lin@lake.example", "lin", "correct horse battery")
	answers(t, "a password", p.AccessToken(app, "grant_type", "password", "email", "lin@lake.example", "password", "correct horse battery"), http.StatusOK)
	answers(t, "a wrong password", p.AccessToken(app, "grant_type", "password", "email", "lin@lake.example", "password", "wrong"), http.StatusBadRequest)
	answers(t, "authorizations", p.Send(http.MethodGet, "/authorizations", nil, http.Header{"Authorization": {servertest.Basic("lin@lake.example", "correct horse battery")}}), http.StatusOK)
}

// upkeep is what a node does every few seconds.
func upkeep(t *testing.T, p *servertest.Provider, address string) {
	t.Helper()
	ctx := t.Context()
	_, err := p.Sweep(ctx)
	good(t, "sweeping", err)
	db, err := store.OpenPostgres(ctx, address, storetest.Key, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Lease(ctx, "plans", "a", time.Second)
	good(t, "taking a lease", err)
	good(t, "giving it back", db.EndLease(ctx, "plans", "a"))
	_, err = db.Wakes(ctx, db.Now().Add(-5*time.Second))
	good(t, "looking for wakes", err)
	good(t, "closing", db.Close())
}
