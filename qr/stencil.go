package qr

import (
	"errors"
	"fmt"
	"math/bits"
	"strings"
)

// Stencil draws the codes of texts that differ in their end alone, a code of
// base32 such as that of a pairing's link, at a small part of what Encode
// costs. It does not change and is safe for concurrent use.
//
// It rests on this: as long as version, mask and segments are the same, a QR
// code is the sum of its bits, by XOR. Each bit turns modules of its own, where
// it lies itself and where Reed-Solomon, which is linear, carries it. So a
// stencil has Encode draw some hundred codes, works out by Gaussian elimination
// what each bit turns, and from then on sums up. Its drawings are sums of
// Encode's, and so each is an undamaged code of some text; that it is the right
// text was tried when the stencil was made.
//
// The code is in one segment, as letters and digits, also where Encode would
// have made another of a long run of digits. Readers see no difference.
type Stencil struct {
	prefix string
	lead   string // the end of prefix that makes a pair with the code's first character, or nothing
	length int    // of a code
	size   int
	known  [unknowns]*sum // each by a bit that no other of them has
	mask   int            // that of the first drawing, and of all that the stencil makes
}

const (
	masks      = 8
	maxLength  = 44  // of a code
	unknowns   = 256 // masks, and the bits of such a code and of half a pair before it
	maxStencil = 64  // modules of a side, as many as a word has bits: version 11
)

// sum is a drawing, or the XOR of several.
type sum struct {
	of   [unknowns / 64]uint64 // the bits that it is the sum of: one for the mask, and the code's
	rows [maxStencil]uint64    // with a bit for each dark module
}

func (s *sum) add(t *sum, size int) {
	for i := range s.of {
		s.of[i] ^= t.of[i]
	}
	to := s.rows[:size]
	from := t.rows[:len(to)]
	for i := range to {
		to[i] ^= from[i]
	}
}

// Encode makes the code of a text. Its mask is always the same: all are read
// alike but by chance, and what a stencil draws is soon replaced. A text that
// does not begin with the stencil's prefix, or goes on with anything but a code
// of its length, is an error.
func (s *Stencil) Encode(text string) (*Code, error) {
	code, ok := strings.CutPrefix(text, s.prefix)
	if !ok {
		return nil, errors.New("drawing a QR code: the text is not one of the stencil's")
	}
	drawing, err := s.draw(code)
	if err != nil {
		return nil, fmt.Errorf("drawing a QR code: %w", err)
	}
	c := &Code{size: s.size, dark: make([][]bool, s.size)}
	modules := make([]bool, s.size*s.size)
	for y := range c.dark {
		row := modules[y*s.size:][:s.size:s.size]
		for x := range row {
			row[x] = drawing.rows[y]>>x&1 != 0
		}
		c.dark[y] = row
	}
	return c, nil
}

// draw sums a code up.
func (s *Stencil) draw(code string) (drawing sum, err error) {
	if drawing.of, err = s.bits(code, s.mask); err != nil {
		return drawing, err
	}
	if s.resolve(&drawing); drawing.of != [unknowns / 64]uint64{} {
		return drawing, errors.New("a code with bits that the stencil has not learned")
	}
	return drawing, nil
}

// resolve adds what is known to t until none of the bits that make it known is
// left.
func (s *Stencil) resolve(t *sum) {
	for i, word := range t.of {
		for ; word != 0; word &= word - 1 {
			if k := s.known[64*i+bits.TrailingZeros64(word)]; k != nil {
				t.add(k, s.size)
			}
		}
	}
}

// alphanumeric has the characters of that mode at their values (ISO/IEC 18004
// §6.4.4).
const alphanumeric = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

// bits gives what a drawing is the sum of: its mask, and the code in
// alphanumeric mode, which makes 11 bits of two characters, and 6 of one that
// is left over.
func (s *Stencil) bits(code string, mask int) (of [unknowns / 64]uint64, err error) {
	if len(code) != s.length {
		return of, fmt.Errorf("a code of %d characters, want %d", len(code), s.length)
	}
	of[0] = 1 << mask
	at := masks
	put := func(value, width int) {
		of[at/64] |= uint64(value) << (at % 64)
		if at%64+width > 64 {
			of[at/64+1] |= uint64(value) >> (64 - at%64)
		}
		at += width
	}
	half := -1 // the first of a pair, while the second is to come
	if s.lead != "" {
		half = strings.Index(alphanumeric, s.lead)
	}
	for _, c := range []byte(code) {
		if (c < 'A' || c > 'Z') && (c < '2' || c > '7') {
			return of, errors.New("a code holds A-Z and 2-7 only")
		}
		value := strings.IndexByte(alphanumeric, c)
		if half < 0 {
			half = value
			continue
		}
		put(45*half+value, 11)
		half = -1
	}
	if half >= 0 {
		put(half, 6)
	}
	return of, nil
}
