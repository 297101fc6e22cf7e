package softkey

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"strings"
)

const (
	flagUP = 1 << 0
	flagUV = 1 << 2
	flagBE = 1 << 3
	flagBS = 1 << 4
	flagAT = 1 << 6
)

// page is the client data, in the order that WebAuthn Level 3 §5.8.1.1 gives.
type page struct {
	Type        string    `json:"type"`
	Challenge   base64url `json:"challenge"`
	Origin      string    `json:"origin"`
	CrossOrigin bool      `json:"crossOrigin"`
	TopOrigin   string    `json:"topOrigin,omitempty"`
}

// draft is an answer before it is signed; faults alter it.
type draft struct {
	page     page
	rpID     string
	flags    byte
	count    uint32
	attested []byte // AAGUID, id and public key; only when a key is made
	handle   []byte
	id       []byte
	rawID    []byte
	rk       bool

	cut      int  // bytes that the authenticator data lacks at its end
	spoil    bool // the signature does not fit
	pad      int  // bytes that the JSON has too many
	deep     int  // levels of needless JSON
	strange  bool // members that nobody knows
	using    []byte
	attached string
}

func (d *draft) authData() []byte {
	hash := sha256.Sum256([]byte(d.rpID))
	data := append(hash[:], d.flags)
	data = binary.BigEndian.AppendUint32(data, d.count)
	data = append(data, d.attested...)
	return data[:max(0, len(data)-d.cut)]
}

// sign gives client data, authenticator data and the signature over both.
func (d *draft) sign(a Algorithm, key crypto.Signer) (client, auth, signature []byte, err error) {
	if client, err = json.Marshal(d.page); err != nil {
		return nil, nil, nil, err
	}
	auth = d.authData()
	hash := sha256.Sum256(client)
	signature, err = a.sign(key, append(append([]byte(nil), auth...), hash[:]...))
	if err == nil && d.spoil {
		signature[len(signature)-1] ^= 1
	}
	return client, auth, signature, err
}

// write wraps the response as PublicKeyCredential.toJSON does.
func (d *draft) write(response map[string]any, outputs map[string]any) ([]byte, error) {
	if d.strange {
		response["newMember"] = []int{1, 2, 3}
		outputs["appid"] = "not a boolean"
		outputs["newExtension"] = map[string]any{"supported": true}
	}
	answer := map[string]any{
		"id":                      base64url(d.id),
		"rawId":                   base64url(d.rawID),
		"type":                    "public-key",
		"authenticatorAttachment": d.attached,
		"response":                response,
		"clientExtensionResults":  outputs,
	}
	if d.strange {
		answer["newMember"] = "unheard of"
		answer["authenticatorAttachment"] = nil
	}
	if d.pad > 0 {
		outputs["padding"] = strings.Repeat("x", d.pad)
	}
	if d.deep > 0 {
		outputs["deep"] = json.RawMessage(strings.Repeat("[", d.deep) + strings.Repeat("]", d.deep))
	}
	return json.Marshal(answer)
}

// spki gives a public key as AuthenticatorAttestationResponse.getPublicKey does.
func spki(public crypto.PublicKey) (base64url, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	return der, err
}
