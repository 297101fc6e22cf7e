package passkey_test

import (
	"slices"
	"testing"

	"hamconnect/passkey"
	"hamconnect/passkey/softkey"
)

func TestWrongAttestationsAreRefusedForTheirOwnReason(t *testing.T) {
	for _, c := range []struct {
		name   string
		origin string
		faults []softkey.Fault
		want   passkey.Reason
	}{
		{"an assertion's type", site, []softkey.Fault{softkey.Type("webauthn.get")}, passkey.WrongType},
		{"another challenge", site, []softkey.Fault{softkey.Challenge([]byte("an old challenge of thirty-two b"))}, passkey.WrongChallenge},
		{"a foreign origin", "https://evil.example", nil, passkey.WrongOrigin},
		{"a frame of another site", site, []softkey.Fault{softkey.CrossOrigin("https://evil.example")}, passkey.CrossOrigin},
		{"another RP ID", site, []softkey.Fault{softkey.RPID("evil.example")}, passkey.WrongRPID},
		{"nobody present", site, []softkey.Fault{softkey.NotPresent}, passkey.NotPresent},
		{"nobody verified", site, []softkey.Fault{softkey.NotVerified}, passkey.NotVerified},
		{"backed up without being eligible", site, []softkey.Fault{softkey.BackedUpNotEligible}, passkey.BackedUpNotEligible},
		{"a key that was not kept", site, []softkey.Fault{softkey.NotDiscoverable}, passkey.NotDiscoverable},
		{"an id and a rawId that differ", site, []softkey.Fault{softkey.RawID([]byte("another"))}, passkey.IDMismatch},
		{"an id that is not the attested one", site, []softkey.Fault{softkey.ID([]byte("another"))}, passkey.IDMismatch},
		{"authenticator data one byte short", site, []softkey.Fault{softkey.TruncateAuthData(1)}, passkey.Malformed},
		{"no public key", site, []softkey.Fault{softkey.TruncateAuthData(77)}, passkey.Malformed},
		{"more than 64 KB", site, []softkey.Fault{softkey.Oversize(64 << 10)}, passkey.TooLarge},
		{"JSON nested a hundred deep", site, []softkey.Fault{softkey.Deep(100)}, passkey.Malformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			begun, err := b.BeginRegistration(t.Context(), "add", lin, nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := softkey.Synced().Create(begun.Options, c.origin, c.faults...)
			if err != nil {
				t.Fatal(err)
			}
			_, err = b.FinishRegistration(t.Context(), passkey.Answer{Ceremony: begun.Ceremony, Purpose: "add", UserID: userID, JSON: answer})
			refusal(t, err, c.want)
			if len(b.of(userID)) != 0 {
				t.Error("it was stored")
			}
			_, err = b.FinishRegistration(t.Context(), passkey.Answer{Ceremony: begun.Ceremony, Purpose: "add", UserID: userID, JSON: answer})
			if c.want != passkey.TooLarge {
				refusal(t, err, passkey.CeremonyUnknown)
			}
		})
	}
}

func TestAPasskeyIsAddedOnceAndToOneUser(t *testing.T) {
	b := newBench(t)
	key := softkey.Synced()
	b.register(lin, key)
	if _, err := b.tryRegister(lin, key); err != softkey.ErrExcluded { //nolint:errorlint // as it comes
		t.Errorf("%v", err)
	}
	// The same answer shape, the same key, another account.
	mei := passkey.User{ID: "mei", Name: "mei"}
	begun, err := b.BeginRegistration(t.Context(), "add", mei, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := softkey.Synced().Create(begun.Options, site)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.FinishRegistration(t.Context(), passkey.Answer{Ceremony: begun.Ceremony, Purpose: "add", UserID: userID, JSON: answer})
	refusal(t, err, passkey.OtherUser)

	taken := &takenStore{memory: b.store}
	rp, err := passkey.New(b.Config(), taken, taken, b.clock)
	if err != nil {
		t.Fatal(err)
	}
	b.RelyingParty = rp
	_, err = b.tryRegister(mei, softkey.Synced())
	refusal(t, err, passkey.AlreadyRegistered)
}

func TestAUserHasTwentyPasskeysAtMost(t *testing.T) {
	b := newBench(t)
	for range 19 {
		b.register(lin, softkey.Synced())
	}
	// Two pages that were both opened with nineteen.
	var begun []passkey.Begun
	for range 2 {
		one, err := b.BeginRegistration(t.Context(), "add", lin, b.of(userID))
		if err != nil {
			t.Fatal(err)
		}
		begun = append(begun, one)
	}
	var errs []error
	for _, one := range begun {
		answer, err := softkey.Synced().Create(one.Options, site)
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.FinishRegistration(t.Context(), passkey.Answer{Ceremony: one.Ceremony, Purpose: "add", UserID: userID, JSON: answer})
		errs = append(errs, err)
	}
	if errs[0] != nil {
		t.Error(errs[0])
	}
	refusal(t, errs[1], passkey.TooMany)
	_, err := b.BeginRegistration(t.Context(), "add", lin, b.of(userID))
	refusal(t, err, passkey.TooMany)
	if _, err := b.BeginRegistration(t.Context(), "add", passkey.User{ID: "mei", Name: "mei"}, slices.Clone(b.of(userID)[:1])); err == nil {
		t.Error("another user's passkeys are excluded")
	}
}
