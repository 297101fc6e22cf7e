package qr

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image/png"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestPairingLinksMakeSmallCodes(t *testing.T) {
	c := mustEncode(t, sampleLink)
	if version := (c.Size() - 17) / 4; version > 4 {
		t.Errorf("a pairing link of %d characters makes version %d", len(sampleLink), version)
	}
	long := mustEncode(t, PairingLink("https://sign-in.identity.campus-services.example", sampleCode))
	if version := (long.Size() - 17) / 4; version > 5 {
		t.Errorf("a pairing link on a long host makes version %d", version)
	}
	// In capitals a character takes 5.5 bits; in lower case 8.
	if lower := mustEncode(t, strings.ToLower(sampleLink)); lower.Size() <= c.Size() {
		t.Errorf("lower case takes %d modules, capitals %d", lower.Size(), c.Size())
	}
}

func TestEncodeRefusesWhatDoesNotFit(t *testing.T) {
	for name, text := range map[string]string{
		"an empty text": "", "a text that is too long": strings.Repeat("x", 2332),
	} {
		if _, err := Encode(text); err == nil {
			t.Errorf("%s was encoded", name)
		}
	}
	if _, err := Encode(strings.Repeat("x", 2331)); err != nil {
		t.Errorf("the longest text was refused: %v", err)
	}
}

// fill draws path data with the even-odd rule and with the non-zero rule, by
// counting the vertical sides to the left of each module.
func fill(t *testing.T, path string, size int) (evenOdd, nonZero [][]bool) {
	t.Helper()
	winding := make([][]int, size)
	crossings := make([][]int, size)
	evenOdd, nonZero = make([][]bool, size), make([][]bool, size)
	for y := range size {
		winding[y], crossings[y] = make([]int, size), make([]int, size)
		evenOdd[y], nonZero[y] = make([]bool, size), make([]bool, size)
	}
	side := func(x, y0, y1 int) {
		step := 1
		if y1 < y0 {
			y0, y1, step = y1, y0, -1
		}
		for y := y0; y < y1; y++ {
			for mx := x; mx < size; mx++ {
				winding[y][mx] += step
				crossings[y][mx]++
			}
		}
	}
	var x, y, startX, startY int
	token := regexp.MustCompile(`([Mmhvz])(-?\d+)?(?: (-?\d+))?`)
	if rest := token.ReplaceAllString(path, ""); rest != "" {
		t.Fatalf("the path holds %q", rest)
	}
	for _, m := range token.FindAllStringSubmatch(path, -1) {
		a, _ := strconv.Atoi(m[2])
		b, _ := strconv.Atoi(m[3])
		switch m[1] {
		case "M":
			x, y = a, b
			startX, startY = x, y
		case "m":
			x, y = x+a, y+b
			startX, startY = x, y
		case "h":
			x += a
		case "v":
			side(x, y, y+a)
			y += a
		case "z":
			if x != startX && y != startY {
				t.Fatalf("the closing side from %d,%d to %d,%d is slanted", x, y, startX, startY)
			}
			side(x, y, startY)
			x, y = startX, startY
		}
	}
	for y := range size {
		for x := range size {
			evenOdd[y][x], nonZero[y][x] = crossings[y][x]%2 == 1, winding[y][x] != 0
		}
	}
	return evenOdd, nonZero
}

func TestPathDrawsExactlyTheDarkModules(t *testing.T) {
	for _, text := range []string{"A", sampleLink, authorizeLink, strings.Repeat("long text ", 100)} {
		c := mustEncode(t, text)
		evenOdd, nonZero := fill(t, c.Path(), c.Size())
		for y := range c.dark {
			if !slices.Equal(evenOdd[y], c.dark[y]) || !slices.Equal(nonZero[y], c.dark[y]) {
				t.Fatalf("row %d of the code for %.20q is drawn wrongly", y, text)
			}
		}
	}
	if path := mustEncode(t, sampleLink).Path(); !strings.HasPrefix(path, "M0 0h7v7h-7z") || len(path) > 1800 {
		t.Errorf("the path has %d bytes and begins with %.20s", len(path), path)
	}
}

func TestSVGStandsInAStrictPage(t *testing.T) {
	c := mustEncode(t, sampleLink)
	svg := c.SVG()
	var doc struct {
		XMLName xml.Name
		ViewBox string `xml:"viewBox,attr"`
		Role    string `xml:"role,attr"`
		Paths   []struct {
			Fill string `xml:"fill,attr"`
			D    string `xml:"d,attr"`
		} `xml:"path"`
	}
	if err := xml.Unmarshal(svg, &doc); err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("-4 -4 %d %d", c.Size()+8, c.Size()+8); doc.ViewBox != want || doc.Role != "img" {
		t.Errorf("viewBox %q, role %q; want %q, img", doc.ViewBox, doc.Role, want)
	}
	if doc.XMLName.Space != "http://www.w3.org/2000/svg" {
		t.Errorf("namespace %q", doc.XMLName.Space)
	}
	if len(doc.Paths) != 2 || doc.Paths[0].Fill != "#fff" || doc.Paths[1].Fill != "#000" || doc.Paths[1].D != c.Path() {
		t.Errorf("paths: %.120v", doc.Paths)
	}
	for _, banned := range []string{"style", "script", "onload", "href"} {
		if bytes.Contains(svg, []byte(banned)) {
			t.Errorf("the SVG holds %q", banned)
		}
	}
}

func TestPNGHasWholePixelsAndAQuietZone(t *testing.T) {
	c := mustEncode(t, sampleLink)
	for _, scale := range []int{1, 3, 8} {
		data, err := c.PNG(scale)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if side := (c.Size() + 8) * scale; img.Bounds().Dx() != side || img.Bounds().Dy() != side {
			t.Fatalf("scale %d gives %v, want %d", scale, img.Bounds(), side)
		}
		g := toGray(img)
		for y := range g.h {
			for x := range g.w {
				if dark := c.at(x/scale-4, y/scale-4); dark != (g.row(y)[x] == 0) {
					t.Fatalf("scale %d: pixel %d,%d is %d", scale, x, y, g.row(y)[x])
				}
			}
		}
	}
	for _, scale := range []int{-1, 0, 1000} {
		if _, err := c.PNG(scale); err == nil {
			t.Errorf("scale %d was drawn", scale)
		}
	}
}

func TestTerminalDrawsEveryModule(t *testing.T) {
	c := mustEncode(t, sampleLink)
	cols, rows := c.TerminalSize()
	if cols != c.Size()+4 || rows != (c.Size()+5)/2 {
		t.Fatalf("TerminalSize = %d, %d for %d modules", cols, rows, c.Size())
	}
	if cols > 80 || rows > 24 {
		t.Errorf("a pairing code takes %d × %d, more than a small terminal", cols, rows)
	}
	for name, tc := range map[string]struct {
		color  bool
		glyphs map[rune][2]bool // which halves are dark
	}{
		"with colours":         {true, map[rune][2]bool{' ': {false, false}, '▄': {false, true}, '▀': {true, false}, '█': {true, true}}},
		"on a dark background": {false, map[rune][2]bool{'█': {false, false}, '▀': {false, true}, '▄': {true, false}, ' ': {true, true}}},
	} {
		t.Run(name, func(t *testing.T) {
			lines := strings.Split(c.Terminal(tc.color), "\n")
			if len(lines) != rows {
				t.Fatalf("%d lines, want %d", len(lines), rows)
			}
			for row, line := range lines {
				if tc.color {
					var ok bool
					if line, ok = strings.CutPrefix(line, blackOnWhite); !ok || !strings.HasSuffix(line, resetColours) {
						t.Fatalf("line %d does not set and reset its colours: %q", row, line)
					}
					line = strings.TrimSuffix(line, resetColours)
				}
				cells := []rune(line)
				if len(cells) != cols {
					t.Fatalf("line %d has %d cells, want %d: %q", row, len(cells), cols, line)
				}
				for col, r := range cells {
					dark, known := tc.glyphs[r]
					x, y := col-2, 2*row-2
					if !known || dark[0] != c.at(x, y) || dark[1] != c.at(x, y+1) {
						t.Fatalf("cell %d,%d is %q", col, row, r)
					}
				}
			}
		})
	}
}
