package pairing

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
)

// A browser secret is 128 random bits and a tag of the server over them and
// the pairing's id, which is no secret: it stands in the QR code. Without the
// tag, who photographs a page that has not connected yet could begin a pairing
// of that id themselves, and the page's own code would sign their browser in.
const (
	secretRandom = 16
	secretChars  = 52 // of 32 bytes in base32
)

// NewSecret draws the secret for the browser that may begin pairing id, as a
// pairing of that kind.
func (c Codes) NewSecret(kind Kind, id string) string {
	var b [secretRandom]byte
	rand.Read(b[:])
	return encoding.EncodeToString(append(b[:], c.seal(kind, id, b[:])...))
}

// MadeSecret reports, in constant time, whether secret is one that NewSecret
// gave for that pairing.
func (c Codes) MadeSecret(kind Kind, id, secret string) bool {
	raw, err := encoding.DecodeString(secret)
	return err == nil && len(secret) == secretChars && hmac.Equal(raw[secretRandom:], c.seal(kind, id, raw[:secretRandom]))
}

func (c Codes) seal(kind Kind, id string, random []byte) []byte {
	mac := hmac.New(sha256.New, c.key[:])
	mac.Write([]byte("hamconnect browser secret\x00" + string(kind) + "\x00" + id))
	mac.Write(random)
	return mac.Sum(nil)[:tagBytes]
}
