package qr

import (
	"image"
	"image/color"
	"image/draw"
	"math/rand/v2"

	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// theme is how a page looks.
type theme struct{ ground, card, ink, faint color.RGBA }

var (
	lightTheme = theme{
		ground: color.RGBA{R: 244, G: 245, B: 248, A: 255}, card: color.RGBA{R: 255, G: 255, B: 255, A: 255},
		ink: color.RGBA{R: 30, G: 34, B: 46, A: 255}, faint: color.RGBA{R: 150, G: 156, B: 170, A: 255},
	}
	darkTheme = theme{
		ground: color.RGBA{R: 17, G: 19, B: 24, A: 255}, card: color.RGBA{R: 30, G: 33, B: 41, A: 255},
		ink: color.RGBA{R: 226, G: 229, B: 236, A: 255}, faint: color.RGBA{R: 120, G: 126, B: 140, A: 255},
	}
)

func paint(img draw.Image, r image.Rectangle, c color.Color) {
	draw.Draw(img, r, image.NewUniform(c), image.Point{}, draw.Src)
}

// write draws a line of text whose letters are 7 by 13 pixels times zoom.
func write(img *image.RGBA, x, y, zoom int, text string, ink color.RGBA) {
	face := basicfont.Face7x13
	for _, letter := range text {
		dr, mask, from, advance, ok := face.Glyph(fixed.P(0, face.Ascent), letter)
		if !ok {
			continue
		}
		for gy := range dr.Dy() {
			for gx := range dr.Dx() {
				if _, _, _, a := mask.At(from.X+gx, from.Y+gy).RGBA(); a > 0 {
					px, py := x+(dr.Min.X+gx)*zoom, y+(dr.Min.Y+gy)*zoom
					paint(img, image.Rect(px, py, px+zoom, py+zoom).Intersect(img.Rect), ink)
				}
			}
		}
		x += advance.Round() * zoom
	}
}

var words = []string{
	"sign", "in", "with", "your", "phone", "Account", "settings", "HELP", "Notes", "01:27", "the", "of", "report",
	"Wednesday", "#4021", "draft", "reply", "Illinois", "H8M", "[x]", "monthly", "total", "EUR", "1.204,50", "||", "a",
}

// webPage is a browser's window: tabs, a bar, columns of text, buttons, and
// pictures with edges.
func webPage(rng *rand.Rand, w, h, zoom int, th theme) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	paint(img, img.Rect, th.ground)
	paint(img, image.Rect(0, 0, w, 22*zoom), th.card)
	write(img, 8*zoom, 4*zoom, zoom, "< >  https://shop.example/account/sign-in", th.ink)
	paint(img, image.Rect(0, 22*zoom, w, 23*zoom), th.faint)
	column := (180 + rng.IntN(120)) * zoom
	for x := 16 * zoom; x < w-40*zoom; x += column + 20*zoom {
		for y := 34 * zoom; y < h-16*zoom; y += 17 * zoom {
			switch r := image.Rect(x, y, min(x+column, w), y+12*zoom); rng.IntN(14) {
			case 0:
				paint(img, r, th.faint)
				write(img, x+6*zoom, y, zoom, "Continue", th.card)
			case 1: // a row of thumbnails
				for tx := x; tx+14*zoom < r.Max.X; tx += 18 * zoom {
					paint(img, image.Rect(tx, y, tx+13*zoom, y+13*zoom), th.ink)
					paint(img, image.Rect(tx+3*zoom, y+3*zoom, tx+10*zoom, y+10*zoom), th.faint)
				}
			case 2: // nothing
			default:
				line := ""
				for len(line)*7*zoom < column*3/4 {
					line += words[rng.IntN(len(words))] + " "
				}
				write(img, x, y, zoom, line[:min(len(line), column/(7*zoom))], th.ink)
			}
		}
	}
	return img
}

// place stamps a code with margin modules of quiet zone on a card somewhere on
// the page, and says where its modules are.
func place(rng *rand.Rand, img *image.RGBA, c *Code, scale, margin int, dark, light, card color.Color) image.Rectangle {
	side := (c.Size() + 2*margin) * scale
	pad := 3*scale + 8
	x := pad + rng.IntN(max(1, img.Rect.Dx()-side-2*pad))
	y := pad + rng.IntN(max(1, img.Rect.Dy()-side-2*pad))
	paint(img, image.Rect(x-pad, y-pad, x+side+pad, y+side+pad), card)
	stamp(img, c, x, y, scale, margin, dark, light)
	at := image.Pt(x+margin*scale, y+margin*scale)
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(c.Size()*scale, c.Size()*scale))}
}

// sheet is a light page of its own size around one code in the middle, for
// what is photographed or resampled: the text keeps away from the code.
func sheet(rng *rand.Rand, c *Code, w, h, scale int) *image.RGBA {
	img := webPage(rng, w, h, 1+scale/6, lightTheme)
	side := (c.Size() + 2*quiet) * scale
	x, y := (w-side)/2, (h-side)/2
	paint(img, image.Rect(x, y, x+side, y+side).Inset(-scale), color.White)
	stamp(img, c, x, y, scale, quiet, color.Black, color.White)
	return img
}
