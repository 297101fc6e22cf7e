package server_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hamconnect/server/servertest"
	"hamconnect/tui/client"
)

// approved brings a sign-in from the page to the app's yes.
func approved(t testing.TB, p *servertest.Provider, app servertest.App, phone *client.Account, scopes []string) *servertest.Page {
	t.Helper()
	ctx := t.Context()
	page, err := servertest.NewBrowser(p.URL).Open(ctx, p.Authorize(app))
	if err != nil {
		t.Fatal(err)
	}
	socket, err := page.Connect(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	ask, err := phone.Claim(ctx, servertest.Code(page.Link))
	if err != nil {
		t.Fatal(err)
	}
	view, err := socket.Until("claimed")
	if err != nil {
		t.Fatal(err)
	}
	if scopes == nil {
		scopes = ask.ScopeNames()
	}
	if _, err := phone.Approve(ctx, ask, view.Number, scopes); err != nil {
		t.Fatal(err)
	}
	if _, err := socket.Until("approved"); err != nil {
		t.Fatal(err)
	}
	return page
}

// codeFor brings a sign-in to the code that the app's redirect URI gets.
func codeFor(t testing.TB, p *servertest.Provider, app servertest.App, phone *client.Account) string {
	t.Helper()
	location, err := approved(t, p, app, phone, nil).Finish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(location)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("code")
}

// answer is what an OAuth endpoint said.
type answer struct {
	status int
	header http.Header
	body   map[string]any
	raw    string
}

func (a answer) text(name string) string {
	s, _ := a.body[name].(string)
	return s
}

func send(t testing.TB, method, address string, form url.Values, header http.Header) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		request.Body = io.NopCloser(strings.NewReader(form.Encode()))
		request.ContentLength = int64(len(form.Encode()))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, values := range header {
		request.Header[name] = values
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: response.StatusCode, header: response.Header, raw: string(body)}
	_ = json.Unmarshal(body, &a.body) // an answer that is no JSON has no fields
	return a
}

func basic(id, secret string) string {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(id, secret)
	return r.Header.Get("Authorization")
}

// exchange swaps a code as the guide's curl line does.
func exchange(t testing.TB, p *servertest.Provider, app servertest.App, code string, more ...string) answer {
	t.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return send(t, http.MethodPost, p.URL+"/oauth/token", form, http.Header{"Authorization": {basic(app.ID, app.Secret)}})
}

func userinfo(t testing.TB, p *servertest.Provider, app servertest.App, token string) answer {
	t.Helper()
	return send(t, http.MethodGet, p.URL+"/oauth/userinfo", nil, http.Header{
		"Authorization": {"Bearer " + token, basic(app.ID, app.Secret)},
	})
}

func TestAPersonSignsInToAnAppByScanning(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")

	location, err := approved(t, p, app, phone, nil).Finish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(location)
	if err != nil || !strings.HasPrefix(location, app.RedirectURI+"?") || u.Query().Get("state") != "xY7Kq9fZ2pLmN8vB" {
		t.Fatalf("redirected to %s", location)
	}
	token := exchange(t, p, app, u.Query().Get("code"))
	if token.status != http.StatusOK || token.text("token_type") != "Bearer" || token.body["expires_in"] != 7200.0 || token.text("scope") != "profile is_student" {
		t.Fatalf("token answer %d %v", token.status, keys(token))
	}
	info := userinfo(t, p, app, token.text("access_token"))
	if info.status != http.StatusOK || info.text("nickname") != "Lin" || info.body["is_student"] != true || len(info.text("open_id")) != 64 {
		t.Fatalf("userinfo answer %d %s", info.status, info.raw)
	}
	if got := info.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("userinfo may be cached: %q", got)
	}
}

// keys are a token answer's fields without their values: tokens do not belong
// into a test's output.
func keys(a answer) (names []string) {
	for name := range a.body {
		names = append(names, name)
	}
	return names
}

