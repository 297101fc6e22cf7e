package session

import (
	"crypto/cipher"
	"errors"
	"strings"

	"hamconnect/server/internal/oauth"
)

// sealer gives the AEAD whose key is made of a refresh secret.
func sealer(refresh oauth.Secret) (cipher.AEAD, error) {
	return refresh.Sealer("hamconnect session answer 1")
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
