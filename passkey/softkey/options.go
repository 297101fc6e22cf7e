package softkey

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
)

// base64url is a base64url field.
type base64url []byte

func (b *base64url) UnmarshalJSON(text []byte) error {
	var s string
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(s, "="))
	*b = raw
	return err
}

func (b base64url) MarshalJSON() ([]byte, error) {
	return json.Marshal(base64.RawURLEncoding.EncodeToString(b))
}

type descriptor struct {
	ID base64url `json:"id"`
}

func ids(ds []descriptor) [][]byte {
	var out [][]byte
	for _, d := range ds {
		out = append(out, d.ID)
	}
	return out
}

// options is what it reads of the options of both ceremonies.
type options struct {
	Challenge base64url `json:"challenge"`

	RPID             string       `json:"rpId"` // of get
	AllowCredentials []descriptor `json:"allowCredentials"`

	RP struct { // this and what follows: of create
		ID string `json:"id"`
	} `json:"rp"`
	User struct {
		ID   base64url `json:"id"`
		Name string    `json:"name"`
	} `json:"user"`
	PubKeyCredParams []struct {
		Alg Algorithm `json:"alg"`
	} `json:"pubKeyCredParams"`
	ExcludeCredentials     []descriptor `json:"excludeCredentials"`
	AuthenticatorSelection struct {
		ResidentKey string `json:"residentKey"`
	} `json:"authenticatorSelection"`
	Extensions struct {
		CredProps bool `json:"credProps"`
	} `json:"extensions"`
}

func read(text []byte) (options, error) {
	var o struct {
		PublicKey options `json:"publicKey"`
	}
	if err := json.Unmarshal(text, &o); err != nil {
		return options{}, fmt.Errorf("%w: %w", ErrNotReadable, err)
	}
	if len(o.PublicKey.Challenge) == 0 {
		return options{}, fmt.Errorf("%w: %w", ErrNotReadable, errNoOptionsFor)
	}
	return o.PublicKey, nil
}
