package qr

import (
	"context"
	"errors"
	"image"
	"image/color"
	"math"
	"testing"

	qrcode "github.com/skip2/go-qrcode"
)

// TestFoundCornersAreWhereTheCodeIs follows each corner back to the page.
func TestFoundCornersAreWhereTheCodeIs(t *testing.T) {
	c := mustEncode(t, sampleLink)
	const scale, x, y = 10, 200, 150 // on the page
	sheet := page(900, 700, color.White)
	stamp(sheet, c, x, y, scale, quiet, color.Black, color.White)
	negative := page(900, 700, color.Black)
	stamp(negative, c, x, y, scale, quiet, color.White, color.Black)
	bare := page(900, 700, color.Black)
	stamp(bare, c, x+quiet*scale, y+quiet*scale, scale, 0, color.Black, color.White)
	g := toGray(sheet)

	side := float64(c.Size() * scale)
	left, top := float64(x+quiet*scale), float64(y+quiet*scale)
	corners := [4]point{{left, top}, {left + side, top}, {left + side, top + side}, {left, top + side}}

	by := func(factor float64) func(x, y float64) (float64, float64) {
		return func(x, y float64) (float64, float64) { return x / factor, y / factor }
	}
	camera := func(zoom, roll, tilt float64) (image.Image, func(x, y float64) (float64, float64)) {
		back := pinhole(g, 900, 700, zoom, roll, tilt, 0.7)
		return g.shot(shot{w: 900, h: 700, samples: 3, back: back}).image(), back
	}
	rolled, rolledBack := camera(0.6, 0.5, 0)
	upsideDown, upsideDownBack := camera(0.5, math.Pi, 0)
	aslant, aslantBack := camera(0.9, -0.4, 0.6)
	for name, test := range map[string]struct {
		img       image.Image
		back      func(x, y float64) (float64, float64)
		zoom      float64
		tolerance float64 // in pixels of the picture
	}{
		"straight":                    {sheet, by(1), 1, 1},
		"light on dark":               {negative, by(1), 1, 1},
		"without quiet zone":          {bare, by(1), 1, 1},
		"a part that begins at 80,90": {sheet.SubImage(image.Rect(80, 90, 800, 690)), by(1), 1, 1},
		"three times as large":        {g.enlarged(3).image(), by(3), 3, 3},
		"1.3 pixels a module":         {g.resampled(0.13, 0, 0).image(), by(0.13), 0.13, 1.2},
		"half as large":               {g.resampled(0.5, 0, 0).image(), by(0.5), 0.5, 1},
		"turned":                      {rolled, rolledBack, 0.6, 1.5},
		"upside down":                 {upsideDown, upsideDownBack, 0.5, 1.5},
		"aslant":                      {aslant, aslantBack, 0.9, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, err := Find(t.Context(), test.img)
			if err != nil || len(found) != 1 || found[0].Text != sampleLink {
				t.Fatalf("got %v, %v", found, err)
			}
			for i, corner := range found[0].Corners {
				bx, by := test.back(float64(corner.X), float64(corner.Y))
				if off := (point{bx, by}).minus(corners[i]).length() * test.zoom; off > test.tolerance {
					t.Errorf("corner %d at %v is %.1f pixels off", i, corner, off)
				}
			}
		})
	}
}

func TestCodesInAMirrorAreReadOnce(t *testing.T) {
	img := screenshot(mustEncode(t, sampleLink))
	mirror := image.NewRGBA(img.Rect)
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			mirror.Set(img.Rect.Dx()-1-x, y, img.At(x, y))
		}
	}
	found, err := Find(t.Context(), mirror)
	if err != nil || len(found) != 1 || found[0].Text != sampleLink {
		t.Fatalf("got %v, %v", found, err)
	}
	if c := found[0].Corners; c[0].X <= c[1].X || c[0].Y >= c[3].Y {
		t.Errorf("the corners are %v, where left should be right", c)
	}
}

func TestTheSameCodeTwiceIsFoundTwice(t *testing.T) {
	c := mustEncode(t, sampleLink)
	img := page(1280, 720, color.White)
	stamp(img, c, 100, 100, 5, quiet, color.Black, color.White)
	stamp(img, c, 700, 300, 7, quiet, color.Black, color.White)
	found, err := Find(t.Context(), img)
	if err != nil || len(found) != 2 {
		t.Fatalf("got %v, %v", found, err)
	}
	if found[0].Corners[0].X < 600 {
		t.Errorf("the smaller one comes first: %v", found)
	}
}

// frame is what a camera sees that is held in front of a screen.
func frame(t testing.TB) image.Image {
	g := toGray(screenshot(mustEncode(t, sampleLink)))
	back := pinhole(g, 640, 480, 0.55, 0.1, 0.3, 1)
	return g.shot(shot{w: 640, h: 480, samples: 3, back: back}).lens(0.8).image()
}

func TestFindQuickFindsTheCodeInAVideo(t *testing.T) {
	if found, err := FindQuick(t.Context(), frame(t)); err != nil || len(found) != 1 || found[0].Text != sampleLink {
		t.Errorf("got %v, %v", found, err)
	}
	for _, img := range []image.Image{nil, image.NewGray(image.Rectangle{}), page(1, 1, color.Black), page(640, 480, color.White)} {
		if found, err := FindQuick(t.Context(), img); !errors.Is(err, ErrNoCode) {
			t.Errorf("got %v, %v; want ErrNoCode", found, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := FindQuick(ended, frame(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}

// TestFixturesAreThoseOfTheEncoder compares them with a code of each version.
func TestFixturesAreThoseOfTheEncoder(t *testing.T) {
	for version := 1; version <= 40; version++ {
		q, err := qrcode.NewWithForcedVersion("1", version, qrcode.Medium)
		if err != nil {
			t.Fatal(err)
		}
		q.DisableBorder = true
		bits := q.Bitmap()
		for _, f := range fixtures(version) {
			if dark := bits[int(f.y)][int(f.x)]; dark != (f.light < 0) {
				t.Errorf("version %d: module %v, %v is not what it should be", version, f.x, f.y)
				break
			}
		}
	}
}
