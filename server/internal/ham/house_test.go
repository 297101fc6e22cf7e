package ham_test

import (
	"net/http"
	"strings"
	"testing"

	"hamconnect/server"
	"hamconnect/server/servertest"
	"hamconnect/tui/client"
)

// house is a provider with two apps and a person.
type house struct {
	*servertest.Provider
	app, other servertest.App
	phone      *client.Account
	user       server.User
}

func build(t testing.TB, change func(*server.Client)) house {
	t.Helper()
	h := house{Provider: servertest.Start(t, nil)}
	h.app = h.AddApp(change)
	h.other = h.AddApp(func(c *server.Client) { c.Name = "Mensa" })
	h.phone, h.user = h.AddPhone("Lin")
	return h
}

// fill puts the app's credentials into a text of a table.
func (h house) fill(text string) string {
	return strings.NewReplacer(
		"{id}", h.app.ID, "{secret}", h.app.Secret, "{basic}", servertest.Basic(h.app.ID, h.app.Secret),
		"{other-id}", h.other.ID, "{other-basic}", servertest.Basic(h.other.ID, h.other.Secret),
		"{wrong}", servertest.Basic(h.app.ID, "wrong"), "{stranger}", servertest.Basic("nobody", h.app.Secret),
	).Replace(text)
}

// refused checks everything that refusals of the OAuth endpoints have in common.
func refused(t *testing.T, a servertest.Answer, status int, code string) {
	t.Helper()
	if a.Status != status || a.Text("error") != code {
		t.Fatalf("answered %d %q, want %d %q", a.Status, a.Text("error"), status, code)
	}
	if len(a.Fields) != 2 || len(a.Text("error_description")) < 10 {
		t.Errorf("the body is not error and error_description: %q", a.Raw)
	}
	for _, r := range a.Text("error_description") {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			t.Errorf("error_description holds %q, which RFC 6749 does not allow", r)
		}
	}
	plain(t, a)
}

// plain checks what every answer of the OAuth endpoints has.
func plain(t *testing.T, a servertest.Answer) {
	t.Helper()
	if got := a.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control is %q", got)
	}
	if got := strings.ToLower(a.Header.Get("Content-Type")); !strings.HasPrefix(got, "application/json") {
		t.Errorf("Content-Type is %q", got)
	}
	for name := range a.Header {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("there is a CORS header: %s", name)
		}
	}
}

// challenged checks WWW-Authenticate: "" means that there is none.
func challenged(t *testing.T, a servertest.Answer, scheme, code string) {
	t.Helper()
	got := a.Header.Values("WWW-Authenticate")
	switch {
	case scheme == "" && len(got) == 0:
	case len(got) != 1 || !strings.HasPrefix(got[0], scheme+" ") || scheme == "":
		t.Errorf("WWW-Authenticate is %q, want %q", got, scheme)
	case code != "" && !strings.Contains(got[0], `error="`+code+`"`):
		t.Errorf("WWW-Authenticate is %q, without error %s", got, code)
	}
}

func lines(values ...string) http.Header {
	return http.Header{"Authorization": values}
}
