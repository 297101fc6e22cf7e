package desk_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"hamconnect/server"
	"hamconnect/server/servertest"
	"hamconnect/tui/client"
)

// house is a provider with an app and a person.
type house struct {
	*servertest.Provider
	app   servertest.App
	phone *client.Account
	user  server.User
}

func build(t testing.TB, change func(*server.Config)) house {
	t.Helper()
	h := house{Provider: servertest.Start(t, change)}
	h.app = h.AddApp(nil)
	h.phone, h.user = h.AddPhone("Lin")
	return h
}

// open opens the page in a browser of its own and does not connect.
func (h house) open(t testing.TB) *servertest.Page {
	t.Helper()
	page, err := servertest.NewBrowser(h.URL).Open(t.Context(), h.Authorize(h.app))
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// request is one that the page's browser makes, with its cookies.
func request(t testing.TB, page *servertest.Page, method, address string, header http.Header) (status int, body string, got http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	response, err := page.Browser.Client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text), response.Header
}

// status is the HTTP status of a *servertest.StatusError, 0 if err is none.
func status(err error) int {
	var s *servertest.StatusError
	if errors.As(err, &s) {
		return s.Status
	}
	return 0
}

// cookieOf gives the page's pairing cookie.
func cookieOf(t testing.TB, page *servertest.Page) *http.Cookie {
	t.Helper()
	for _, c := range page.Browser.Cookies() {
		if strings.HasSuffix(c.Name, page.Pairing) {
			return c
		}
	}
	t.Fatal("the page has no cookie")
	return nil
}
