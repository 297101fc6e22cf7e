package passkey_test

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/go-webauthn/webauthn/protocol/webauthncose"

	"hamconnect/passkey"
	"hamconnect/passkey/softkey"
)

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

func decode(t testing.TB, text string) []byte {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// fixed is one key and one challenge that are the same in every process, so
// that what the fuzzer found in one is as good in another.
const (
	fixedID        = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
	fixedChallenge = "Zml4ZWQgY2hhbGxlbmdlIG9mIHRoaXJ0eS10d28gYnl0"
	fixedKey       = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgnyXzyRnZx3PiIMsih4t_GDaqGGQRclPe4UOEDGsRaf2hRANCAAQbHeLAcMFLfhn6dTm1G_eb21-4G4Qs3ctks18NA8dd8jXuqRfZ9XxqNHBiCbpX-kYWt0N5PihvCljHopYDcEk3"
)

// again puts the ceremony back with the fixed challenge: each input of the
// fuzzer finds it fresh.
func again(t testing.TB, b *bench, c passkey.Ceremony) {
	var state map[string]any
	if err := json.Unmarshal([]byte(c.State), &state); err != nil {
		t.Fatal(err)
	}
	state["session"].(map[string]any)["challenge"] = fixedChallenge
	text, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	c.State = string(text)
	if err := b.store.PutCeremony(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

func withFixedChallenge(t testing.TB, options json.RawMessage) []byte {
	return remarshal(t, options, func(m map[string]any) { m["publicKey"].(map[string]any)["challenge"] = fixedChallenge })
}

// FuzzFinishLogin: nothing panics, and what passes carries a signature of the
// registered key over the fixed challenge.
func FuzzFinishLogin(f *testing.F) {
	b := newBench(f)
	key := &softkey.Authenticator{NoCounter: true}
	private := fuzzKey(f)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		f.Fatal(err)
	}
	if err := key.Add(softkey.Key{ID: decode(f, fixedID), RPID: "login.example.org", UserHandle: []byte(userID), Algorithm: softkey.ES256, Private: der, Resident: true}); err != nil {
		f.Fatal(err)
	}
	b.store.credentials[fixedID] = passkey.Credential{ID: fixedID, UserID: userID, PublicKey: coseOf(f, private)}
	begun := b.begin(passkey.Ask{Purpose: purpose})
	ceremony := b.store.ceremonies[begun.Ceremony]
	options := withFixedChallenge(f, begun.Options)

	seeds := 0
	for _, faults := range [][]softkey.Fault{
		nil,
		{softkey.Strange},
		{softkey.BadSignature},
		{softkey.NoUserHandle},
		{softkey.NotVerified},
		{softkey.BackedUpNotEligible},
		{softkey.FlipBackupEligible},
		{softkey.RawID([]byte("other"))},
		{softkey.Type("webauthn.create")},
		{softkey.TruncateAuthData(1)},
		{softkey.Count(9)},
		{softkey.Deep(20)},
	} {
		answer, err := key.Get(options, site, faults...)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(answer)
		again(f, b, ceremony)
		if _, err := b.FinishLogin(f.Context(), passkey.Answer{Ceremony: begun.Ceremony, Purpose: purpose, JSON: answer}); err == nil {
			seeds++
		}
		c := b.store.credentials[fixedID]
		c.SignCount = 0
		b.store.credentials[fixedID] = c
	}
	if seeds != 3 {
		f.Fatalf("%d of the seeds pass, not the three that should", seeds)
	}
	for _, text := range []string{"", "null", "{}", "[]", `{"id":"AA","rawId":"AA","type":"public-key"}`, strings.Repeat("[", 1000)} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		again(t, b, ceremony)
		c := b.store.credentials[fixedID]
		c.SignCount = 0
		b.store.credentials[fixedID] = c
		login, err := b.FinishLogin(t.Context(), passkey.Answer{Ceremony: begun.Ceremony, Purpose: purpose, JSON: text})
		if err != nil {
			mustBeRefusal(t, err)
			return
		}
		var answer struct {
			ID       string
			Response struct{ ClientDataJSON, AuthenticatorData, Signature string }
		}
		if err := json.Unmarshal(text, &answer); err != nil {
			t.Fatalf("passed, and is not JSON: %v", err)
		}
		client := decode(t, answer.Response.ClientDataJSON)
		hash := sha256.Sum256(client)
		sum := sha256.Sum256(append(decode(t, answer.Response.AuthenticatorData), hash[:]...))
		if login.UserID != userID || !strings.Contains(string(client), fixedChallenge) || !ecdsa.VerifyASN1(&private.PublicKey, sum[:], decode(t, answer.Response.Signature)) {
			t.Fatalf("passed without a signature: %s", text)
		}
	})
}

// FuzzFinishRegistration: nothing panics, and what passes answers the fixed
// challenge with a key that can be used.
func FuzzFinishRegistration(f *testing.F) {
	b := newBench(f)
	begun, err := b.BeginRegistration(f.Context(), "add", lin, nil)
	if err != nil {
		f.Fatal(err)
	}
	ceremony := b.store.ceremonies[begun.Ceremony]
	options := withFixedChallenge(f, begun.Options)
	for _, algorithm := range []softkey.Algorithm{softkey.ES256, softkey.EdDSA, softkey.RS256} {
		for _, faults := range [][]softkey.Fault{nil, {softkey.Strange}, {softkey.NotPresent}, {softkey.TruncateAuthData(3)}, {softkey.ID([]byte("other"))}, {softkey.NotDiscoverable}} {
			answer, err := (&softkey.Authenticator{Algorithms: []softkey.Algorithm{algorithm}}).Create(options, site, faults...)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(answer)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		again(t, b, ceremony)
		clear(b.store.credentials)
		made, err := b.FinishRegistration(t.Context(), passkey.Answer{Ceremony: begun.Ceremony, Purpose: "add", UserID: userID, JSON: text})
		if err != nil {
			mustBeRefusal(t, err)
			if len(b.store.credentials) != 0 {
				t.Fatal("refused and stored")
			}
			return
		}
		var answer struct {
			Response struct{ ClientDataJSON string }
		}
		if err := json.Unmarshal(text, &answer); err != nil {
			t.Fatalf("passed, and is not JSON: %v", err)
		}
		if made.ID == "" || made.UserID != userID || !strings.Contains(string(decode(t, answer.Response.ClientDataJSON)), fixedChallenge) {
			t.Fatalf("passed: %+v from %s", made, text)
		}
		// Every login to come reads this key.
		if _, err := webauthncose.ParsePublicKey(made.PublicKey); err != nil {
			t.Fatalf("passed with a key that nobody can use: %v", err)
		}
	})
}

func mustBeRefusal(t testing.TB, err error) {
	var e *passkey.Error
	if !errors.As(err, &e) || e.UserID != "" && e.Reason != passkey.CounterWentBack && e.Reason != passkey.BackupEligibleChanged {
		t.Fatalf("%v", err)
	}
}

func fuzzKey(t testing.TB) *ecdsa.PrivateKey {
	private, err := x509.ParsePKCS8PrivateKey(decode(t, fixedKey))
	if err != nil {
		t.Fatal(err)
	}
	return private.(*ecdsa.PrivateKey)
}

// coseOf gives the COSE_Key, written out (RFC 9052 §7).
func coseOf(t testing.TB, private *ecdsa.PrivateKey) []byte {
	point, err := private.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	cose := []byte{0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32}
	cose = append(cose, point[1:33]...)
	cose = append(cose, 0x22, 0x58, 32)
	return append(cose, point[33:]...)
}
