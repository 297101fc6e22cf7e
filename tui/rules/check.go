package rules

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// cut makes a text of the file short enough to be told.
func cut(s string) string {
	if len(s) > 60 {
		s = strings.ToValidUTF8(s[:60], "") + "…"
	}
	return strings.Map(func(r rune) rune {
		if strconv.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}

// checkPlain accepts what a client_id or a scope can be (RFC 6749 §3.3,
// appendix A.1), less the space, which would hide.
func checkPlain(s, what string) string {
	if s == "" {
		return "an empty text matches nothing"
	}
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' {
			return fmt.Sprintf("%s has neither spaces nor anything but ASCII; one that is written so never matches", what)
		}
	}
	return ""
}

// checkHost accepts what a redirect URI's host can look like, so that what
// could never match is found while somebody still looks at it.
func checkHost(s string) string {
	name := s
	if at := strings.LastIndexByte(s, ':'); at > strings.LastIndexByte(s, ']') {
		port := s[at+1:]
		name = s[:at]
		if n, err := strconv.ParseUint(port, 10, 16); port != "*" && (err != nil || n == 0 || strconv.FormatUint(n, 10) != port) {
			return "after the colon stands a port, 1 to 65535, or * for any"
		}
	}
	switch {
	case strings.Contains(s, "/"):
		return "this is a host such as \"localhost:3000\", without a scheme and a path"
	case s != strings.ToLower(s):
		return "write a host in lower case"
	case strings.HasPrefix(name, "["):
		a, err := netip.ParseAddr(strings.TrimSuffix(name[1:], "]"))
		if err != nil || !strings.HasSuffix(name, "]") || !a.Is6() || a.Zone() != "" {
			return "in brackets stands an IPv6 address, such as [::1]"
		}
		return ""
	}
	below, subdomains := strings.CutPrefix(name, "*.")
	if strings.Contains(below, "*") {
		return "a * may stand for subdomains, as in \"*.example.org\", or for the port, as in \"localhost:*\", and nowhere else"
	}
	for label := range strings.SplitSeq(below, ".") {
		if label == "" {
			if subdomains && below == "" {
				return "after *. stands the name whose subdomains are meant"
			}
			return "this is no host: a name is missing"
		}
		for _, c := range label {
			if c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
				return fmt.Sprintf("%q cannot be in a host; a name in other letters is written as xn--…", c)
			}
		}
	}
	return ""
}

func checkNetwork(s string) (network netip.Prefix, wrong string) {
	if strings.Contains(s, "/") {
		n, err := netip.ParsePrefix(s)
		switch {
		case err != nil:
			return n, "this is no network such as \"127.0.0.0/8\""
		case n.Addr().Is4In6():
			return n, "write a network of IPv4 as such"
		case n != n.Masked():
			return n, fmt.Sprintf("this is an address in a network; the network is %q", n.Masked())
		}
		return n, ""
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return network, "this is no address such as \"127.0.0.1\", and no network"
	}
	a = a.Unmap()
	return netip.PrefixFrom(a, a.BitLen()), ""
}
