package picture

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func picture(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		img.Set(i%w, i/w, color.RGBA{uint8(i % w), uint8(i / w), 100, 255}) //nolint:gosec // wraps on purpose
	}
	return img
}

func pngOf(t *testing.T, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, picture(w, h)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

func bytesHandler(b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(b) }
}

func TestGetMakesASmallSquarePNG(t *testing.T) {
	var jpg, gifs bytes.Buffer
	if err := errors.Join(jpeg.Encode(&jpg, picture(300, 200), nil), gif.Encode(&gifs, picture(60, 90), nil)); err != nil {
		t.Fatal(err)
	}
	// One blue pixel, lossless.
	webp := []byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00")
	for name, file := range map[string][]byte{
		"png": pngOf(t, 640, 480), "tiny png": pngOf(t, 1, 1), "jpeg": jpg.Bytes(), "gif": gifs.Bytes(), "webp": webp,
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, bytesHandler(file))
			got, err := New(Config{AllowLoopback: true}).Get(t.Context(), s.URL+"/a")
			if err != nil {
				t.Fatal(err)
			}
			img, err := png.Decode(bytes.NewReader(got))
			if err != nil || img.Bounds() != image.Rect(0, 0, Side, Side) {
				t.Fatalf("got %v, %v", img.Bounds(), err)
			}
		})
	}
}

func TestGetCutsOutTheMiddle(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 300, 100)) // black, a white middle
	for i := range 100 * 100 {
		img.Set(100+i%100, i/100, color.White)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	s := serve(t, bytesHandler(b.Bytes()))
	got, err := New(Config{AllowLoopback: true}).Get(t.Context(), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	out, _ := png.Decode(bytes.NewReader(got))
	for _, p := range []image.Point{{0, 0}, {127, 0}, {64, 64}, {0, 127}, {127, 127}} {
		if r, _, _, a := out.At(p.X, p.Y).RGBA(); r != 0xffff || a != 0xffff {
			t.Errorf("%v is not white", p)
		}
	}
}

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

func TestHostileAnswers(t *testing.T) {
	hold := make(chan struct{})
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		want   error
	}{
		"svg":   {bytesHandler([]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`)), ErrUnsupported},
		"html":  {bytesHandler([]byte("<!doctype html><script>alert(1)</script>")), ErrUnsupported},
		"empty": {bytesHandler(nil), ErrUnsupported},
		"bmp":   {bytesHandler([]byte("BM" + strings.Repeat("\x00", 100))), ErrUnsupported},
		"png cut off": {
			bytesHandler(pngOf(t, 50, 50)[:60]), ErrUnsupported,
		},
		"an endless body": {func(w http.ResponseWriter, _ *http.Request) {
			for chunk := make([]byte, 64<<10); ; {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		}, ErrUnsupported},
		"an error with a picture": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write(pngOf(t, 5, 5))
		}, nil},
		"a slow body": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte("\x89PNG"))
			w.(http.Flusher).Flush()
			select {
			case <-hold:
			case <-r.Context().Done():
			}
		}, context.DeadlineExceeded},
		"no answer": {func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-hold:
			case <-r.Context().Done():
			}
		}, context.DeadlineExceeded},
		"an endless header": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("a", 1<<20))
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, test.answer)
			f := New(Config{AllowLoopback: true})
			f.timeout = 300 * time.Millisecond
			if strings.HasPrefix(name, "an endless") {
				f.timeout = timeout
			}
			got, err := f.Get(t.Context(), s.URL)
			if err == nil || got != nil || (test.want != nil && !errors.Is(err, test.want)) {
				t.Errorf("got %d bytes, %v; want %v", len(got), err, test.want)
			}
		})
	}
	close(hold)
}

func TestManyCallersMakeOneFetch(t *testing.T) {
	file := pngOf(t, 10, 10)
	var asked atomic.Int32
	release := make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		<-release
		_, _ = w.Write(file)
	})
	f := New(Config{AllowLoopback: true})
	// The first caller goes away; the others still get what it began.
	ctx, leave := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		if _, err := f.Get(ctx, s.URL); !errors.Is(err, context.Canceled) {
			t.Errorf("who left got %v", err)
		}
	})
	for asked.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	for range 50 {
		all.Go(func() {
			if _, err := f.Get(t.Context(), s.URL); err != nil {
				t.Error(err)
			}
		})
	}
	leave()
	close(release)
	all.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("the server was asked %d times", n)
	}
}

func TestAnswersAreKeptForAnHourAndFailuresForAMinute(t *testing.T) {
	file := pngOf(t, 10, 10)
	var asked atomic.Int32
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.URL.Path == "/bad" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(file)
	})
	now := time.Now()
	f := New(Config{AllowLoopback: true, Now: func() time.Time { return now }})
	for _, step := range []struct {
		path  string
		later time.Duration
		want  int32
	}{
		{"/good", 0, 1},
		{"/good#other", 59 * time.Minute, 1},
		{"/good", time.Minute, 2},
		{"/bad", 0, 3},
		{"/bad", 59 * time.Second, 3},
		{"/bad", time.Second, 4},
	} {
		now = now.Add(step.later)
		_, err := f.Get(t.Context(), s.URL+step.path)
		if (err != nil) != (step.path == "/bad") || asked.Load() != step.want {
			t.Errorf("%v: asked %d times, want %d; %v", step, asked.Load(), step.want, err)
		}
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
