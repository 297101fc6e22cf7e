package web

import (
	"net/http"
	"regexp"
	"strings"
)

// needs is what a page may use beyond its stylesheet and pictures.
type needs struct {
	script bool // the script, and the connections that it makes
	forms  bool
	leave  []string // where forms may lead, beside this origin
}

// plainHost is a host that can stand in a policy without changing it.
var plainHost = regexp.MustCompile(`^[A-Za-z0-9.-]+(:[0-9]{1,5})?$`)

// setHeaders writes what every page carries.
func setHeaders(w http.ResponseWriter, r *http.Request, n needs) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy(r.Host, n))
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
}

// policy allows nothing that it does not name.
func policy(host string, n needs) string {
	parts := []string{"default-src 'none'", "style-src 'self'", "img-src 'self'"}
	if n.script {
		connect := "connect-src 'self'"
		if plainHost.MatchString(host) {
			// Safari before 15.4 does not count a WebSocket to the page's own
			// host as 'self'. On an https page ws: stays blocked as mixed content.
			connect += " wss://" + host + " ws://" + host
		}
		parts = append(parts, "script-src 'self'", connect)
	}
	if n.forms {
		parts = append(parts, strings.Join(append([]string{"form-action 'self'"}, n.leave...), " "))
	} else {
		parts = append(parts, "form-action 'none'")
	}
	parts = append(parts, "frame-ancestors 'none'", "base-uri 'none'")
	return strings.Join(parts, "; ")
}
