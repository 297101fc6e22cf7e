package softkey_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"hamconnect/passkey/softkey"
)

const (
	site = "https://login.example.org"
	rpID = "login.example.org"
)

// user is a user of go-webauthn, which judges what softkey makes here.
type user struct{ credentials []webauthn.Credential }

func (user) WebAuthnID() []byte                           { return []byte("user handle") }
func (user) WebAuthnName() string                         { return "lin@example.org" }
func (user) WebAuthnDisplayName() string                  { return "Lin" }
func (u user) WebAuthnCredentials() []webauthn.Credential { return u.credentials }

func library(t *testing.T) *webauthn.WebAuthn {
	t.Helper()
	w, err := webauthn.New(&webauthn.Config{
		RPID: rpID, RPDisplayName: "Example", RPOrigins: []string{site},
		AuthenticatorSelection: protocol.AuthenticatorSelection{ResidentKey: "preferred", UserVerification: "required"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func text(t *testing.T, v any) []byte {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func create(t *testing.T, w *webauthn.WebAuthn, u *user, key *softkey.Authenticator, faults ...softkey.Fault) error {
	t.Helper()
	options, session, err := w.BeginRegistration(u, webauthn.WithExclusions(webauthn.Credentials(u.credentials).CredentialDescriptors()), webauthn.WithExtensions(webauthn.WithExtensionCredProps()))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := key.Create(text(t, options), site, faults...)
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return err
	}
	made, err := w.CreateCredential(u, *session, parsed)
	if err == nil {
		u.credentials = append(u.credentials, *made)
	}
	return err
}

func get(t *testing.T, w *webauthn.WebAuthn, u *user, key *softkey.Authenticator, faults ...softkey.Fault) (*webauthn.Credential, error) {
	t.Helper()
	options, session, err := w.BeginDiscoverableLogin()
	if err != nil {
		t.Fatal(err)
	}
	answer, err := key.Get(text(t, options), site, faults...)
	if err != nil {
		return nil, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return nil, err
	}
	return w.ValidateDiscoverableLogin(func(_, _ []byte) (webauthn.User, error) { return u, nil }, *session, parsed)
}

func TestGoWebauthnAcceptsEveryAlgorithm(t *testing.T) {
	for name, algorithm := range map[string]softkey.Algorithm{"ES256": softkey.ES256, "EdDSA": softkey.EdDSA, "RS256": softkey.RS256} {
		t.Run(name, func(t *testing.T) {
			w, u := library(t), &user{}
			key := &softkey.Authenticator{Algorithms: []softkey.Algorithm{algorithm}, AAGUID: [16]byte{1, 2, 3}, Transports: []string{"usb", "nfc"}}
			if err := create(t, w, u, key); err != nil {
				t.Fatal(err)
			}
			made := u.credentials[0]
			if !bytes.Equal(made.Authenticator.AAGUID, key.AAGUID[:]) || len(made.Transport) != 2 || made.Extensions.RK == nil || !*made.Extensions.RK || made.Authenticator.Attachment != "platform" {
				t.Errorf("%+v", made)
			}
			for n := uint32(1); n < 20; n++ {
				login, err := get(t, w, u, key)
				if err != nil {
					t.Fatal(err)
				}
				if login.Authenticator.SignCount != n || login.Authenticator.CloneWarning {
					t.Errorf("count %d, wanted %d", login.Authenticator.SignCount, n)
				}
				u.credentials[0] = *login
			}
		})
	}
}

func TestFlagsAreThoseOfTheAuthenticator(t *testing.T) {
	for _, c := range []struct {
		key        *softkey.Authenticator
		be, bs, ok bool
	}{
		{&softkey.Authenticator{}, false, false, true},
		{softkey.Synced(), true, true, true},
		{&softkey.Authenticator{BackupEligible: true}, true, false, true},
		{&softkey.Authenticator{Absent: true}, false, false, false},
		{&softkey.Authenticator{Unverified: true}, false, false, false},
		{&softkey.Authenticator{BackedUp: true}, false, true, false},
	} {
		w, u := library(t), &user{}
		err := create(t, w, u, c.key)
		if c.ok != (err == nil) {
			t.Errorf("be %v, bs %v: %v", c.be, c.bs, err)
		}
		if err == nil && (u.credentials[0].Flags.BackupEligible != c.be || u.credentials[0].Flags.BackupState != c.bs) {
			t.Errorf("%+v", u.credentials[0].Flags)
		}
	}
}

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

func TestItFindsTheKeyThatTheOptionsAskFor(t *testing.T) {
	key := &softkey.Authenticator{}
	create := func(rp, excluded string) error {
		_, err := key.Create([]byte(`{"publicKey":{"challenge":"AAAA","rp":{"id":"`+rp+`"},"user":{"id":"AAAA","name":"n"},"pubKeyCredParams":[{"type":"public-key","alg":-8}],"excludeCredentials":[`+excluded+`]}}`), site)
		return err
	}
	for _, rp := range []string{"a.example", "b.example", "a.example"} {
		if err := create(rp, ""); err != nil {
			t.Fatal(err)
		}
	}
	keys := key.Keys()
	if len(keys) != 3 || keys[0].RPID != "a.example" || keys[0].Algorithm != softkey.EdDSA || !keys[0].Resident {
		t.Fatalf("%+v", keys)
	}
	chosen := func(rp string, allowed ...[]byte) string {
		list := []map[string]any{}
		for _, id := range allowed {
			list = append(list, map[string]any{"type": "public-key", "id": protocol.URLEncodedBase64(id)})
		}
		answer, err := key.Get(text(t, map[string]any{"publicKey": map[string]any{"challenge": "AAAA", "rpId": rp, "allowCredentials": list}}), site)
		if err != nil {
			if !errors.Is(err, softkey.ErrNoKey) {
				t.Error(err)
			}
			return ""
		}
		var a struct{ RawID protocol.URLEncodedBase64 }
		if err := json.Unmarshal(answer, &a); err != nil {
			t.Error(err)
		}
		return string(a.RawID)
	}
	if chosen("a.example") != string(keys[2].ID) || chosen("b.example") != string(keys[1].ID) {
		t.Error("not the newest key of the site")
	}
	if chosen("a.example", keys[0].ID) != string(keys[0].ID) || chosen("a.example", []byte("x"), keys[0].ID) != string(keys[0].ID) {
		t.Error("not the key that is allowed")
	}
	if chosen("c.example") != "" || chosen("a.example", keys[1].ID) != "" {
		t.Error("a key of another site")
	}
	if err := create("a.example", `{"type":"public-key","id":"`+protocol.URLEncodedBase64(keys[0].ID).String()+`"}`); !errors.Is(err, softkey.ErrExcluded) {
		t.Errorf("%v", err)
	}
	if !key.Remove(keys[2].ID) || key.Remove(keys[2].ID) || chosen("a.example") != string(keys[0].ID) {
		t.Error("a removed key answers")
	}
}

func TestKeysCanBeKeptAndCopied(t *testing.T) {
	for _, algorithm := range []softkey.Algorithm{softkey.ES256, softkey.EdDSA, softkey.RS256} {
		w, u, key := library(t), &user{}, &softkey.Authenticator{Algorithms: []softkey.Algorithm{algorithm}}
		if err := create(t, w, u, key); err != nil {
			t.Fatal(err)
		}
		var kept []softkey.Key
		if err := json.Unmarshal(text(t, key.Keys()), &kept); err != nil {
			t.Fatal(err)
		}
		clone := &softkey.Authenticator{}
		if err := clone.Add(kept[0]); err != nil {
			t.Fatal(err)
		}
		// The clone and the original count by themselves, which shows.
		for i, a := range []*softkey.Authenticator{key, clone} {
			login, err := get(t, w, u, a)
			if err != nil {
				t.Fatal(err)
			}
			u.credentials[0] = *login
			if login.Authenticator.CloneWarning != (i == 1) {
				t.Errorf("%d: clone warning %v", i, login.Authenticator.CloneWarning)
			}
		}
		kept[0].Algorithm = map[softkey.Algorithm]softkey.Algorithm{softkey.ES256: softkey.EdDSA, softkey.EdDSA: softkey.RS256, softkey.RS256: softkey.ES256}[algorithm]
		if clone.Add(kept[0]) == nil {
			t.Error("a key under another algorithm's name is taken")
		}
	}
	if (&softkey.Authenticator{}).Add(softkey.Key{}) == nil {
		t.Error("an empty key is taken")
	}
}

func TestWhatItCannotDoItSays(t *testing.T) {
	full := `{"publicKey":{"challenge":"AAAA","rp":{"id":"a"},"user":{"id":"AAAA"},"pubKeyCredParams":[{"alg":-7}],"authenticatorSelection":{"residentKey":"required"}}}`
	for name, c := range map[string]struct {
		key     *softkey.Authenticator
		options string
		want    error
	}{
		"not JSON":      {&softkey.Authenticator{}, "{", softkey.ErrNotReadable},
		"no challenge":  {&softkey.Authenticator{}, "{}", softkey.ErrNotReadable},
		"bad base64":    {&softkey.Authenticator{}, `{"publicKey":{"challenge":"?"}}`, softkey.ErrNotReadable},
		"no algorithm":  {&softkey.Authenticator{Algorithms: []softkey.Algorithm{softkey.RS256}}, full, softkey.ErrNoAlgorithm},
		"ES384":         {&softkey.Authenticator{}, `{"publicKey":{"challenge":"AAAA","pubKeyCredParams":[{"alg":-35}]}}`, softkey.ErrNoAlgorithm},
		"cannot keep":   {&softkey.Authenticator{NotResident: true}, full, softkey.ErrNotResident},
		"anything else": {&softkey.Authenticator{}, full, nil},
	} {
		if _, err := c.key.Create([]byte(c.options), site); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (&softkey.Authenticator{}).Get([]byte("{"), site); !errors.Is(err, softkey.ErrNotReadable) {
		t.Errorf("%v", err)
	}
}

func TestAKeyThatIsNotResidentWantsToBeNamed(t *testing.T) {
	w, u, key := library(t), &user{}, &softkey.Authenticator{NotResident: true}
	if err := create(t, w, u, key); err != nil {
		t.Fatal(err)
	}
	if rk := u.credentials[0].Extensions.RK; rk == nil || *rk {
		t.Errorf("rk %v", rk)
	}
	if _, err := get(t, w, u, key); !errors.Is(err, softkey.ErrNoKey) {
		t.Errorf("%v", err)
	}
	options, session, err := w.BeginLogin(u)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := key.Get(text(t, options), site)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		t.Fatal(err)
	}
	if len(parsed.Response.UserHandle) != 0 {
		t.Error("it gives a user handle")
	}
	if _, err := w.ValidateLogin(u, *session, parsed); err != nil {
		t.Error(err)
	}
}

func TestAnswersHaveTheMembersThatBrowsersSend(t *testing.T) {
	w, u, key := library(t), &user{}, &softkey.Authenticator{}
	options, _, err := w.BeginRegistration(u)
	if err != nil {
		t.Fatal(err)
	}
	attestation, err := key.Create(text(t, options), site)
	if err != nil {
		t.Fatal(err)
	}
	assertion, err := key.Get([]byte(`{"publicKey":{"challenge":"AAAA","rpId":"`+rpID+`"}}`), site)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		answer []byte
		want   []string
	}{
		{attestation, []string{"attestationObject", "authenticatorData", "clientDataJSON", "publicKey", "publicKeyAlgorithm", "transports"}},
		{assertion, []string{"authenticatorData", "clientDataJSON", "signature", "userHandle"}},
	} {
		var a map[string]json.RawMessage
		var response map[string]any
		if err := errors.Join(json.Unmarshal(c.answer, &a), json.Unmarshal(a["response"], &response)); err != nil {
			t.Fatal(err)
		}
		if got := slices.Sorted(maps.Keys(a)); !slices.Equal(got, []string{"authenticatorAttachment", "clientExtensionResults", "id", "rawId", "response", "type"}) {
			t.Errorf("%v", got)
		}
		if got := slices.Sorted(maps.Keys(response)); !slices.Equal(got, c.want) {
			t.Errorf("%v", got)
		}
	}
}

func TestCountsGrowWhenManySignAtOnce(t *testing.T) {
	w, u, key := library(t), &user{}, &softkey.Authenticator{}
	if err := create(t, w, u, key); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	seen := map[uint32]bool{}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			login, err := get(t, w, u, key)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			seen[login.Authenticator.SignCount] = true
		})
	}
	wg.Wait()
	if len(seen) != 20 {
		t.Errorf("%d different counts", len(seen))
	}
}
