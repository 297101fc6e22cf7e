package pairing_test

import (
	"testing"

	"hamconnect/qr/pairing"
)

func TestABrowserSecretIsForThePairingThatItWasMadeForAlone(t *testing.T) {
	id, other := pairing.NewID(), pairing.NewID()
	secret := codes.NewSecret(pairing.KindAuthorize, id)
	if !codes.MadeSecret(pairing.KindAuthorize, id, secret) || codes.NewSecret(pairing.KindAuthorize, id) == secret {
		t.Fatal("it is not accepted, or not fresh")
	}
	end := "AA" // of which six bits count
	if secret[50] == 'A' {
		end = "BA"
	}
	for name, made := range map[string]bool{
		"of another pairing":       codes.MadeSecret(pairing.KindAuthorize, other, secret),
		"of another kind":          codes.MadeSecret(pairing.KindSignIn, id, secret),
		"of another key":           pairing.NewCodes([32]byte{9}).MadeSecret(pairing.KindAuthorize, id, secret),
		"chosen by the browser":    codes.MadeSecret(pairing.KindAuthorize, id, "secret"),
		"empty":                    codes.MadeSecret(pairing.KindAuthorize, id, ""),
		"without an end":           codes.MadeSecret(pairing.KindAuthorize, id, secret[:51]),
		"with more at its end":     codes.MadeSecret(pairing.KindAuthorize, id, secret+"A"),
		"with another end":         codes.MadeSecret(pairing.KindAuthorize, id, secret[:50]+end),
		"with another random part": codes.MadeSecret(pairing.KindAuthorize, id, "AAAA"+secret[4:]),
		"of the code's own tag":    codes.MadeSecret(pairing.KindAuthorize, id, codes.At(id, 0)+"AAAAAAAAAA"),
	} {
		if made {
			t.Errorf("a secret %s is accepted", name)
		}
	}
}
