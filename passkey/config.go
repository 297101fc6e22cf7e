package passkey

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
)

// Config says for which site passkeys are made and used. All fields are
// required.
type Config struct {
	// RPID is the name that passkeys belong to: a domain, or "localhost".
	// Passkeys made under one RPID are lost when it changes.
	RPID string

	// RPName is shown by browsers when a passkey is made.
	RPName string

	// Origins are the addresses of pages that may ask, exactly as browsers
	// write them: scheme, host, and the port unless it is the scheme's own.
	// Those outside the RPID's domain need the document of RelatedOrigins.
	// Android apps have origins of their own, "android:apk-key-hash:…".
	Origins []string
}

// FromURL derives the configuration from the address under which the server
// is reached. Where browsers would offer no passkeys, the error is an
// *OffError that says why; the caller then runs without them.
func FromURL(publicURL, rpName string) (Config, error) {
	origin, host, err := parseOrigin(publicURL)
	if err != nil {
		return Config{}, err
	}
	c := Config{RPID: host, RPName: rpName, Origins: []string{origin}}
	return c, c.Check()
}

// Why is the reason for which a site can have no passkeys.
type Why string

// The reasons.
const (
	NotAURL     Why = "not an http or https address"
	BareAddress Why = "passkeys belong to a name, and this is a bare network address: use a name, such as localhost on one's own machine"
	Insecure    Why = "browsers offer passkeys over https only, or on localhost: use https"
	BadName     Why = "the host is not a full domain name in ASCII: write it as login.example.org, other alphabets in their xn-- form"
)

// OffError says that an address can have no passkeys, and why.
type OffError struct {
	Address string
	Why     Why
}

func (e *OffError) Error() string { return fmt.Sprintf("no passkeys at %q: %s", e.Address, e.Why) }

// Check reports the first thing that is wrong with c.
func (c Config) Check() error {
	if err := protocol.ValidateRPID(c.RPID); err != nil || c.RPID != strings.ToLower(c.RPID) {
		why := BadName
		if _, err := netip.ParseAddr(c.RPID); err == nil {
			why = BareAddress
		}
		return &OffError{c.RPID, why}
	}
	if c.RPName == "" {
		return fmt.Errorf("passkey: RPName is empty")
	}
	if len(c.Origins) == 0 {
		return fmt.Errorf("passkey: no origins")
	}
	for _, o := range c.Origins {
		if isApp(o) {
			if !protocol.IsKnownOpaqueOrigin(o) {
				return fmt.Errorf("passkey: origin %q is not that of an app", o)
			}
			continue
		}
		origin, _, err := parseOrigin(o)
		if err != nil {
			return fmt.Errorf("passkey: origin: %w", err)
		}
		if origin != o {
			return fmt.Errorf("passkey: origin %q never matches: browsers write %q", o, origin)
		}
	}
	if _, err := c.RelatedOrigins(); err != nil {
		return err
	}
	return nil
}

// parseOrigin gives the origin of address as browsers write it, and its host.
func parseOrigin(address string) (origin, host string, err error) {
	off := func(why Why) (string, string, error) { return "", "", &OffError{address, why} }
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Opaque != "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return off(NotAURL)
	}
	host = strings.ToLower(u.Hostname())
	if _, err := netip.ParseAddr(host); err == nil {
		return off(BareAddress)
	}
	if err := protocol.ValidateRPID(host); err != nil {
		return off(BadName)
	}
	if u.Scheme == "http" && host != "localhost" && !strings.HasSuffix(host, ".localhost") {
		return off(Insecure)
	}
	origin = u.Scheme + "://" + host
	if p := u.Port(); p != "" && u.Scheme+p != "https443" && u.Scheme+p != "http80" {
		origin += ":" + p
	}
	return origin, host, nil
}

func isApp(origin string) bool { return strings.HasPrefix(origin, "android:apk-key-hash") }

// under reports whether a page with this origin may use the RP ID by itself.
func (c Config) under(origin string) bool {
	_, host, err := parseOrigin(origin)
	return err == nil && (host == c.RPID || strings.HasSuffix(host, "."+c.RPID))
}

// web gives the origins of pages, apps left out.
func (c Config) web() []string {
	return slices.DeleteFunc(slices.Clone(c.Origins), isApp)
}

// apps gives the origins of apps.
func (c Config) apps() []string {
	return slices.DeleteFunc(slices.Clone(c.Origins), func(o string) bool { return !isApp(o) })
}
