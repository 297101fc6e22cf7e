package picture

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
)

func TestAddressesThatAreRefusedUnasked(t *testing.T) {
	for _, url := range []string{
		"", "pictures.example/a.png", "http://pictures.example/a.png", "ftp://pictures.example/a.png", "file:///etc/passwd",
		"data:image/png;base64,AAAA", "javascript:alert(1)", "https://", "https:///a", "https://:443/", "https://user@pictures.example/",
		"https:pictures.example", "http://localhost/", "http://127.0.0.1/", "https://pictures.example/" + strings.Repeat("a", 3000),
		"https://10.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::a00:1]/", "https://169.254.169.254/latest/meta-data",
		"https://[fe80::1%25lo]/", "https://0/", "https://127.1/", "https://localhost/", "https://0x7f000001/", "https://2130706433/",
	} {
		_, err := New(Config{Resolver: names(t, nil)}).Get(t.Context(), url)
		var unknown *net.DNSError // for what is an address to some programs, but a name to Go
		if !errors.Is(err, ErrRefused) && !errors.As(err, &unknown) {
			t.Errorf("%q: got %v", url, err)
		}
	}
}

func TestOnlyPublicAddressesArePublic(t *testing.T) {
	for text, want := range map[string]bool{
		"93.184.216.34": true, "1.1.1.1": true, "2606:4700::1111": true, "2a00:1450::1": true,
		"0.0.0.0": false, "10.1.2.3": false, "100.64.0.1": false, "100.127.255.255": false, "127.0.0.1": false, "127.8.8.8": false,
		"169.254.169.254": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false, "192.0.0.8": false,
		"198.18.0.1": false, "224.0.0.1": false, "239.1.1.1": false, "255.255.255.255": false, "240.0.0.1": false,
		"::": false, "::1": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd12::1": false, "ff02::1": false, "fec0::1": false,
		"::ffff:93.184.216.34": false, "::ffff:127.0.0.1": false, "::127.0.0.1": false, "64:ff9b::7f00:1": false, "64:ff9b:1::1": false,
		"2002:7f00:1::": false, "2001::1": false, "2001:db8::1": false, "100::1": false, "3fff::1": false,
	} {
		if got := isPublic(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s is public: %v", text, got)
		}
	}
	if isPublic(netip.Addr{}) {
		t.Error("no address is public")
	}
}

func TestRedirectsAreCheckedLikeTheFirstAddress(t *testing.T) {
	var secret atomic.Int32
	private := serve(t, func(http.ResponseWriter, *http.Request) { secret.Add(1) })
	for name, test := range map[string]struct {
		to      string
		refused bool
	}{
		"to a private address":       {"https://10.0.0.1/a.png", true},
		"to the metadata service":    {"http://169.254.169.254/latest", true},
		"to plain http":              {"http://pictures.example/a.png", true},
		"to a file":                  {"file:///etc/passwd", true},
		"to a name that is loopback": {"https://pictures.example:" + port(private.URL) + "/", true},
		"with a user":                {"https://a:b@pictures.example/", true},
		"for ever":                   {"/again", true},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, test.to, http.StatusFound) })
			f := New(Config{AllowLoopback: true, Resolver: names(t, []string{"127.0.0.1"})})
			_, err := f.Get(t.Context(), s.URL)
			if !errors.Is(err, ErrRefused) {
				t.Errorf("got %v", err)
			}
		})
	}
	if n := secret.Load(); n != 0 {
		t.Errorf("the private server was asked %d times", n)
	}
}

func TestThreeRedirectsAreFollowedWithoutReferer(t *testing.T) {
	file := pngOf(t, 10, 10)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Referer() != "" || r.Header.Get("Cookie") != "" {
			t.Errorf("%s: Referer %q", r.URL, r.Referer())
		}
		next := map[string]string{"/0": "/1", "/1": "/2", "/2": "/3"}[r.URL.Path]
		if next == "" {
			_, _ = w.Write(file)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		http.Redirect(w, r, next, http.StatusFound)
	})
	if _, err := New(Config{AllowLoopback: true}).Get(t.Context(), s.URL+"/0"); err != nil {
		t.Error(err)
	}
}

// A name that is public when first asked for and private afterwards: what
// counts is the address of each connection. 127.0.0.2 plays the public one.
func TestRebindingGainsNothing(t *testing.T) {
	file := pngOf(t, 10, 10)
	var asked atomic.Int32
	public := httptest.NewUnstartedServer(bytesHandler(file))
	listener, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Skip("127.0.0.2 is not here:", err)
	}
	_ = public.Listener.Close()
	public.Listener = listener
	public.StartTLS()
	t.Cleanup(public.Close)
	_, at, _ := net.SplitHostPort(listener.Addr().String())
	private, err := net.Listen("tcp", "127.0.0.1:"+at)
	if err != nil {
		t.Skip("the port is taken:", err)
	}
	t.Cleanup(func() { _ = private.Close() })
	go func() {
		for {
			c, err := private.Accept()
			if err != nil {
				return
			}
			asked.Add(1)
			_ = c.Close()
		}
	}()

	roots := x509.NewCertPool()
	roots.AddCert(public.Certificate())
	f := New(Config{RootCAs: roots, Resolver: names(t, []string{"127.0.0.2", "127.0.0.1"})})
	f.public = func(a netip.Addr) bool { return a == netip.MustParseAddr("127.0.0.2") }
	if _, err := f.Get(t.Context(), "https://example.com:"+at+"/1"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Get(t.Context(), "https://example.com:"+at+"/2"); !errors.Is(err, ErrRefused) {
		t.Errorf("got %v", err)
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the private server was reached %d times", n)
	}
}

func TestProxyOfTheEnvironmentIsNotUsed(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	if New(Config{}).client.Transport.(*http.Transport).Proxy != nil {
		t.Error("there is a proxy")
	}
}

func port(url string) string { return url[strings.LastIndex(url, ":")+1:] }

// names gives a resolver that answers every question for an IPv4 address with
// the next of addrs, and the last one for ever; with none, nothing exists.
func names(t *testing.T, addrs []string) *net.Resolver {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	go func() {
		next := 0
		for buf := make([]byte, 512); ; {
			n, from, err := server.ReadFrom(buf)
			if err != nil {
				return
			}
			question := 12 + bytes.IndexByte(buf[12:n], 0) + 5
			answer := append([]byte{}, buf[:question]...)
			copy(answer[2:], []byte{0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}) // a response, one question
			switch {
			case len(addrs) == 0:
				answer[3] |= 3 // no such name
			case buf[question-3] == 1: // type A
				ip := netip.MustParseAddr(addrs[min(next, len(addrs)-1)]).As4()
				next++
				answer[7] = 1
				answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
				answer = append(answer, ip[:]...)
			}
			_, _ = server.WriteTo(answer, from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
}
