package server_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"strings"
	"testing"
	"time"

	"hamconnect/passkey/softkey"
	"hamconnect/server/servertest"
)

// verification gives a check of one ES256 signature, the work that a passkey
// login cannot do without.
func verification(b *testing.B) func() {
	b.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	sum := sha256.Sum256([]byte("client data"))
	signature, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	if err != nil {
		b.Fatal(err)
	}
	return func() {
		if !ecdsa.VerifyASN1(&key.PublicKey, sum[:], signature) {
			b.Fatal("not valid")
		}
	}
}

// beside reports how long steps took, and as a multiple of one signature's
// verification in the same run.
func beside(b *testing.B, took, verifying time.Duration) {
	b.Helper()
	b.ReportMetric(float64(took.Microseconds())/float64(b.N), "µs/op")
	b.ReportMetric(float64(took)/float64(verifying), "/verification")
}

// BenchmarkPasskeyLogin is a sign-in over HTTP, from the options to the
// session's cookies, without the authenticator's own work. It commits three
// times: the challenge, its end, and the session.
func BenchmarkPasskeyLogin(b *testing.B) {
	p := onLocalhost(b)
	phone, _ := p.AddPhone("Lin")
	key := softkey.Synced()
	addPasskey(b, p, signedIn(b, p, phone), key)
	browser, verify := servertest.NewBrowser(p.URL), verification(b)
	var took, verifying time.Duration
	for b.Loop() {
		start := time.Now()
		begun := ask(b, browser, "/passkeys/login/options", nil)
		took += time.Since(start)
		assertion, err := key.Get(begun.Options, p.URL)
		if err != nil {
			b.Fatal(err)
		}
		start = time.Now()
		if status, reason := sendPasskey(b, browser, begun.Ceremony, assertion); status != http.StatusOK {
			b.Fatalf("answered %d %s", status, reason)
		}
		took += time.Since(start)
		start = time.Now()
		verify()
		verifying += time.Since(start)
	}
	beside(b, took, verifying)
}

// BenchmarkConsent is the page and its answer, until the code.
func BenchmarkConsent(b *testing.B) {
	p := servertest.Start(b, nil)
	phone, _ := p.AddPhone("Lin")
	address := p.Authorize(p.AddApp(nil), "prompt", "consent")
	browser, verify := signedIn(b, p, phone), verification(b)
	var took, verifying time.Duration
	for b.Loop() {
		start := time.Now()
		nonce, _ := consentPage(b, browser, address)
		if status, where := answerConsent(b, browser, nonce, "allow", "profile"); status != http.StatusSeeOther || !strings.Contains(where, "code=") {
			b.Fatalf("answered %d", status)
		}
		took += time.Since(start)
		start = time.Now()
		verify()
		verifying += time.Since(start)
	}
	beside(b, took, verifying)
}

// BenchmarkSilent is a sign-in to an app that was allowed before.
func BenchmarkSilent(b *testing.B) {
	p := servertest.Start(b, nil)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	p.Token(app, phone)
	browser, verify := signedIn(b, p, phone), verification(b)
	path := strings.TrimPrefix(p.Authorize(app), p.URL)
	var took, verifying time.Duration
	for b.Loop() {
		start := time.Now()
		if status, where, err := browser.Get(b.Context(), path); err != nil || status != http.StatusSeeOther || !strings.Contains(where, "code=") {
			b.Fatalf("answered %d, %v", status, err)
		}
		took += time.Since(start)
		start = time.Now()
		verify()
		verifying += time.Since(start)
	}
	beside(b, took, verifying)
}
