package qr

import (
	"image"
	"image/color"
)

// gray is a picture of luminances, 0 black to 255 white, row after row.
type gray struct {
	w, h int
	pix  []uint8 // len w*h
}

func newGray(w, h int) gray { return gray{w: w, h: h, pix: make([]uint8, w*h)} }

func (g gray) row(y int) []uint8 { return g.pix[y*g.w : (y+1)*g.w] }

// toGray converts a picture, with white behind what is transparent.
func toGray(img image.Image) gray {
	b := img.Bounds()
	g := newGray(b.Dx(), b.Dy())
	for y := range g.h {
		grayRow(g.row(y), img, b.Min.X, b.Min.Y+y)
	}
	return g
}

// grayRow converts the pixels from (x0, y) on. The kinds of picture that
// screens and decoders give have a loop of their own: through the interface a
// 4K screenshot takes a second.
func grayRow(row []uint8, img image.Image, x0, y int) {
	switch m := img.(type) {
	case *image.Gray:
		copy(row, m.Pix[m.PixOffset(x0, y):])
	case *image.YCbCr:
		copy(row, m.Y[m.YOffset(x0, y):])
	case *image.RGBA:
		p := m.Pix[m.PixOffset(x0, y):]
		for x := range row {
			q := p[4*x : 4*x+4 : 4*x+4]
			row[x] = saturate(luma(q[0], q[1], q[2]) + 255 - int(q[3]))
		}
	case *image.NRGBA:
		p := m.Pix[m.PixOffset(x0, y):]
		for x := range row {
			q := p[4*x : 4*x+4 : 4*x+4]
			a := int(q[3])
			row[x] = saturate((luma(q[0], q[1], q[2])*a + 255*(255-a) + 127) / 255)
		}
	case *image.Paletted:
		var table [256]uint8
		for i, c := range m.Palette[:min(len(m.Palette), 256)] {
			r, g, b, a := c.RGBA()
			table[i] = saturate(luma(uint8(r>>8), uint8(g>>8), uint8(b>>8)) + 255 - int(a>>8))
		}
		p := m.Pix[m.PixOffset(x0, y):]
		for x := range row {
			row[x] = table[p[x]]
		}
	case image.RGBA64Image:
		for x := range row {
			row[x] = overWhite(m.RGBA64At(x0+x, y))
		}
	default:
		for x := range row {
			r, g, b, a := img.At(x0+x, y).RGBA()
			row[x] = overWhite(color.RGBA64{R: uint16(r), G: uint16(g), B: uint16(b), A: uint16(a)})
		}
	}
}

func overWhite(c color.RGBA64) uint8 {
	return saturate(luma(uint8(c.R>>8), uint8(c.G>>8), uint8(c.B>>8)) + 255 - int(c.A>>8))
}

// luma weighs the channels as ITU-R BT.601 does.
func luma(r, g, b uint8) int { return (77*int(r) + 150*int(g) + 29*int(b)) >> 8 }

func saturate(v int) uint8 { return uint8(min(max(v, 0), 255)) }

// enlarged returns the picture n times as wide and high, with the pixels
// between filled in evenly (bilinear): the edge of a module that is blurred
// over two pixels comes back between them.
func (g gray) enlarged(n int) gray {
	e := newGray(g.w*n, g.h*n)
	// at says between which pixels of g the centre of pixel i lies, and how
	// near to the second of them in parts of 2n.
	at := func(i, size int) (first, second, weight int) {
		p := max(2*i+1-n, 0)
		first = p / (2 * n)
		return first, min(first+1, size-1), p % (2 * n)
	}
	for y := range e.h {
		row := e.row(y)
		y0, y1, wy := at(y, g.h)
		above, below := g.row(y0), g.row(y1)
		for x := range row {
			x0, x1, wx := at(x, g.w)
			upper := int(above[x0])*(2*n-wx) + int(above[x1])*wx
			lower := int(below[x0])*(2*n-wx) + int(below[x1])*wx
			row[x] = uint8((upper*(2*n-wy) + lower*wy) / (4 * n * n))
		}
	}
	return e
}

// sample is the luminance at a point, bilinear between the centres of pixels.
func (g gray) sample(x, y float64) float64 {
	x, y = min(max(x-0.5, 0), float64(g.w-1)), min(max(y-0.5, 0), float64(g.h-1))
	x0, y0 := int(x), int(y)
	x1, y1 := min(x0+1, g.w-1), min(y0+1, g.h-1)
	fx, fy := x-float64(x0), y-float64(y0)
	upper, lower := g.pix[y0*g.w:], g.pix[y1*g.w:]
	u := float64(upper[x0])*(1-fx) + float64(upper[x1])*fx
	l := float64(lower[x0])*(1-fx) + float64(lower[x1])*fx
	return u*(1-fy) + l*fy
}
