package qr

import (
	"errors"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"strings"
)

const (
	mostLessons = 2000 // some three hundred are enough
	agreeing    = 40   // lessons in a row that brought nothing new
	tried       = 64   // codes that are read back
)

// NewStencil makes the stencil of texts that are prefix and a code of length
// characters, A-Z and 2-7. It takes some tenths of a second. An error says that
// such texts are for Encode to draw: they take more than 61 modules a side, or
// are not drawn as a stencil would have them.
func NewStencil(prefix string, length int) (*Stencil, error) {
	if length < 1 || length > maxLength {
		return nil, fmt.Errorf("making a stencil: codes of %d characters, want 1 to %d", length, maxLength)
	}
	// The first character of a code makes a pair with the second, or with the
	// prefix's last: that depends on how Encode divides the prefix. Drawings
	// contradict who has it wrong.
	pupils := []*pupil{{Stencil: &Stencil{prefix: prefix, length: length}}}
	if last := prefix[max(0, len(prefix)-1):]; last != "" && strings.Contains(alphanumeric, last) {
		pupils = append(pupils, &pupil{Stencil: &Stencil{prefix: prefix, length: length, lead: last}})
	}
	rng := newRandom()
	var wrong error
	for lesson := 0; len(pupils) > 0 && lesson < mostLessons; lesson++ {
		code := rng.code(base32[:26], length) // digits might become a segment of their own
		drawn, err := Encode(prefix + code)
		if err != nil {
			return nil, fmt.Errorf("making a stencil: %w", err)
		}
		var left []*pupil
		for _, p := range pupils {
			err := p.take(code, drawn)
			if err == nil && p.agreed == agreeing {
				if err = p.finish(rng); err == nil {
					return p.Stencil, nil
				}
			}
			if err == nil {
				left = append(left, p)
			} else {
				wrong = err
			}
		}
		pupils = left
	}
	if wrong == nil {
		wrong = errors.New("there is no end to what is to be learned")
	}
	return nil, fmt.Errorf("making a stencil: %w", wrong)
}

// pupil is a stencil that is being made.
type pupil struct {
	*Stencil
	agreed int // how many of the latest lessons brought nothing new
}

// take learns from a drawing of a code.
func (p *pupil) take(code string, drawn *Code) error {
	if p.size == 0 && drawn.size <= maxStencil {
		p.size, p.mask = drawn.size, drawn.mask()
	}
	if drawn.size != p.size {
		return fmt.Errorf("a code of %d modules a side does not fit", drawn.size)
	}
	of, err := p.bits(code, drawn.mask())
	if err != nil {
		return err
	}
	lesson := &sum{of: of, rows: drawn.rows()}
	p.resolve(lesson)
	for i, word := range lesson.of {
		if word != 0 {
			p.know(lesson, i, word&-word)
			p.agreed = 0
			return nil
		}
	}
	if lesson.rows != [maxStencil]uint64{} {
		return errors.New("the encoder's drawings contradict each other")
	}
	p.agreed++
	return nil
}

// mask tells the masks apart, by the modules of the format information that
// name it (ISO/IEC 18004 §6.9).
func (c *Code) mask() (mask int) {
	for x := 2; x <= 4; x++ {
		mask *= 2
		if c.at(x, 8) {
			mask++
		}
	}
	return mask
}

// rows are those of a sum.
func (c *Code) rows() (rows [maxStencil]uint64) {
	for y, row := range c.dark {
		for x, dark := range row {
			if dark {
				rows[y] |= 1 << x
			}
		}
	}
	return rows
}

// know keeps a sum by a bit, in word i, and takes the bit out of the others.
func (p *pupil) know(fresh *sum, i int, bit uint64) {
	for _, k := range p.known {
		if k != nil && k.of[i]&bit != 0 {
			k.add(fresh, p.size)
		}
	}
	p.known[64*i+bits.TrailingZeros64(bit)] = fresh
}

// finish reads codes of all characters back.
func (p *pupil) finish(rng random) error {
	for range tried {
		code := rng.code(base32, p.length)
		drawing, err := p.draw(code)
		if err != nil {
			return err
		}
		verdicts := make([]float64, p.size*p.size)
		for at := range verdicts {
			verdicts[at] = 1 - 2*float64(drawing.rows[at/p.size]>>(at%p.size)&1)
		}
		if text, _, ok := decoded(p.size, verdicts); !ok || text != p.prefix+code {
			return errors.New("a drawing reads otherwise")
		}
	}
	return nil
}

const base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

// random makes codes to learn from, the same ones each time.
type random struct{ *rand.Rand }

func newRandom() random {
	return random{rand.New(rand.NewPCG(1, 2))} //nolint:gosec // nobody signs in with these
}

func (r random) code(alphabet string, length int) string {
	code := make([]byte, length)
	for i := range code {
		code[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(code)
}
