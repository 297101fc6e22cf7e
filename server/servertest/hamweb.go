package servertest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"hamconnect/server"
)

// HamWeb stands in for the front end: a page, and a proxy that does what is
// known of Ham Web's. /api/X goes to /web/X, of the cookies four pass and no
// others, and headers are copied one by one, to and fro.
type HamWeb struct {
	URL     string
	backend atomic.Pointer[string]
}

// NewHamWeb starts it on localhost; it answers for a provider once it is
// Behind one. page is what it shows at every address but those of the API.
func NewHamWeb(tb testing.TB, page string) *HamWeb {
	tb.Helper()
	f := &HamWeb{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, api := strings.CutPrefix(r.URL.Path, "/api/")
		if !api {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			io.WriteString(w, page)
			return
		}
		f.pass(tb, w, r, path)
	}))
	tb.Cleanup(s.Close)
	f.URL = strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	return f
}

// Configure is what an operator sets for it.
func (f *HamWeb) Configure(c *server.Config) {
	c.PublicURL = strings.Replace(c.PublicURL, "127.0.0.1", "localhost", 1) // passkeys want a name
	c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	c.PasskeyOrigins = append(c.PasskeyOrigins, f.URL)
}

// Behind points it at a provider.
func (f *HamWeb) Behind(p *Provider) { f.backend.Store(&p.URL) }

// BrowserAddress is where the proxy says that its browsers are.
const BrowserAddress = "203.0.113.9"

func (f *HamWeb) pass(tb testing.TB, w http.ResponseWriter, r *http.Request, path string) {
	to, err := http.NewRequestWithContext(r.Context(), r.Method, *f.backend.Load()+"/web/"+path+"?"+r.URL.RawQuery, r.Body)
	if err != nil {
		tb.Error(err)
		return
	}
	to.ContentLength = r.ContentLength
	for name, values := range r.Header {
		if name != "Cookie" && name != "Connection" {
			to.Header[name] = slices.Clone(values)
		}
	}
	for _, c := range r.Cookies() {
		if slices.Contains([]string{"ham_session", "ham_refresh", "NEXT_LOCALE", "NEXT_THEME"}, c.Name) {
			to.Header.Add("Cookie", c.Name+"="+c.Value)
		}
	}
	if lines := to.Header.Values("Cookie"); len(lines) > 1 {
		to.Header.Set("Cookie", strings.Join(lines, "; "))
	}
	to.Header.Set("X-Forwarded-For", BrowserAddress)
	response, err := http.DefaultTransport.RoundTrip(to)
	if err != nil {
		http.Error(w, "", http.StatusBadGateway)
		return
	}
	defer response.Body.Close()
	for name, values := range response.Header {
		for _, value := range values {
			w.Header().Add(name, value)
		}
	}
	w.WriteHeader(response.StatusCode)
	io.Copy(w, response.Body)
}
