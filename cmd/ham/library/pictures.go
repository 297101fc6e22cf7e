package library

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"net/http"
)

const side = 128 // pixels

func picture(drawn func() image.Image) http.HandlerFunc {
	var out bytes.Buffer
	if err := png.Encode(&out, drawn()); err != nil {
		panic(err) // our own picture, into memory
	}
	return file("image/png", out.Bytes())
}

// drawIcon is a shelf of books.
func drawIcon() image.Image {
	icon := image.NewRGBA(image.Rect(0, 0, side, side))
	fill(icon, icon.Bounds(), color.RGBA{0x2f, 0x4f, 0x3a, 0xff})
	for i, c := range []color.RGBA{{0xe6, 0xb8, 0x5c, 0xff}, {0xd9, 0x6c, 0x5f, 0xff}, {0xf2, 0xee, 0xe3, 0xff}, {0x8f, 0xb7, 0xa0, 0xff}} {
		left, top := 22+i*22, 30+(i*37)%22
		fill(icon, image.Rect(left, top, left+17, 96), c)
	}
	fill(icon, image.Rect(16, 96, 112, 104), color.RGBA{0xf2, 0xee, 0xe3, 0xff})
	return icon
}

// drawPerson is a head and shoulders.
func drawPerson() image.Image {
	person := image.NewRGBA(image.Rect(0, 0, side, side))
	fill(person, person.Bounds(), color.RGBA{0x44, 0x78, 0xa8, 0xff})
	light := color.RGBA{0xe8, 0xf0, 0xf8, 0xff}
	for y := range side {
		for x := range side {
			if in(x-64, y-50, 24, 24) || in(x-64, y-126, 46, 44) {
				person.SetRGBA(x, y, light)
			}
		}
	}
	return person
}

func fill(on draw.Image, where image.Rectangle, c color.Color) {
	draw.Draw(on, where, image.NewUniform(c), image.Point{}, draw.Src)
}

// in reports whether a point lies in an ellipse around the origin.
func in(x, y, a, b int) bool { return x*x*b*b+y*y*a*a <= a*a*b*b }
