package oauth

import (
	"fmt"
	"net"
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
	Dialect        Dialect
	SecretHash     Hash
	Name           string
	RedirectURIs   []string // see AllowsRedirect; in OpenMaster's dialect one, its callback
	Scopes         Scopes   // what it may ask for
	IconURL        string
	Homepage       string
	UserinfoAuth   UserinfoAuth
	RedirectErrors bool // errors and refusals go to redirect_uri, as in RFC 6749 §4.1.2.1
	RequirePKCE    bool
	Disabled       bool
	Created        time.Time

	// What RFC 9700 advises against, and OpenMaster's document has: off until
	// a registration turns it on, and for that dialect only.
	Implicit   bool // response_type=token
	Password   bool // grant_type=password
	QueryToken bool // ?access_token= at /user
}

// WantsErrors reports whether errors and refusals go to the redirect URI: as
// OpenMaster's document, and clients of Ham's dialect that asked for it, have it.
func (c Client) WantsErrors() bool { return c.RedirectErrors || c.Dialect == OpenMaster }

// NewClient gives c an id and a secret. The secret is returned once and kept
// only as a hash.
func NewClient(now time.Time, c Client) (Client, Secret) {
	secret := NewSecret()
	c.ID = NewID()
	if c.Dialect == "" {
		c.Dialect = Ham
	}
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
	var err error
	if c.Dialect == OpenMaster {
		err = c.validOpenMaster()
	} else {
		err = c.validHam()
	}
	if err != nil {
		return err
	}
	for i, s := range c.Scopes {
		if c.Scopes[:i].Has(s) {
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

func (c Client) validHam() error {
	if len(c.RedirectURIs) == 0 || len(c.RedirectURIs) > maxRedirectURIs {
		return fmt.Errorf("redirect URIs: give between 1 and %d", maxRedirectURIs)
	}
	for _, u := range c.RedirectURIs {
		if err := validRedirectURI(u); err != nil {
			return fmt.Errorf("redirect URI %q: %w", u, err)
		}
	}
	for _, s := range c.Scopes {
		if !HamRegistry.Has(s) {
			return fmt.Errorf("scope %q is not known; there are: %s", s, strings.Join(HamRegistry, ", "))
		}
	}
	switch {
	case c.Dialect != Ham && c.Dialect != "":
		return fmt.Errorf("dialect: %q is neither ham nor openmaster", c.Dialect)
	case c.Implicit || c.Password || c.QueryToken:
		return fmt.Errorf("response_type=token, the password grant and tokens in the query are for clients of the openmaster dialect only")
	}
	return nil
}

// validOpenMaster does not know which scopes the operator has defined; who
// stores the client does.
func (c Client) validOpenMaster() error {
	if len(c.RedirectURIs) != 1 {
		return fmt.Errorf("callback: give exactly one; addresses below it need no registration")
	}
	if err := validCallback(c.RedirectURIs[0]); err != nil {
		return fmt.Errorf("callback %q: %w", c.RedirectURIs[0], err)
	}
	if c.RequirePKCE && c.Implicit {
		return fmt.Errorf("response_type=token has nothing that PKCE could protect: require PKCE, or allow that, and not both")
	}
	if c.UserinfoAuth != UserinfoBoth || c.RedirectErrors {
		return fmt.Errorf("what userinfo wants, and errors by redirect, are settings of the ham dialect: openmaster always has the token alone, and errors by redirect")
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

// IsLoopback reports whether host, without port or brackets, is this machine.
func IsLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
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
