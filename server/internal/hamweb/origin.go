package hamweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"hamconnect/server/internal/oauth"
)

// ParseOrigin reads an origin of a front end that calls this server directly:
// scheme, host and port, exactly as a browser sends it.
func ParseOrigin(text string) (string, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.Scheme+"://"+u.Host != text || strings.ToLower(text) != text:
		return "", fmt.Errorf("%q is no origin such as https://web.ham.example: scheme, host and port in small letters, and nothing after them", text)
	case u.Scheme == "http" && !oauth.IsLoopback(u.Hostname()):
		return "", fmt.Errorf("%q is plain http: use https, except on loopback", text)
	case u.Scheme == "https" && u.Port() == "443" || u.Scheme == "http" && u.Port() == "80" || u.User != nil || strings.HasSuffix(u.Host, ":"):
		return "", fmt.Errorf("%q is not how browsers write this origin: leave out the scheme's own port", text)
	case strings.ContainsFunc(u.Host, func(c rune) bool { return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-._:[]", c) }):
		return "", fmt.Errorf("%q has a host that no browser sends: name each host by itself, without *, and other letters as xn--", text)
	}
	return text, nil
}

// Guard lets no page of another site call h, other than those that the
// operator has named; to them it says so (CORS). Requests of Ham Web's proxy
// are of the same origin as its pages, or say nothing about it. Reading is
// guarded as well, since one poll signs a browser in.
func (h *Web) Guard(next func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Add("Vary", "Origin")
		w.Header().Add("Vary", "Accept-Language")
		w.Header().Set("Cache-Control", "no-store") // the refusals' too
		origin, named := h.named(r)
		switch {
		case named:
			w.Header().Set("Access-Control-Allow-Origin", origin)
			w.Header().Set("Access-Control-Allow-Credentials", "true")
		case !h.own(r, origin):
			return errOrigin
		}
		return next(w, r)
	}
}

// named gives the origin that a browser names, and whether the operator has
// named it too.
func (h *Web) named(r *http.Request) (origin string, named bool) {
	switch origins := r.Header.Values("Origin"); len(origins) {
	case 0:
		return "", false
	case 1:
		return origins[0], slices.Contains(h.Origins, origins[0])
	}
	return "null", false
}

// own reports whether a request comes from a page of this origin, of a front
// end whose proxy hides it, or of no page at all.
func (h *Web) own(r *http.Request, origin string) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return true
	case "":
		return origin == "" || origin == h.PublicURL
	}
	return false
}

// Preflight answers OPTIONS (Fetch §3.3.5): nobody but the named origins is
// told that anything is allowed.
func (h *Web) Preflight(w http.ResponseWriter, r *http.Request) error {
	if _, named := h.named(r); !named {
		return errOrigin
	}
	w.Header().Set("Access-Control-Allow-Methods", "GET, POST, DELETE")
	w.Header().Set("Access-Control-Allow-Headers", "Accept-Language, Authorization, Content-Type")
	w.Header().Set("Access-Control-Max-Age", "600")
	return noContent(w)
}
