package softkey_test

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"testing"

	"github.com/go-webauthn/webauthn/protocol"

	"hamconnect/passkey/softkey"
)

func TestEachFaultAltersWhatItSaysAndNothingElse(t *testing.T) {
	w, u, key := library(t), &user{}, &softkey.Authenticator{NoCounter: true}
	if err := create(t, w, u, key); err != nil {
		t.Fatal(err)
	}
	rp, evil := sha256.Sum256([]byte(rpID)), sha256.Sum256([]byte("evil.example"))
	const upuv = 0x05
	type seen struct {
		typ, challenge, top, handle, id, raw string
		cross                                bool
		hash                                 [32]byte
		flags                                byte
		count                                uint32
	}
	id := string(key.Keys()[0].ID)
	right := seen{"webauthn.get", "challenge of 16 bytes", "", "user handle", id, id, false, rp, upuv, 0}
	for name, c := range map[string]struct {
		fault softkey.Fault
		want  func(*seen)
	}{
		"none":                   {softkey.Using([]byte(id)), func(*seen) {}},
		"type":                   {softkey.Type("webauthn.create"), func(s *seen) { s.typ = "webauthn.create" }},
		"challenge":              {softkey.Challenge([]byte("other")), func(s *seen) { s.challenge = "other" }},
		"frame":                  {softkey.CrossOrigin("https://evil.example"), func(s *seen) { s.cross, s.top = true, "https://evil.example" }},
		"RP ID":                  {softkey.RPID("evil.example"), func(s *seen) { s.hash = evil }},
		"not present":            {softkey.NotPresent, func(s *seen) { s.flags = 0x04 }},
		"not verified":           {softkey.NotVerified, func(s *seen) { s.flags = 0x01 }},
		"flipped BE":             {softkey.FlipBackupEligible, func(s *seen) { s.flags = upuv | 0x08 }},
		"BS without BE":          {softkey.BackedUpNotEligible, func(s *seen) { s.flags = upuv | 0x10 }},
		"count":                  {softkey.Count(0x01020304), func(s *seen) { s.count = 0x01020304 }},
		"user handle":            {softkey.UserHandle([]byte("other")), func(s *seen) { s.handle = "other" }},
		"no user handle":         {softkey.NoUserHandle, func(s *seen) { s.handle = "" }},
		"empty user handle":      {softkey.EmptyUserHandle, func(s *seen) { s.handle = "" }},
		"id":                     {softkey.ID([]byte("other")), func(s *seen) { s.id, s.raw = "other", "other" }},
		"rawId":                  {softkey.RawID([]byte("other")), func(s *seen) { s.raw = "other" }},
		"strange, but not wrong": {softkey.Strange, func(*seen) {}},
	} {
		t.Run(name, func(t *testing.T) {
			options := []byte(`{"publicKey":{"challenge":"Y2hhbGxlbmdlIG9mIDE2IGJ5dGVz","rpId":"` + rpID + `"}}`)
			answer, err := key.Get(options, site, c.fault)
			if err != nil {
				t.Fatal(err)
			}
			var a struct {
				ID, RawID protocol.URLEncodedBase64
				Response  struct{ ClientDataJSON, AuthenticatorData, Signature, UserHandle protocol.URLEncodedBase64 }
			}
			if err := json.Unmarshal(answer, &a); err != nil {
				t.Fatal(err)
			}
			var client struct {
				Type, Origin, TopOrigin string
				Challenge               protocol.URLEncodedBase64
				CrossOrigin             bool
			}
			if err := json.Unmarshal(a.Response.ClientDataJSON, &client); err != nil {
				t.Fatal(err)
			}
			var data protocol.AuthenticatorData
			if err := data.Unmarshal(a.Response.AuthenticatorData); err != nil {
				t.Fatal(err)
			}
			got := seen{client.Type, string(client.Challenge), client.TopOrigin, string(a.Response.UserHandle), string(a.ID), string(a.RawID), client.CrossOrigin, [32]byte(data.RPIDHash), byte(data.Flags), data.Counter}
			want := right
			c.want(&want)
			if got != want || client.Origin != site {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestBadSignaturesAreBadAndLargeAnswersLarge(t *testing.T) {
	w, u, key := library(t), &user{}, softkey.Synced()
	if err := create(t, w, u, key); err != nil {
		t.Fatal(err)
	}
	_, err := get(t, w, u, key, softkey.BadSignature)
	var e *protocol.Error
	if !errors.As(err, &e) || e.Type != protocol.ErrAssertionSignature.Type {
		t.Errorf("%v", err)
	}
	options := []byte(`{"publicKey":{"challenge":"AAAA","rpId":"` + rpID + `"}}`)
	for name, c := range map[string]struct {
		fault softkey.Fault
		least int
	}{"oversize": {softkey.Oversize(70_000), 70_000}, "deep": {softkey.Deep(5000), 10_000}} {
		if answer, err := key.Get(options, site, c.fault); err != nil || len(answer) < c.least || !json.Valid(answer) {
			t.Errorf("%s: %d bytes, %v", name, len(answer), err)
		}
	}
}
