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
	for i, r := range rungs(s.pictures) {
		if len(s.codes) > 0 && (r.when == nothing || r.when == more && s.explained) {
			continue
		}
		marks := s.look(r)
		if i == 0 {
			s.explained = !slices.ContainsFunc(marks, s.unread)
		}
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

// covers reports that a point lies in the code, which may be seen in a mirror.
func (c code) covers(p point) bool {
	left, right := false, false
	for i, q := range c.corners {
		side := c.corners[(i+1)%4].minus(q).cross(p.minus(q))
		left, right = left || side < 0, right || side > 0
	}
	return !left || !right
}

func (c code) found(origin image.Point) Found {
	f := Found{Text: c.text}
	for i, p := range c.corners {
		f.Corners[i] = origin.Add(image.Pt(int(math.Round(p.x)), int(math.Round(p.y))))
	}
	return f
}
