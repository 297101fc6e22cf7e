package softkey

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"math/big"

	"github.com/fxamacker/cbor/v2"
)

// Algorithm is a COSE algorithm identifier.
type Algorithm int

// The algorithms that it knows.
const (
	ES256 Algorithm = -7   // ECDSA with P-256 and SHA-256
	EdDSA Algorithm = -8   // Ed25519
	RS256 Algorithm = -257 // RSASSA-PKCS1-v1_5 with 2048 bits and SHA-256
)

func (a Algorithm) generate() (crypto.Signer, error) {
	switch a {
	case ES256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case EdDSA:
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	case RS256:
		return rsa.GenerateKey(rand.Reader, 2048)
	}
	return nil, ErrNoAlgorithm
}

func (a Algorithm) fits(public crypto.PublicKey) bool {
	switch k := public.(type) {
	case *ecdsa.PublicKey:
		return a == ES256 && k.Curve == elliptic.P256()
	case ed25519.PublicKey:
		return a == EdDSA
	case *rsa.PublicKey:
		return a == RS256
	}
	return false
}

func (a Algorithm) sign(key crypto.Signer, data []byte) ([]byte, error) {
	if a == EdDSA {
		return key.Sign(rand.Reader, data, crypto.Hash(0))
	}
	sum := sha256.Sum256(data)
	return key.Sign(rand.Reader, sum[:], crypto.SHA256)
}

var canonical = func() cbor.EncMode {
	mode, err := cbor.CTAP2EncOptions().EncMode()
	if err != nil {
		panic(err) // the options are the library's own
	}
	return mode
}()

// cose gives the COSE_Key of a public key (RFC 9052 §7, RFC 8230 §4).
func (a Algorithm) cose(public crypto.PublicKey) ([]byte, error) {
	const kty, alg = 1, 3
	key := map[int]any{alg: int(a)}
	switch k := public.(type) {
	case *ecdsa.PublicKey:
		point, err := k.Bytes()
		if err != nil {
			return nil, fmt.Errorf("softkey: writing a public key: %w", err)
		}
		key[kty], key[-1], key[-2], key[-3] = 2, 1, point[1:33], point[33:]
	case ed25519.PublicKey:
		key[kty], key[-1], key[-2] = 1, 6, []byte(k)
	case *rsa.PublicKey:
		key[kty], key[-1], key[-2] = 3, k.N.Bytes(), big.NewInt(int64(k.E)).Bytes()
	default:
		return nil, errPrivateKey
	}
	return canonical.Marshal(key)
}
