package qr

import (
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// AuthorizeLink is the deep link that hands an authorization request to the app
// on the same device, "ham://sso-authorize?…". Parameters that the app would
// not read back as they are, such as one that is given twice, holds control
// characters or makes the link too long, are an error.
//
// Whatever the parameters hold, the link consists of letters, digits and
// %&-./:=?_~ alone, so it ends no attribute and no line, and no reader can take
// it for a link of another kind. A space is %20, since not everybody reads + as
// one.
func AuthorizeLink(parameters url.Values) (string, error) {
	link := "ham://sso-authorize?" + strings.ReplaceAll(parameters.Encode(), "+", "%20")
	if _, err := ParseLink(link); err != nil {
		return "", fmt.Errorf("making a deep link: %w", err)
	}
	return link, nil
}

// parseHam reads what follows "ham://"; link is the whole text.
func parseHam(link, rest string) (Link, error) {
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	name, tail := strings.ToLower(rest[:end]), rest[end:]
	switch {
	case strings.Contains(name, "@"):
		return refuse("This link hides its real address behind an @. Do not use it.")
	case name != "sso-authorize" && name != "qrcode-login" && isLabel(name):
		return refuse("This app does not know ham://" + shortName(name) + " yet. Update it and try again.")
	case name != "sso-authorize" && name != "qrcode-login":
		return refuse("This ham:// link is not one that this app knows. Update the app and try again.")
	}
	tail = strings.TrimPrefix(tail, "/")
	query, ok := strings.CutPrefix(tail, "?")
	if !ok || strings.Contains(query, "#") {
		return refuse("This ham:// link is incomplete or damaged. Go back to the app that opened it and start again.")
	}
	if !isASCII(query) {
		return refuse("This ham:// link holds letters that have to be percent-encoded. Tell the makers of the app that opened it.")
	}
	params, reason := parseParams(query)
	if reason != "" {
		return refuse(reason)
	}
	if u, err := url.Parse(link); err != nil || !strings.EqualFold(u.Host, name) || u.RawQuery != query {
		return refuse("This ham:// link can be read in two ways. Do not use it.")
	}
	if name == "qrcode-login" {
		return parseLogin(params)
	}
	return Link{Kind: KindAuthorize, Authorize: params}, nil
}

// parseParams decodes a query whose every name occurs once (RFC 6749 §3.1:
// "parameters MUST NOT be included more than once"). Of two values one
// program takes the first and another the last, and the person would approve
// what nobody asked for.
func parseParams(query string) (params url.Values, reason string) {
	params = url.Values{}
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(rawName)
		value, err2 := url.QueryUnescape(rawValue)
		switch {
		case err != nil || err2 != nil || name == "" || strings.Contains(pair, ";"):
			return nil, "This ham:// link is damaged. Go back to the app that opened it and start again."
		case !clean(name) || !clean(value):
			return nil, "This ham:// link holds hidden characters, which a real one never does. Do not use it."
		case params.Has(name):
			return nil, "This ham:// link says the same thing twice, so it cannot be trusted. " +
				"Tell the makers of the app that opened it."
		}
		params.Set(name, value)
	}
	if len(params) == 0 {
		return nil, "This ham:// link does not say which app asks. Go back to that app and start again."
	}
	return params, ""
}

// clean reports that a decoded value has nothing in it that a screen would
// hide or obey.
func clean(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, hidden)
}
