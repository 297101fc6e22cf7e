package softkey_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
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
