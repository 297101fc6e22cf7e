package passkey

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"go/ast"
	"go/parser"
	"go/token"
	"math/big"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

func TestEveryReasonHasAText(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(file, func(node ast.Node) bool {
		spec, is := node.(*ast.ValueSpec)
		if !is {
			return true
		}
		if kind, is := spec.Type.(*ast.Ident); !is || kind.Name != "Reason" {
			return true
		}
		value := Reason(strings.Trim(spec.Values[0].(*ast.BasicLit).Value, `"`))
		if n++; !strings.Contains(texts[value], ";") {
			t.Errorf("%s does not say what happened and what to do: %q", value, texts[value])
		}
		return true
	})
	if n != len(texts) || n < 28 {
		t.Errorf("%d reasons, %d texts", n, len(texts))
	}
}

func TestEveryAAGUIDOfTheTableIsOne(t *testing.T) {
	for text, name := range providers {
		if a, err := ParseAAGUID(text); err != nil || a.String() != text || name == "" || strings.TrimSpace(name) != name {
			t.Errorf("%s %q: %v", text, name, err)
		}
	}
}

func TestOnlyTheThreeKindsOfKeyAreAccepted(t *testing.T) {
	odd := func(bytes int) []byte {
		n := make([]byte, bytes)
		n[0], n[bytes-1] = 0x80, 1
		return n
	}
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := p256.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	large, err := p384.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	e := big.NewInt(65537).Bytes()
	for _, c := range []struct {
		name string
		key  map[int]any
		good bool
	}{
		{"ES256", map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]}, true},
		{"EdDSA", map[int]any{1: 1, 3: -8, -1: 6, -2: make([]byte, 32)}, true},
		{"RS256 of 2048 bits", map[int]any{1: 3, 3: -257, -1: odd(256), -2: e}, true},
		{"RS256 of 4096 bits", map[int]any{1: 3, 3: -257, -1: odd(512), -2: e}, true},

		{"ES256 off the curve", map[int]any{1: 2, 3: -7, -1: 1, -2: point[33:], -3: point[1:33]}, false},
		{"ES256 on P-384", map[int]any{1: 2, 3: -7, -1: 2, -2: large[1:49], -3: large[49:]}, false},
		{"ES384", map[int]any{1: 2, 3: -35, -1: 2, -2: large[1:49], -3: large[49:]}, false},
		{"EdDSA of 31 bytes", map[int]any{1: 1, 3: -8, -1: 6, -2: make([]byte, 31)}, false},
		{"EdDSA on X25519", map[int]any{1: 1, 3: -8, -1: 4, -2: make([]byte, 32)}, false},
		{"RS256 of 1024 bits", map[int]any{1: 3, 3: -257, -1: odd(128), -2: e}, false},
		{"RS256 of 1024 bits with zeros before", map[int]any{1: 3, 3: -257, -1: append(make([]byte, 128), odd(128)...), -2: e}, false},
		{"RS256 of 4104 bits", map[int]any{1: 3, 3: -257, -1: odd(513), -2: e}, false},
		{"RS256 of 40 KB", map[int]any{1: 3, 3: -257, -1: odd(40 << 10), -2: e}, false},
		{"RS256 with an even modulus", map[int]any{1: 3, 3: -257, -1: append(odd(255), 0), -2: e}, false},
		{"RS256 with a large exponent", map[int]any{1: 3, 3: -257, -1: odd(256), -2: make([]byte, 5)}, false},
		{"RS1", map[int]any{1: 3, 3: -65535, -1: odd(256), -2: e}, false},
		{"PS256", map[int]any{1: 3, 3: -37, -1: odd(256), -2: e}, false},
		{"nothing", map[int]any{}, false},
	} {
		cose, err := cbor.Marshal(c.key)
		if err != nil {
			t.Fatal(err)
		}
		if err := checkKey(cose); c.good != (err == nil) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestDepthIsThatOfBracketsOutsideOfStrings(t *testing.T) {
	deep := strings.Repeat("[", maxDepth)
	for text, want := range map[string]bool{
		"":                                       false,
		deep:                                     false,
		deep + "{":                               true,
		strings.Repeat("[]", 1000):               false,
		`"` + strings.Repeat("[", 1000) + `"`:    false,
		`"\"` + strings.Repeat("[", 1000) + `"`:  false,
		`"\\"` + strings.Repeat("[", 1000) + `"`: true,
		`"` + `\`:                                false,
		strings.Repeat(`{"a":`, maxDepth+1):      true,
	} {
		if tooDeep([]byte(text)) != want {
			t.Errorf("%.60q", text)
		}
	}
}

func TestTransportsAreThoseThatAreKnown(t *testing.T) {
	got := knownTransports([]string{"usb", "<script>", "internal", "usb", "", "hybrid"})
	if strings.Join(got, " ") != "hybrid internal usb" {
		t.Errorf("%q", got)
	}
}
