package qr

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"testing"
)

// What cameras, lenses and compressors do to a picture.

func (g gray) image() *image.Gray {
	return &image.Gray{Pix: g.pix, Stride: g.w, Rect: image.Rect(0, 0, g.w, g.h)}
}

// each passes every luminance through f.
func (g gray) each(f func(x, y int, v float64) float64) gray {
	out := newGray(g.w, g.h)
	for y := range g.h {
		for x, v := range g.row(y) {
			out.row(y)[x] = saturate(int(f(x, y, float64(v)) + 0.5))
		}
	}
	return out
}

// lens blurs with a Gaussian of sigma pixels.
func (g gray) lens(sigma float64) gray {
	if sigma < 0.05 {
		return g
	}
	r := int(3*sigma) + 1
	kernel := make([]float64, 2*r+1)
	sum := 0.0
	for i := range kernel {
		d := float64(i - r)
		kernel[i] = math.Exp(-d * d / (2 * sigma * sigma))
		sum += kernel[i]
	}
	pass := func(src gray, dx, dy int) gray {
		return src.each(func(x, y int, _ float64) float64 {
			v := 0.0
			for i, k := range kernel {
				sx, sy := x+(i-r)*dx, y+(i-r)*dy
				v += k * float64(src.pix[min(max(sy, 0), src.h-1)*src.w+min(max(sx, 0), src.w-1)])
			}
			return v / sum
		})
	}
	return pass(pass(g, 1, 0), 0, 1)
}

// grain adds noise of the given standard deviation.
func (g gray) grain(rng *rand.Rand, sigma float64) gray {
	return g.each(func(_, _ int, v float64) float64 { return v + sigma*rng.NormFloat64() })
}

// vignette darkens the corners by up to amount (0 to 1).
func (g gray) vignette(amount float64) gray {
	return g.each(func(x, y int, v float64) float64 {
		dx, dy := 2*float64(x)/float64(g.w)-1, 2*float64(y)/float64(g.h)-1
		return v * (1 - amount*(dx*dx+dy*dy)/2)
	})
}

// glare is the reflection of a lamp at (cx, cy), in parts of the picture.
func (g gray) glare(cx, cy, radius, strength float64) gray {
	return g.each(func(x, y int, v float64) float64 {
		dx, dy := float64(x)/float64(g.w)-cx, float64(y)/float64(g.h)-cy
		return v + (255-v)*strength*math.Exp(-(dx*dx+dy*dy)/(2*radius*radius))
	})
}

// squeezed is the picture as a JPEG file.
func squeezed(t testing.TB, img image.Image, quality int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// resampled scales by a factor with the origin moved by (ox, oy) pixels of the
// result: by area where it shrinks, bilinear where it grows.
func (g gray) resampled(factor, ox, oy float64) gray {
	return g.shot(shot{
		w: int(float64(g.w) * factor), h: int(float64(g.h) * factor), samples: max(2, int(math.Ceil(1.2/factor))),
		back: func(x, y float64) (float64, float64) { return (x - ox) / factor, (y - oy) / factor },
	})
}

// shot is one photograph: how large it is and which point of the page each of
// its points shows.
type shot struct {
	w, h    int
	samples int // of each pixel, across and down
	back    func(x, y float64) (float64, float64)
	// subpixels makes the page a display: each pixel three stripes with gaps,
	// and the camera one with a Bayer filter. Where their pitches nearly agree
	// they beat: that is moiré.
	subpixels bool
}

func (g gray) shot(s shot) gray {
	raw := make([]float64, s.w*s.h)
	for i := range raw {
		x, y := i%s.w, i/s.w
		channel := 1 // green
		if x&1 == y&1 {
			channel = 2 * (y & 1) // red, blue
		}
		sum := 0.0
		for n := range s.samples * s.samples {
			u, v := s.back(float64(x)+(float64(n%s.samples)+0.5)/float64(s.samples),
				float64(y)+(float64(n/s.samples)+0.5)/float64(s.samples))
			if s.subpixels {
				sum += g.emitted(u, v, channel)
			} else {
				sum += g.sample(u, v)
			}
		}
		raw[i] = sum / float64(s.samples*s.samples)
	}
	out := newGray(s.w, s.h)
	for i := range raw {
		v := raw[i]
		if s.subpixels { // the channels are put together from the neighbours
			x, y := i%s.w, i/s.w
			x1, y1 := min(x+1, s.w-1), min(y+1, s.h-1)
			v = (raw[i] + raw[y*s.w+x1] + raw[y1*s.w+x] + raw[y1*s.w+x1]) / 4
		}
		out.pix[i] = saturate(int(v + 0.5))
	}
	return out
}

// emitted is what one channel of a display's pixel sends out at a point of it.
func (g gray) emitted(u, v float64, channel int) float64 {
	if u < 0 || v < 0 || u >= float64(g.w) || v >= float64(g.h) {
		return 40 // the room behind
	}
	fu, fv := u-math.Floor(u), v-math.Floor(v)
	stripe := fu*3 - float64(channel)
	if stripe < 0.08 || stripe > 0.92 || fv < 0.08 || fv > 0.92 {
		return 12 // the gap, and what the neighbours spill
	}
	return 12 + 2.9*float64(g.pix[int(v)*g.w+int(u)]) // a stripe is a third as wide and three times as bright
}

// pinhole is a camera in front of the middle of a page that is turned by roll
// in its plane and tilted by tilt about an axis at the angle axis, all in
// radians. zoom is pixels of the photograph per pixel of the page in the middle.
func pinhole(page gray, w, h int, zoom, roll, tilt, axis float64) func(x, y float64) (float64, float64) {
	distance := 1.6 * float64(max(w, h)) // of the camera in its own pixels
	sinT, cosT := math.Sincos(tilt)
	sinA, cosA := math.Sincos(axis)
	sinR, cosR := math.Sincos(roll)
	return func(x, y float64) (float64, float64) {
		x, y = x-float64(w)/2, y-float64(h)/2
		// In the frame of the axis the page is z = distance + q·tan(tilt).
		p, q := x*cosA+y*sinA, y*cosA-x*sinA
		k := distance / (distance*cosT - q*sinT)
		if k < 0 || k > 50 {
			return -1e6, -1e6 // behind the horizon
		}
		p, q = p*k*cosT, q*k
		x, y = p*cosA-q*sinA, p*sinA+q*cosA
		x, y = x*cosR+y*sinR, y*cosR-x*sinR
		return x/zoom + float64(page.w)/2, y/zoom + float64(page.h)/2
	}
}
