package qr

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strconv"

	qrcode "github.com/skip2/go-qrcode"
)

// quiet is the white margin of pictures in modules (ISO/IEC 18004 §5.3.8).
const quiet = 4

// Code is one encoded QR code of level Medium, which survives the loss of
// about 15 % of its area. It does not change and is safe for concurrent use.
type Code struct {
	size int
	dark [][]bool // dark[y][x], without quiet zone
}

// Encode makes the code of a text. A text that is empty, or longer than a
// code can hold (2331 bytes, 3391 in capitals and digits), is an error.
func Encode(text string) (c *Code, err error) {
	// The encoder panics on its own mistakes; a page without a code is better
	// than a server without a page.
	defer func() {
		if p := recover(); p != nil {
			c, err = nil, fmt.Errorf("encoding a QR code: %v", p)
		}
	}()
	q, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return nil, fmt.Errorf("encoding a QR code: %w", err)
	}
	q.DisableBorder = true
	dark := q.Bitmap()
	return &Code{size: len(dark), dark: dark}, nil
}

// Size returns the modules of a side, without quiet zone: 21 to 177.
func (c *Code) Size() int { return c.size }

// at reports a dark module; everything outside is light.
func (c *Code) at(x, y int) bool {
	return x >= 0 && y >= 0 && x < c.size && y < c.size && c.dark[y][x]
}

// SVG returns a whole <svg> element, black on white with the quiet zone. It
// has neither style nor script nor size, so it may stand inside a page with a
// strict Content-Security-Policy, whose style sheet gives it its size.
func (c *Code) SVG() []byte {
	side := strconv.Itoa(c.size + 2*quiet)
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="%d %d %s %s" role="img" aria-label="QR code">`,
		-quiet, -quiet, side, side)
	fmt.Fprintf(&b, `<path fill="#fff" d="M%d %dh%sv%sh-%sz"/>`, -quiet, -quiet, side, side, side)
	fmt.Fprintf(&b, `<path fill="#000" d="%s"/></svg>`, c.Path())
	return b.Bytes()
}

// maxPNGSide in pixels keeps a mistaken scale from filling the memory.
const maxPNGSide = 8192

// PNG returns a picture, black on white with the quiet zone, in which each
// module is scale pixels wide and high. A scale below 1, or one that would
// make a side longer than 8192 pixels, is an error.
func (c *Code) PNG(scale int) ([]byte, error) {
	modules := c.size + 2*quiet
	if scale < 1 || scale > maxPNGSide/modules {
		return nil, errors.New("drawing a QR code: the scale is out of range")
	}
	img := image.NewPaletted(image.Rect(0, 0, modules*scale, modules*scale),
		color.Palette{color.White, color.Black})
	for y := range c.size * scale {
		row := img.Pix[(y+quiet*scale)*img.Stride+quiet*scale:]
		for x := range c.size * scale {
			if c.dark[y/scale][x/scale] {
				row[x] = 1
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return nil, fmt.Errorf("drawing a QR code: %w", err)
	}
	return b.Bytes(), nil
}
