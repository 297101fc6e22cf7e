package servertest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"

	"hamconnect/qr/pairing"
)

// Answer is what an endpoint said. Its body may hold a token: print Status and
// Text("error"), not Raw.
type Answer struct {
	Status int
	Header http.Header
	Fields map[string]any // nil if the body is no JSON object
	Raw    string
}

// Text is a field of the body, empty if there is none of that name.
func (a Answer) Text(name string) string {
	s, _ := a.Fields[name].(string)
	return s
}

// Digest is that of what the app was asked, if the answer is that of a claim.
func (a Answer) Digest() (string, error) {
	var asked pairing.Asked
	err := json.Unmarshal([]byte(a.Raw), &asked)
	return asked.Shown().Digest(), err
}

// Send makes one request and follows no redirect. form, if not nil, is sent as
// a form body. Header lines are sent as they stand.
func (p *Provider) Send(method, path string, form url.Values, header http.Header) Answer {
	p.TB.Helper()
	if form == nil {
		return p.SendBody(method, path, "", "", header)
	}
	return p.SendBody(method, path, "application/x-www-form-urlencoded", form.Encode(), header)
}

// SendBody is Send with a body of any kind.
func (p *Provider) SendBody(method, path, contentType, body string, header http.Header) Answer {
	p.TB.Helper()
	request, err := http.NewRequestWithContext(context.Background(), method, p.URL+path, strings.NewReader(body))
	if err != nil {
		p.TB.Fatal(err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	for name, values := range header {
		request.Header[name] = values
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		p.TB.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		p.TB.Fatal(err)
	}
	a := Answer{Status: response.StatusCode, Header: response.Header, Raw: string(text)}
	if json.Unmarshal(text, &a.Fields) != nil {
		a.Fields = nil
	}
	return a
}

// Basic is an Authorization header value.
func Basic(id, secret string) string {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(id, secret)
	return r.Header.Get("Authorization")
}

// Exchange swaps a code as the guide's curl line does; more are further
// parameters of the form.
func (p *Provider) Exchange(a App, code string, more ...string) Answer {
	p.TB.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return p.Send(http.MethodPost, "/oauth/token", form, http.Header{"Authorization": {Basic(a.ID, a.Secret)}})
}

// Userinfo reads a user's data with both factors, in two header lines.
func (p *Provider) Userinfo(a App, token string) Answer {
	p.TB.Helper()
	return p.Send(http.MethodGet, "/oauth/userinfo", nil, http.Header{
		"Authorization": {"Bearer " + token, Basic(a.ID, a.Secret)},
	})
}
