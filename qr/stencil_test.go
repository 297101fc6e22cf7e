package qr

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
	"github.com/makiuchi-d/gozxing/qrcode/encoder"
)

const codeLength = 42 // of a pairing's code

// stenciled are public URLs with all that may be said of a host, of both
// parities, since characters go in pairs.
var stenciled = map[string]string{
	"a host":               "https://ham.example",
	"one character more":   "https://hams.example",
	"a port":               "https://ham.example:8443",
	"an address of digits": "https://203.113.113.213:44344",
	"IPv6":                 "http://[::1]:8080",
	"a long IPv6, a port":  "https://[2001:db8:1234:5678:9abc:def0:1234:5678]:44300",
	"a long host":          "https://" + strings.Repeat("sign-in.identity.", 4) + "campus-services.example",
	"the longest":          "https://" + strings.Repeat(strings.Repeat("a", 62)+".", 4) + "b:44300",
}

var stencils = map[string]func() (*Stencil, error){} // by origin, each made once

func init() {
	for _, origin := range stenciled {
		stencils[origin] = sync.OnceValues(func() (*Stencil, error) { return NewStencil(PairingLink(origin, ""), codeLength) })
	}
}

func mustStencil(t testing.TB, origin string) *Stencil {
	t.Helper()
	s, err := stencils[origin]()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// drawnCodes are codes of all kinds: at random, and with long runs of digits.
func drawnCodes(seed uint64) []string {
	rng := random{rand.New(rand.NewPCG(seed, seed))}
	codes := []string{
		strings.Repeat("7", codeLength), strings.Repeat("2", codeLength), strings.Repeat("Z", codeLength),
		"A" + strings.Repeat("23456", 8) + "A", strings.Repeat("2", 30) + "ABCDEFGHIJKL",
	}
	for range 60 {
		codes = append(codes, rng.code(base32, codeLength), rng.code(base32[26:]+"Q", codeLength),
			rng.code(base32[:26], 21)+rng.code(base32[26:], 21))
	}
	return codes
}

func bitMatrix(t testing.TB, c *Code) *gozxing.BitMatrix {
	t.Helper()
	m, err := gozxing.NewSquareBitMatrix(c.size)
	if err != nil {
		t.Fatal(err)
	}
	for y, row := range c.dark {
		for x, dark := range row {
			if dark {
				m.Set(x, y)
			}
		}
	}
	return m
}

// maskNumber gives the number of the mask that a code is drawn in.
func maskNumber(t *testing.T, c *Code) int {
	t.Helper()
	parser, err := decoder.NewBitMatrixParser(bitMatrix(t, c))
	if err != nil {
		t.Fatal(err)
	}
	format, err := parser.ReadFormatInformation()
	if err != nil {
		t.Fatal(err)
	}
	return int(format.GetDataMask())
}

// zxing is what another encoder draws in a mask. It makes one segment.
func zxing(t *testing.T, text string, mask int) [][]bool {
	t.Helper()
	hints := map[gozxing.EncodeHintType]any{gozxing.EncodeHintType_QR_MASK_PATTERN: mask}
	drawn, err := encoder.Encoder_encode(text, decoder.ErrorCorrectionLevel_M, hints)
	if err != nil {
		t.Fatal(err)
	}
	dark := make([][]bool, drawn.GetMatrix().GetHeight())
	for y, row := range drawn.GetMatrix().GetArray() {
		for _, module := range row {
			dark[y] = append(dark[y], module == 1)
		}
	}
	return dark
}

// codewords are data and error correction as they are drawn, without the mask.
func codewords(t *testing.T, c *Code) []byte {
	t.Helper()
	parser, err := decoder.NewBitMatrixParser(bitMatrix(t, c))
	if err != nil {
		t.Fatal(err)
	}
	words, err := parser.ReadCodewords()
	if err != nil {
		t.Fatal(err)
	}
	return words
}

func TestAStencilDrawsWhatEncodersDraw(t *testing.T) {
	for name, origin := range stenciled {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mustStencil(t, origin)
			for i, code := range drawnCodes(3) {
				link := PairingLink(origin, code)
				drawn, err := s.Encode(link)
				if err != nil {
					t.Fatal(err)
				}
				read, err := decoder.NewDecoder().Decode(bitMatrix(t, drawn), nil)
				if err != nil || read.GetText() != link {
					t.Fatalf("code %d reads otherwise: %v", i, err)
				}
				if !strings.Contains(origin, "[") && !slices.EqualFunc(drawn.dark, zxing(t, link, maskNumber(t, drawn)), slices.Equal) {
					t.Fatalf("code %d is drawn otherwise by zxing", i)
				}
			}
			rng := random{rand.New(rand.NewPCG(5, 6))}
			for i := range 60 {
				code := rng.code(base32[:26], codeLength) // of which Encode makes one segment too
				link := PairingLink(origin, code)
				drawn, err := s.Encode(link)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(codewords(t, drawn), codewords(t, mustEncode(t, link))) {
					t.Fatalf("code %d is drawn otherwise by Encode", i)
				}
			}
		})
	}
}

// In the mask that Encode chooses, a stencil's drawing is Encode's.
func TestAStencilInEncodesMaskDrawsAsEncodeDoes(t *testing.T) {
	for name, origin := range stenciled {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mustStencil(t, origin)
			rng := random{rand.New(rand.NewPCG(7, 8))}
			compared := 0
			for range 60 {
				code := rng.code(base32[:26], codeLength)
				theirs := mustEncode(t, PairingLink(origin, code))
				of, err := s.bits(code, theirs.mask())
				if err != nil {
					t.Fatal(err)
				}
				ours := sum{of: of}
				if s.resolve(&ours); ours.of[0] != 0 {
					continue // a mask that it has not seen
				}
				if ours.rows != theirs.rows() {
					t.Fatalf("in mask %d the drawings differ", theirs.mask())
				}
				compared++
			}
			if compared < 40 {
				t.Errorf("only %d drawings were compared", compared)
			}
		})
	}
}

func TestAStencilDrawsNothingElse(t *testing.T) {
	s := mustStencil(t, "https://ham.example")
	const prefix = "HTTPS://HAM.EXAMPLE/Q/"
	a := strings.Repeat("A", codeLength)
	if _, err := s.Encode(prefix + a); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"nothing":                      "",
		"no code":                      prefix,
		"a character less":             prefix + a[1:],
		"a character more":             prefix + a + "A",
		"lower case":                   prefix + strings.ToLower(a),
		"a digit of no code":           prefix + a[1:] + "0",
		"a slash":                      prefix + "/" + a[1:],
		"a letter of two bytes":        prefix + a[2:] + "Ä",
		"a byte of 0":                  prefix + a[1:] + "\x00",
		"another host":                 "HTTPS://HAM.EXAMPLF/Q/" + a,
		"the prefix in lower case":     strings.ToLower(prefix) + a,
		"something before the prefix":  " " + prefix + a,
		"a link of another kind":       "HTTPS://HAM.EXAMPLE/ENROLL/" + a,
		"the code without what begins": a,
	} {
		if c, err := s.Encode(text); err == nil || c != nil {
			t.Errorf("%s is drawn", name)
		}
	}
}

func TestAStencilThatCannotBeRightIsNotMade(t *testing.T) {
	for name, c := range map[string]struct {
		prefix string
		length int
	}{
		"no code":               {"HTTPS://HAM.EXAMPLE/Q/", 0},
		"a negative length":     {"HTTPS://HAM.EXAMPLE/Q/", -1},
		"a code that is longer": {"HTTPS://HAM.EXAMPLE/Q/", maxLength + 1},
		"too many modules":      {"HTTPS://" + strings.Repeat("A", 400) + "/Q/", codeLength},
		"more than a code has":  {strings.Repeat("A", 4000), codeLength},
	} {
		if _, err := NewStencil(c.prefix, c.length); err == nil {
			t.Errorf("%s: it was made", name)
		}
	}
}

func TestManyDrawWithOneStencil(t *testing.T) {
	const origin = "https://ham.example:8443"
	s := mustStencil(t, origin)
	codes := drawnCodes(9)
	want := make([]string, len(codes))
	for i, code := range codes {
		drawn, err := s.Encode(PairingLink(origin, code))
		if err != nil {
			t.Fatal(err)
		}
		want[i] = drawn.Path()
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i, code := range codes {
				if drawn, err := s.Encode(PairingLink(origin, code)); err != nil || drawn.Path() != want[i] {
					t.Errorf("code %d is drawn otherwise when others draw (%v)", i, err)
					return
				}
			}
		})
	}
	all.Wait()
}

func TestOtherProgramsReadWhatAStencilDraws(t *testing.T) {
	zbar, err := exec.LookPath("zbarimg")
	if err != nil {
		t.Skip("zbarimg (package zbar-tools) is not installed")
	}
	for _, name := range []string{"a host", "one character more", "IPv6", "the longest"} {
		origin, directory := stenciled[name], t.TempDir()
		s := mustStencil(t, origin)
		command := []string{"--raw", "-q"}
		want := ""
		for i, code := range drawnCodes(10)[:20] {
			drawn, err := s.Encode(PairingLink(origin, code))
			if err != nil {
				t.Fatal(err)
			}
			picture, err := drawn.PNG(4)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(directory, string(rune('a'+i))+".png")
			if err := os.WriteFile(file, picture, 0o600); err != nil {
				t.Fatal(err)
			}
			command = append(command, file)
			want += PairingLink(origin, code) + "\n"
		}
		if out, err := exec.CommandContext(t.Context(), zbar, command...).Output(); err != nil || string(out) != want {
			t.Errorf("%s: zbarimg reads otherwise (%v)", name, err)
		}
	}
}

// FuzzStencil: whatever the prefix is, either there is no stencil, or its
// drawings are read as the text that they are made for.
func FuzzStencil(f *testing.F) {
	f.Add("HTTPS://[::1]:8080/ENROLL/", 20, uint64(1))
	f.Add("https://ham.example/q/", 26, uint64(2)) // the code in a segment of its own
	f.Add("", 1, uint64(3))
	f.Add("12345678901234567890", maxLength, uint64(4))
	f.Add("Grüße 1", 17, uint64(5))
	f.Fuzz(func(t *testing.T, prefix string, length int, seed uint64) {
		s, err := NewStencil(prefix, length)
		if err != nil {
			t.Skip()
		}
		rng := random{rand.New(rand.NewPCG(seed, 0))}
		for range 20 {
			code := rng.code(base32, length)
			drawn, err := s.Encode(prefix + code)
			if err != nil {
				continue
			}
			hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_CHARACTER_SET: "UTF-8"}
			if read, err := decoder.NewDecoder().Decode(bitMatrix(t, drawn), hints); err != nil || read.GetText() != prefix+code {
				t.Fatalf("%q and %q are read as something else (%v)", prefix, code, err)
			}
		}
	})
}
