package bench

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

// logins are whole sign-ins by people who take no time to think.
type logins struct{ w *world }

func beginLogins(w *world) scenario { return &logins{w} }

func (s *logins) prepare(context.Context) error { return nil }
func (s *logins) close()                        {}

func (s *logins) arrive(ctx context.Context, a *arrival) error {
	person := s.w.person(a.number)
	var p *page
	err := a.timed("page", func() (err error) {
		p, err = s.w.open(ctx, "/sso-authorize", s.w.asking)
		return err
	})
	if err != nil {
		return err
	}
	var d *desktop
	var v view
	err = a.timed("socket", func() (err error) {
		if d, err = p.connect(ctx); err != nil {
			return err
		}
		go d.read()
		v, _, err = d.until(ctx, pairing.Waiting)
		return err
	})
	if d != nil {
		defer d.socket.Close()
	}
	if err != nil {
		return err
	}
	var ask *client.Ask
	err = a.timed("scan", func() error {
		code, err := scanned(v.Link)
		if err == nil {
			ask, err = person.Claim(ctx, code)
		}
		return err
	})
	if err != nil {
		return err
	}
	err = a.timed("number", func() (err error) {
		v, _, err = d.until(ctx, pairing.Claimed)
		return err
	})
	if err != nil {
		return err
	}
	err = a.timed("approval", func() error {
		if _, err := person.Approve(ctx, ask, v.Number, ask.ScopeNames()); err != nil {
			return err
		}
		_, _, err := d.until(ctx, pairing.Approved)
		return err
	})
	if err != nil {
		return err
	}
	var code string
	err = a.timed("finish", func() error {
		to, err := p.finish(ctx)
		if err == nil {
			code, err = codeIn(to)
		}
		return err
	})
	if err != nil {
		return err
	}
	return a.timed("token", func() error {
		_, err := s.w.exchange(ctx, code)
		return err
	})
}

// exchange swaps a code for a token.
func (w *world) exchange(ctx context.Context, code string) (token string, err error) {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}}
	_, body, err := w.send(ctx, http.MethodPost, "/oauth/token", form, http.Header{"Authorization": {w.basic}}, http.StatusOK)
	if err != nil {
		return "", err
	}
	var answer struct {
		Token string `json:"access_token"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Token == "" {
		return "", &oddError{"the answer holds no token"}
	}
	return answer.Token, nil
}

// allow has a person allow the client what it asks, in their Ham app, without a
// desktop. The code of it is given.
func (w *world) allow(ctx context.Context, person *client.Account) (code string, err error) {
	ask, err := person.CheckAuthorize(ctx, w.asking)
	if err != nil {
		return "", at("asking the app", err)
	}
	location, err := person.ApproveAuthorize(ctx, ask, ask.ScopeNames())
	if err != nil {
		return "", at("approving in the app", err)
	}
	to, err := url.Parse(location)
	if err != nil {
		return "", &oddError{"the redirect leads nowhere"}
	}
	return codeIn(to)
}
