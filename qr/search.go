package qr

import (
	"context"
	"math"
	"slices"
)

// maxFits is how many grids one search refines, which is what costs most
// where a hostile picture is full of what looks like codes.
const maxFits = 400

// search is what one Find has in hand.
type search struct {
	ctx      context.Context
	pictures *pyramid
	codes    []code
	fits     int
	// explained says that each mark of the first look is in a code that was read.
	explained bool
}

// look takes one rung and returns the marks that it saw, in the coordinates of
// level 0.
func (s *search) look(r rung) []mark {
	pic, ok := r.picture(s.pictures)
	if !ok {
		return nil
	}
	m := r.masked(pic)
	marks := m.marks(s.ctx, r.open)
	scale := r.scale()
	for _, light := range [2]bool{false, true} {
		free := slices.DeleteFunc(best(marks, light), func(k mark) bool { return s.taken(k.at.times(scale)) })
		for _, g := range m.guesses(free) {
			if s.fits <= 0 || s.ctx.Err() != nil {
				return nil
			}
			if s.taken(g.a.at.times(scale)) || s.taken(g.b.at.times(scale)) || s.taken(g.c.at.times(scale)) {
				continue // by a code of this look
			}
			s.try(g, scale)
		}
	}
	for i := range marks {
		marks[i].at = marks[i].at.times(scale)
	}
	return marks
}

// unread reports a mark that is in no code, and is more than a speck of text.
func (s *search) unread(k mark) bool { return k.hits > 2 && !s.taken(k.at) }

// taken reports that a point belongs to a code that was read already.
func (s *search) taken(p point) bool {
	return slices.ContainsFunc(s.codes, func(c code) bool { return c.covers(p) })
}

// How well the fixtures of a code have to be seen before and after its grid
// was refined. What is no code rarely gets there.
const (
	promising = 0.4
	seen      = 0.55
)

// try follows one guess to a text.
func (s *search) try(c corners, scale float64) {
	sign := 1.0
	if c.a.light {
		sign = -1
	}
	// How many modules there are is not certain: the neighbours are tried too.
	version := (c.modules + 7 - 17) / 4
	pic, level := s.finest(c, scale)
	var first grid
	match := promising
	for v := max(1, int(version*0.9)); v <= min(40, int(math.Ceil(version*1.1))+1); v++ {
		g := grid{size: 17 + 4*v, a: c.a.at, b: c.b.at, c: c.c.at, wb: c.wb, wc: c.wc}.scaled(scale / level)
		if m := g.match(pic, sign); m > match {
			first, match = g, m
		}
	}
	if first.size == 0 {
		return
	}
	s.fits--
	g, match := first.refined(pic, sign)
	if match < seen {
		return
	}
	text, mirrored, ok := g.sampled(pic, sign).read()
	if !ok {
		return
	}
	outline := g.scaled(level).outline()
	if mirrored {
		outline[1], outline[3] = outline[3], outline[1]
	}
	s.codes = append(s.codes, code{text, outline})
}

// finest returns the smallest level in which a module has enough pixels, and
// its scale to level 0.
func (s *search) finest(c corners, scale float64) (gray, float64) {
	const enough = 4
	unit := math.Sqrt(c.a.width*c.a.height) * scale
	for n := 0; ; n++ {
		if unit /= 2; unit < enough {
			pic, _ := s.pictures.level(n)
			return pic, float64(int(1) << n)
		}
		if _, ok := s.pictures.level(n + 1); !ok {
			pic, _ := s.pictures.level(n)
			return pic, float64(int(1) << n)
		}
	}
}
