package qr

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestDecodeFindsTheCode(t *testing.T) {
	c := mustEncode(t, sampleLink)
	dark := color.Gray{Y: 24}
	alone := func(scale, margin int) image.Image {
		side := (c.Size() + 2*margin) * scale
		img := page(side, side, color.White)
		stamp(img, c, 0, 0, scale, margin, color.Black, color.White)
		return img
	}
	on := func(ground color.Color, scale, margin int, ink, light color.Color) image.Image {
		img := page(1280, 720, ground)
		stamp(img, c, 500, 200, scale, margin, ink, light)
		return img
	}
	island := page(1920, 1080, dark)
	clutter(island, 3, color.Gray{Y: 210})
	stamp(island, c, 680, 280, 1, 220, dark, dark) // room among the text
	stamp(island, c, 800, 400, 7, 0, color.Black, color.White)
	big := page(3840, 2160, color.White)
	clutter(big, 5, color.Black)
	stamp(big, c, 2000, 900, 5, 4, color.Black, color.White)
	offset := screenshot(c).SubImage(image.Rect(700, 200, 1300, 800))
	var squeezed bytes.Buffer
	if err := jpeg.Encode(&squeezed, screenshot(c), &jpeg.Options{Quality: 25}); err != nil {
		t.Fatal(err)
	}
	lossy, err := jpeg.Decode(&squeezed)
	if err != nil {
		t.Fatal(err)
	}
	for name, img := range map[string]image.Image{
		"in a screenshot full of text":                     screenshot(c),
		"in a 4K screenshot":                               big,
		"in a part of a picture that begins elsewhere":     offset,
		"in a JPEG of poor quality":                        lossy,
		"turned by 90 degrees":                             turned(screenshot(c)),
		"turned by 180 degrees":                            turned(turned(screenshot(c))),
		"light on dark":                                    on(color.Black, 5, 4, color.White, color.Black),
		"in colours":                                       on(color.White, 5, 4, color.RGBA{R: 20, G: 40, B: 120, A: 255}, color.RGBA{R: 255, G: 240, B: 200, A: 255}),
		"with modules of two pixels":                       on(color.White, 2, 4, color.Black, color.White),
		"with modules of twenty pixels":                    on(color.White, 14, 4, color.Black, color.White),
		"alone, one pixel a module":                        alone(1, 4),
		"alone, two pixels a module":                       alone(2, 4),
		"alone, one pixel a module, without quiet zone":    alone(1, 0),
		"alone, four pixels a module, without quiet zone":  alone(4, 0),
		"without quiet zone on a black page":               on(color.Black, 6, 0, color.Black, color.White),
		"without quiet zone on a dark page":                on(dark, 6, 0, color.Black, color.White),
		"without quiet zone on a dark page full of text":   island,
		"light on dark without quiet zone on a white page": on(color.White, 6, 0, color.White, color.Black),
		"under noise":                                      noisy(on(color.White, 7, 4, color.Black, color.White), 40, 1),
		"under noise that hides single pixels":             noisy(on(color.White, 12, 4, color.Black, color.White), 80, 1),
		"light on dark under noise":                        noisy(on(color.Black, 8, 4, color.White, color.Black), 60, 2),
		"so pale that it is hardly seen":                   on(color.Gray{Y: 120}, 8, 4, color.Gray{Y: 100}, color.Gray{Y: 120}),
		"in uneven light":                                  shaded(on(color.White, 8, 4, color.Black, color.White), func(x, v int) int { return v*x/1600 + x/16 }),
		"turned by 30 degrees":                             photographed(alone(8, 4), 30, 2),
		"turned, 1.5 pixels a module":                      photographed(alone(9, 4), 30, 6),
		"a little aslant, 1.3 pixels a module":             photographed(alone(13, 4), 3, 10),
		"blurred, 1.8 pixels a module":                     photographed(alone(9, 4), 0, 5),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			texts, err := Decode(t.Context(), img)
			if err != nil || !slices.Equal(texts, []string{sampleLink}) {
				t.Errorf("got %q, %v", texts, err)
			}
		})
	}
}

func TestDecodeFindsSeveralCodesTheLargestFirst(t *testing.T) {
	other := EnrollLink("https://ham.example", sampleCode)
	img := page(1280, 720, color.White)
	clutter(img, 11, color.Black)
	stamp(img, mustEncode(t, other), 60, 100, 4, 4, color.Black, color.White)
	stamp(img, mustEncode(t, sampleLink), 500, 100, 9, 4, color.Black, color.White)
	stamp(img, mustEncode(t, other), 60, 400, 4, 4, color.Black, color.White) // the same once more
	texts, err := Decode(t.Context(), img)
	if want := []string{sampleLink, other}; err != nil || !slices.Equal(texts, want) {
		t.Errorf("got %q, %v; want %q", texts, err, want)
	}
}

func TestDecodeFindsNothingWhereNothingIs(t *testing.T) {
	text := page(800, 600, color.White)
	clutter(text, 4, color.Black)
	torn := screenshot(mustEncode(t, sampleLink))
	stamp(torn, mustEncode(t, "x"), 800, 300, 1, 60, color.White, color.White) // a corner is covered
	for name, img := range map[string]image.Image{
		"no picture":              nil,
		"an empty picture":        image.NewGray(image.Rect(5, 5, 5, 5)),
		"one pixel":               page(1, 1, color.Black),
		"a line":                  page(5000, 1, color.Black),
		"a column":                page(1, 5000, color.White),
		"a black frame":           page(1280, 720, color.Black),
		"a page of text":          text,
		"noise":                   noisy(page(400, 300, color.Gray{Y: 128}), 80, 3),
		"a code without a corner": torn,
	} {
		t.Run(name, func(t *testing.T) {
			if texts, err := Decode(t.Context(), img); !errors.Is(err, ErrNoCode) {
				t.Errorf("got %q, %v; want ErrNoCode", texts, err)
			}
		})
	}
}

// carpet is a page of corner marks: one every pitch modules of scale pixels.
func carpet(w, h, scale, pitch int) image.Image {
	img := image.NewGray(image.Rect(0, 0, w, h))
	ring := [7]string{"#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######"}
	for y := range h {
		for x := range w {
			mx, my := x/scale%pitch, y/scale%pitch
			if mx >= 7 || my >= 7 || ring[my][mx] == '.' {
				img.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	return img
}

func TestHostilePicturesCostLittle(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for name, img := range map[string]image.Image{
		"thousands of corner marks":                     carpet(1920, 1080, 2, 8),
		"about as many corner marks as are looked at":   carpet(1920, 1080, 10, 12),
		"corner marks that fit together like real ones": carpet(1920, 1080, 4, 22),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			if _, err := Decode(t.Context(), img); !errors.Is(err, ErrNoCode) {
				t.Errorf("got %v, want ErrNoCode", err)
			}
			// Unbounded, the first takes hours; the bound leaves room for slow machines.
			if took := time.Since(start); took > time.Minute {
				t.Errorf("took %v", took)
			}
		})
	}
}

// countdown is a context that ends when it was asked n times.
type countdown struct {
	context.Context
	n int
}

func (c *countdown) Err() error {
	if c.n--; c.n < 0 {
		return context.Canceled
	}
	return nil
}

func TestDecodeStopsWhenNobodyWaits(t *testing.T) {
	img := carpet(600, 400, 2, 9)
	for n := range 40 {
		if _, err := Decode(&countdown{t.Context(), n}, img); !errors.Is(err, context.Canceled) {
			t.Fatalf("ended after %d questions, got %v", n, err)
		}
	}
}

func TestGrayIsTheSameFromEveryKindOfPicture(t *testing.T) {
	colours := []color.Color{
		color.White, color.Black,
		color.Gray{Y: 100},
		color.RGBA{R: 255, A: 255},
		color.RGBA{B: 200, G: 30, A: 255},
		color.NRGBA{},
		color.NRGBA{R: 255, G: 255, B: 255, A: 60},
		color.NRGBA{A: 128},
		color.NRGBA{R: 9, G: 80, B: 200, A: 200},
	}
	bounds := image.Rect(3, -2, 3+len(colours), 0)
	palette := color.Palette(colours)
	type settable interface {
		image.Image
		Set(x, y int, c color.Color)
	}
	for name, img := range map[string]settable{
		"NRGBA": image.NewNRGBA(bounds), "RGBA": image.NewRGBA(bounds), "NRGBA64": image.NewNRGBA64(bounds),
		"RGBA64": image.NewRGBA64(bounds), "Paletted": image.NewPaletted(bounds, palette),
	} {
		t.Run(name, func(t *testing.T) {
			for i, c := range colours {
				img.Set(3+i, -2, c)
				img.Set(3+i, -1, color.White)
			}
			for kind, img := range map[string]image.Image{"itself": img, "through the interface": struct{ image.Image }{img}} {
				g := toGray(img)
				for i, c := range colours {
					want := int(overWhite(color.RGBA64Model.Convert(c).(color.RGBA64)))
					if got := int(g.row(0)[i]); got < want-2 || got > want+2 {
						t.Errorf("%s: %v is %d, want %d", kind, c, got, want)
					}
					if g.row(1)[i] != 255 {
						t.Errorf("%s: white is %d", kind, g.row(1)[i])
					}
				}
			}
		})
	}
}

// TestAnotherReaderAgrees has the codes read by a program with another
// decoder, so that encoder and decoder cannot be wrong together.
func TestAnotherReaderAgrees(t *testing.T) {
	zbar, err := exec.LookPath("zbarimg")
	if err != nil {
		t.Skip("zbarimg (package zbar-tools) is not installed")
	}
	for _, text := range []string{sampleLink, EnrollLink("https://ham.example", sampleCode), authorizeLink, "12345678"} {
		data, err := mustEncode(t, text).PNG(4)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "code.png")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), zbar, "--raw", "-q", file).Output()
		if got := strings.TrimSpace(string(out)); err != nil || got != text {
			t.Errorf("zbarimg reads %q, %v; want %q", got, err, text)
		}
	}
}

func TestTextsOfEveryModeSurviveTheRoundTrip(t *testing.T) {
	for _, text := range []string{
		"1", "AB", "HTTPS://HAM.EXAMPLE:8443/Q/" + sampleCode, "mixed 123456789012 CASE 42", "Grüße, 日本語",
		strings.Repeat("0123456789", 30), strings.Repeat("abcDEF123-", 60), authorizeLink,
	} {
		data, err := mustEncode(t, text).PNG(3)
		if err != nil {
			t.Fatal(err)
		}
		img, err := ReadPicture(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Decode(t.Context(), img); err != nil || !slices.Equal(got, []string{text}) {
			t.Errorf("%.30q came back as %.60q, %v", text, got, err)
		}
	}
}
