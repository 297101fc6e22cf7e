package qr

import (
	"context"
	"errors"
	"image"
	"slices"
)

// ErrNoCode says that Decode found no QR code in the picture.
var ErrNoCode = errors.New("no QR code was found in the picture")

const (
	tiny  = 600       // pixels of the longer side up to which a picture is enlarged too
	large = 9_000_000 // pixels from which on the smaller scales are tried first
)

// Decode returns the texts of the QR codes in a picture, the largest code
// first and each text once, or ErrNoCode, or the context's error when it ended
// before a code was found. The texts come from outside: see ParseLink.
//
// It is a ladder: it looks at the picture in ways that each help against one
// trouble, the likely and cheap ones first, and stops at the first that finds
// something. All codes of one look are returned; a second code that needs
// another look is not. A clean screenshot costs one look; a large picture
// without any code costs them all, seconds in the worst case, so callers give
// ctx a deadline.
func Decode(ctx context.Context, img image.Image) ([]string, error) {
	if img == nil || img.Bounds().Empty() {
		return nil, ErrNoCode
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	original := toGray(img)
	for _, t := range []threshold{hybrid, histogram} {
		for _, percent := range scales(original) {
			g := original.scaled(percent)
			for _, look := range []func() gray{g.itself, g.inverted} {
				if texts := read(ctx, look(), t); len(texts) > 0 {
					return texts, nil
				}
				if err := ctx.Err(); err != nil {
					return nil, err
				}
			}
		}
		for _, look := range []func() gray{original.itself, original.inverted} {
			if texts := readFramed(ctx, look(), t); len(texts) > 0 {
				return texts, nil
			}
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
	}
	return nil, ErrNoCode
}

// scales returns the sizes to look at in percent, the best bet first.
func scales(g gray) []int {
	switch {
	case max(g.w, g.h) <= tiny:
		return []int{100, 300, 200, 50, 75, 35, 400}
	case g.w*g.h >= large:
		return []int{50, 35, 75, 100}
	default:
		return []int{100, 50, 75, 35}
	}
}

func (g gray) scaled(percent int) gray {
	switch {
	case percent < 100:
		return g.shrunk(percent)
	case percent > 100:
		return g.enlarged(percent / 100)
	default:
		return g
	}
}

// readFramed looks for codes that lack their quiet zone.
func readFramed(ctx context.Context, g gray, t threshold) (texts []string) {
	for _, r := range g.regions() {
		if ctx.Err() != nil {
			return texts
		}
		side := max(r.Dx(), r.Dy())
		framed := g.framed(r, max(4, side/12))
		if side <= tiny {
			framed = framed.enlarged(min(3, 1+tiny/side))
		}
		for _, text := range read(ctx, framed, t) {
			if !slices.Contains(texts, text) {
				texts = append(texts, text)
			}
		}
	}
	return texts
}
