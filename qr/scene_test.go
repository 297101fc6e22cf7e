package qr

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"
	"testing"
)

const sampleCode = "MFRGGZDFMZTWQ2LKNNWG23TPOA" // 26 characters, 130 bits

var sampleLink = PairingLink("https://connect.ham.example", sampleCode)

// mustEncode is Encode for texts that are known to fit.
func mustEncode(t testing.TB, text string) *Code {
	t.Helper()
	c, err := Encode(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// page is an empty screenshot.
func page(w, h int, ground color.Color) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Bounds(), image.NewUniform(ground), image.Point{}, draw.Src)
	return img
}

// stamp draws a code at (x, y), with margin modules of light around it.
func stamp(img draw.Image, c *Code, x, y, scale, margin int, dark, light color.Color) {
	side := (c.Size() + 2*margin) * scale
	for py := range side {
		for px := range side {
			ink := light
			if mx, my := px/scale-margin, py/scale-margin; c.at(mx, my) {
				ink = dark
			}
			img.Set(x+px, y+py, ink)
		}
	}
}

// clutter draws what a desktop is full of: lines of text and window frames.
func clutter(img draw.Image, seed uint64, ink color.Color) {
	rng := rand.New(rand.NewPCG(seed, 1))
	b := img.Bounds()
	for y := b.Min.Y + 20; y < b.Max.Y-20; y += 18 {
		for x := b.Min.X + 20; x < b.Max.X-20; x += 7 {
			if rng.IntN(5) == 0 {
				continue
			}
			for range 14 {
				img.Set(x+rng.IntN(6), y+rng.IntN(10), ink)
			}
		}
	}
}

// noisy adds noise of the given standard deviation to every pixel.
func noisy(src image.Image, sigma float64, seed uint64) image.Image {
	rng := rand.New(rand.NewPCG(seed, 2))
	b := src.Bounds()
	out := image.NewGray(b)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			v := float64(color.GrayModel.Convert(src.At(x, y)).(color.Gray).Y) + rng.NormFloat64()*sigma
			out.SetGray(x, y, color.Gray{Y: saturate(int(v))})
		}
	}
	return out
}

// shaded passes every luminance through f.
func shaded(src image.Image, f func(x, v int) int) image.Image {
	g := toGray(src)
	for y := range g.h {
		for x, v := range g.row(y) {
			g.row(y)[x] = saturate(f(x, int(v)))
		}
	}
	return &image.Gray{Pix: g.pix, Stride: g.w, Rect: image.Rect(0, 0, g.w, g.h)}
}

// photographed turns a picture by degrees and reduces it by a factor, each
// pixel the mean of what a camera's would cover.
func photographed(src image.Image, degrees, factor float64) image.Image {
	const samples = 6 // of each pixel, across and down
	g := toGray(src)
	w, h := int(float64(g.w)*1.4/factor), int(float64(g.h)*1.4/factor)
	out := image.NewGray(image.Rect(0, 0, w, h))
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	for i := range out.Pix {
		sum := 0
		for s := range samples * samples {
			x := (float64(i%w) + float64(s%samples)/samples - float64(w)/2) * factor
			y := (float64(i/w) + float64(s/samples)/samples - float64(h)/2) * factor
			sx, sy := g.w/2+int(math.Floor(x*cos+y*sin)), g.h/2+int(math.Floor(y*cos-x*sin))
			if sx < 0 || sy < 0 || sx >= g.w || sy >= g.h {
				sum += 255
			} else {
				sum += int(g.row(sy)[sx])
			}
		}
		out.Pix[i] = uint8(sum / (samples * samples))
	}
	return out
}

// turned rotates by 90 degrees clockwise.
func turned(src image.Image) image.Image {
	b := src.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dy(), b.Dx()))
	for y := range b.Dy() {
		for x := range b.Dx() {
			out.Set(b.Dy()-1-y, x, src.At(b.Min.X+x, b.Min.Y+y))
		}
	}
	return out
}

// screenshot is a 1080p page with text all around and one clean code.
func screenshot(c *Code) *image.RGBA {
	img := page(1920, 1080, color.White)
	clutter(img, 7, color.RGBA{R: 40, G: 40, B: 60, A: 255})
	stamp(img, c, 800, 300, 6, 4, color.Black, color.White)
	return img
}
