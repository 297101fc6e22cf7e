package oauth

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// UserinfoAuth says what a client must send to userinfo.
type UserinfoAuth string

// The two settings (the guide's default, and plain RFC 6750).
const (
	UserinfoBoth   UserinfoAuth = "both"
	UserinfoBearer UserinfoAuth = "bearer"
)

// Client is a registered third-party app.
type Client struct {
	ID             string
	SecretHash     Hash
	Name           string
	RedirectURIs   []string // matched byte for byte
	Scopes         Scopes   // what it may ask for
	IconURL        string
	Homepage       string
	UserinfoAuth   UserinfoAuth
	RedirectErrors bool // errors and refusals go to redirect_uri, as in RFC 6749 §4.1.2.1
	RequirePKCE    bool
	Disabled       bool
	Created        time.Time
}

// NewClient gives c an id and a secret. The secret is returned once and kept
// only as a hash.
func NewClient(now time.Time, c Client) (Client, Secret) {
	secret := NewSecret()
	c.ID = NewID()
	c.SecretHash = secret.Hash()
	c.Created = now
	return c, secret
}

// Limits of a registration.
const (
	maxName         = 64 // characters
	maxURL          = 2048
	maxRedirectURIs = 32
)

// Validate reports the first thing that a registration must not hold, in
// words for the person who registers.
func (c Client) Validate() error {
	if err := ValidName(c.Name); err != nil {
		return fmt.Errorf("name: %w", err)
	}
	if len(c.RedirectURIs) == 0 || len(c.RedirectURIs) > maxRedirectURIs {
		return fmt.Errorf("redirect URIs: give between 1 and %d", maxRedirectURIs)
	}
	for _, u := range c.RedirectURIs {
		if err := validRedirectURI(u); err != nil {
			return fmt.Errorf("redirect URI %q: %w", u, err)
		}
	}
	for i, s := range c.Scopes {
		switch {
		case !HamScopes.Has(s):
			return fmt.Errorf("scope %q is not known; there are: %s", s, strings.Join(HamScopes, ", "))
		case c.Scopes[:i].Has(s):
			return fmt.Errorf("scope %q is given twice", s)
		}
	}
	for _, u := range []string{c.IconURL, c.Homepage} {
		if err := ValidLink(u); err != nil {
			return fmt.Errorf("address %q: %w", u, err)
		}
	}
	if c.UserinfoAuth != UserinfoBoth && c.UserinfoAuth != UserinfoBearer {
		return fmt.Errorf("userinfo: %q is neither both nor bearer", c.UserinfoAuth)
	}
	return nil
}

// ValidName refuses names that are empty, too long, or hold characters that
// can fool the eye: controls, bidirectional and zero-width ones, and letters
// that show nothing, such as the Hangul filler.
func ValidName(name string) error {
	switch {
	case !strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsSpace(r) && !unicode.IsMark(r) }):
		return fmt.Errorf("must not be empty")
	case !utf8.ValidString(name):
		return fmt.Errorf("is not valid UTF-8")
	case utf8.RuneCountInString(name) > maxName:
		return fmt.Errorf("is longer than %d characters", maxName)
	case strings.ContainsFunc(name, invisible):
		return fmt.Errorf("holds control or invisible characters")
	case strings.TrimSpace(name) != name:
		return fmt.Errorf("begins or ends with a space")
	}
	return nil
}

func invisible(r rune) bool {
	const brailleBlank = '\u2800'
	return !unicode.IsGraphic(r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || r == brailleBlank
}

// ValidLink accepts "" and absolute https addresses, http on loopback.
func ValidLink(link string) error {
	if link == "" {
		return nil
	}
	_, err := parseWeb(link)
	return err
}

func validRedirectURI(uri string) error {
	u, err := parseWeb(uri)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(uri, u.Scheme+":") { // AllowsRedirect compares bytes
		return fmt.Errorf("must begin with %s:// in lower case", u.Scheme)
	}
	switch {
	case strings.Contains(u.Host, "*"):
		return fmt.Errorf("must be a whole address: there are no wildcards, so register each")
	case strings.Contains(u.Host, ","), strings.Contains(u.Path, ",http://"), strings.Contains(u.Path, ",https://"):
		return fmt.Errorf("is several addresses: give each on its own")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return fmt.Errorf("its query cannot be read")
	}
	for _, p := range []string{"code", "state", "error", "error_description", "iss"} {
		if query.Has(p) {
			return fmt.Errorf("its query holds %q, which the answer would add", p)
		}
	}
	return nil
}

func parseWeb(text string) (*url.URL, error) {
	if len(text) > maxURL {
		return nil, fmt.Errorf("is longer than %d characters", maxURL)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '\\' }) {
		return nil, fmt.Errorf("holds characters that must be percent-encoded")
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		return nil, fmt.Errorf("is not an absolute web address")
	case u.User != nil:
		return nil, fmt.Errorf("must not hold a user name")
	case strings.Contains(text, "#"):
		return nil, fmt.Errorf("must not hold a fragment (#…)")
	case u.Scheme == "http" && !IsLoopback(u.Hostname()):
		return nil, fmt.Errorf("must be https; http is only for localhost, 127.0.0.1 and [::1]")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("must be https")
	}
	return u, nil
}

// IsLoopback reports whether host, without port or brackets, is this machine.
func IsLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// AllowsRedirect reports whether uri is one of those registered, byte for
// byte, and may be used here: plain http only in a sandbox.
func (c Client) AllowsRedirect(uri string, sandbox bool) bool {
	return slices.Contains(c.RedirectURIs, uri) && (sandbox || strings.HasPrefix(uri, "https://"))
}

// Authenticate checks the client's secret, in constant time. A disabled client
// is refused in the same words as a wrong secret.
func (c Client) Authenticate(secret Secret) error {
	if !c.SecretHash.Matches(secret) || c.Disabled {
		return ErrInvalidClient
	}
	return nil
}

// ErrInvalidClient says no more than that the credentials are wrong.
var ErrInvalidClient = refuse(InvalidClient, "The client credentials are wrong, or the client is disabled. Check client_id and client_secret")
