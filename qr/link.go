package qr

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind says what a link asks the app to do.
type Kind int

const (
	KindPairing   Kind = iota + 1 // sign a desktop browser in
	KindEnroll                    // add this app to an account
	KindAuthorize                 // give another app on this device access
	KindLogin                     // sign in the browser that shows this ticket
)

// String names the kind for logs.
func (k Kind) String() string {
	switch k {
	case KindPairing:
		return "pairing"
	case KindEnroll:
		return "enroll"
	case KindAuthorize:
		return "authorize"
	case KindLogin:
		return "login"
	default:
		return "unknown"
	}
}

// Link is one link that passed ParseLink.
type Link struct {
	Kind Kind

	// Origin is "https://host[:port]" in lower case without a default port,
	// for KindPairing and KindEnroll. It is http for localhost, 127.0.0.1 and
	// [::1] only.
	Origin string

	// Code is upper-case base32 (A-Z, 2-7) of 16 to 64 characters, for
	// KindPairing and KindEnroll, and for KindLogin, where it is the ticket.
	Code string

	// Authorize holds the parameters of ham://sso-authorize, each exactly
	// once, for KindAuthorize. Values are percent-decoded and otherwise as
	// they were sent; none holds a control character or a direction mark.
	Authorize url.Values
}

// LinkError says why a text is not a link for this app. ParseLink returns no
// other error.
type LinkError struct {
	// Reason is a message for the person who scanned: what is wrong and what
	// to do. It never repeats more of the text than a short plain name.
	Reason string
}

func (e *LinkError) Error() string { return e.Reason }

func refuse(reason string) (Link, error) { return Link{}, &LinkError{Reason: reason} }

// Limits of ParseLink in bytes: of the text as it came, and of the link that
// remains when the white space is gone.
const (
	maxRawLink = 64 << 10
	maxLink    = 4096
)

const getFresh = "Ask for a new code and scan it again."

// ParseLink reads a scanned, pasted or typed text as one of the app's links:
//
//	https://host[:port]/q/CODE              KindPairing, any letter case
//	https://host[:port]/enroll/CODE         KindEnroll, any letter case
//	ham://sso-authorize?client_id=…&…       KindAuthorize
//	ham://qrcode-login?ticket=TICKET        KindLogin
//
// Spaces, tabs and line breaks are dropped wherever they stand, because a
// terminal wraps long links and no URL holds a raw one. Everything that two
// URL parsers could read differently is refused. The error is a *LinkError.
func ParseLink(text string) (Link, error) {
	if len(text) > maxRawLink {
		return refuse("This text is far too long for a link. " + getFresh)
	}
	link := dropSpace(text)
	switch {
	case link == "":
		return refuse("There is no link here. Scan the code, or paste the whole link.")
	case len(link) > maxLink:
		return refuse("This link is too long. " + getFresh)
	case !utf8.ValidString(text) || strings.ContainsFunc(link, hidden):
		return refuse("This link holds hidden characters, which a real one never does. Do not use it; " + lowerFirst(getFresh))
	case strings.Contains(link, `\`):
		return refuse("This link holds a backslash, which a real one never does. Do not use it; " + lowerFirst(getFresh))
	}
	scheme, rest, ok := strings.Cut(link, ":")
	if !ok || !isScheme(scheme) {
		return refuse("This is not a link of this app: it has to begin with https:// or ham://. Paste the whole link.")
	}
	scheme = strings.ToLower(scheme)
	switch scheme {
	case "https", "http", "ham":
	default:
		return refuse("This is a " + shortName(scheme) + ": link. This app opens https:// and ham:// links only.")
	}
	rest, ok = strings.CutPrefix(rest, "//")
	if !ok {
		return refuse("This link is incomplete: " + scheme + ": has to be followed by //. Paste the whole link.")
	}
	if scheme == "ham" {
		return parseHam(link, rest)
	}
	return parseWeb(link, scheme, rest)
}

// parseWeb reads what follows "https://" or "http://"; link is the whole text.
func parseWeb(link, scheme, rest string) (Link, error) {
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	authority, path := rest[:end], rest[end:]
	origin, reason := parseOrigin(link, scheme, authority)
	if reason != "" {
		return refuse(reason)
	}
	if strings.ContainsAny(path, "?#") {
		return refuse("This link carries more than a code (a ? or #), which a real one never does. " + getFresh)
	}
	parts := strings.Split(path, "/") // "", "q", CODE
	for _, p := range parts {
		if dots := strings.ReplaceAll(strings.ToLower(p), "%2e", "."); dots == "." || dots == ".." {
			return refuse("This link holds a . or .. step, which a real one never does. Do not use it.")
		}
	}
	if len(parts) != 3 {
		return refuse("This is a web page, not a code of this app. Scan the code on the sign-in page.")
	}
	var kind Kind
	switch strings.ToLower(parts[1]) {
	case "q":
		kind = KindPairing
	case "enroll":
		kind = KindEnroll
	case "passkey":
		return refuse("This link adds a passkey to a browser. Open it in the browser that shall hold the passkey; this app cannot use it.")
	default:
		return refuse("This is a web page, not a code of this app. Scan the code on the sign-in page.")
	}
	// Only ASCII may reach ToUpper: it makes an S of the long s (ſ).
	code := strings.ToUpper(parts[2])
	if !isASCII(parts[2]) || !isCode(code) {
		return refuse("The code in this link is incomplete or mistyped. Scan it again, or paste the whole link.")
	}
	return Link{Kind: kind, Origin: origin, Code: code}, nil
}

// PairingLink is the text of the QR code on the sign-in page,
// "HTTPS://HOST[:PORT]/Q/CODE". It is all upper case, which QR codes hold in
// 5.5 bits a character instead of 8. publicURL is an origin, with or without
// a slash at its end.
func PairingLink(publicURL, code string) string {
	return strings.ToUpper(strings.TrimRight(publicURL, "/") + "/q/" + code)
}

// EnrollLink is the link that adds an app to an account,
// "https://host[:port]/enroll/CODE". publicURL is as in PairingLink.
func EnrollLink(publicURL, code string) string {
	return strings.ToLower(strings.TrimRight(publicURL, "/")) + "/enroll/" + strings.ToUpper(code)
}

// PasskeyLink is the link that adds a passkey to a browser,
// "https://host[:port]/passkey/CODE". Browsers open it, and no app.
func PasskeyLink(publicURL, code string) string {
	return strings.ToLower(strings.TrimRight(publicURL, "/")) + "/passkey/" + strings.ToUpper(code)
}

// IsPasskeyLink reports whether text is, to the letter, what PasskeyLink makes
// for a server of this origin. It is for who is about to show or open a link
// that it did not make.
func IsPasskeyLink(text, origin string) bool {
	code, ok := strings.CutPrefix(text, PasskeyLink(origin, ""))
	return ok && isCode(code)
}

func dropSpace(text string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\r', '\n':
			return -1
		}
		return r
	}, strings.TrimSpace(text))
}

// hidden reports characters that are not seen, or that change how their
// neighbours are seen: controls (Cc), and formats (Cf), among them the
// direction marks, zero-width joiners and the byte order mark.
func hidden(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

func isScheme(s string) bool {
	for i, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
		case i > 0 && ('0' <= c && c <= '9' || c == '+' || c == '-' || c == '.'):
		default:
			return false
		}
	}
	return s != ""
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

// isCode wants upper-case base32 without padding.
func isCode(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'A' || c > 'Z') && (c < '2' || c > '7') {
			return false
		}
	}
	return len(s) >= 16 && len(s) <= 64
}

// shortName cuts a name that comes from outside to what fits in a sentence.
func shortName(s string) string {
	const most = 24
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }
