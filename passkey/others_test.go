package passkey_test

import (
	"testing"

	"github.com/descope/virtualwebauthn"

	"hamconnect/passkey"
)

// virtualwebauthn is an authenticator that others wrote; it attests with
// format "packed" though nothing is asked for.
func TestAnotherSoftwareAuthenticatorRegistersAndSignsIn(t *testing.T) {
	for name, kind := range map[string]virtualwebauthn.KeyType{"ES256": virtualwebauthn.KeyTypeEC2, "RS256": virtualwebauthn.KeyTypeRSA} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			rp := virtualwebauthn.RelyingParty{ID: "login.example.org", Name: "Example", Origin: site}
			device := virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{UserHandle: []byte(userID), BackupEligible: true})
			key := virtualwebauthn.NewCredential(kind)

			begun, err := b.BeginRegistration(t.Context(), "add", lin, nil)
			if err != nil {
				t.Fatal(err)
			}
			create, err := virtualwebauthn.ParseAttestationOptions(string(begun.Options))
			if err != nil {
				t.Fatal(err)
			}
			answer := virtualwebauthn.CreateAttestationResponse(rp, device, key, *create)
			made, err := b.FinishRegistration(t.Context(), passkey.Answer{Ceremony: begun.Ceremony, Purpose: "add", UserID: userID, JSON: []byte(answer)})
			if err != nil {
				t.Fatal(err)
			}
			if made.AAGUID != passkey.AAGUID(device.Aaguid) || !made.BackupEligible {
				t.Errorf("%+v", made)
			}

			begun = b.begin(passkey.Ask{Purpose: purpose})
			get, err := virtualwebauthn.ParseAssertionOptions(string(begun.Options))
			if err != nil {
				t.Fatal(err)
			}
			answer = virtualwebauthn.CreateAssertionResponse(rp, device, key, *get)
			login, err := b.FinishLogin(t.Context(), passkey.Answer{Ceremony: begun.Ceremony, Purpose: purpose, JSON: []byte(answer)})
			if err != nil || login.UserID != userID {
				t.Errorf("%+v, %v", login, err)
			}
		})
	}
}

func TestAnAttestationWithASpoiltSignatureIsRefused(t *testing.T) {
	b := newBench(t)
	rp := virtualwebauthn.RelyingParty{ID: "login.example.org", Name: "Example", Origin: site}
	begun, err := b.BeginRegistration(t.Context(), "add", lin, nil)
	if err != nil {
		t.Fatal(err)
	}
	create, err := virtualwebauthn.ParseAttestationOptions(string(begun.Options))
	if err != nil {
		t.Fatal(err)
	}
	answer := virtualwebauthn.CreateAttestationResponse(rp, virtualwebauthn.NewAuthenticator(), virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2), *create)
	// The attestation signs the client data, which here gains a member.
	spoilt := remarshal(t, []byte(answer), func(m map[string]any) {
		response := m["response"].(map[string]any)
		response["clientDataJSON"] = encode(remarshal(t, decode(t, response["clientDataJSON"].(string)), func(m map[string]any) { m["more"] = true }))
	})
	_, err = b.FinishRegistration(t.Context(), passkey.Answer{Ceremony: begun.Ceremony, Purpose: "add", UserID: userID, JSON: spoilt})
	refusal(t, err, passkey.AttestationRefused)
}
