package ham

import (
	"encoding/base64"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"hamconnect/server/internal/oauth"
)

// credentials are what a client says about itself; id is empty if it says
// nothing.
type credentials struct {
	id     string
	secret oauth.Secret
}

func invalidRequest(description string) error {
	return &oauth.Error{Code: oauth.InvalidRequest, Description: description}
}

// errScheme is what RFC 6749 §5.2 calls an unsupported authentication method.
var errScheme = &oauth.Error{Code: oauth.InvalidClient, Description: "The Authorization header uses a scheme that is neither Basic nor Bearer"}

// authorization is what the Authorization header lines hold. Ham wants two
// schemes in one request at userinfo: as two lines, or joined with a comma.
type authorization struct {
	basic  credentials
	bearer oauth.Secret
}

func parseAuthorization(lines []string) (a authorization, err error) {
	for _, line := range lines {
		for part := range strings.SplitSeq(line, ",") {
			scheme, value, _ := strings.Cut(strings.TrimSpace(part), " ")
			value = strings.TrimSpace(value)
			switch strings.ToLower(scheme) {
			case "basic":
				if a.basic.id != "" {
					return a, invalidRequest("The Authorization header names Basic credentials twice")
				}
				if a.basic, err = parseBasic(value); err != nil {
					return a, err
				}
			case "bearer":
				if a.bearer != "" {
					return a, invalidRequest("The Authorization header names a Bearer token twice")
				}
				a.bearer = oauth.Secret(value)
			default:
				return a, errScheme
			}
		}
	}
	return a, nil
}

// parseBasic reads credentials as RFC 6749 §2.3.1 wants them written: both
// parts form-urlencoded before they are joined.
func parseBasic(value string) (credentials, error) {
	malformed := &oauth.Error{Code: oauth.InvalidClient, Description: "The Basic credentials cannot be read: send base64(client_id:client_secret)"}
	raw, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return credentials{}, malformed
	}
	id, secret, ok := strings.Cut(string(raw), ":")
	if !ok || id == "" {
		return credentials{}, malformed
	}
	decodedID, err1 := url.QueryUnescape(id)
	decodedSecret, err2 := url.QueryUnescape(secret)
	if err1 != nil || err2 != nil {
		return credentials{}, malformed
	}
	return credentials{decodedID, oauth.Secret(decodedSecret)}, nil
}

// form holds parameters of which each came at most once.
type form url.Values

func (f form) get(name string) string { return url.Values(f).Get(name) }

// readForm reads a form body. The routes bound its size.
func readForm(r *http.Request) (form, error) {
	if r.URL.RawQuery != "" {
		return nil, invalidRequest("Parameters belong in the body, never in the URL, where they would be logged")
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, invalidRequest("The body must be application/x-www-form-urlencoded")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, invalidRequest("The body is too long, or broke off")
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, invalidRequest("The body is not properly form-encoded")
	}
	for name, all := range values {
		if len(all) > 1 {
			return nil, invalidRequest("The parameter " + printable(name) + " is given more than once")
		}
	}
	return form(values), nil
}

// printable is a name from outside as it may stand in an error_description
// (RFC 6749 §5.2 allows no others).
func printable(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, name)
	return name[:min(len(name), 40)]
}

// credentials gives the credentials in a form body.
func (f form) credentials() credentials {
	return credentials{f.get("client_id"), oauth.Secret(f.get("client_secret"))}
}

// one gives the credentials of a request that may bring them in the header or
// in the body, but not in both (RFC 6749 §2.3).
func one(basic, body credentials) (credentials, error) {
	switch {
	case basic.id == "":
		return body, nil
	case body.secret != "":
		return credentials{}, invalidRequest("Client credentials are given twice: send them in the Authorization header or in the body, not in both")
	case body.id != "" && body.id != basic.id:
		return credentials{}, invalidRequest("client_id in the body is not the one in the Authorization header")
	}
	return basic, nil
}
