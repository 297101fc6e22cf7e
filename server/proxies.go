package server

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// proxies are the reverse proxies whose word about the visitor counts.
type proxies []netip.Prefix

// resolve puts the visitor's own address into RemoteAddr: the last one in
// X-Forwarded-For that no trusted proxy owns. From anybody else the header
// is ignored, so that nobody chooses what the app shows.
func (p proxies) resolve(next http.Handler) http.Handler {
	if len(p) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if visitor := p.visitor(r); visitor != "" {
			r.RemoteAddr = net.JoinHostPort(visitor, "0")
		}
		next.ServeHTTP(w, r)
	})
}

func (p proxies) visitor(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil || !p.trusts(host) {
		return ""
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	visitor := ""
	for i := len(hops) - 1; i >= 0; i-- {
		ip, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		if visitor = ip.Unmap().String(); !p.trusts(visitor) {
			break
		}
	}
	return visitor
}

func (p proxies) trusts(host string) bool {
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	for _, prefix := range p {
		if prefix.Contains(ip.Unmap()) {
			return true
		}
	}
	return false
}
