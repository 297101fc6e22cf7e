package qr

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"testing"
)

// The gallery: 300 pictures in classes, each class from easy to hopeless, so
// that two readers can be compared. The numbers that make them are drawn from
// a fixed seed and were not chosen by what anything reads.

// exhibit is one picture of the gallery.
type exhibit struct {
	img   image.Image
	jpeg  []byte   // the file that img was read from, or nil
	texts []string // of its codes
}

type class struct {
	name  string
	count int
	floor int // codes that are read today; less is a step back
	draw  func(d *drawer) exhibit
}

// drawer is what the maker of one picture has in hand.
type drawer struct {
	*rand.Rand
	t *testing.T
	i int     // which of the class it is
	h float64 // how hard it shall be: 0 for the first, 1 for the last
}

var gallery = []class{
	{"screenshot 1080p, light", 16, 16, func(d *drawer) exhibit { return d.screen(1920, 1080, 1, lightTheme) }},
	{"screenshot 1080p, dark", 16, 16, func(d *drawer) exhibit { return d.screen(1920, 1080, 1, darkTheme) }},
	{"screenshot 4K", 12, 12, func(d *drawer) exhibit { return d.screen(3840, 2160, 2, []theme{lightTheme, darkTheme}[d.i%2]) }},
	{"tiny", 20, 19, (*drawer).tiny},
	{"blurred", 20, 14, (*drawer).blurred},
	{"noise", 20, 17, (*drawer).noise},
	{"rotated", 20, 19, (*drawer).rotated},
	{"perspective", 20, 18, (*drawer).perspective},
	{"JPEG 20", 20, 19, (*drawer).compressed},
	{"moiré", 20, 19, (*drawer).moire},
	{"light on dark", 18, 18, (*drawer).negative},
	{"no quiet zone", 18, 16, (*drawer).cramped},
	{"several codes", 16, 56, (*drawer).several},
	{"photo of a screen", 24, 20, (*drawer).photo},
	{"uneven light", 20, 18, (*drawer).uneven},
	{"partly covered", 20, 11, (*drawer).covered},
}

// exhibit makes picture i of a class, the same one every time.
func (c class) exhibit(t *testing.T, i int) exhibit {
	seed := uint64(0)
	for _, b := range []byte(c.name) {
		seed = seed*131 + uint64(b)
	}
	return c.draw(&drawer{Rand: rand.New(rand.NewPCG(seed, uint64(i))), t: t, i: i, h: float64(i) / float64(c.count-1)})
}

var origins = []string{
	"https://ham.example", "https://connect.ham.example", "https://sign-in.shop.example:8443", "http://localhost:8485",
}

// code makes a pairing link like those of the sign-in page.
func (d *drawer) code() (*Code, string) {
	letters := make([]byte, 26)
	for i := range letters {
		letters[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[d.IntN(32)]
	}
	text := PairingLink(origins[d.IntN(len(origins))], string(letters))
	return mustEncode(d.t, text), text
}

// between goes from one value to another as it gets harder.
func (d *drawer) between(easy, hard float64) float64 { return easy + (hard-easy)*d.h }

func (d *drawer) shown(img image.Image, texts ...string) exhibit {
	return exhibit{img: img, texts: texts}
}

func (d *drawer) packed(img image.Image, quality int, texts ...string) exhibit {
	data := squeezed(d.t, img, quality)
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		d.t.Fatal(err)
	}
	return exhibit{img, data, texts}
}

// screen: the code on a white card, from 12 pixels a module down to 2.
func (d *drawer) screen(w, h, zoom int, th theme) exhibit {
	c, text := d.code()
	img := webPage(d.Rand, w, h, zoom, th)
	place(d.Rand, img, c, zoom*int(d.between(12, 2)), quiet, color.Black, color.White, color.White)
	return d.shown(img, text)
}

// tiny: three pixels a module down to one, in whole and broken steps.
func (d *drawer) tiny() exhibit {
	c, text := d.code()
	scale := []float64{3, 2.6, 2, 1.8, 1.5, 1.5, 1.4, 1.25, 1.1, 1}[d.i/2]
	if d.i%2 == 0 { // reduced from a large page
		page := toGray(sheet(d.Rand, c, 1500, 1200, 10))
		return d.shown(page.resampled(scale/10, d.Float64(), d.Float64()).image(), text)
	}
	page := toGray(sheet(d.Rand, c, 240, 180, 1)) // enlarged from one pixel a module
	return d.shown(page.resampled(scale, d.Float64(), d.Float64()).image(), text)
}

// blurred: by up to 1.1 modules.
func (d *drawer) blurred() exhibit {
	c, text := d.code()
	scale := 3 + d.IntN(6)
	page := toGray(sheet(d.Rand, c, 640, 480, scale))
	return d.shown(page.lens(float64(scale)*d.between(0.15, 1.1)).grain(d.Rand, 1.5).image(), text)
}

// noise: as strong as the contrast itself in the end.
func (d *drawer) noise() exhibit {
	c, text := d.code()
	page := toGray(sheet(d.Rand, c, 640, 480, 3+d.IntN(6)))
	return d.shown(page.each(func(_, _ int, v float64) float64 { return 40 + v*0.7 }).grain(d.Rand, d.between(8, 120)).image(), text)
}

// rotated: by any angle, from six pixels a module down to one.
func (d *drawer) rotated() exhibit {
	c, text := d.code()
	page := toGray(sheet(d.Rand, c, 900, 800, 10))
	zoom := d.between(6, 1) / 10
	back := pinhole(page, 640, 480, zoom, float64(d.i)*2.399963, 0, 0)
	return d.shown(page.shot(shot{w: 640, h: 480, samples: 3, back: back}).lens(0.5).grain(d.Rand, 3).image(), text)
}

// perspective: tilted by up to 72 degrees.
func (d *drawer) perspective() exhibit {
	c, text := d.code()
	page := toGray(sheet(d.Rand, c, 700, 600, 10))
	back := pinhole(page, 800, 600, 0.6+d.Float64()*0.4, (d.Float64()-0.5)*1.2, d.between(15, 72)*math.Pi/180, d.Float64()*2*math.Pi)
	return d.shown(page.shot(shot{w: 800, h: 600, samples: 3, back: back}).lens(0.6).grain(d.Rand, 3).image(), text)
}

// compressed: JPEG of quality 20, from six pixels a module down to one.
func (d *drawer) compressed() exhibit {
	c, text := d.code()
	page := toGray(sheet(d.Rand, c, 900, 800, 10))
	return d.packed(page.resampled(d.between(0.6, 0.1), d.Float64(), d.Float64()).image(), 20, text)
}

// moire: a display, each of its pixels about one of the camera's.
func (d *drawer) moire() exhibit {
	c, text := d.code()
	page := toGray(sheet(d.Rand, c, 420, 340, 2+d.IntN(4)))
	zoom := d.between(2.4, 0.85) + d.Float64()*0.1
	back := pinhole(page, 640, 480, zoom, (d.Float64()-0.5)*0.3, d.Float64()*0.2, d.Float64()*2*math.Pi)
	return d.shown(page.shot(shot{w: 640, h: 480, samples: 4, back: back, subpixels: true}).lens(0.4).grain(d.Rand, 4).image(), text)
}

// negative: light modules on a dark page, paler and smaller each time.
func (d *drawer) negative() exhibit {
	c, text := d.code()
	img := webPage(d.Rand, 1280, 720, 1, darkTheme)
	ink := color.Gray{Y: uint8(d.between(255, 40))}
	place(d.Rand, img, c, int(d.between(9, 1)), quiet, ink, darkTheme.ground, darkTheme.ground)
	return d.shown(toGray(img).grain(d.Rand, 4).image(), text)
}

// cramped: no quiet zone, or one module of it, on a page that is no lighter
// than the ink at first and hardly darker than the paper in the end.
func (d *drawer) cramped() exhibit {
	c, text := d.code()
	th := darkTheme
	ground := color.Gray{Y: uint8(d.between(0, 150))}
	th.ground = color.RGBA{R: ground.Y, G: ground.Y, B: ground.Y, A: 255}
	img := webPage(d.Rand, 1280, 720, 1, th)
	scale := int(d.between(8, 1))
	if d.i%6 == 5 { // the other way round
		place(d.Rand, img, c, scale, 0, color.White, color.Black, color.White)
	} else {
		place(d.Rand, img, c, scale, d.i%2, color.Black, color.White, ground)
	}
	return d.shown(toGray(img).lens(d.between(0, 0.9)).image(), text)
}

// several: two to six codes of different sizes on one page, turned by quarters.
func (d *drawer) several() exhibit {
	th := []theme{lightTheme, darkTheme}[d.i%2]
	img := webPage(d.Rand, 1600, 900, 1, th)
	n := 2 + d.i*4/15
	var texts []string
	for k := range n {
		c, text := d.code()
		scale := 2 + d.IntN(5)
		side := (c.Size() + 2*quiet) * scale
		one := image.NewRGBA(image.Rect(0, 0, side, side))
		stamp(one, c, 0, 0, scale, quiet, color.Black, color.White)
		var card image.Image = one
		for range d.IntN(4) {
			card = turned(card)
		}
		// Each in its own cell of three by two.
		x, y := k%3*530+20+d.IntN(530-side-30), k/3*445+20+d.IntN(445-side-30)
		for cy := range side {
			for cx := range side {
				img.Set(x+cx, y+cy, card.At(cx, cy))
			}
		}
		texts = append(texts, text)
	}
	page := toGray(img)
	if d.i%4 == 3 { // photographed from the side
		back := pinhole(page, 1600, 900, 0.9, 0.1, d.between(10, 35)*math.Pi/180, d.Float64()*2*math.Pi)
		page = page.shot(shot{w: 1600, h: 900, samples: 2, back: back})
	}
	return d.shown(page.lens(d.between(0, 1)).grain(d.Rand, d.between(0, 12)).image(), texts...)
}

// photo: a display photographed by hand: aslant, a little out of focus, with
// moiré, a lamp's reflection and dark corners, and compressed.
func (d *drawer) photo() exhibit {
	c, text := d.code()
	page := toGray(sheet(d.Rand, c, 520, 420, 4))
	zoom := d.between(2, 0.7) + d.Float64()*0.1
	back := pinhole(page, 960, 720, zoom, (d.Float64()-0.5)*d.between(0.3, 1.5), d.between(5, 50)*math.Pi/180, d.Float64()*2*math.Pi)
	g := page.shot(shot{w: 960, h: 720, samples: 3, back: back, subpixels: true})
	g = g.glare(0.2+0.6*d.Float64(), 0.2+0.6*d.Float64(), 0.1, d.between(0.2, 0.9))
	g = g.lens(d.between(0.6, 1.4)).vignette(d.between(0.2, 0.7)).grain(d.Rand, d.between(3, 16))
	return d.packed(g.image(), int(d.between(85, 40)), text)
}

// uneven: in the shade, under a spot light, across the edge of a shadow.
func (d *drawer) uneven() exhibit {
	c, text := d.code()
	page := toGray(sheet(d.Rand, c, 640, 480, 3+d.IntN(6)))
	sin, cos := math.Sincos(d.Float64() * 2 * math.Pi)
	dim := d.between(0.5, 0) // what is left of the light in the darkest place
	g := page.each(func(x, y int, v float64) float64 {
		u, w := float64(x)/640-0.5, float64(y)/480-0.5
		across := u*cos + w*sin // -0.7 to 0.7
		light := 1.0
		switch d.i % 3 {
		case 0: // falls off steadily
			light = dim + (1-dim)*(across+0.5)
		case 1: // a spot
			light = dim + (1-dim)*math.Exp(-((u-0.12)*(u-0.12)+w*w)/0.02)
		case 2: // the edge of a shadow
			light = dim + (1-dim)/(1+math.Exp(-across*120))
		}
		return v * min(1, max(light, dim))
	})
	return d.shown(g.lens(0.5).grain(d.Rand, 3).image(), text)
}

// covered: a logo in the middle, or a sticker on the corner without a mark,
// over up to a fifth of the area; level Medium restores some fifteen hundredths.
func (d *drawer) covered() exhibit {
	c, text := d.code()
	scale := 3 + d.IntN(6)
	img := sheet(d.Rand, c, 640, 480, scale)
	side := c.Size() * scale
	cover := int(float64(side) * math.Sqrt(d.between(0.01, 0.2)))
	middle := image.Pt(320, 240)
	if d.i%3 == 2 {
		middle = middle.Add(image.Pt(side/2-cover/2, side/2-cover/2))
	}
	r := image.Rect(0, 0, cover, cover).Add(middle).Sub(image.Pt(cover/2, cover/2))
	paint(img, r, color.White)
	paint(img, r.Inset(scale), color.RGBA{R: 20, G: 90, B: uint8(d.IntN(256)), A: 255})
	write(img, r.Min.X+cover/4, r.Min.Y+cover/6, 1+cover/24, "H", color.RGBA{R: 255, G: 255, B: 255, A: 255})
	return d.shown(img, text)
}
