package passkey_test

import (
	"strings"
	"testing"

	"hamconnect/passkey"
	"hamconnect/passkey/softkey"
)

func TestAnAssertionCountsForItsPurposeAndUserOnly(t *testing.T) {
	mei := passkey.User{ID: "mei", Name: "mei@example.org"}
	b := newBench(t)
	lins, meis := softkey.Synced(), softkey.Synced()
	b.register(lin, lins)
	b.register(mei, meis)

	try := func(ask passkey.Ask, key *softkey.Authenticator, a passkey.Answer) error {
		begun := b.begin(ask)
		answer, err := key.Get(begun.Options, site)
		if err != nil {
			t.Fatal(err)
		}
		a.Ceremony, a.JSON = begun.Ceremony, answer
		_, err = b.FinishLogin(t.Context(), a)
		return err
	}
	stepUp := passkey.Ask{Purpose: "step-up", UserID: userID}
	if err := try(stepUp, lins, passkey.Answer{Purpose: "step-up", UserID: userID}); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		name string
		ask  passkey.Ask
		key  *softkey.Authenticator
		a    passkey.Answer
		want passkey.Reason
	}{
		{"a login for a step-up", passkey.Ask{Purpose: purpose}, lins, passkey.Answer{Purpose: "step-up", UserID: userID}, passkey.WrongPurpose},
		{"a step-up for a login", stepUp, lins, passkey.Answer{Purpose: purpose}, passkey.WrongPurpose},
		{"one pairing for another", passkey.Ask{Purpose: "pairing:A", UserID: userID}, lins, passkey.Answer{Purpose: "pairing:B", UserID: userID}, passkey.WrongPurpose},
		{"no purpose", stepUp, lins, passkey.Answer{UserID: userID}, passkey.WrongPurpose},
		{"another user's passkey", stepUp, meis, passkey.Answer{Purpose: "step-up", UserID: userID}, passkey.OtherUser},
		{"another user at the end", stepUp, meis, passkey.Answer{Purpose: "step-up", UserID: "mei"}, passkey.OtherUser},
		{"nobody at the end", stepUp, lins, passkey.Answer{Purpose: "step-up"}, passkey.OtherUser},
	} {
		t.Run(c.name, func(t *testing.T) { refusal(t, try(c.ask, c.key, c.a), c.want) })
	}

	t.Run("a registration for a login", func(t *testing.T) {
		begun, err := b.BeginRegistration(t.Context(), purpose, lin, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.FinishLogin(t.Context(), passkey.Answer{Ceremony: begun.Ceremony, Purpose: purpose, UserID: userID, JSON: []byte("{}")})
		refusal(t, err, passkey.WrongPurpose)
	})
	t.Run("a purpose is required", func(t *testing.T) {
		for _, p := range []string{"", strings.Repeat("x", 257)} {
			if _, err := b.BeginLogin(t.Context(), passkey.Ask{Purpose: p}); err == nil {
				t.Errorf("begun for %q", p)
			}
		}
	})
}

func TestOnlyWhatIsOfferedIsTaken(t *testing.T) {
	b := newBench(t)
	one, two := softkey.Synced(), softkey.Synced()
	first, second := b.register(lin, one), b.register(lin, two)
	ask := passkey.Ask{Purpose: "step-up", UserID: userID, Offer: []passkey.Credential{first}}
	finish := func(begun passkey.Begun, answer []byte, err error) error {
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.FinishLogin(t.Context(), passkey.Answer{Ceremony: begun.Ceremony, Purpose: "step-up", UserID: userID, JSON: answer})
		return err
	}
	// A key that is named needs no user handle (WebAuthn Level 3 §7.2, step 6).
	begun := b.begin(ask)
	answer, err := one.Get(begun.Options, site, softkey.NoUserHandle)
	if err := finish(begun, answer, err); err != nil {
		t.Error(err)
	}
	begun = b.begin(ask)
	if _, err := two.Get(begun.Options, site); err == nil {
		t.Error("a key that is not offered answers")
	}
	answer, err = two.Get(begun.Options, site, softkey.Using(two.Keys()[0].ID))
	refusal(t, finish(begun, answer, err), passkey.NotOffered)

	// One of the offered ones may go while the other signs.
	begun = b.begin(passkey.Ask{Purpose: "step-up", UserID: userID, Offer: []passkey.Credential{first, second}})
	answer, err = one.Get(begun.Options, site)
	delete(b.store.credentials, second.ID)
	if err := finish(begun, answer, err); err != nil {
		t.Error(err)
	}
	if _, err := b.BeginLogin(t.Context(), passkey.Ask{Purpose: purpose, Offer: []passkey.Credential{first}}); err == nil {
		t.Error("a user's passkeys are offered to whoever asks")
	}
	if _, err := b.BeginLogin(t.Context(), passkey.Ask{Purpose: purpose, UserID: "mei", Offer: []passkey.Credential{first}}); err == nil {
		t.Error("one user's passkeys are offered to another")
	}
}
