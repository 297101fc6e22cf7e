package server_test

import (
	"net/http"
	"strings"
	"testing"

	"hamconnect/passkey/softkey"
	"hamconnect/server"
	"hamconnect/server/servertest"
)

const (
	appleDocument   = "/.well-known/apple-app-site-association"
	androidDocument = "/.well-known/assetlinks.json"

	storeSigned = "14:6D:E9:83:C5:73:06:50:D8:EE:B9:95:2F:34:FC:64:16:A0:83:42:E6:1D:BE:A8:8A:04:96:B2:3F:CF:44:E5"
	selfSigned  = "00:FF:E9:83:C5:73:06:50:D8:EE:B9:95:2F:34:FC:64:16:A0:83:42:E6:1D:BE:A8:8A:04:96:B2:3F:CF:44:E5"
)

func appleApp(t *testing.T, text string) server.AppleApp {
	t.Helper()
	a, err := server.ParseAppleApp(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func androidApp(t *testing.T, text string) server.AndroidApp {
	t.Helper()
	a, err := server.ParseAndroidApp(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestPhonesAreToldWhichAppsBelongToThisSite(t *testing.T) {
	p := servertest.Start(t, func(c *server.Config) {
		c.AppleApps = []server.AppleApp{appleApp(t, "A1B2C3D4E5.org.example.ham"), appleApp(t, "Z1Y2X3W4V5.org.example.beta")}
		c.AndroidApps = []server.AndroidApp{
			androidApp(t, "org.example.ham="+storeSigned),
			androidApp(t, "org.example.beta="+storeSigned),
			androidApp(t, "org.example.ham="+strings.ToLower(strings.ReplaceAll(selfSigned, ":", ""))),
		}
	})
	for path, want := range map[string]string{
		appleDocument: `{"applinks":{"details":[{"appIDs":["A1B2C3D4E5.org.example.ham","Z1Y2X3W4V5.org.example.beta"],` +
			`"components":[{"/":"/Q/*"},{"/":"/enroll/*"},{"/":"/sso-authorize"}]}]},` +
			`"webcredentials":{"apps":["A1B2C3D4E5.org.example.ham","Z1Y2X3W4V5.org.example.beta"]}}`,
		androidDocument: `[{"relation":["delegate_permission/common.handle_all_urls","delegate_permission/common.get_login_creds"],` +
			`"target":{"namespace":"android_app","package_name":"org.example.ham","sha256_cert_fingerprints":["` + storeSigned + `","` + selfSigned + `"]}},` +
			`{"relation":["delegate_permission/common.handle_all_urls","delegate_permission/common.get_login_creds"],` +
			`"target":{"namespace":"android_app","package_name":"org.example.beta","sha256_cert_fingerprints":["` + storeSigned + `"]}}]`,
	} {
		t.Run(path, func(t *testing.T) {
			status, body, err := servertest.NewBrowser(p.URL).Get(t.Context(), path)
			if err != nil || status != http.StatusOK || body != want {
				t.Errorf("answered %d, %v:\n%s\nwant\n%s", status, err, body, want)
			}
			answer, err := http.Head(p.URL + path)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			for name, want := range map[string]string{
				"Content-Type": "application/json", "Cache-Control": "max-age=3600", "X-Content-Type-Options": "nosniff", "Set-Cookie": "",
			} {
				if got := answer.Header.Get(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestWithoutAppsForPhonesNothingIsClaimed(t *testing.T) {
	apple := servertest.Start(t, func(c *server.Config) { c.AppleApps = []server.AppleApp{appleApp(t, "A1B2C3D4E5.org.example.ham")} })
	none := servertest.Start(t, nil)
	for name, c := range map[string]struct {
		p      *servertest.Provider
		path   string
		status int
	}{
		"neither, Apple":             {none, appleDocument, http.StatusNotFound},
		"neither, Android":           {none, androidDocument, http.StatusNotFound},
		"Apple alone, Android":       {apple, androidDocument, http.StatusNotFound},
		"Apple alone":                {apple, appleDocument, http.StatusOK},
		"another name of the folder": {apple, "/apple-app-site-association", http.StatusNotFound},
	} {
		if status, _, err := servertest.NewBrowser(c.p.URL).Get(t.Context(), c.path); err != nil || status != c.status {
			t.Errorf("%s: answered %d, %v", name, status, err)
		}
	}
	if status, _, err := servertest.NewBrowser(apple.URL).Post(t.Context(), appleDocument, nil, nil); err != nil || status != http.StatusMethodNotAllowed {
		t.Errorf("a POST is answered %d, %v", status, err)
	}
}

func TestAnAndroidAppThatIsNamedUsesPasskeysAndNoOther(t *testing.T) {
	p := servertest.Start(t, func(c *server.Config) {
		c.PublicURL = strings.Replace(c.PublicURL, "127.0.0.1", "localhost", 1)
		c.AndroidApps = []server.AndroidApp{androidApp(t, "org.example.ham="+storeSigned)}
	})
	p.URL = p.PublicURL()
	phone, _ := p.AddPhone("Lin")
	key := softkey.Synced()
	addPasskey(t, p, signedIn(t, p, phone), key)
	// The base64url forms of the two fingerprints, as Android writes them.
	const named, other = "android:apk-key-hash:FG3pg8VzBlDY7rmVLzT8ZBagg0LmHb6oigSWsj_PROU", "android:apk-key-hash:AP_pg8VzBlDY7rmVLzT8ZBagg0LmHb6oigSWsj_PROU"
	if status, reason := tryPasskey(t, servertest.NewBrowser(p.URL), named, key); status != http.StatusOK {
		t.Errorf("the app is refused: %d %s", status, reason)
	}
	if status, reason := tryPasskey(t, servertest.NewBrowser(p.URL), other, key); status != http.StatusForbidden || reason != "wrong_origin" {
		t.Errorf("another app: %d %s", status, reason)
	}
}

func TestAppsThatCannotBeAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "no application identifier",
		"org.example.ham":                "no application identifier",
		"a1b2c3d4e5.org.example.ham":     "no application identifier",
		"A1B2C3D4E5.":                    "no application identifier",
		"A1B2C3D4E5.*":                   "no application identifier",
		"A1B2C3D4E5.org..ham":            "no application identifier",
		`A1B2C3D4E5.org."],"x":["`:       "no application identifier",
		"A1B2C3D4E5.org.example.ham\n":   "no application identifier",
		"A1B2C3D4E5.org.example.h\u00e4": "no application identifier",
	} {
		if _, err := server.ParseAppleApp(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for text, want := range map[string]string{
		"":                                            "no PACKAGE=FINGERPRINT",
		"org.example.ham":                             "no PACKAGE=FINGERPRINT",
		"ham=" + storeSigned:                          "no name of an Android package",
		"org.example.1ham=" + storeSigned:             "no name of an Android package",
		"org.example.*=" + storeSigned:                "no name of an Android package",
		`org.example."=` + storeSigned:                "no name of an Android package",
		"org.example.ham=":                            "0 bytes",
		"org.example.ham=" + storeSigned + ":00":      "33 bytes",
		"org.example.ham=" + storeSigned[:59]:         "SHA-1",
		"org.example.ham=" + storeSigned[:93] + ":GG": "hexadecimal",
	} {
		if _, err := server.ParseAndroidApp(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	good, signed := appleApp(t, "A1B2C3D4E5.org.example.ham"), androidApp(t, "org.example.ham="+storeSigned)
	for name, change := range map[string]func(*server.Config){
		"an Apple app without a team":      func(c *server.Config) { c.AppleApps = []server.AppleApp{{BundleID: "org.example.ham"}} },
		"an Apple app twice":               func(c *server.Config) { c.AppleApps = []server.AppleApp{good, good} },
		"an Android app without a package": func(c *server.Config) { c.AndroidApps = []server.AndroidApp{{}} },
		"an Android app twice":             func(c *server.Config) { c.AndroidApps = []server.AndroidApp{signed, signed} },
	} {
		config := server.Config{DataDir: t.TempDir() + "/data", PublicURL: "http://localhost:1"}
		change(&config)
		if s, err := server.Open(t.Context(), config); err == nil {
			s.Close()
			t.Errorf("%s: the server starts", name)
		}
	}
}
