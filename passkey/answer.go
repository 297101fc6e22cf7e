package passkey

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"

	"github.com/go-webauthn/webauthn/protocol"
)

const (
	maxAnswer = 64 << 10
	maxDepth  = 16   // of JSON; real answers need four
	maxID     = 1023 // bytes, CTAP 2.1 and WebAuthn Level 3 §4
	maxHandle = 64   // bytes, WebAuthn Level 3 §5.4.3
)

// envelope is the JSON form of a PublicKeyCredential. Members that are not
// known are passed over, as browsers add some; extension outputs are kept raw
// so that a strange one does no harm.
type envelope[R any] struct {
	ID                     string                    `json:"id"`
	RawID                  protocol.URLEncodedBase64 `json:"rawId"`
	Type                   string                    `json:"type"`
	ClientExtensionResults json.RawMessage           `json:"clientExtensionResults"`
	Response               R                         `json:"response"`
}

func open[R any](text []byte) (envelope[R], protocol.PublicKeyCredential, error) {
	var e envelope[R]
	var none protocol.PublicKeyCredential
	if tooDeep(text) {
		return e, none, refuse(Malformed).because(errors.New("JSON is nested too deep"))
	}
	if err := json.Unmarshal(text, &e); err != nil {
		return e, none, refuse(Malformed).because(err)
	}
	id, err := base64.RawURLEncoding.DecodeString(e.ID)
	switch {
	case err != nil:
		return e, none, refuse(Malformed).because(err)
	case len(id) == 0 || len(id) > maxID:
		return e, none, refuse(Malformed).because(errors.New("the id is empty or too long"))
	case e.Type != string(protocol.PublicKeyCredentialType):
		return e, none, refuse(Malformed).because(errors.New("the type is not public-key"))
	case !bytes.Equal(id, e.RawID):
		return e, none, refuse(IDMismatch).of(encodeID(id))
	}
	return e, protocol.PublicKeyCredential{
		Credential: protocol.Credential{ID: encodeID(id), Type: e.Type},
		RawID:      id,
	}, nil
}

func parseAssertion(text []byte) (*protocol.ParsedCredentialAssertionData, error) {
	e, credential, err := open[protocol.AuthenticatorAssertionResponse](text)
	if err != nil {
		return nil, err
	}
	if tooDeep(e.Response.ClientDataJSON) || len(e.Response.UserHandle) > maxHandle {
		return nil, refuse(Malformed).of(credential.ID)
	}
	parsed, err := protocol.CredentialAssertionResponse{PublicKeyCredential: credential, AssertionResponse: e.Response}.Parse()
	if err != nil {
		return nil, refuse(Malformed).of(credential.ID).because(err)
	}
	return parsed, nil
}

func parseAttestation(text []byte) (parsed *protocol.ParsedCredentialCreationData, discoverable bool, err error) {
	e, credential, err := open[struct {
		protocol.AuthenticatorAttestationResponse
		// Derived from the attestation object; some clients write them oddly.
		AuthenticatorData  json.RawMessage `json:"authenticatorData"`
		PublicKey          json.RawMessage `json:"publicKey"`
		PublicKeyAlgorithm json.RawMessage `json:"publicKeyAlgorithm"`
	}](text)
	if err != nil {
		return nil, false, err
	}
	response := e.Response.AuthenticatorAttestationResponse
	if tooDeep(response.ClientDataJSON) {
		return nil, false, refuse(Malformed).of(credential.ID)
	}
	parsed, err = protocol.CredentialCreationResponse{PublicKeyCredential: credential, AttestationResponse: response}.Parse()
	if err != nil {
		return nil, false, refuse(Malformed).of(credential.ID).because(err)
	}
	var outputs struct {
		CredProps struct {
			RK *bool `json:"rk"`
		} `json:"credProps"`
	}
	// What cannot be read is taken as not said: not every browser says it.
	_ = json.Unmarshal(e.ClientExtensionResults, &outputs)
	return parsed, outputs.CredProps.RK == nil || *outputs.CredProps.RK, nil
}

// tooDeep counts brackets outside of strings; whether they match is for the
// parser.
func tooDeep(text []byte) bool {
	depth, inString := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
