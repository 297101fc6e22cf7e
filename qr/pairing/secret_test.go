package pairing_test

import (
	"testing"

	"hamconnect/qr/pairing"
)

func TestABrowserSecretIsForThePairingThatItWasMadeForAlone(t *testing.T) {
	id, other := pairing.NewID(), pairing.NewID()
	secret := codes.NewSecret(id)
	if !codes.MadeSecret(id, secret) || codes.NewSecret(id) == secret {
		t.Fatal("it is not accepted, or not fresh")
	}
	for name, made := range map[string]bool{
		"of another pairing":       codes.MadeSecret(other, secret),
		"of another key":           pairing.NewCodes([32]byte{9}).MadeSecret(id, secret),
		"chosen by the browser":    codes.MadeSecret(id, "secret"),
		"empty":                    codes.MadeSecret(id, ""),
		"without an end":           codes.MadeSecret(id, secret[:51]),
		"with more at its end":     codes.MadeSecret(id, secret+"A"),
		"with another end":         codes.MadeSecret(id, secret[:50]+"AA"),
		"with another random part": codes.MadeSecret(id, "AAAA"+secret[4:]),
		"of the code's own tag":    codes.MadeSecret(id, codes.At(id, 0)+"AAAAAAAAAA"),
	} {
		if made {
			t.Errorf("a secret %s is accepted", name)
		}
	}
}
