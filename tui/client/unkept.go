package client

import (
	"crypto/ed25519"
	"errors"
)

// Unkept gives the account of a device whose key the caller has, and keeps: it
// has no folder, so what reads or writes one (Seal, Forget, Hold) is not for it.
// Of o only Transport, Now and Language count.
func Unkept(server string, key ed25519.PrivateKey, o Options) (*Account, error) {
	if !isOrigin(server) {
		return nil, errors.New("the server's address must begin with https://, and end after host and port")
	}
	if len(key) != ed25519.PrivateKeySize {
		return nil, errors.New("this is no Ed25519 key")
	}
	a := newAccount(o, "")
	a.become(file{Server: server, Key: key.Seed()})
	return a, nil
}
