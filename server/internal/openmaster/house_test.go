package openmaster_test

import (
	"net/http"
	"strings"
	"testing"

	"hamconnect/server"
	"hamconnect/server/servertest"
	"hamconnect/tui/client"
)

// house is a provider with an app of the dialect that may do everything, one of
// Ham's, and a person with a password.
type house struct {
	*servertest.Provider
	app, other, ham servertest.App
	phone           *client.Account
	user            server.User
}

const (
	email    = "lin@campus.example"
	password = "correct horse battery"
)

func build(t testing.TB, change func(*server.Config)) house {
	t.Helper()
	h := house{Provider: servertest.Start(t, change)}
	h.app = h.AddOpenMasterApp(func(c *server.Client) { c.Implicit, c.Password, c.QueryToken = true, true, true })
	h.other = h.AddOpenMasterApp(func(c *server.Client) { c.Name, c.RedirectURIs = "Plain", []string{"https://plain.example/cb"} })
	h.ham = h.AddApp(nil)
	h.phone, h.user = h.AddPhone("Lin")
	h.AddPassword(h.user, email, "lin", password)
	return h
}

// byPassword asks for tokens with an email address and a password.
func (h house) byPassword(email, password string, more ...string) servertest.Answer {
	h.TB.Helper()
	return h.AccessToken(h.app, append([]string{"grant_type", "password", "email", email, "password", password}, more...)...)
}

func (h house) refresh(a servertest.App, token string, more ...string) servertest.Answer {
	h.TB.Helper()
	return h.AccessToken(a, append([]string{"grant_type", "refresh_token", "refresh_token", token}, more...)...)
}

// refused checks everything that refusals have in common.
func refused(t *testing.T, a servertest.Answer, status int, code string) {
	t.Helper()
	if a.Status != status || a.Text("error") != code {
		t.Fatalf("answered %d %q, want %d %q", a.Status, a.Text("error"), status, code)
	}
	if len(a.Fields) != 2 || len(a.Text("error_description")) < 10 || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the body is not error and error_description, or may be kept: %q", a.Raw)
	}
	if strings.ContainsFunc(a.Text("error_description"), func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) {
		t.Errorf("error_description holds what RFC 6749 does not allow: %q", a.Text("error_description"))
	}
}

// works reports whether a token opens /user.
func (h house) works(token string) bool {
	h.TB.Helper()
	return h.Bearer(http.MethodGet, "/user", token).Status == http.StatusOK
}
