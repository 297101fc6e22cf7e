package qr

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/webp"
)

// Limits of ReadPicture: bytes of input, pixels of a side, pixels in all.
const (
	maxPictureBytes  = 32 << 20
	maxPictureSide   = 16384
	maxPicturePixels = 64_000_000
)

// PictureError says why an input is not a picture to search for codes.
type PictureError struct {
	Reason string // a message for people: what is wrong and what to do
	Err    error  // what the decoder said; nil when it was not asked
}

func (e *PictureError) Error() string { return e.Reason }
func (e *PictureError) Unwrap() error { return e.Err }

var (
	errEmptyPicture = &PictureError{Reason: "The picture is empty. Take the screenshot again."}
	errPictureBytes = &PictureError{Reason: "The picture file is larger than 32 MB. Cut out the part with the code."}
	errPictureSide  = &PictureError{Reason: "The picture is too large (at most 64 megapixels, 16384 on a side). Cut out the part with the code."}
	errNotAPicture  = &PictureError{Reason: "This is not a PNG, JPEG, GIF or WebP picture. Save the code in one of these formats."}
)

// format is a decoder and how its files begin; '?' stands for any byte. The
// table is closed on purpose: the registry of package image would also call
// decoders that some other package brought along.
type format struct {
	name, magic string
	config      func(io.Reader) (image.Config, error)
	decode      func(io.Reader) (image.Image, error)
}

var formats = []format{
	{"PNG", "\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode},
	{"JPEG", "\xff\xd8\xff", jpeg.DecodeConfig, jpeg.Decode},
	{"GIF", "GIF8?a", gif.DecodeConfig, gif.Decode},
	{"WebP", "RIFF????WEBP", webp.DecodeConfig, webp.Decode},
}

// ReadPicture reads a PNG, JPEG, GIF (its first frame) or WebP picture from
// outside. It reads at most 32 MiB and looks at the size in the header before
// anything is unpacked: at most 64 megapixels (half as many at 16 bits a
// channel) and 16384 pixels a side. A fault of the picture is a
// *PictureError; a fault of r is r's own error, wrapped.
func ReadPicture(r io.Reader) (image.Image, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxPictureBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading the picture: %w", err)
	}
	switch {
	case len(data) == 0:
		return nil, errEmptyPicture
	case len(data) > maxPictureBytes:
		return nil, errPictureBytes
	}
	for _, f := range formats {
		if f.matches(data) {
			return f.read(data)
		}
	}
	return nil, errNotAPicture
}

func (f format) matches(data []byte) bool {
	if len(data) < len(f.magic) {
		return false
	}
	for i := range len(f.magic) {
		if f.magic[i] != '?' && f.magic[i] != data[i] {
			return false
		}
	}
	return true
}

func (f format) read(data []byte) (img image.Image, err error) {
	defer func() {
		if p := recover(); p != nil {
			img, err = nil, f.damaged(fmt.Errorf("panic: %v", p))
		}
	}()
	config, err := f.config(bytes.NewReader(data))
	if err != nil {
		return nil, f.damaged(err)
	}
	if err := checkSize(config); err != nil {
		return nil, err
	}
	img, err = f.decode(bytes.NewReader(data))
	if err != nil {
		return nil, f.damaged(err)
	}
	return img, nil
}

func checkSize(c image.Config) error {
	if c.Width <= 0 || c.Height <= 0 {
		return errEmptyPicture
	}
	pixels := maxPicturePixels
	switch c.ColorModel {
	case color.NRGBA64Model, color.RGBA64Model, color.Gray16Model:
		pixels /= 2
	}
	if c.Width > maxPictureSide || c.Height > maxPictureSide || c.Width > pixels/c.Height {
		return errPictureSide
	}
	return nil
}

func (f format) damaged(err error) error {
	return &PictureError{
		Reason: "This " + f.name + " picture is damaged or was cut short. Save it again, or take a new screenshot.",
		Err:    err,
	}
}
