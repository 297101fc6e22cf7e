package passkey_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hamconnect/passkey"
	"hamconnect/passkey/softkey"
)

func TestEveryWrongAssertionIsRefusedForItsOwnReason(t *testing.T) {
	old := []byte("an old challenge of thirty-two b")
	for _, c := range []struct {
		name   string
		origin string // site where empty
		faults []softkey.Fault
		want   passkey.Reason
	}{
		{"an attestation's type", "", []softkey.Fault{softkey.Type("webauthn.create")}, passkey.WrongType},
		{"no type", "", []softkey.Fault{softkey.Type("")}, passkey.WrongType},
		{"another challenge", "", []softkey.Fault{softkey.Challenge(old)}, passkey.WrongChallenge},
		{"no challenge", "", []softkey.Fault{softkey.Challenge(nil)}, passkey.WrongChallenge},
		{"a foreign origin", "https://evil.example", nil, passkey.WrongOrigin},
		{"a sibling domain", "https://evil.example.org", nil, passkey.WrongOrigin},
		{"the parent domain", "https://example.org", nil, passkey.WrongOrigin},
		{"a subdomain that is not configured", "https://x.login.example.org", nil, passkey.WrongOrigin},
		{"plain http", "http://login.example.org", nil, passkey.WrongOrigin},
		{"another port", site + ":8443", nil, passkey.WrongOrigin},
		{"the site's name as the user of another host", "https://login.example.org@evil.example", nil, passkey.WrongOrigin},
		{"another user at the site's host", "https://evil@login.example.org", nil, passkey.WrongOrigin},
		{"a path after the origin", site + "/", nil, passkey.WrongOrigin},
		{"the default port written out", site + ":443", nil, passkey.WrongOrigin},
		{"capitals", "https://LOGIN.example.org", nil, passkey.WrongOrigin},
		{"null", "null", nil, passkey.WrongOrigin},
		{"no origin", " ", nil, passkey.WrongOrigin},
		{"an app that is not configured", "android:apk-key-hash:abc", nil, passkey.WrongOrigin},
		{"a frame of another site", "", []softkey.Fault{softkey.CrossOrigin("https://evil.example")}, passkey.CrossOrigin},
		{"a frame that does not say of which site", "", []softkey.Fault{softkey.CrossOrigin("")}, passkey.CrossOrigin},
		{"a frame that names this very site", "", []softkey.Fault{softkey.CrossOrigin(site)}, passkey.CrossOrigin},
		{"another RP ID", "", []softkey.Fault{softkey.RPID("evil.example")}, passkey.WrongRPID},
		{"the parent's RP ID", "", []softkey.Fault{softkey.RPID("example.org")}, passkey.WrongRPID},
		{"nobody present", "", []softkey.Fault{softkey.NotPresent}, passkey.NotPresent},
		{"nobody verified", "", []softkey.Fault{softkey.NotVerified}, passkey.NotVerified},
		{"a spoilt signature", "", []softkey.Fault{softkey.BadSignature}, passkey.BadSignature},
		{"a spoilt signature and a flipped flag", "", []softkey.Fault{softkey.BadSignature, softkey.FlipBackupEligible}, passkey.BadSignature},
		{"no user handle", "", []softkey.Fault{softkey.NoUserHandle}, passkey.UserHandleMissing},
		{"an empty user handle", "", []softkey.Fault{softkey.EmptyUserHandle}, passkey.UserHandleMissing},
		{"a foreign user handle", "", []softkey.Fault{softkey.UserHandle([]byte("somebody else"))}, passkey.UserHandleMismatch},
		{"a user handle of 65 bytes", "", []softkey.Fault{softkey.UserHandle(make([]byte, 65))}, passkey.Malformed},
		{"an id that is not known", "", []softkey.Fault{softkey.ID([]byte("never registered"))}, passkey.UnknownCredential},
		{"an id that is too long", "", []softkey.Fault{softkey.ID(make([]byte, 1024))}, passkey.Malformed},
		{"an empty id", "", []softkey.Fault{softkey.ID([]byte{})}, passkey.Malformed},
		{"an id and a rawId that differ", "", []softkey.Fault{softkey.RawID([]byte("another"))}, passkey.IDMismatch},
		{"a backup-eligible flag that changed", "", []softkey.Fault{softkey.FlipBackupEligible}, passkey.BackupEligibleChanged},
		{"backed up without being eligible", "", []softkey.Fault{softkey.BackedUpNotEligible}, passkey.BackedUpNotEligible},
		{"the same and a spoilt signature", "", []softkey.Fault{softkey.BackedUpNotEligible, softkey.BadSignature}, passkey.BadSignature},
		{"authenticator data one byte short", "", []softkey.Fault{softkey.TruncateAuthData(1)}, passkey.Malformed},
		{"no authenticator data", "", []softkey.Fault{softkey.TruncateAuthData(1000)}, passkey.Malformed},
		{"more than 64 KB", "", []softkey.Fault{softkey.Oversize(64 << 10)}, passkey.TooLarge},
		{"JSON nested a hundred deep", "", []softkey.Fault{softkey.Deep(100)}, passkey.Malformed},
	} {
		for name, key := range map[string]*softkey.Authenticator{"bound to the device": {}, "synced": softkey.Synced()} {
			t.Run(c.name+", "+name, func(t *testing.T) {
				b := newBench(t)
				made := b.register(lin, key)
				origin := c.origin
				if origin == "" {
					origin = site
				}
				_, err := b.loginFrom(strings.TrimSpace(origin), key, c.faults...)
				e := refusal(t, err, c.want)
				proven := c.want == passkey.BackupEligibleChanged
				if proven != (e.UserID == userID) {
					t.Errorf("names the user %q", e.UserID)
				}
				if stored := b.of(userID); len(stored) != 1 || !stored[0].LastUsed.IsZero() || stored[0].SignCount != made.SignCount || stored[0].BackedUp != made.BackedUp {
					t.Errorf("a refused login was written: %+v", stored)
				}
				if _, err := b.login(key); err != nil {
					t.Errorf("the right answer to the next attempt: %v", err)
				}
			})
		}
	}
}

func TestRefusalsSayWhatWasExpected(t *testing.T) {
	b := newBench(t, site, "https://www.example.net")
	key := softkey.Synced()
	made := b.register(lin, key)
	_, err := b.loginFrom("https://evil.example/\u202e\n"+strings.Repeat("é", 1000), key)
	e := refusal(t, err, passkey.WrongOrigin)
	if e.Expected != site+" or https://www.example.net" || !strings.HasPrefix(e.Got, "https://evil.example/") || strings.ContainsAny(e.Got, "\n\u202e") || len(e.Got) > 210 {
		t.Errorf("%q, %q", e.Expected, e.Got)
	}
	_, err = b.login(key, softkey.RPID("evil.example"))
	if e := refusal(t, err, passkey.WrongRPID); e.Expected != "login.example.org" || e.CredentialID != made.ID {
		t.Errorf("%+v", e)
	}
	_, err = b.login(key, softkey.ID([]byte("unknown")))
	e = refusal(t, err, passkey.UnknownCredential)
	if e.CredentialID != "dW5rbm93bg" {
		t.Errorf("%+v", e)
	}
	signal, err := b.RelyingParty.UnknownCredential(e.CredentialID)
	if err != nil || string(signal) != `{"credentialId":"dW5rbm93bg","rpId":"login.example.org"}` {
		t.Errorf("%s, %v", signal, err)
	}
}

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

func TestAPasskeyThatWasRemovedIsUnknown(t *testing.T) {
	b := newBench(t)
	key := softkey.Synced()
	made := b.register(lin, key)
	delete(b.store.credentials, made.ID)
	_, err := b.login(key)
	if e := refusal(t, err, passkey.UnknownCredential); e.CredentialID != made.ID {
		t.Errorf("%+v", e)
	}
	signal, err := b.AcceptedCredentials(userID, nil)
	if err != nil || string(signal) != `{"allAcceptedCredentialIds":[],"rpId":"login.example.org","userId":"azN2N3EybXpuNXh3NHQ2eThycGE"}` {
		t.Errorf("%s, %v", signal, err)
	}
}

func TestACounterThatGoesBackIsRefusedOnceAndMarked(t *testing.T) {
	b := newBench(t)
	key := &softkey.Authenticator{}
	made := b.register(lin, key)
	step := func(count uint32, good bool) {
		t.Helper()
		b.pass(time.Hour)
		login, err := b.login(key, softkey.Count(count))
		if good {
			if err != nil || login.Credential.SignCount != count {
				t.Fatalf("count %d: %+v, %v", count, login, err)
			}
			return
		}
		e := refusal(t, err, passkey.CounterWentBack)
		if e.UserID != userID || e.CredentialID != made.ID {
			t.Errorf("%+v", e)
		}
		if c := b.of(userID)[0]; !c.Suspicious.Equal(b.now) || c.SignCount != count || c.LastUsed.Equal(b.now) {
			t.Errorf("%+v", c)
		}
	}
	step(100, true)
	step(101, true)
	step(101, false) // the same again
	step(102, true)
	step(7, false) // a reset, or a copy
	step(8, true)
	step(0, false) // no count any more
	step(0, true)  // as of a synced one
	step(1, true)
	if b.of(userID)[0].Suspicious.IsZero() {
		t.Error("the mark went away by itself")
	}
	key.NoCounter = true
	if e := refusal(t, func() error { _, err := b.login(key, softkey.Count(1), softkey.BadSignature); return err }(), passkey.BadSignature); e.UserID != "" {
		t.Errorf("%+v", e)
	}
}

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
