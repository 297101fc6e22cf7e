package server

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"

	"hamconnect/server/internal/limit"
)

// LoadTestPath is where the machines of Config.LoadTestFrom are told that they
// may load this server. For everybody else there is nothing.
const LoadTestPath = "/.well-known/ham-load"

// LoadTest is what stands at LoadTestPath.
type LoadTest struct {
	Allowed   bool   `json:"load_test"`
	PublicURL string `json:"public_url"`
}

// Bounds of Config.LoadTestFrom: no network wider than these is a few machines
// that somebody runs.
const (
	minLoadBits4 = 16
	minLoadBits6 = 48
)

// ParseLoadTestFrom reads an address, or a small network, for
// Config.LoadTestFrom.
func ParseLoadTestFrom(text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		ip, err := netip.ParseAddr(text)
		if err != nil {
			return netip.Prefix{}, fmt.Errorf("%q is no address or network of the machines that make the load, such as 127.0.0.1 or 10.1.2.0/24", text)
		}
		prefix = netip.PrefixFrom(ip.Unmap().WithZone(""), ip.Unmap().BitLen())
	}
	return prefix, checkLoadTestFrom(prefix)
}

func checkLoadTestFrom(prefix netip.Prefix) error {
	loopback := prefix.Addr().IsLoopback() && prefix.Bits() >= 8
	switch {
	case !prefix.IsValid():
		return errors.New("a network of machines that make load is not valid")
	case prefix.Addr().Is4In6(): // no visitor would be found in it
		return fmt.Errorf("%s is an IPv4 network in the form of IPv6: write it as 10.1.2.0/24 is written", prefix)
	case prefix.Addr().Is6() && prefix.Bits() < minLoadBits6 || !loopback && prefix.Bits() < minLoadBits4:
		return fmt.Errorf("%s is too wide: name the machines that make the load, or a network of them of /%d (IPv4) or /%d (IPv6) at most", prefix, minLoadBits4, minLoadBits6)
	}
	return nil
}

// loaders are the machines that may load this server.
type loaders struct {
	from    []netip.Prefix
	proxies proxies
}

// lift frees their requests from the limits that hold for one address. It
// stands before the proxies are looked through, because what tells a visitor
// of a proxy that nobody has named from a machine of the operator's own is a
// header that such proxies add.
func (l loaders) lift(next http.Handler) http.Handler {
	if len(l.from) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if l.known(r) {
			r = limit.Lift(r)
		}
		next.ServeHTTP(w, r)
	})
}

func (l loaders) known(r *http.Request) bool {
	address := limit.Address(r)
	if l.proxies.trusts(address) {
		if address = l.proxies.visitor(r); address == "" {
			return false
		}
	} else if forwarded(r) {
		return false
	}
	return proxies(l.from).trusts(address)
}

// forwarded reports whether a proxy has passed the request on, as far as it
// says so.
func forwarded(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip"} {
		if len(r.Header.Values(name)) > 0 {
			return true
		}
	}
	return false
}

// warnOfLoad says what holds no more, for a setting that somebody forgot.
func (s *Server) warnOfLoad() {
	if len(s.config.LoadTestFrom) == 0 {
		return
	}
	from := make([]string, len(s.config.LoadTestFrom))
	for i, prefix := range s.config.LoadTestFrom {
		from[i] = prefix.String()
	}
	s.config.Log.Warn("load tests are allowed: visitors from these addresses may begin any number of sign-ins and hold any number of sockets; "+
		"a reverse proxy there that sends no X-Forwarded-For makes that true of all its visitors; take the setting away once the tests are done",
		"load_test_from", strings.Join(from, ","))
}

// loadTest tells a machine that may load this server so. To others it looks as
// if nothing were here.
func (s *Server) loadTest(w http.ResponseWriter, r *http.Request) error {
	if !limit.Lifted(r) {
		return &statusError{status: http.StatusNotFound}
	}
	writeJSON(w, http.StatusOK, LoadTest{Allowed: true, PublicURL: s.config.PublicURL})
	return nil
}
