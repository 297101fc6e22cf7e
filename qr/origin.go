package qr

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// parseOrigin turns the authority of a web link into an origin in its one
// normal form. A reason that is not empty refuses the link.
//
// It reads the host by rules stricter than net/url's and then asks net/url
// too: where the two disagree some other program would speak to another host
// than the one that the person was shown.
func parseOrigin(link, scheme, authority string) (origin, reason string) {
	switch {
	case strings.Contains(authority, "@"):
		return "", "This link hides its real address behind an @. Do not use it."
	case strings.Contains(authority, "%"):
		return "", "The address in this link is disguised with % signs. Do not use it."
	case !isASCII(authority):
		return "", "The address in this link has letters that can be mistaken for others. " +
			"Do not use it; a real one of this kind is written in plain letters, as punycode (xn--…)."
	}
	host, port, ok := splitPort(strings.ToLower(authority))
	if !ok {
		return "", "The port in this link's address is empty or wrong. " + getFresh
	}
	if !isHost(host) {
		return "", "The address in this link is not a proper host name. " + getFresh
	}
	if scheme == "http" && !isLoopback(host) {
		return "", "This link would send the code unprotected (http). Use a link that begins with https://."
	}
	u, err := url.Parse(link)
	if err != nil || u.User != nil || u.Scheme != scheme || u.Port() != port ||
		strings.ToLower(u.Hostname()) != strings.Trim(host, "[]") {
		return "", "The address in this link can be read in two ways. Do not use it."
	}
	origin = scheme + "://" + host
	if port != "" && (scheme != "https" || port != "443") && (scheme != "http" || port != "80") {
		origin += ":" + port
	}
	return origin, ""
}

// splitPort separates host and port. The port is empty when there is no
// colon, and otherwise a number from 1 to 65535 without leading zeros.
func splitPort(authority string) (host, port string, ok bool) {
	i := strings.LastIndexByte(authority, ':')
	if i < 0 || strings.HasSuffix(authority, "]") {
		return authority, "", true
	}
	host, port = authority[:i], authority[i+1:]
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
		return "", "", false
	}
	return host, port, true
}

// isHost accepts a lower-case DNS name, an IPv4 address in four decimal
// parts, or an IPv6 address in brackets in its canonical form.
//
// What ends in a number but is not such an IPv4 address (127.1, 0x7f000001,
// 2130706433) is refused, because browsers read it as an address
// (WHATWG URL §3.5) and Go as a name.
func isHost(host string) bool {
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		addr, err := netip.ParseAddr(inner)
		return ok && err == nil && addr.Is6() && !addr.Is4In6() && addr.Zone() == "" && addr.String() == inner
	}
	if len(host) == 0 || len(host) > 253 {
		return false
	}
	labels := strings.Split(host, ".")
	for _, label := range labels {
		if !isLabel(label) {
			return false
		}
	}
	last := labels[len(labels)-1]
	if last[0] >= '0' && last[0] <= '9' {
		addr, err := netip.ParseAddr(host)
		return err == nil && addr.Is4() && addr.String() == host
	}
	return true
}

func isLabel(label string) bool {
	if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for _, c := range []byte(label) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

func isLoopback(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "[::1]"
}
