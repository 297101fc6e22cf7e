package passkey_test

import (
	"strings"
	"testing"
	"time"

	"hamconnect/passkey"
	"hamconnect/passkey/softkey"
)

func TestAnAssertionAnswersOneChallengeOnly(t *testing.T) {
	b := newBench(t)
	key := softkey.Synced()
	b.register(lin, key)
	first, second := b.begin(passkey.Ask{Purpose: purpose}), b.begin(passkey.Ask{Purpose: purpose})
	answer, err := key.Get(first.Options, site)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.FinishLogin(t.Context(), passkey.Answer{Ceremony: second.Ceremony, Purpose: purpose, JSON: answer})
	refusal(t, err, passkey.WrongChallenge)
	if _, err := b.FinishLogin(t.Context(), passkey.Answer{Ceremony: first.Ceremony, Purpose: purpose, JSON: answer}); err != nil {
		t.Fatal(err)
	}
	_, err = b.FinishLogin(t.Context(), passkey.Answer{Ceremony: first.Ceremony, Purpose: purpose, JSON: answer})
	refusal(t, err, passkey.CeremonyUnknown)
	for _, id := range []string{"", "x", strings.Repeat("A", 26), strings.Repeat("A", 1<<20)} {
		_, err = b.FinishLogin(t.Context(), passkey.Answer{Ceremony: id, Purpose: purpose, JSON: answer})
		refusal(t, err, passkey.CeremonyUnknown)
	}
}

func TestARefusedAnswerUsesTheCeremonyUp(t *testing.T) {
	b := newBench(t)
	key := softkey.Synced()
	b.register(lin, key)
	for name, wrong := range map[string]passkey.Answer{
		"not JSON":         {Purpose: purpose, JSON: []byte("{")},
		"null":             {Purpose: purpose, JSON: []byte("null")},
		"nothing":          {Purpose: purpose},
		"another purpose":  {Purpose: "step-up", JSON: []byte("{}")},
		"a user not asked": {Purpose: purpose, UserID: userID, JSON: []byte("{}")},
	} {
		t.Run(name, func(t *testing.T) {
			begun := b.begin(passkey.Ask{Purpose: purpose})
			wrong.Ceremony = begun.Ceremony
			if _, err := b.FinishLogin(t.Context(), wrong); err == nil {
				t.Fatal("passes")
			}
			answer, err := key.Get(begun.Options, site)
			if err != nil {
				t.Fatal(err)
			}
			_, err = b.FinishLogin(t.Context(), passkey.Answer{Ceremony: begun.Ceremony, Purpose: purpose, JSON: answer})
			refusal(t, err, passkey.CeremonyUnknown)
		})
	}
}

func TestACeremonyLastsFiveMinutes(t *testing.T) {
	const e = time.Nanosecond
	for _, c := range []struct {
		name string
		age  time.Duration
		good bool
	}{
		{"at once", 0, true},
		{"at its very end", 5*time.Minute - e, true},
		{"when it is over", 5 * time.Minute, false},
		{"just after", 5*time.Minute + e, false},
		{"ten minutes late", 15 * time.Minute, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			key := softkey.Synced()
			b.register(lin, key)
			begun := b.begin(passkey.Ask{Purpose: purpose})
			adding, err := b.BeginRegistration(t.Context(), "add", lin, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !begun.Expires.Equal(b.now.Add(5 * time.Minute)) {
				t.Errorf("expires %v", begun.Expires)
			}
			b.pass(c.age)
			answer, err := key.Get(begun.Options, site)
			if err != nil {
				t.Fatal(err)
			}
			_, err = b.FinishLogin(t.Context(), passkey.Answer{Ceremony: begun.Ceremony, Purpose: purpose, JSON: answer})
			if c.good && err != nil {
				t.Error(err)
			} else if !c.good {
				refusal(t, err, passkey.CeremonyExpired)
			}
			answer, err = softkey.Synced().Create(adding.Options, site)
			if err != nil {
				t.Fatal(err)
			}
			_, err = b.FinishRegistration(t.Context(), passkey.Answer{Ceremony: adding.Ceremony, Purpose: "add", UserID: userID, JSON: answer})
			if c.good && err != nil {
				t.Error(err)
			} else if !c.good {
				refusal(t, err, passkey.CeremonyExpired)
			}
		})
	}
}
