package ham_test

import (
	"fmt"
	"testing"
	"time"

	"hamconnect/server"
	"hamconnect/server/servertest"
)

func TestDisablingAndDeletingWorkAtOnceOnCodesAndTokens(t *testing.T) {
	for _, c := range []struct {
		name     string
		do       func(house) error
		undo     func(house) error
		exchange string // what a code is then answered with
		userinfo string
	}{
		{
			"the client is disabled",
			func(h house) error { return h.client(func(c *server.Client) { c.Disabled = true }) },
			func(h house) error { return h.client(func(c *server.Client) { c.Disabled = false }) },
			"invalid_client", "invalid_client",
		},
		{
			"the user is disabled",
			func(h house) error { return h.person(func(u *server.User) { u.Disabled = true }) },
			func(h house) error { return h.person(func(u *server.User) { u.Disabled = false }) },
			"invalid_grant", "invalid_token",
		},
		{
			"the client is deleted",
			func(h house) error { return h.Admin().DeleteClient(h.TB.Context(), h.app.ID) },
			nil, "invalid_client", "invalid_client",
		},
		{
			"the user is deleted",
			func(h house) error { return h.Admin().DeleteUser(h.TB.Context(), h.user.ID) },
			nil, "invalid_grant", "invalid_token",
		},
		{
			"the secret is rotated",
			func(h house) error { _, err := h.Admin().RotateSecret(h.TB.Context(), h.app.ID); return err },
			nil, "invalid_client", "invalid_client",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := build(t, nil)
			code, token := h.Code(h.app, h.phone), h.Token(h.app, h.phone)
			if err := c.do(h); err != nil {
				t.Fatal(err)
			}
			if a := h.Exchange(h.app, code); a.Text("error") != c.exchange {
				t.Errorf("the code: %d %s", a.Status, a.Text("error"))
			}
			if a := h.Userinfo(h.app, token); a.Text("error") != c.userinfo || a.Status != 401 {
				t.Errorf("the token: %d %s", a.Status, a.Text("error"))
			}
			if c.undo == nil {
				return
			}
			if err := c.undo(h); err != nil {
				t.Fatal(err)
			}
			if a := h.Exchange(h.app, code); a.Status != 200 {
				t.Errorf("the code, enabled again: %d %s", a.Status, a.Text("error"))
			}
			if a := h.Userinfo(h.app, token); a.Status != 200 {
				t.Errorf("the token, enabled again: %d %s", a.Status, a.Text("error"))
			}
		})
	}
}

func (h house) client(change func(*server.Client)) error {
	_, err := h.Admin().UpdateClient(h.TB.Context(), h.app.ID, change)
	return err
}

func (h house) person(change func(*server.User)) error {
	_, err := h.Admin().UpdateUser(h.TB.Context(), h.user.ID, change)
	return err
}

func TestANewSecretWorksWhereTheOldOneNoLongerDoes(t *testing.T) {
	h := build(t, nil)
	code := h.Code(h.app, h.phone)
	secret, err := h.Admin().RotateSecret(t.Context(), h.app.ID)
	if err != nil {
		t.Fatal(err)
	}
	refused(t, h.Exchange(h.app, code), 401, "invalid_client")
	h.app.Secret = secret.Reveal()
	if a := h.Exchange(h.app, code); a.Status != 200 {
		t.Errorf("answered %d", a.Status)
	}
}

func TestAnAddressThatGuessesSecretsIsSlowedDownAndTheRightSecretStillWorks(t *testing.T) {
	h := house{Provider: servertest.Start(t, func(c *server.Config) {
		c.Limits.Failures = server.Rate{Every: time.Hour, Burst: 5}
	})}
	h.app = h.AddApp(nil)
	h.phone, _ = h.AddPhone("Lin")
	code, token := h.Code(h.app, h.phone), h.Token(h.app, h.phone)
	wrong := h.app
	for i := range 5 {
		wrong.Secret = fmt.Sprint("guess", i)
		refused(t, h.Exchange(wrong, "x"), 401, "invalid_client")
	}
	for _, a := range []servertest.Answer{h.Exchange(wrong, "x"), h.Userinfo(wrong, token)} {
		refused(t, a, 429, "slow_down")
		if a.Header.Get("Retry-After") == "" {
			t.Error("it does not say when to come back")
		}
	}
	if a := h.Exchange(h.app, code); a.Status != 200 {
		t.Errorf("the right secret from the same address: %d", a.Status)
	}
}
