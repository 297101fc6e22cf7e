package client

import (
	"context"
	"errors"
	"image"
	"time"

	"hamconnect/qr"
)

// Limits of the search of one picture: the worst without a code takes seconds.
// A camera has another one soon.
const (
	lookFor      = 20 * time.Second
	lookForQuick = 700 * time.Millisecond
)

// Codes gives the QR codes in a picture, or qr.ErrNoCode.
func Codes(ctx context.Context, img image.Image) ([]qr.Found, error) {
	return within(ctx, lookFor, img, qr.Find)
}

// QuickCodes is Codes for one of many pictures, as of a camera.
func QuickCodes(ctx context.Context, img image.Image) ([]qr.Found, error) {
	return within(ctx, lookForQuick, img, qr.FindQuick)
}

func within(ctx context.Context, limit time.Duration, img image.Image, find func(context.Context, image.Image) ([]qr.Found, error)) ([]qr.Found, error) {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	codes, err := find(limited, img)
	if err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return nil, qr.ErrNoCode
	}
	return codes, err
}
