package pairing_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"hamconnect/qr/pairing"
)

var codes = pairing.NewCodes([32]byte{1, 2, 3})

func TestACodeIsReplacedAfter30SecondsAndGood5SecondsMore(t *testing.T) {
	const e = time.Nanosecond
	for _, c := range []struct {
		name string
		step int
		age  time.Duration
		good bool
	}{
		{"the first, at once", 0, 0, true},
		{"the first, as long as it is shown", 0, 30*time.Second - e, true},
		{"the first, within its grace", 0, 30 * time.Second, true},
		{"the first, at the end of its grace", 0, 35*time.Second - e, true},
		{"the first, after its grace", 0, 35 * time.Second, false},
		{"the second, before it is shown", 1, 30*time.Second - e, false},
		{"the second, as soon as it is shown", 1, 30 * time.Second, true},
		{"the second, after its grace", 1, 65 * time.Second, false},
		{"the last, at the very end", 5, 180*time.Second - e, true},
		{"one after the last", 6, 180*time.Second - e, false},
		{"a negative one, at once", -1, 0, false},
		{"one long before", 0, 90 * time.Second, false},
		{"the first, on a clock that went back", 0, -time.Second, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := begun()
			err := p.Scan(start.Add(c.age), first, c.step, number)
			if c.good && err != nil || !c.good && !errors.Is(err, pairing.ErrNotFound) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestACodeOpensToItsPairingAndStepInAnyCase(t *testing.T) {
	id := pairing.NewID()
	for step := range 27 {
		code := codes.At(id, step)
		if len(code) != 42 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" {
			t.Fatalf("a code of %d characters, or others than base32", len(code))
		}
		for _, text := range []string{code, strings.ToLower(code)} {
			gotID, gotStep, err := codes.Open(text)
			if err != nil || gotID != id || gotStep != step {
				t.Errorf("step %d opened as %d (%v)", step, gotStep, err)
			}
		}
	}
}

func TestCodesThatThisServerDidNotMakeAreNotKnown(t *testing.T) {
	id, other := pairing.NewID(), pairing.NewID()
	code := codes.At(id, 0)
	for name, text := range map[string]string{
		"of another key":                        pairing.NewCodes([32]byte{9}).At(id, 0),
		"of a step that cannot come":            codes.At(id, 27),
		"of a negative step":                    codes.At(id, -1),
		"with another pairing's id":             other + code[16:],
		"with another pairing's tag":            id + codes.At(other, 0)[16:],
		"with the id alone":                     id,
		"without its last character":            code[:41],
		"with one character more":               code + "A",
		"with a character that is not base32":   code[:41] + "1",
		"with padding":                          code[:36] + "======",
		"with a zero tag":                       id + strings.Repeat("A", 26),
		"with the last character's unused bits": code[:41] + string(unusedBits(code[41])),
		"empty":                                 "",
		"of letters that only upper-case to it": strings.Replace(strings.ToLower(code), "s", "ſ", 1) + "ſ",
	} {
		if _, _, err := codes.Open(text); !errors.Is(err, pairing.ErrNotFound) {
			t.Errorf("a code %s: %v", name, err)
		}
	}
}

// unusedBits gives another base32 character that decodes to the same bytes
// where decoders do not look at what is left over: 26 characters hold 130
// bits, a tag has 128.
func unusedBits(c byte) byte {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	return alphabet[strings.IndexByte(alphabet, c)^1]
}

func TestIDsAreFreshAndValid(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id := pairing.NewID()
		if !pairing.ValidID(id) || seen[id] {
			t.Fatalf("%q is not valid, or not new", id)
		}
		seen[id] = true
	}
	for _, id := range []string{"", "ABCDEFGHIJKLMNO", "ABCDEFGHIJKLMNOPQ", "abcdefghijklmnop", "ABCDEFGHIJKLMN01", "ABCDEFGHIJKLMN=="} {
		if pairing.ValidID(id) {
			t.Errorf("%q is taken for an id", id)
		}
	}
}

// FuzzOpen: what opens is, upper-cased, the very code that this server makes.
func FuzzOpen(f *testing.F) {
	id := "ABCDEFGHIJKLMNOP"
	for step := range 28 {
		f.Add(codes.At(id, step))
	}
	f.Add("")
	f.Add(strings.Repeat("ſ", 42))
	f.Fuzz(func(t *testing.T, text string) {
		gotID, step, err := codes.Open(text)
		if err != nil {
			if !errors.Is(err, pairing.ErrNotFound) || gotID != "" || step != 0 {
				t.Fatalf("a refusal with id %q, step %d: %v", gotID, step, err)
			}
			return
		}
		if step < 0 || step > 26 || codes.At(gotID, step) != strings.ToUpper(text) {
			t.Fatalf("opened to step %d, which has another code", step)
		}
	})
}
