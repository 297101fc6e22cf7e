package client

import (
	"context"
	"errors"
	"image"
	"time"

	"hamconnect/qr"
)

// Code is a QR code in a picture.
type Code struct {
	Text    string
	Corners [4]image.Point // all zero where they are not known
}

// Limits of the search of one picture: the worst without a code takes seconds.
// A camera has another one soon.
const (
	lookFor      = 20 * time.Second
	lookForQuick = 700 * time.Millisecond
)

// findCodes and findQuick are how package qr is asked. It does not say yet
// where in the picture a code stands.
var findCodes, findQuick = texts, texts

func texts(ctx context.Context, img image.Image) ([]Code, error) {
	all, err := qr.Decode(ctx, img)
	codes := make([]Code, len(all))
	for i, text := range all {
		codes[i].Text = text
	}
	return codes, err
}

// Codes gives the QR codes in a picture, or qr.ErrNoCode.
func Codes(ctx context.Context, img image.Image) ([]Code, error) {
	return within(ctx, lookFor, img, findCodes)
}

// QuickCodes is Codes for one of many pictures, as of a camera.
func QuickCodes(ctx context.Context, img image.Image) ([]Code, error) {
	return within(ctx, lookForQuick, img, findQuick)
}

func within(ctx context.Context, limit time.Duration, img image.Image, find func(context.Context, image.Image) ([]Code, error)) ([]Code, error) {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	codes, err := find(limited, img)
	if err != nil && ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return nil, qr.ErrNoCode
	}
	return codes, err
}
