package pairing_test

import (
	"encoding/base32"
	"testing"
	"time"

	"hamconnect/qr/pairing"
)

func TestABrowserSecretIsForThePairingThatItWasMadeForAlone(t *testing.T) {
	id, other := pairing.NewID(), pairing.NewID()
	made := time.Date(2026, 11, 2, 8, 30, 0, 123456789, time.UTC)
	asked := pairing.Request{ClientID: "library", AppName: "Library", Scopes: []string{"profile"}, State: "xyz"}
	secret := codes.NewSecret(pairing.KindAuthorize, id, made, asked)
	offer, err := codes.OpenSecret(pairing.KindAuthorize, id, secret)
	if err != nil || codes.NewSecret(pairing.KindAuthorize, id, made, asked) == secret {
		t.Fatalf("it is not accepted, or not fresh: %v", err)
	}
	renamed := asked
	renamed.AppName = "Evil Library"
	if !offer.Made.Equal(made.Truncate(time.Microsecond)) || !offer.Shows(asked) || offer.Shows(renamed) || offer.Shows(pairing.Request{}) {
		t.Errorf("it says %v, or is for another request", offer.Made)
	}
	if !codes.Resumes(id, codes.Resume(id)) || codes.Resumes(other, codes.Resume(id)) || codes.Resumes(id, "") || codes.Resume(id) == codes.At(id, 0)[16:] {
		t.Error("what it brings when it comes back is another's as well")
	}
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	with := func(byteAt int) string { // another bit there
		changed := append([]byte(nil), raw...)
		changed[byteAt] ^= 1
		return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(changed)
	}
	end := "A" // of which one bit counts for nothing
	if secret[89] == 'A' {
		end = "B"
	}
	open := func(c pairing.Codes, kind pairing.Kind, id, secret string) bool {
		_, err := c.OpenSecret(kind, id, secret)
		return err == nil
	}
	for name, opens := range map[string]bool{
		"of another pairing":       open(codes, pairing.KindAuthorize, other, secret),
		"of another kind":          open(codes, pairing.KindSignIn, id, secret),
		"of another key":           open(pairing.NewCodes([32]byte{9}), pairing.KindAuthorize, id, secret),
		"chosen by the browser":    open(codes, pairing.KindAuthorize, id, "secret"),
		"empty":                    open(codes, pairing.KindAuthorize, id, ""),
		"without an end":           open(codes, pairing.KindAuthorize, id, secret[:89]),
		"with more at its end":     open(codes, pairing.KindAuthorize, id, secret+"A"),
		"with another end":         open(codes, pairing.KindAuthorize, id, secret[:89]+end),
		"with another random part": open(codes, pairing.KindAuthorize, id, with(0)),
		"of another time":          open(codes, pairing.KindAuthorize, id, with(20)),
		"of another request":       open(codes, pairing.KindAuthorize, id, with(30)),
		"with another tag":         open(codes, pairing.KindAuthorize, id, with(55)),
		"of the code's own tag":    open(codes, pairing.KindAuthorize, id, codes.At(id, 0)+secret[42:]),
	} {
		if opens {
			t.Errorf("a secret %s is accepted", name)
		}
	}
}
