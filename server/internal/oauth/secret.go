package oauth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"log/slog"
)

const hidden = "[secret]"

// Secret is a code, token or client secret in the clear. It prints as
// "[secret]" wherever it is formatted, logged or encoded; only Reveal gives
// the text. At rest there is only its Hash.
type Secret string

const secretChars = 43 // of 32 bytes in base64url

// NewSecret draws 256 bits from crypto/rand.
func NewSecret() Secret {
	var b [32]byte
	rand.Read(b[:])
	return Secret(base64.RawURLEncoding.EncodeToString(b[:]))
}

// Reveal gives the text, for the one answer or header that must carry it.
func (s Secret) Reveal() string { return string(s) }

// Sealer gives the AEAD whose key is made of s for one purpose. Its nonce is
// random and part of what it seals.
func (s Secret) Sealer(purpose string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, []byte(s), nil, purpose, 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Hash is what is stored: these secrets have 128 bits and more of entropy, so
// a plain SHA-256 cannot be searched.
func (s Secret) Hash() Hash { return sha256.Sum256([]byte(s)) }

func (Secret) String() string               { return hidden }
func (Secret) GoString() string             { return hidden }
func (Secret) LogValue() slog.Value         { return slog.StringValue(hidden) }
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Format keeps every verb of fmt, %s, %x and %#v alike, from printing s.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// Hash is the SHA-256 of a Secret.
type Hash [sha256.Size]byte

// Matches reports in constant time whether h is the hash of s.
func (h Hash) Matches(s Secret) bool {
	sum := s.Hash()
	return subtle.ConstantTimeCompare(h[:], sum[:]) == 1
}

// Short is enough of a hash to tell secrets apart in a log, and no more.
func (h Hash) Short() string { return hex.EncodeToString(h[:4]) }
