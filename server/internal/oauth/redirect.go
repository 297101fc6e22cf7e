package oauth

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// AllowsRedirect reports whether an answer may go to uri. Plain http is for a
// sandbox only.
//
// In Ham's dialect uri is one of those registered, byte for byte. In
// OpenMaster's it has the scheme, host and port of the one callback that is
// registered, and its path is the callback's or lies below it.
func (c Client) AllowsRedirect(uri string, sandbox bool) bool {
	if !sandbox && !strings.HasPrefix(uri, "https://") {
		return false
	}
	if c.Dialect == OpenMaster {
		return len(c.RedirectURIs) == 1 && isBelow(c.RedirectURIs[0], uri) == nil
	}
	return slices.Contains(c.RedirectURIs, uri)
}

// wrongRedirect says why uri may not be the redirect_uri of a request; empty if
// it may.
func (c Client) wrongRedirect(uri string, sandbox bool) string {
	switch {
	case uri == "":
		return "it is missing"
	case c.AllowsRedirect(uri, sandbox):
		return ""
	case c.Dialect != OpenMaster:
		return "it is not one of the addresses registered for this app; they are compared character by character"
	case len(c.RedirectURIs) != 1:
		return "no callback is registered for this app"
	}
	if err := isBelow(c.RedirectURIs[0], uri); err != nil {
		return err.Error()
	}
	return "it is plain http, which only a server on loopback answers to"
}

// isBelow reports why uri may not stand in for callback, or nil if it may.
//
// Scheme, host and port are compared as bytes, not as what some parser makes
// of them: an upper-case host, a default port that is written out and a dot at
// the end are refused, because a browser, the app's web server and we need not
// read them alike. The path is compared segment by segment, and must hold
// nothing that one reader takes for a separator or a step up and another does
// not.
func isBelow(callback, uri string) error {
	if err := plainAddress(uri); err != nil {
		return err
	}
	origin, path, _ := split(uri)
	wantOrigin, wantPath, _ := split(callback)
	if origin != wantOrigin {
		return fmt.Errorf("its scheme, host and port are not those of the callback")
	}
	segments, want := strings.Split(path, "/"), strings.Split(strings.TrimSuffix(wantPath, "/"), "/")
	if len(segments) < len(want) || !slices.Equal(segments[:len(want)], want) {
		return fmt.Errorf("its path does not lie below that of the callback")
	}
	return nil
}

// split cuts an address into scheme with host and port, path, and the rest
// beginning with "?". A path that is empty is "/".
func split(uri string) (origin, path, query string) {
	scheme, rest, _ := strings.Cut(uri, "://")
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	origin, path = scheme+"://"+rest[:end], rest[end:]
	if i := strings.IndexAny(path, "?#"); i >= 0 {
		path, query = path[:i], path[i:]
	}
	if path == "" {
		path = "/"
	}
	return origin, path, query
}

// plainAddress refuses every address that two readers could take for
// different ones.
func plainAddress(uri string) error {
	u, err := parseAddress(uri)
	if err != nil {
		return err
	}
	origin, path, query := split(uri)
	if origin != u.Scheme+"://"+u.Host || !plainHost(u.Host) {
		return fmt.Errorf("its host is not written plainly: lower case, no empty or default port, no dot at the end")
	}
	if err := plainPath(path); err != nil {
		return err
	}
	return plainQuery(query)
}

// plainHost accepts names, IPv4 addresses and IPv6 ones in brackets, in lower
// case, with a port or without. What looks like a number is a dotted quad in
// decimal: browsers also read 127.1, 0x7f.1 and 2130706433.
func plainHost(host string) bool {
	if rest, ok := strings.CutPrefix(host, "["); ok {
		inner, after, closed := strings.Cut(rest, "]")
		if !closed || strings.Trim(inner, "0123456789abcdef:") != "" || inner == "" {
			return false
		}
		port, hasPort := strings.CutPrefix(after, ":")
		return after == "" || hasPort && plainPort(port)
	}
	name, port, hasPort := strings.Cut(host, ":")
	if hasPort && !plainPort(port) {
		return false
	}
	labels := strings.Split(name, ".")
	for _, label := range labels {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	last := labels[len(labels)-1]
	if strings.Trim(last, "0123456789") != "" && !strings.HasPrefix(last, "0x") {
		return true
	}
	return len(labels) == 4 && !slices.ContainsFunc(labels, func(l string) bool {
		return strings.Trim(l, "0123456789") != "" || len(l) > 3 || len(l) > 1 && l[0] == '0' || len(l) == 3 && l > "255"
	})
}

func plainPort(port string) bool {
	return port != "" && len(port) <= 5 && port[0] != '0' && strings.Trim(port, "0123456789") == ""
}

// plainPath refuses empty segments, steps up, and separators in disguise, also
// where they are percent-encoded more than once, or hidden before a ";".
func plainPath(path string) error {
	segments := strings.Split(path, "/")[1:]
	for i, s := range segments {
		if s == "" && i < len(segments)-1 {
			return fmt.Errorf("its path holds an empty segment (//)")
		}
		for range 3 {
			decoded, err := url.PathUnescape(s)
			if err != nil {
				return fmt.Errorf("its path is not properly percent-encoded")
			}
			s = decoded
		}
		if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == '/' || r == '\\' || r == '%' || r == '\ufffd' }) {
			return fmt.Errorf("its path hides a separator, a control character or a broken encoding")
		}
		if name, _, _ := strings.Cut(s, ";"); name == "." || name == ".." {
			return fmt.Errorf("its path holds a . or .. step")
		}
	}
	return nil
}

// answerParameters are those that an answer adds.
var answerParameters = []string{"code", "state", "error", "error_description", "iss", "access_token"}

// plainQuery refuses a query that cannot be read, or that holds what the answer
// would add.
func plainQuery(query string) error {
	values, err := url.ParseQuery(strings.TrimPrefix(query, "?"))
	if err != nil {
		return fmt.Errorf("its query cannot be read")
	}
	for _, p := range answerParameters {
		if values.Has(p) {
			return fmt.Errorf("its query holds %q, which the answer would add", p)
		}
	}
	return nil
}

// validCallback reports why an OpenMaster client cannot be registered with
// callback. Plain http is allowed for any host, as the document has it; a
// server that is not a sandbox sends nobody there.
func validCallback(callback string) error {
	u, err := parseAddress(callback)
	if err != nil {
		return err
	}
	if port := u.Port(); u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443" {
		return fmt.Errorf("must not write out the default port :%s", port)
	}
	return plainAddress(callback)
}

// validRedirectURI is the same for Ham's dialect.
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
	return plainQuery(u.RawQuery)
}

// parseWeb reads an absolute address that is https, or http on loopback.
func parseWeb(text string) (*url.URL, error) {
	u, err := parseAddress(text)
	if err == nil && u.Scheme == "http" && !IsLoopback(u.Hostname()) {
		return nil, fmt.Errorf("must be https; http is only for localhost, 127.0.0.1 and [::1]")
	}
	return u, err
}

// parseAddress reads an absolute http or https address without user name and
// fragment.
func parseAddress(text string) (*url.URL, error) {
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
	case u.User != nil || strings.Contains(u.Host, "@"):
		return nil, fmt.Errorf("must not hold a user name")
	case strings.Contains(text, "#"):
		return nil, fmt.Errorf("must not hold a fragment (#…)")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("must be https")
	}
	return u, nil
}
