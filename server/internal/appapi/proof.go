package appapi

import (
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/oauth"
)

// proofWindow is how far a proof's time may be from the server's. A proof is
// remembered until it is out of the window, so that it cannot be used twice.
const proofWindow = time.Minute

const maxProof = 4 << 10 // bytes

// proof is a DPoP proof that holds (RFC 9449 §4.3), but for its single use,
// which the store decides.
type proof struct {
	thumbprint string     // RFC 7638 SHA-256, base64url
	id         oauth.Hash // of key and jti
	expires    time.Time
}

// proofClaims are the claims of RFC 9449 §4.2 that are in use.
type proofClaims struct {
	ID      string `json:"jti"`
	Method  string `json:"htm"`
	Address string `json:"htu"`
	Issued  int64  `json:"iat"` // Unix seconds
}

var (
	errReplayed = fail(http.StatusUnauthorized, pairing.FailProof, "This call was already made: each one needs a fresh proof")
	errLeaving  = fail(http.StatusForbidden, pairing.FailUserLeaving, "This account is deactivated. To keep it, sign in on the server's account page")
	errDisabled = fail(http.StatusForbidden, pairing.FailUserDisabled, "This account is disabled. Ask the operator of the server")
	errTooOften = fail(http.StatusTooManyRequests, pairing.FailTooOften, "The app is open too often on this device. Close one of them")
	errTooMany  = fail(http.StatusTooManyRequests, pairing.FailTooMany, "Too many calls. Wait a few seconds and try again")
)

func badProof(why string) error {
	return fail(http.StatusUnauthorized, pairing.FailProof, "The call's DPoP proof does not hold: "+why)
}

// proof checks the DPoP header of r.
func (a *App) proof(r *http.Request) (proof, error) {
	headers := r.Header.Values("DPoP")
	if len(headers) != 1 || len(headers[0]) > maxProof {
		return proof{}, badProof("exactly one DPoP header is needed, of at most 4096 bytes")
	}
	key, claims, err := verifyProof(headers[0])
	if err != nil {
		return proof{}, err
	}
	switch {
	case len(claims.ID) < 16 || len(claims.ID) > 128:
		return proof{}, badProof("jti must have 16 to 128 characters")
	case claims.Method != r.Method:
		return proof{}, badProof("htm is another method")
	case claims.Address != a.PublicURL+r.URL.EscapedPath():
		return proof{}, badProof("htu is another address than " + a.PublicURL + r.URL.EscapedPath())
	}
	now, issued := a.Now(), time.Unix(claims.Issued, 0)
	if off := issued.Sub(now); off > proofWindow || off < -proofWindow {
		return proof{}, clockFailure(now, off)
	}
	thumbprint, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return proof{}, badProof("its key cannot be read")
	}
	print := base64.RawURLEncoding.EncodeToString(thumbprint)
	return proof{
		thumbprint: print,
		id:         oauth.Secret(print + " " + claims.ID).Hash(),
		expires:    issued.Add(2 * proofWindow),
	}, nil
}

// verifyProof checks form and signature, with the key that the proof brings.
func verifyProof(text string) (*jose.JSONWebKey, proofClaims, error) {
	var claims proofClaims
	signed, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil || len(signed.Signatures) != 1 {
		return nil, claims, badProof("it must be one compact JWS signed with EdDSA")
	}
	header := signed.Signatures[0].Protected
	if kind, _ := header.ExtraHeaders[jose.HeaderType].(string); kind != "dpop+jwt" {
		return nil, claims, badProof("typ must be dpop+jwt")
	}
	key := header.JSONWebKey
	if key == nil || !key.Valid() || !key.IsPublic() {
		return nil, claims, badProof("jwk must be a public key")
	}
	if _, ok := key.Key.(ed25519.PublicKey); !ok {
		return nil, claims, badProof("jwk must be an Ed25519 key")
	}
	payload, err := signed.Verify(key)
	if err != nil {
		return nil, claims, badProof("the signature is wrong")
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return nil, claims, badProof("its claims cannot be read")
	}
	return key, claims, nil
}

// clockFailure says by how much, and which way, the device's clock is off.
func clockFailure(now time.Time, off time.Duration) error {
	way := "ahead of"
	if off < 0 {
		way, off = "behind", -off
	}
	f := fail(http.StatusUnauthorized, pairing.FailClock, fmt.Sprintf("This device's clock is %s %s the server's. Set it right and try again", off.Round(time.Second), way))
	f.ServerTime = now.Unix()
	return f
}
