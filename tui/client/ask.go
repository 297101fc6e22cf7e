package client

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"hamconnect/qr/pairing"
)

const maxScopes = 64 // that one request may ask; more is no request but an attack on the screen

// Ask is what a person decides on: the request, fit to be printed. It is made
// by Account.Claim and Account.CheckAuthorize.
type Ask struct {
	pairing.Asked // cleaned; what decides (ids, scope names, redirect_uri) is as it came

	digest     string            // over what came, before cleaning
	parameters map[string]string // of the deep link, nil for a pairing
}

// NewAsk gives the Ask of a request as the server sent it. Programs get theirs
// from an Account; this is for tests of screens.
func NewAsk(asked pairing.Asked) (*Ask, error) {
	a := &Account{Server: "the server"}
	text, err := json.Marshal(asked)
	if err != nil {
		return nil, err
	}
	cleaned, raw, err := decode[pairing.Asked](a, text)
	if err != nil {
		return nil, err
	}
	return a.newAsk(cleaned, raw, nil)
}

// newAsk checks what came. A name or title may be changed by cleaning: the
// digest is taken over the raw one. What the approval is about may not, for
// then the person would see one thing and approve another.
func (a *Account) newAsk(cleaned, raw pairing.Asked, parameters map[string]string) (*Ask, error) {
	if raw.Kind.SignsIn() {
		return a.newSignIn(cleaned, raw, parameters)
	}
	target, err := url.Parse(raw.RedirectURI)
	switch {
	case raw.Kind != pairing.KindAuthorize:
		return nil, a.odd("it asks for something that this app does not know; update the app")
	case err != nil || !isPlain(raw.RedirectURI) || !isWeb(target):
		return nil, a.odd("the place to which the app goes back is no web address")
	case raw.ClientID == "" || !isPlain(raw.ClientID):
		return nil, a.odd("the app has no proper id")
	case cleaned.AppName == "":
		return nil, a.odd("the app has no name that can be shown")
	case !isPlain(raw.Username):
		return nil, a.odd("the username that the app gets cannot be shown")
	case len(raw.Scopes) > maxScopes:
		return nil, a.odd("it asks for more than %d things", maxScopes)
	case parameters == nil && !pairing.ValidID(raw.PairingID), parameters != nil && raw.PairingID != "":
		return nil, a.odd("the id of the sign-in is wrong")
	}
	for i, s := range raw.Scopes {
		if s.Name == "" || !isPlain(s.Name) || slices.ContainsFunc(raw.Scopes[:i], func(t pairing.Scope) bool { return t.Name == s.Name }) {
			return nil, a.odd("it asks for something twice, or without a proper name")
		}
		cleaned.Scopes[i].Name = s.Name
		if cleaned.Scopes[i].Title == "" {
			cleaned.Scopes[i].Title = Clean(s.Name)
		}
	}
	cleaned.RedirectURI, cleaned.ClientID = raw.RedirectURI, raw.ClientID
	if parameters == nil {
		if err := a.checkStatus(&cleaned.Status); err != nil {
			return nil, err
		}
	}
	return &Ask{Asked: cleaned, digest: raw.Shown().Digest(), parameters: parameters}, nil
}

// newSignIn checks a request to sign a browser in. It concerns no app, so that
// whatever names one was meant to be taken for another kind of request.
func (a *Account) newSignIn(cleaned, raw pairing.Asked, parameters map[string]string) (*Ask, error) {
	switch {
	case raw.ClientID != "" || raw.AppName != "" || raw.RedirectURI != "" || raw.Username != "" || len(raw.Scopes) > 0:
		return nil, a.odd("it signs a browser in, and yet names an app")
	case parameters != nil || !pairing.ValidID(raw.PairingID) || raw.Browser == nil:
		return nil, a.odd("it signs a browser in, and names none")
	case (raw.Kind == pairing.KindTicket) != (raw.Since != nil), raw.Kind != pairing.KindTicket && raw.Passphrase:
		return nil, a.odd("it does not say since when a browser asks, or says it where it should not")
	case raw.Kind == pairing.KindTicket && (cleaned.Browser.Name == "" || cleaned.Browser.Address == ""):
		return nil, a.odd("it does not say which browser asks, which is all that there is to go by")
	}
	if err := a.checkStatus(&cleaned.Status); err != nil {
		return nil, err
	}
	return &Ask{Asked: cleaned, digest: raw.Shown().Digest()}, nil
}

// IsSignIn reports whether a browser is to be signed in to the person's own
// account; no app gets anything then.
func (k *Ask) IsSignIn() bool { return k.Kind.SignsIn() }

// IsTicket reports whether the browser shows no check number, so that the
// person is asked a second time instead: see Account.Confirm.
func (k *Ask) IsTicket() bool { return k.Kind == pairing.KindTicket }

// Title is what a screen about k is headed with: the app's name, or that a
// browser is to be signed in.
func (k *Ask) Title() string {
	if k.IsSignIn() {
		return "Sign a browser in"
	}
	return k.AppName
}

// IsPairing reports whether a desktop waits for the answer, and with it a
// check number has to be typed, unless it IsTicket; otherwise the request came by a deep link.
func (k *Ask) IsPairing() bool { return k.parameters == nil && k.PairingID != "" }

// ScopeNames gives the names of all that is asked.
func (k *Ask) ScopeNames() []string {
	names := make([]string, len(k.Scopes))
	for i, s := range k.Scopes {
		names[i] = s.Name
	}
	return names
}

// RedirectHost is the host, and port if any, to which the browser goes with
// the answer. It is ASCII: an international name stands as punycode.
func (k *Ask) RedirectHost() string { return host(k.RedirectURI) }

// LooksAlike reports whether a host is written, as punycode, in letters that
// may look like those of another: it deserves a second look.
func LooksAlike(host string) bool {
	for label := range strings.SplitSeq(strings.ToLower(host), ".") {
		if strings.HasPrefix(label, "xn--") {
			return true
		}
	}
	return false
}

// IconHost is the host that the app's icon comes from, empty if it has none.
func (k *Ask) IconHost() string { return host(k.IconURL) }

func host(text string) string {
	u, err := url.Parse(text)
	if err != nil || !isWeb(u) {
		return ""
	}
	return Clean(u.Host)
}

// isPlain accepts printable ASCII of a sane length. Names of scopes are this
// by RFC 6749 §3.3, addresses by RFC 3986.
func isPlain(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return len(s) <= 2048
}

// isWeb keeps file:, javascript: and their like out of the browser, and user
// names, which disguise hosts, out of what is shown.
func isWeb(u *url.URL) bool {
	if (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil {
		return false
	}
	return isPlain(u.Host)
}
