package server_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"hamconnect/passkey/softkey"
	"hamconnect/server/internal/store/storetest"
	"hamconnect/server/servertest"
	"hamconnect/tui/client"
)

// left gives a browser whose person has just deactivated the account, with a
// token that an app held before.
func left(t *testing.T, p *servertest.Provider, phone *client.Account) (b *servertest.Browser, app servertest.App, token string) {
	t.Helper()
	app = p.AddApp(nil)
	token = p.Token(app, phone)
	b = signedIn(t, p, phone)
	post(t, b, "/account/leave")
	return b, app, token
}

// sweep does what the server does every minute.
func sweep(t *testing.T, p *servertest.Provider) {
	t.Helper()
	db, err := storetest.Open(t, p.DataDir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Sweep(t.Context(), p.Clock.Now()); err != nil {
		t.Fatal(err)
	}
}

func TestADeactivatedAccountIsWorthNothingAtOnce(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	other := signedIn(t, p, phone)
	b, app, token := left(t, p, phone)
	if info := p.Userinfo(app, token); info.Status != http.StatusUnauthorized {
		t.Errorf("userinfo answers %d", info.Status)
	}
	if !isSignedOut(t, other) {
		t.Error("another browser is still signed in")
	}
	body := account(t, b)
	if !strings.Contains(body, `data-testid="stay"`) || strings.Contains(body, `data-testid="connect-device"`) {
		t.Error("the page is not that of a deactivated account")
	}
	for _, path := range []string{"/account/devices/connect", "/account/recovery"} {
		if status, where := send(t, b, path, "sure", "yes"); status != http.StatusSeeOther || where != "/account" {
			t.Errorf("%s answered %d", path, status)
		}
	}
	page, err := servertest.NewBrowser(p.URL).Open(t.Context(), p.Authorize(app))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := page.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := phone.Claim(t.Context(), servertest.Code(page.Link)); err == nil || !strings.Contains(err.Error(), "deactivated") {
		t.Errorf("the app may sign in to an app: %v", err)
	}
	if status, where, err := b.Get(t.Context(), strings.TrimPrefix(p.Authorize(app), p.URL)); err != nil || status != http.StatusSeeOther || where != "/account" {
		t.Errorf("an app's request answers %d, %v", status, err)
	}
}

func TestWhoHasLeftCanStillSignInAndStay(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	left(t, p, phone)
	p.Clock.Advance(13 * 24 * time.Hour)
	sweep(t, p)
	b := signedIn(t, p, phone)
	post(t, b, "/account/stay")
	if !strings.Contains(account(t, b), `data-testid="connect-device"`) {
		t.Error("the account is still deactivated")
	}
	p.Clock.Advance(2 * 24 * time.Hour)
	sweep(t, p)
	if p.Token(p.AddApp(nil), phone) == "" {
		t.Error("the person cannot sign in to apps")
	}
}

func TestAfterFourteenDaysNothingIsLeft(t *testing.T) {
	p := onLocalhost(t)
	phone, user := p.AddPhone("Lin")
	key := softkey.Synced()
	addPasskey(t, p, signedIn(t, p, phone), key)
	left(t, p, phone)
	p.Clock.Advance(14*24*time.Hour + time.Second)
	sweep(t, p)
	if _, err := p.Admin().User(t.Context(), user.ID); err == nil {
		t.Error("the account is still there")
	}
	if _, err := phone.Me(t.Context()); err == nil {
		t.Error("the Ham app is still signed in")
	}
	if status, reason := tryPasskey(t, servertest.NewBrowser(p.URL), p.URL, key); status != http.StatusForbidden || reason != "unknown_credential" {
		t.Errorf("the passkey: %d %s", status, reason)
	}
}

func TestAnExportHoldsEverythingButSecrets(t *testing.T) {
	p := onLocalhost(t)
	app := p.AddApp(nil)
	phone, user := p.AddPhone("Lin")
	token := p.Token(app, phone)
	b := signedIn(t, p, phone)
	addPasskey(t, p, b, softkey.Synced())
	codes := recoveryCodes(t, b)
	status, text := send(t, b, "/account/export")
	var all struct {
		Account  map[string]any
		Passkeys []map[string]any
		HamApps  []map[string]any `json:"ham_apps"`
		Browsers []map[string]any
		Apps     []map[string]any
		Left     int `json:"recovery_codes_left"`
		Activity []map[string]any
	}
	if err := json.Unmarshal([]byte(text), &all); err != nil || status != http.StatusOK {
		t.Fatalf("answered %d, %v", status, err)
	}
	if all.Account["user_id"] != user.ID || all.Account["nickname"] != "Lin" || len(all.Passkeys) != 1 || len(all.HamApps) != 1 ||
		len(all.Browsers) != 1 || len(all.Apps) != 1 || all.Apps[0]["client_id"] != app.ID || all.Left != 10 || len(all.Activity) < 4 {
		t.Errorf("something is missing: %d passkeys, %d Ham apps, %d browsers, %d apps, %d codes, %d events",
			len(all.Passkeys), len(all.HamApps), len(all.Browsers), len(all.Apps), all.Left, len(all.Activity))
	}
	secrets := append([]string{token, cookies(b, p.URL)["account_ham_session"], "public_key", "hash"}, codes...)
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Error("the export holds a secret")
		}
	}
}
