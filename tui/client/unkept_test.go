package client_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"testing"

	"hamconnect/server/servertest"
	"hamconnect/tui/client"
)

func TestAnUnkeptAccountCallsWithTheKeyThatItIsGiven(t *testing.T) {
	p := servertest.Start(t, nil)
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	users, err := p.Admin().SyntheticUsers(t.Context(), "RTEST", []ed25519.PublicKey{public}, nil)
	if err != nil {
		t.Fatal(err)
	}
	account, err := client.Unkept(p.URL, private, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if me, err := account.Me(t.Context()); err != nil || me.UserID != users[0].ID {
		t.Errorf("it is %q, want %q (%v)", me.UserID, users[0].ID, err)
	}
	for what, c := range map[string]struct {
		server string
		key    ed25519.PrivateKey
	}{
		"plain http elsewhere": {"http://ham.example", private},
		"an address with path": {p.URL + "/path", private},
		"a key that is short":  {p.URL, private[:32]},
		"no key":               {p.URL, nil},
	} {
		if _, err := client.Unkept(c.server, c.key, client.Options{}); err == nil {
			t.Errorf("%s: it is taken", what)
		}
	}
}
