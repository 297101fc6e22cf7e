package oauth_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// What stands in for a callback must be the same address for everybody who
// reads it: for us, for Go, and for the browser that is sent there.

const callback = "http://foo.com/cb"

// seen is what a browser makes of an address.
type seen struct {
	Protocol, Host, Path, Username, Password, Hash string
	Bad                                            bool // it is no address at all
}

const readAll = `(all) => all.map((text) => {
	try {
		const u = new URL(text)
		return {Protocol: u.protocol, Host: u.host, Path: u.pathname, Username: u.username, Password: u.password, Hash: u.hash}
	} catch { return {Bad: true} }
})`

// browser gives a function that asks Chromium, or nil where there is none.
func browser(tb testing.TB) func(tb testing.TB, addresses ...string) []seen {
	tb.Helper()
	path, err := exec.LookPath("chromium")
	switch {
	case err == nil:
	case os.Getenv("CI") != "":
		tb.Fatal("chromium is not installed, and in CI nothing is skipped")
	default:
		return nil
	}
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(tb.TempDir()), chromedp.WSURLReadTimeout(time.Minute))...)
	ctx, stop := chromedp.NewContext(allocator)
	tb.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits for the process; what it says of its end is of no interest
		stop()
		cancel()
	})
	return func(tb testing.TB, addresses ...string) []seen {
		tb.Helper()
		list, err := json.Marshal(addresses)
		if err != nil {
			tb.Fatal(err)
		}
		all, err := chromedp.Run(ctx, chromedp.Evaluate[[]seen]("("+readAll+")("+string(list)+")"))
		if err != nil {
			tb.Fatalf("asking Chromium: %v", err)
		}
		return all
	}
}

// agrees reports whether Go and, unless it is nil, a browser read an address
// that we let pass as one below the callback.
func agrees(uri string, b *seen) bool {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "http" || u.Host != "foo.com" || u.User != nil || strings.Contains(uri, "#") || u.Opaque != "" || !below(u.JoinPath().Path) {
		return false
	}
	return b == nil || !b.Bad && b.Protocol == "http:" && b.Host == "foo.com" && b.Username == "" && b.Password == "" && b.Hash == "" && below(b.Path)
}

func below(path string) bool { return path == "/cb" || strings.HasPrefix(path, "/cb/") }

// pieces are what addresses are made of that somebody shall misread.
var pieces = []string{
	"http://", "https://", "http:", "http:/", "//", "/", "\\", "foo.com", "FOO.com", "foo.com.", "evil.com", "@", ":", ":80", ":8080", "user", "/cb", "/cb/", "cb", "..", ".", "%2e", "%2E%2e",
	"%2f", "%5c", "%25", "%00", ";", "?", "#", "&code=x", "\t", "\n", "\r", " ", "\x00", "[", "]", "::1", "127.1", "0x7f", "\u3002", "\uff0f", "\u200b", "e", "%", "x", "=", "~", "*", "'", "\"", "<", "|", "^", "{",
}

func TestBrowsersReadWhatPassesForTheCallbackAsWeDo(t *testing.T) {
	ask := browser(t)
	if ask == nil {
		t.Skip("chromium is not installed: only Go's parser is asked, by FuzzRedirectBelow")
	}
	client := openMasterClient(callback)
	random := rand.New(rand.NewPCG(1, 2)) // the same addresses each time
	passing := []string{callback, callback + "/x", callback + "?x=y", callback + "/a%20b/", callback + "/x;y"}
	for _, uri := range hostile {
		if client.AllowsRedirect(uri, true) {
			t.Errorf("%q passes", uri)
		}
	}
	for range 300_000 {
		uri := callback
		if random.IntN(3) == 0 {
			uri = "http://foo.com"
		}
		at := len(uri)
		for range 1 + random.IntN(4) {
			uri = uri[:at] + pieces[random.IntN(len(pieces))] + uri[at:]
			if at = len(uri); random.IntN(2) == 0 {
				at = random.IntN(len(uri) + 1)
			}
		}
		if client.AllowsRedirect(uri, true) {
			passing = append(passing, uri)
		}
	}
	if len(passing) < 1000 {
		t.Fatalf("only %d addresses pass: these pieces try nothing", len(passing))
	}
	for i, b := range ask(t, passing...) {
		if !agrees(passing[i], &b) {
			t.Errorf("%q passes, and Chromium reads it as %+v", passing[i], b)
		}
	}
	t.Logf("%d addresses pass, and all are read alike", len(passing))
}

// FuzzRedirectBelow: what passes for the callback lies below it, for Go and for
// Chromium.
func FuzzRedirectBelow(f *testing.F) {
	for _, uri := range append([]string{callback, callback + "/x?y", callback + "/%20;a", callback + "//", callback + "/..%2f"}, hostile...) {
		f.Add(uri)
	}
	ask := browser(f)
	client := openMasterClient(callback)
	f.Fuzz(func(t *testing.T, uri string) {
		if !client.AllowsRedirect(uri, true) {
			return
		}
		var b *seen
		if ask != nil {
			b = &ask(t, uri)[0]
		}
		if !agrees(uri, b) {
			t.Fatalf("%q passes, and a browser reads it as %+v", uri, b)
		}
	})
}
