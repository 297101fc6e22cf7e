package rules

import (
	"net/netip"
	"slices"
	"strings"

	"hamconnect/qr/pairing"
)

// Action is what is done about a request.
type Action string

// The actions. Their text is that of the file.
const (
	Allow Action = "allow"
	Deny  Action = "deny"
	Ask   Action = "ask" // a person, and deny where there is none
)

// Rules are those of one file, in its order. The zero value denies everything.
type Rules struct {
	all []rule
}

// rule matches what all its conditions hold of. A condition that is nil was
// not given.
type rule struct {
	kind          pairing.Kind
	clientIDs     []string
	redirectHosts []string
	scopes        []string // not nil but empty: the request asks for none
	browsers      []netip.Prefix

	action   Action
	leaveOut []string
}

// Request is what is decided about, as it came: what was cleaned to be shown
// may look like something else.
type Request struct {
	Kind         pairing.Kind
	ClientID     string
	RedirectHost string // host[:port]
	Scopes       []string
	Address      string // of the browser; one that is no address is in no network
}

// Decision is what the rules say about a request.
type Decision struct {
	Action Action
	Rule   int      // the rule that matched, from 1; 0 if none did
	Scopes []string // with Allow and Ask: those that are given
}

// Len is how many rules there are.
func (r Rules) Len() int { return len(r.all) }

// NeedNumbers reports whether a rule allows what is approved by a check number:
// everything but a ticket, for which the rule's browser stands.
func (r Rules) NeedNumbers() bool {
	return slices.ContainsFunc(r.all, func(r rule) bool { return r.action == Allow && r.kind != pairing.KindTicket })
}

// Decide is by the first rule that matches, and Deny without one.
func (r Rules) Decide(q Request) Decision {
	for i, one := range r.all {
		if !one.matches(q) {
			continue
		}
		d := Decision{Action: one.action, Rule: i + 1}
		if d.Action != Deny {
			d.Scopes = slices.DeleteFunc(slices.Clone(q.Scopes), func(s string) bool { return slices.Contains(one.leaveOut, s) })
		}
		return d
	}
	return Decision{Action: Deny}
}

func (r rule) matches(q Request) bool {
	return r.kind == q.Kind &&
		(r.clientIDs == nil || slices.Contains(r.clientIDs, q.ClientID)) &&
		(r.redirectHosts == nil || slices.ContainsFunc(r.redirectHosts, func(pattern string) bool { return hostMatches(pattern, q.RedirectHost) })) &&
		(r.scopes == nil || !slices.ContainsFunc(q.Scopes, func(s string) bool { return !slices.Contains(r.scopes, s) })) &&
		(r.browsers == nil || isIn(r.browsers, q.Address))
}

// hostMatches compares as names of hosts are compared, whatever their case.
func hostMatches(pattern, host string) bool {
	host = canonical(strings.ToLower(host))
	if withoutPort, cut := strings.CutSuffix(pattern, ":*"); cut {
		pattern = withoutPort
		if at := strings.LastIndexByte(host, ':'); at > strings.LastIndexByte(host, ']') {
			host = host[:at]
		}
	}
	if domain, below := strings.CutPrefix(pattern, "*"); below { // with its dot
		return len(host) > len(domain) && strings.HasSuffix(host, domain)
	}
	return host != "" && host == pattern
}

// canonical writes a host in the one way in which patterns are: the same place
// must not get past a rule under another spelling.
func canonical(host string) string {
	name, port := host, ""
	if at := strings.LastIndexByte(host, ':'); at > strings.LastIndexByte(host, ']') {
		name, port = host[:at], host[at:]
	}
	if port == ":443" || port == ":" {
		port = ""
	}
	if inner, ok := strings.CutPrefix(name, "["); ok {
		if a, err := netip.ParseAddr(strings.TrimSuffix(inner, "]")); err == nil {
			name = "[" + a.String() + "]"
		}
	}
	return strings.TrimSuffix(name, ".") + port
}

func isIn(networks []netip.Prefix, address string) bool {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	a = a.Unmap().WithZone("")
	return slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(a) })
}
