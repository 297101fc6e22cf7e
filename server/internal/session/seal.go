package session

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"strings"

	"hamconnect/server/internal/oauth"
)

// sealer gives the AEAD whose key is made of a refresh secret. Its nonce is
// random and part of what it seals.
func sealer(refresh oauth.Secret) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, []byte(refresh.Reveal()), nil, "hamconnect session answer 1", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func seal(refresh oauth.Secret, pair Pair) ([]byte, error) {
	aead, err := sealer(refresh)
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, nil, []byte(pair.Secret.Reveal()+" "+pair.Refresh.Reveal()), nil), nil //nolint:gosec // it draws its nonce itself
}

var errSealed = errors.New("session: the stored answer does not open")

func unseal(refresh oauth.Secret, sealed []byte) (Pair, error) {
	aead, err := sealer(refresh)
	if err != nil {
		return Pair{}, err
	}
	text, err := aead.Open(nil, nil, sealed, nil)
	if err != nil {
		return Pair{}, errSealed
	}
	secret, next, ok := strings.Cut(string(text), " ")
	if !ok {
		return Pair{}, errSealed
	}
	return Pair{oauth.Secret(secret), oauth.Secret(next)}, nil
}
