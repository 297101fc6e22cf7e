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
	l := &login{w: s.w, person: s.w.person(a.number)}
	defer l.close()
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"page", l.page},
		{"socket", l.socket},
		{"scan", l.scan},
		{"number", l.number},
		{"approval", l.approve},
		{"finish", l.finish},
		{"token", l.token},
	} {
		if err := a.timed(step.name, func() error { return step.do(ctx) }); err != nil {
			return err
		}
	}
	return nil
}

// login is one sign-in on its way. Its steps are done in the order in which they
// stand here.
type login struct {
	w      *world
	person *client.Account

	sheet   *page
	desktop *desktop
	seen    view
	ask     *client.Ask
	code    string
}

func (l *login) page(ctx context.Context) (err error) {
	l.sheet, err = l.w.open(ctx, "/sso-authorize", l.w.asking)
	return err
}

func (l *login) socket(ctx context.Context) (err error) {
	if l.desktop, err = l.sheet.connect(ctx); err != nil {
		return err
	}
	go l.desktop.read()
	l.seen, _, err = l.desktop.until(ctx, pairing.Waiting)
	return err
}

func (l *login) scan(ctx context.Context) error {
	code, err := scanned(l.seen.Link)
	if err != nil {
		return err
	}
	l.ask, err = l.person.Claim(ctx, code)
	return err
}

func (l *login) number(ctx context.Context) (err error) {
	l.seen, _, err = l.desktop.until(ctx, pairing.Claimed)
	return err
}

func (l *login) approve(ctx context.Context) error {
	if _, err := l.person.Approve(ctx, l.ask, l.seen.Number, l.ask.ScopeNames()); err != nil {
		return err
	}
	_, _, err := l.desktop.until(ctx, pairing.Approved)
	return err
}

func (l *login) finish(ctx context.Context) error {
	to, err := l.sheet.finish(ctx)
	if err != nil {
		return err
	}
	l.code, err = codeIn(to)
	return err
}

func (l *login) token(ctx context.Context) error {
	_, err := l.w.exchange(ctx, l.code)
	return err
}

func (l *login) close() {
	if l.desktop != nil {
		_ = l.desktop.socket.Close()
	}
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
