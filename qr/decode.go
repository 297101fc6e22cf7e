package qr

import (
	"context"
	"errors"
	"image"
	"slices"
)

// ErrNoCode says that no QR code was found in the picture.
var ErrNoCode = errors.New("no QR code was found in the picture")

// Decode returns the texts of the QR codes in a picture, the largest code
// first and each text once, or ErrNoCode, or the context's error when it ended
// before a code was found. The texts come from outside: see ParseLink.
//
// A clean screenshot takes some hundredths of a second; a large picture without
// any code takes every look of the ladder, seconds in the worst case, so
// callers give ctx a deadline.
func Decode(ctx context.Context, img image.Image) ([]string, error) {
	found, err := Find(ctx, img)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, f := range found {
		if !slices.Contains(texts, f.Text) {
			texts = append(texts, f.Text)
		}
	}
	return texts, nil
}
