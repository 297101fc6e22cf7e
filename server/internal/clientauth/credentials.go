// Package clientauth is what both dialects read from and write to HTTP: the
// client credentials, bearer tokens and bodies of a request, the look-up of
// clients, authorization requests and tokens, and JSON answers. What these mean
// is said in package oauth.
package clientauth

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"hamconnect/server/internal/oauth"
)

// Credentials are what a client, or a person, says about itself; ID is empty if
// it says nothing.
type Credentials struct {
	ID     string
	Secret oauth.Secret
}

// Invalid is an invalid_request.
func Invalid(description string) error {
	return &oauth.Error{Code: oauth.InvalidRequest, Description: description}
}

// errScheme is what RFC 6749 §5.2 calls an unsupported authentication method.
var errScheme = &oauth.Error{Code: oauth.InvalidClient, Description: "The Authorization header uses a scheme that is neither Basic nor Bearer"}

// Authorization is what the Authorization header lines hold. Ham wants two
// schemes in one request at userinfo: as two lines, or joined with a comma.
type Authorization struct {
	Basic  Credentials // as they were sent (RFC 7617)
	Bearer oauth.Secret
}

// Client gives the Basic credentials as those of a client, which RFC 6749
// §2.3.1 wants written with both parts form-urlencoded.
func (a Authorization) Client() (Credentials, error) {
	id, err1 := url.QueryUnescape(a.Basic.ID)
	secret, err2 := url.QueryUnescape(a.Basic.Secret.Reveal())
	if err1 != nil || err2 != nil {
		return Credentials{}, errBasic
	}
	return Credentials{id, oauth.Secret(secret)}, nil
}

// ReadAuthorization reads the header lines. bearer are the schemes, in lower
// case, by which a token may be named.
func ReadAuthorization(lines []string, bearer ...string) (a Authorization, err error) {
	for _, line := range lines {
		for part := range strings.SplitSeq(line, ",") {
			scheme, value, _ := strings.Cut(strings.TrimSpace(part), " ")
			value = strings.TrimSpace(value)
			switch scheme = strings.ToLower(scheme); {
			case scheme == "basic":
				if a.Basic.ID != "" {
					return a, Invalid("The Authorization header names Basic credentials twice")
				}
				if a.Basic, err = parseBasic(value); err != nil {
					return a, err
				}
			case slices.Contains(bearer, scheme):
				if a.Bearer != "" {
					return a, Invalid("The Authorization header names a Bearer token twice")
				}
				a.Bearer = oauth.Secret(value)
			default:
				return a, errScheme
			}
		}
	}
	return a, nil
}

var errBasic = &oauth.Error{Code: oauth.InvalidClient, Description: "The Basic credentials cannot be read: send base64(client_id:client_secret)"}

func parseBasic(value string) (Credentials, error) {
	raw, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return Credentials{}, errBasic
	}
	id, secret, ok := strings.Cut(string(raw), ":")
	if !ok || id == "" {
		return Credentials{}, errBasic
	}
	return Credentials{id, oauth.Secret(secret)}, nil
}

// Credentials gives the client credentials in a body.
func (f Form) Credentials() Credentials {
	return Credentials{f.Get("client_id"), oauth.Secret(f.Get("client_secret"))}
}

// ClientOf gives the credentials with which a client comes to a token endpoint.
func ClientOf(r *http.Request, body Form) (Credentials, error) {
	header, err := ReadAuthorization(r.Header.Values("Authorization"), "bearer")
	if err != nil {
		return Credentials{}, err
	}
	basic, err := header.Client()
	if err != nil {
		return Credentials{}, err
	}
	claimed, err := One(basic, body.Credentials())
	if err == nil && (claimed.ID == "" || claimed.Secret == "") {
		err = &oauth.Error{Code: oauth.InvalidClient, Description: "Client credentials are missing: send Authorization: Basic base64(client_id:client_secret), or client_id and client_secret in the body"}
	}
	return claimed, err
}

// One gives the credentials of a request that may bring them in the header or
// in the body, but not in both (RFC 6749 §2.3).
func One(basic, body Credentials) (Credentials, error) {
	switch {
	case basic.ID == "":
		return body, nil
	case body.Secret != "":
		return Credentials{}, Invalid("Client credentials are given twice: send them in the Authorization header or in the body, not in both")
	case body.ID != "" && body.ID != basic.ID:
		return Credentials{}, Invalid("client_id in the body is not the one in the Authorization header")
	}
	return basic, nil
}
