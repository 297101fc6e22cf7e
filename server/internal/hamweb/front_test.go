package hamweb_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"hamconnect/qr"
	"hamconnect/server"
	"hamconnect/server/servertest"
	"hamconnect/tui/client"
)

// contract is openapi.yaml.
var contract = sync.OnceValues(func() (routers.Router, error) {
	document, err := openapi3.NewLoader().LoadFromFile("openapi.yaml")
	if err != nil {
		return nil, err
	}
	if err := document.Validate(openapi3.NewLoader().Context); err != nil {
		return nil, err
	}
	return gorillamux.NewRouter(document)
})

// front is a browser in which Ham Web runs. Every answer that it gets is held
// against the contract.
type front struct {
	t      testing.TB
	p      *servertest.Provider
	origin string // what the provider is reached by
	client *http.Client

	// Header is sent with every request, in the place of what a page of the
	// same origin sends.
	Header http.Header
}

func start(t testing.TB, change func(*server.Config)) *servertest.Provider {
	t.Helper()
	return servertest.Start(t, change)
}

func newFront(t testing.TB, p *servertest.Provider) *front {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &front{
		t: t, p: p, origin: p.URL, client: &http.Client{Jar: jar, Timeout: 40 * time.Second},
		Header: http.Header{"Sec-Fetch-Site": {"same-origin"}, "User-Agent": {servertest.UserAgent}, "Accept-Language": {"en"}},
	}
}

// answer is what the server said.
type answer struct {
	status  int
	header  http.Header
	fields  map[string]any
	list    []any
	cookies []string // the names of those that were set
}

func (a answer) text(name string) string {
	s, _ := a.fields[name].(string)
	return s
}

// call sends body as JSON, or nothing if it is nil.
func (f *front) call(method, path string, body any) answer {
	f.t.Helper()
	var text []byte
	header := http.Header{}
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			f.t.Fatal(err)
		}
		header.Set("Content-Type", "application/json")
	}
	return f.send(method, path, header, text)
}

func (f *front) send(method, path string, header http.Header, body []byte) answer {
	f.t.Helper()
	request, err := http.NewRequestWithContext(f.t.Context(), method, f.origin+path, bytes.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	maps.Copy(request.Header, f.Header)
	maps.Copy(request.Header, header)
	response, err := f.client.Do(request)
	if err != nil {
		f.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	f.keepsTo(request, response, text)
	a := answer{status: response.StatusCode, header: response.Header}
	if json.Unmarshal(text, &a.fields) != nil && json.Unmarshal(text, &a.list) != nil && len(text) > 0 {
		f.t.Errorf("%s %s answered no JSON", method, path)
	}
	for _, c := range response.Cookies() {
		a.cookies = append(a.cookies, c.Name)
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.Secure != strings.HasPrefix(f.p.PublicURL(), "https:") {
			f.t.Errorf("the cookie %s has other attributes than it should", c.Name)
		}
	}
	slices.Sort(a.cookies)
	return a
}

// keepsTo holds an answer against the contract; addresses that it does not
// know are for the tests that use them.
func (f *front) keepsTo(request *http.Request, response *http.Response, body []byte) {
	f.t.Helper()
	router, err := contract()
	if err != nil {
		f.t.Fatal(err)
	}
	at := request.Clone(request.Context())
	at.URL = &url.URL{Path: request.URL.Path, RawQuery: request.URL.RawQuery}
	route, parameters, err := router.FindRoute(at)
	if err != nil {
		return
	}
	err = openapi3filter.ValidateResponse(request.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: request, PathParams: parameters, Route: route},
		Status:                 response.StatusCode, Header: response.Header, Body: io.NopCloser(bytes.NewReader(body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
	if err != nil {
		f.t.Errorf("%s %s answers %d against the contract: %v", request.Method, route.Path, response.StatusCode, err)
	}
}

// twin is the browser with a copy of its cookies.
func (f *front) twin() *front {
	f.t.Helper()
	other := newFront(f.t, f.p)
	other.origin, other.Header = f.origin, f.Header.Clone()
	u, err := url.Parse(f.origin)
	if err != nil {
		f.t.Fatal(err)
	}
	other.client.Jar.SetCookies(u, f.client.Jar.Cookies(u))
	return other
}

// cookies are those that the browser sends.
func (f *front) cookies() map[string]string {
	f.t.Helper()
	u, err := url.Parse(f.origin)
	if err != nil {
		f.t.Fatal(err)
	}
	all := map[string]string{}
	for _, c := range f.client.Jar.Cookies(u) {
		all[c.Name] = c.Value
	}
	return all
}

// hold gives the browser these cookies and no others.
func (f *front) hold(all map[string]string) {
	f.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		f.t.Fatal(err)
	}
	u, err := url.Parse(f.origin)
	if err != nil {
		f.t.Fatal(err)
	}
	for name, value := range all {
		jar.SetCookies(u, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
	}
	f.client.Jar = jar
}

// ticket makes one.
func (f *front) ticket() string {
	f.t.Helper()
	a := f.call(http.MethodPost, "/web/auth/qr/ticket", nil)
	if a.status != http.StatusOK || !slices.Equal(a.cookies, []string{"ham_session"}) {
		f.t.Fatalf("making a ticket answered %d %v, and set %v", a.status, a.fields, a.cookies)
	}
	return a.text("ticket")
}

// poll asks how a ticket stands.
func (f *front) poll(ticket string) answer {
	f.t.Helper()
	a := f.call(http.MethodGet, "/web/auth/qr/ticket/"+ticket, nil)
	if a.status != http.StatusOK {
		f.t.Fatalf("a poll answered %d %v", a.status, a.fields)
	}
	return a
}

func (f *front) wants(ticket, state string) answer {
	f.t.Helper()
	a := f.poll(ticket)
	if a.text("state") != state {
		f.t.Fatalf("the ticket is %s, want %s", a.text("state"), state)
	}
	return a
}

// scan has a phone claim the ticket of the QR code.
func scan(t testing.TB, phone *client.Account, ticket string) *client.Ask {
	t.Helper()
	link, err := qr.ParseLink("ham://qrcode-login?ticket=" + ticket)
	if err != nil {
		t.Fatal(err)
	}
	ask, err := phone.ClaimTicket(t.Context(), link.Code)
	if err != nil {
		t.Fatal(err)
	}
	return ask
}

func confirm(t testing.TB, phone *client.Account, ask *client.Ask) {
	t.Helper()
	if _, err := phone.Confirm(t.Context(), ask); err != nil {
		t.Fatal(err)
	}
}

// signIn goes the whole way.
func (f *front) signIn(phone *client.Account) {
	f.t.Helper()
	ticket := f.ticket()
	confirm(f.t, phone, scan(f.t, phone, ticket))
	if a := f.wants(ticket, "CONFIRMED"); !slices.Equal(a.cookies, []string{"ham_refresh", "ham_session"}) {
		f.t.Fatalf("the first CONFIRMED set %v", a.cookies)
	}
}

// me is the nickname of who is signed in, empty if nobody is.
func (f *front) me() string {
	f.t.Helper()
	a := f.call(http.MethodGet, "/web/auth/me", nil)
	if a.status != http.StatusOK && a.status != http.StatusUnauthorized {
		f.t.Fatalf("me answered %d %v", a.status, a.fields)
	}
	return a.text("nickname")
}

// refused expects a refusal.
func (f *front) refused(a answer, status int, code string) {
	f.t.Helper()
	if a.status != status || a.text("code") != code {
		f.t.Errorf("answered %d %v, want %d %s", a.status, a.fields, status, code)
	}
}
