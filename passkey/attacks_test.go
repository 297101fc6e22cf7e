package passkey_test

import (
	"strings"
	"testing"

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
