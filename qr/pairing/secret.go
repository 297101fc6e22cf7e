package pairing

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/json"
	"time"
)

// A browser secret is 128 random bits, when its page was made, a digest of what
// the page shows, and a tag of the server over these and the pairing's id,
// which is no secret: it stands in the QR code. Without the tag, who photographs
// a page that has not connected yet could begin a pairing of that id themselves,
// and the page's own code would sign their browser in. And whoever holds a page
// could have it begin again and again, with a code that is good for ever.
const (
	secretRandom = 16
	secretTime   = 8 // Unix microseconds
	secretBody   = secretRandom + secretTime + tagBytes
	secretChars  = 90 // of 56 bytes in base32
)

// Offer is what a browser secret says of the page that offers the pairing.
type Offer struct {
	Made  time.Time // in whole microseconds
	shows [tagBytes]byte
}

// Shows reports whether the page was made for request, in everything that is to
// be frozen of it.
func (o Offer) Shows(request Request) bool {
	digest := request.digest()
	return subtle.ConstantTimeCompare(digest[:], o.shows[:]) == 1
}

// NewSecret draws the secret for the browser that may begin pairing id, as a
// pairing of that kind. Its page is made now and shows request.
func (c Codes) NewSecret(kind Kind, id string, now time.Time, request Request) string {
	body := make([]byte, secretRandom, secretBody+tagBytes)
	rand.Read(body)
	body = binary.BigEndian.AppendUint64(body, uint64(now.UnixMicro()))
	digest := request.digest()
	body = append(body, digest[:]...)
	return encoding.EncodeToString(append(body, c.seal(kind, id, body)...))
}

// OpenSecret reads, in constant time, a secret that NewSecret gave for that
// pairing. Any other is ErrNotFound.
func (c Codes) OpenSecret(kind Kind, id, secret string) (Offer, error) {
	raw, err := encoding.DecodeString(secret)
	if err != nil || len(secret) != secretChars || encoding.EncodeToString(raw) != secret || !hmac.Equal(raw[secretBody:], c.seal(kind, id, raw[:secretBody])) {
		return Offer{}, ErrNotFound
	}
	at := int64(binary.BigEndian.Uint64(raw[secretRandom:]))
	return Offer{time.UnixMicro(at).UTC(), [tagBytes]byte(raw[secretRandom+secretTime : secretBody])}, nil
}

func (c Codes) seal(kind Kind, id string, body []byte) []byte {
	mac := hmac.New(sha256.New, c.key[:])
	mac.Write([]byte("hamconnect browser secret\x00" + string(kind) + "\x00" + id))
	mac.Write(body)
	return mac.Sum(nil)[:tagBytes]
}

// Resume is what a page brings that was told by a socket of a pairing which is
// not stored yet, when it comes back: it has been counted already. It is no
// secret and lets nobody in.
func (c Codes) Resume(id string) string {
	mac := hmac.New(sha256.New, c.key[:])
	mac.Write([]byte("hamconnect resume\x00" + id))
	return encoding.EncodeToString(mac.Sum(nil)[:tagBytes])
}

// Resumes reports, in constant time, whether what was brought is Resume of id.
func (c Codes) Resumes(id, brought string) bool {
	return hmac.Equal([]byte(brought), []byte(c.Resume(id)))
}

// digest is over the fields as they are stored.
func (r Request) digest() [tagBytes]byte {
	text, err := json.Marshal(r)
	if err != nil {
		panic("pairing: a request cannot be written: " + err.Error()) // texts and yes or no only
	}
	sum := sha256.Sum256(text)
	return [tagBytes]byte(sum[:])
}
