package qr

import (
	"cmp"
	"context"
	"image"
	"math"
	"slices"
)

// Found is one code in a picture.
type Found struct {
	Text string

	// Corners are those of the code without its quiet zone, in the picture's
	// own coordinates, clockwise from the code's own top left: in a picture
	// that is turned by a quarter the first is not the one at the top left.
	Corners [4]image.Point
}

// Find returns the QR codes in a picture and where they are, the largest
// first, or ErrNoCode, or the context's error when it ended before a code was
// found. The texts come from outside: see ParseLink.
func Find(ctx context.Context, img image.Image) ([]Found, error) {
	return find(ctx, img, ladder)
}

// FindQuick is Find for the frames of a video, of which the next comes soon:
// it takes the first looks only.
func FindQuick(ctx context.Context, img image.Image) ([]Found, error) {
	return find(ctx, img, quick)
}

func find(ctx context.Context, img image.Image, rungs func(*pyramid) []rung) ([]Found, error) {
	if img == nil || img.Bounds().Empty() {
		return nil, ErrNoCode
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := &search{ctx: ctx, pictures: newPyramid(toGray(img)), fits: maxFits}
	for _, r := range rungs(s.pictures) {
		if len(s.codes) > 0 && r.desperate {
			break
		}
		s.look(r)
		if err := ctx.Err(); err != nil {
			if len(s.codes) > 0 {
				break
			}
			return nil, err
		}
	}
	if len(s.codes) == 0 {
		return nil, ErrNoCode
	}
	slices.SortStableFunc(s.codes, func(a, b code) int { return cmp.Compare(b.area(), a.area()) })
	found := make([]Found, len(s.codes))
	for i, c := range s.codes {
		found[i] = c.found(img.Bounds().Min)
	}
	return found, nil
}

// code is one that was read, in the coordinates of level 0.
type code struct {
	text    string
	corners [4]point
}

func (c code) area() float64 {
	return math.Abs(c.corners[2].minus(c.corners[0]).cross(c.corners[3].minus(c.corners[1]))) / 2
}

// covers reports that a point lies in the code.
func (c code) covers(p point) bool {
	for i, q := range c.corners {
		if c.corners[(i+1)%4].minus(q).cross(p.minus(q)) < 0 {
			return false
		}
	}
	return true
}

func (c code) found(origin image.Point) Found {
	f := Found{Text: c.text}
	for i, p := range c.corners {
		f.Corners[i] = origin.Add(image.Pt(int(math.Round(p.x)), int(math.Round(p.y))))
	}
	return f
}

// maxFits is how many grids one search refines, which is what costs most
// where a hostile picture is full of what looks like codes.
const maxFits = 400

// search is what one Find has in hand.
type search struct {
	ctx      context.Context
	pictures *pyramid
	codes    []code
	fits     int
}

// look takes one rung.
func (s *search) look(r rung) {
	pic, ok := r.picture(s.pictures)
	if !ok {
		return
	}
	m := pic.against(r.radius(pic))
	marks := m.marks(s.ctx, r.open)
	scale := r.scale() // of pic to level 0
	for _, light := range [2]bool{false, true} {
		some := slices.DeleteFunc(best(marks, light), func(k mark) bool { return s.taken(k.at.times(scale)) })
		for _, g := range m.guesses(some) {
			if s.fits <= 0 || s.ctx.Err() != nil {
				return
			}
			if s.taken(g.a.at.times(scale)) || s.taken(g.b.at.times(scale)) || s.taken(g.c.at.times(scale)) {
				continue
			}
			s.try(g, scale)
		}
	}
}

// taken reports that a point belongs to a code that was read already.
func (s *search) taken(p point) bool {
	return slices.ContainsFunc(s.codes, func(c code) bool { return c.covers(p) })
}

// How well the fixtures of a code have to be seen before and after its grid
// was refined. What is no code rarely gets there.
const (
	promising = 0.3
	seen      = 0.5
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
