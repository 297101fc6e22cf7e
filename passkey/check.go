package passkey

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
)

// check looks at all that needs no key, in the order of WebAuthn Level 3 §7.1
// and §7.2. go-webauthn checks the same again afterwards: this is where each
// failure gets its name, and where origins must match to the letter.
func (rp *RelyingParty) check(what protocol.CeremonyType, challenge string, page *protocol.CollectedClientData, device *protocol.AuthenticatorData) *Error {
	hash := sha256.Sum256([]byte(rp.config.RPID))
	switch {
	case page.Type != what:
		return refuse(WrongType).instead(string(what), string(page.Type))
	case subtle.ConstantTimeCompare([]byte(page.Challenge), []byte(challenge)) != 1:
		return refuse(WrongChallenge)
	case !slices.Contains(rp.config.Origins, page.Origin):
		return refuse(WrongOrigin).instead(strings.Join(rp.config.Origins, " or "), page.Origin)
	case page.CrossOrigin || page.TopOrigin != "":
		return refuse(CrossOrigin).instead("no frame", page.TopOrigin)
	case !bytes.Equal(device.RPIDHash, hash[:]):
		return refuse(WrongRPID).instead(rp.config.RPID, "SHA-256 "+hex.EncodeToString(device.RPIDHash))
	case !device.Flags.HasUserPresent():
		return refuse(NotPresent)
	case !device.Flags.HasUserVerified():
		return refuse(NotVerified)
	}
	return nil
}

// checkKey accepts the three kinds of key that BeginRegistration asks for. It
// caps RSA: with a modulus of the answer's full size every later login would
// cost seconds.
func checkKey(cose []byte) error {
	key, err := webauthncose.ParsePublicKey(cose)
	if err != nil {
		return err
	}
	switch k := key.(type) {
	case webauthncose.EC2PublicKeyData:
		if k.Algorithm == int64(webauthncose.AlgES256) {
			return nil
		}
	case webauthncose.OKPPublicKeyData:
		if k.Algorithm == int64(webauthncose.AlgEdDSA) {
			return nil
		}
	case webauthncose.RSAPublicKeyData:
		modulus := bytes.TrimLeft(k.Modulus, "\x00")
		if k.Algorithm == int64(webauthncose.AlgRS256) && len(modulus) >= 256 && len(modulus) <= 512 && modulus[len(modulus)-1]&1 == 1 && len(k.Exponent) <= 4 {
			return nil
		}
	}
	return errors.New("another algorithm, or another size")
}
