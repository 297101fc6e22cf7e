package client

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// claims of a proof, RFC 9449 §4.2. There is no "ath": no access token exists.
type claims struct {
	ID     string `json:"jti"` // 128 random bits; the server accepts each once
	Method string `json:"htm"`
	URL    string `json:"htu"` // without query and fragment
	Issued int64  `json:"iat"`
}

// prove makes the DPoP header of one call.
func prove(key ed25519.PrivateKey, now time.Time, method, url string) (string, error) {
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.EdDSA, Key: key},
		(&jose.SignerOptions{EmbedJWK: true}).WithType("dpop+jwt"),
	)
	if err != nil {
		return "", fmt.Errorf("signing with the device key: %w", err)
	}
	var id [16]byte
	rand.Read(id[:]) // crypto/rand.Read never returns an error
	payload, err := json.Marshal(claims{
		ID:     base64.RawURLEncoding.EncodeToString(id[:]),
		Method: method,
		URL:    url,
		Issued: now.Unix(),
	})
	if err != nil {
		return "", fmt.Errorf("writing a proof: %w", err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("signing with the device key: %w", err)
	}
	return signed.CompactSerialize()
}
