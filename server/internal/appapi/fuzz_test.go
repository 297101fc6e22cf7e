package appapi

import (
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"hamconnect/qr/pairing"
)

var fuzzNow = time.Unix(1_800_000_000, 0)

func goodProof(f *testing.F) (string, ed25519.PrivateKey) {
	f.Helper()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: key}, (&jose.SignerOptions{EmbedJWK: true}).WithType("dpop+jwt"))
	if err != nil {
		f.Fatal(err)
	}
	payload, err := json.Marshal(proofClaims{ID: "0123456789abcdef", Method: "GET", Address: "https://ham.example/app/v1/me", Issued: fuzzNow.Unix()})
	if err != nil {
		f.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		f.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		f.Fatal(err)
	}
	return text, key
}

// FuzzProof: whatever the header says, the call is refused with 401 or the
// very payload was signed by the key that the proof is counted for.
func FuzzProof(f *testing.F) {
	good, key := goodProof(f)
	parts := strings.Split(good, ".")
	f.Add(good)
	f.Add(parts[0] + "." + parts[1] + ".")
	f.Add("eyJhbGciOiJub25lIn0." + parts[1] + ".")
	f.Add(parts[0] + ".e30." + parts[2])
	f.Add("..")
	f.Add("{}")
	f.Add("")
	app := &App{Now: func() time.Time { return fuzzNow }, PublicURL: "https://ham.example"}
	thumbprint, err := (&jose.JSONWebKey{Key: key.Public()}).Thumbprint(crypto.SHA256)
	if err != nil {
		f.Fatal(err)
	}
	ours := base64.RawURLEncoding.EncodeToString(thumbprint)
	f.Fuzz(func(t *testing.T, header string) {
		r := httptest.NewRequest(http.MethodGet, "https://ham.example/app/v1/me", nil)
		r.Header["Dpop"] = []string{header}
		p, err := app.proof(r)
		if err != nil {
			if failure := AsFailure(err); failure == nil || failure.Status != http.StatusUnauthorized {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		if p.thumbprint == "" || p.expires.Before(fuzzNow) {
			t.Fatalf("it holds until %s", p.expires)
		}
		if p.thumbprint == ours && !strings.HasPrefix(header, parts[0]+"."+parts[1]+".") {
			t.Fatal("another text counts for a key that signed one alone")
		}
	})
}

// FuzzClaimBody: a body is read as one claim or refused as a whole, and a code
// that nobody made opens nothing.
func FuzzClaimBody(f *testing.F) {
	codes := pairing.NewCodes([32]byte{1})
	for _, body := range []string{
		`{"code":"` + codes.At("ABCDEFGHIJKLMNOP", 0) + `"}`, `{"code":1}`, `{"code":"x","y":1}`, `{"code":"x"}{}`, "null", "[]", `{"CODE":"x"}`,
		`{"code":"\ud800"}`, strings.Repeat("[", 9999), "\xff", "",
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest(http.MethodPost, "/app/v1/pairings/claim", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		var in pairing.ClaimCode
		if err := readJSON(r, &in); err != nil {
			if failure := AsFailure(err); failure == nil || failure.Status != http.StatusBadRequest {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		if !json.Valid([]byte(body)) {
			t.Fatal("it was read and is no JSON")
		}
		id, step, err := codes.Open(in.Code)
		switch {
		case err != nil && !errors.Is(err, pairing.ErrNotFound):
			t.Fatal(err)
		case err == nil && codes.At(id, step) != strings.ToUpper(in.Code):
			t.Fatal("a code that nobody made opens")
		}
	})
}
