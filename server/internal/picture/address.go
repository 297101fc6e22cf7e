package picture

import (
	"fmt"
	"net/netip"
	"syscall"
)

// closed are the parts of the address space that are not the public internet:
// IANA's special-purpose registries (RFC 6890), multicast, and the prefixes
// that carry an IPv4 address inside and so could hide one of the others.
// Of IPv6, all outside 2000::/3 is closed: loopback, link-local, unique local
// (fc00::/7), IPv4-mapped, NAT64 (64:ff9b::/96, 64:ff9b:1::/48), multicast.
var closed = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network
	netip.MustParsePrefix("10.0.0.0/8"),      // private
	netip.MustParsePrefix("100.64.0.0/10"),   // carrier-grade NAT
	netip.MustParsePrefix("127.0.0.0/8"),     // loopback
	netip.MustParsePrefix("169.254.0.0/16"),  // link-local, and the clouds' metadata services
	netip.MustParsePrefix("172.16.0.0/12"),   // private
	netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("192.88.99.0/24"),  // 6to4 relays
	netip.MustParsePrefix("192.168.0.0/16"),  // private
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("224.0.0.0/4"),     // multicast
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved, broadcast
	netip.MustParsePrefix("2001::/23"),       // protocol assignments, Teredo
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
	netip.MustParsePrefix("2002::/16"),       // 6to4
	netip.MustParsePrefix("3fff::/20"),       // documentation
}

var globalUnicast = netip.MustParsePrefix("2000::/3")

// isPublic reports whether addr is on the public internet.
func isPublic(addr netip.Addr) bool {
	if !addr.IsValid() || addr.Zone() != "" || addr.Is4In6() {
		return false
	}
	if addr.Is6() && !globalUnicast.Contains(addr) {
		return false
	}
	for _, prefix := range closed {
		if prefix.Contains(addr) {
			return false
		}
	}
	return true
}

// control gives the check that the dialer makes once a name has become an
// address and before a packet is sent to it.
func (f *Fetcher) control(host string) func(network, address string, _ syscall.RawConn) error {
	return func(network, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || (network != "tcp4" && network != "tcp6") {
			return fmt.Errorf("%w: %s %s", ErrRefused, network, address)
		}
		if f.public(at.Addr()) || at.Addr().IsLoopback() && f.mayLoopback(host) {
			return nil
		}
		return fmt.Errorf("%w: %s is not on the public internet", ErrRefused, at.Addr())
	}
}
