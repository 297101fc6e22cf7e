package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
)

// KeySeal encrypts the server's keys where the database is not the server's
// own folder: who reads that database alone reads no keys.
type KeySeal struct{ aead cipher.AEAD }

// NewKeySeal makes one of a secret that all nodes are given.
func NewKeySeal(secret []byte) *KeySeal {
	key, err := hkdf.Key(sha256.New, secret, nil, "hamconnect server keys 1", 32)
	if err != nil {
		panic(err) // the length is one that HKDF gives
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // so is the key's
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return &KeySeal{aead}
}

// ErrKeySeal is returned where the server's keys were sealed with another secret.
var ErrKeySeal = errors.New("the server's keys in this database were sealed with another key file than the one given: give every server on it a copy of the same")

// close gives a key as it is stored, under its name; a nil seal leaves it.
func (s *KeySeal) close(name string, key []byte) []byte {
	if s == nil {
		return key
	}
	return s.aead.Seal(nil, nil, key, []byte(name)) //nolint:gosec // it draws its nonce itself
}

func (s *KeySeal) open(name string, stored []byte) (key [32]byte, err error) {
	plain := stored
	if s != nil {
		if plain, err = s.aead.Open(nil, nil, stored, []byte(name)); err != nil {
			return key, ErrKeySeal
		}
	}
	if len(plain) != len(key) {
		return key, fmt.Errorf("it has %d bytes", len(plain))
	}
	copy(key[:], plain)
	return key, nil
}
