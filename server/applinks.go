package server

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// Where the systems of phones look up which apps belong to a site: Apple's
// and Google's (Digital Asset Links). Both want the very path, without a
// redirect.
const (
	appleAppsPath   = "/.well-known/apple-app-site-association"
	androidAppsPath = "/.well-known/assetlinks.json"
)

// claimed are the paths that the Ham app opens in a browser's stead. What lies
// below /sso-authorize is not among them: it belongs to the browser that began
// a sign-in, and an app that took it would end the sign-in there.
var claimed = []string{"/Q/*", "/enroll/*", "/sso-authorize"}

// AppleApp is a Ham app for Apple's systems.
type AppleApp struct {
	TeamID   string // ten letters and digits
	BundleID string // such as org.example.ham
}

func (a AppleApp) String() string { return a.TeamID + "." + a.BundleID }

var appleApp = regexp.MustCompile(`^([A-Z0-9]{10})\.([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)$`)

// ParseAppleApp reads an application identifier, TEAMID.bundle.id.
func ParseAppleApp(text string) (AppleApp, error) {
	m := appleApp.FindStringSubmatch(text)
	if m == nil || len(text) > 255 {
		return AppleApp{}, fmt.Errorf("%q is no application identifier such as A1B2C3D4E5.org.example.ham: "+
			"the team's ten capital letters and digits, a dot, and the bundle identifier", text)
	}
	return AppleApp{m[1], m[2]}, nil
}

// AndroidApp is a Ham app for Android.
type AndroidApp struct {
	Package     string            // such as org.example.ham
	Fingerprint [sha256.Size]byte // SHA-256 of the certificate that signs it
}

func (a AndroidApp) String() string { return a.Package + "=" + a.fingerprint() }

// fingerprint writes it as keytool and Google do: pairs of capital hexadecimal
// digits with colons between them.
func (a AndroidApp) fingerprint() string {
	var pairs []string
	for _, b := range a.Fingerprint {
		pairs = append(pairs, fmt.Sprintf("%02X", b))
	}
	return strings.Join(pairs, ":")
}

// origin is what Android writes into a passkey's answer for the app.
func (a AndroidApp) origin() string {
	return "android:apk-key-hash:" + base64.RawURLEncoding.EncodeToString(a.Fingerprint[:])
}

var androidPackage = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+$`)

// ParseAndroidApp reads PACKAGE=FINGERPRINT. The fingerprint is in hexadecimal
// digits, with or without colons.
func ParseAndroidApp(text string) (AndroidApp, error) {
	name, digits, ok := strings.Cut(text, "=")
	switch {
	case !ok:
		return AndroidApp{}, fmt.Errorf("%q is no PACKAGE=FINGERPRINT such as org.example.ham=14:6D:E9:…", text)
	case !androidPackage.MatchString(name) || len(name) > 255:
		return AndroidApp{}, fmt.Errorf("%q is no name of an Android package such as org.example.ham", name)
	}
	a := AndroidApp{Package: name}
	sum, err := hex.DecodeString(strings.ReplaceAll(digits, ":", ""))
	switch {
	case err != nil:
		return AndroidApp{}, fmt.Errorf("the fingerprint %q of %s is not made of hexadecimal digits", digits, name)
	case len(sum) == 20:
		return AndroidApp{}, fmt.Errorf("the fingerprint of %s is SHA-1's: give the SHA-256 of the certificate, which keytool -list -v shows beside it", name)
	case len(sum) != len(a.Fingerprint):
		return AndroidApp{}, fmt.Errorf("the fingerprint of %s has %d bytes: the SHA-256 of the certificate has 32", name, len(sum))
	}
	copy(a.Fingerprint[:], sum)
	return a, nil
}

// appLinks are the two documents as JSON; one that names no app is nil.
type appLinks struct {
	apple, android []byte
}

func newAppLinks(apple []AppleApp, android []AndroidApp) (links appLinks, err error) {
	if links.apple, err = appleDocument(apple); err != nil {
		return links, err
	}
	links.android, err = androidDocument(android)
	return links, err
}

// appleDocument lets apps open the claimed paths ("universal links") and use
// the site's passkeys.
func appleDocument(apps []AppleApp) ([]byte, error) {
	if len(apps) == 0 {
		return nil, nil
	}
	type component struct {
		Path string `json:"/"`
	}
	type detail struct {
		AppIDs     []string    `json:"appIDs"`
		Components []component `json:"components"`
	}
	var document struct {
		AppLinks struct {
			Details []detail `json:"details"`
		} `json:"applinks"`
		WebCredentials struct {
			Apps []string `json:"apps"`
		} `json:"webcredentials"`
	}
	var ids []string
	for _, app := range apps {
		if _, err := ParseAppleApp(app.String()); err != nil {
			return nil, fmt.Errorf("the Ham apps for Apple's systems: %w", err)
		}
		if slices.Contains(ids, app.String()) {
			return nil, fmt.Errorf("the Ham apps for Apple's systems: %s is given twice", app)
		}
		ids = append(ids, app.String())
	}
	links := detail{AppIDs: ids}
	for _, path := range claimed {
		links.Components = append(links.Components, component{path})
	}
	document.AppLinks.Details = []detail{links}
	document.WebCredentials.Apps = ids
	return json.Marshal(document)
}

// androidDocument lets apps open the site's links and use its passkeys. Which
// paths, the app's manifest says.
func androidDocument(apps []AndroidApp) ([]byte, error) {
	if len(apps) == 0 {
		return nil, nil
	}
	type target struct {
		Namespace    string   `json:"namespace"`
		Package      string   `json:"package_name"`
		Fingerprints []string `json:"sha256_cert_fingerprints"`
	}
	type statement struct {
		Relation []string `json:"relation"`
		Target   target   `json:"target"`
	}
	var document []statement
	for i, app := range apps {
		if _, err := ParseAndroidApp(app.String()); err != nil {
			return nil, fmt.Errorf("the Ham apps for Android: %w", err)
		}
		if slices.Contains(apps[:i], app) {
			return nil, fmt.Errorf("the Ham apps for Android: %s is given twice with the same fingerprint", app.Package)
		}
		// One app may be signed by several certificates: the store's and the maker's.
		same := slices.IndexFunc(document, func(s statement) bool { return s.Target.Package == app.Package })
		if same >= 0 {
			t := &document[same].Target
			t.Fingerprints = append(t.Fingerprints, app.fingerprint())
			continue
		}
		document = append(document, statement{
			Relation: []string{"delegate_permission/common.handle_all_urls", "delegate_permission/common.get_login_creds"},
			Target:   target{"android_app", app.Package, []string{app.fingerprint()}},
		})
	}
	return json.Marshal(document)
}

// appleApps answers GET /.well-known/apple-app-site-association.
func (s *Server) appleApps(w http.ResponseWriter, _ *http.Request) error {
	return writeDocument(w, s.links.apple)
}

// androidApps answers GET /.well-known/assetlinks.json.
func (s *Server) androidApps(w http.ResponseWriter, _ *http.Request) error {
	return writeDocument(w, s.links.android)
}

// writeDocument answers a machine that looks up what the configuration says
// of this site. One that says nothing is not found.
func writeDocument(w http.ResponseWriter, document []byte) error {
	if document == nil {
		return &statusError{status: http.StatusNotFound}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "max-age=3600")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(document) // who has gone needs no answer
	return nil
}
