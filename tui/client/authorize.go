package client

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"hamconnect/qr/pairing"
)

// CheckAuthorize asks the server what the request of a ham://sso-authorize
// link is about. Nothing is claimed or changed by it.
func (a *Account) CheckAuthorize(ctx context.Context, parameters url.Values) (*Ask, error) {
	once := make(map[string]string, len(parameters))
	for name, values := range parameters {
		if len(values) != 1 {
			// RFC 6749 §3.1: parameters must not be included more than once.
			return nil, errors.New("the link says something twice, so it cannot be trusted")
		}
		once[name] = values[0]
	}
	text, err := a.post(ctx, "/app/v1/authorize/check", pairing.Authorize{Parameters: once})
	if err != nil {
		return nil, err
	}
	cleaned, raw, err := decode[pairing.Asked](a, text)
	if err != nil {
		return nil, err
	}
	return a.newAsk(cleaned, raw, once)
}

// ApproveAuthorize says yes to a deep link's request and gives the URL that
// the system's browser is to open. That URL holds an authorization code: do
// not log it.
func (a *Account) ApproveAuthorize(ctx context.Context, ask *Ask, scopes []string) (string, error) {
	redirect, err := a.authorize(ctx, "/app/v1/authorize/approve", ask, scopes)
	if err == nil && redirect == "" {
		err = a.odd("it does not say where to go on")
	}
	return redirect, err
}

// DenyAuthorize refuses a deep link's request. The URL is empty unless the app
// wants to be told of refusals.
func (a *Account) DenyAuthorize(ctx context.Context, ask *Ask) (string, error) {
	return a.authorize(ctx, "/app/v1/authorize/deny", ask, nil)
}

func (a *Account) authorize(ctx context.Context, path string, ask *Ask, scopes []string) (string, error) {
	if ask.parameters == nil {
		return "", errors.New("a desktop waits for this answer: use Approve or Deny")
	}
	text, err := a.post(ctx, path, pairing.Authorize{
		Parameters: ask.parameters,
		Scopes:     slices.Concat([]string{}, scopes),
		Digest:     ask.digest,
	})
	if err != nil || text == nil {
		return "", err
	}
	_, raw, err := decode[pairing.Redirect](a, text)
	if err != nil {
		return "", err
	}
	if raw.RedirectURL != "" && !leadsTo(raw.RedirectURL, ask.RedirectURI) {
		return "", a.odd("it leads to another place than the one that was shown")
	}
	return raw.RedirectURL, nil
}

// leadsTo reports whether target is uri with nothing but parameters added.
func leadsTo(target, uri string) bool {
	t, err := url.Parse(target)
	if err != nil || len(target) > 8192 {
		return false
	}
	u, err := url.Parse(uri)
	if err != nil || !isWeb(t) || t.Fragment != "" {
		return false
	}
	for _, c := range []byte(target) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return t.Scheme == u.Scheme && t.Host == u.Host && t.EscapedPath() == u.EscapedPath()
}
