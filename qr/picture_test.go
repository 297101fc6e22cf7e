package qr

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color/palette"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// The WebP pictures hold sampleLink. They were made from Code.PNG(4) with
// cwebp -lossless and cwebp -q 60.
//
//go:embed testdata/lossless.webp
var losslessWebP []byte

//go:embed testdata/lossy.webp
var lossyWebP []byte

// pictures returns a code in every format that can be read.
func pictures(t testing.TB, text string) map[string][]byte {
	t.Helper()
	pngData, err := mustEncode(t, text).PNG(4)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(pngData))
	if err != nil {
		t.Fatal(err)
	}
	var jpegData, gifData bytes.Buffer
	if err := jpeg.Encode(&jpegData, img, &jpeg.Options{Quality: 60}); err != nil {
		t.Fatal(err)
	}
	if err := gif.Encode(&gifData, img, nil); err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{"PNG": pngData, "JPEG": jpegData.Bytes(), "GIF": gifData.Bytes()}
}

func TestEveryFormatGivesItsCode(t *testing.T) {
	all := pictures(t, sampleLink)
	all["lossless WebP"], all["lossy WebP"] = losslessWebP, lossyWebP

	// An animation whose first frame is the code and whose second is empty.
	first, err := gif.Decode(bytes.NewReader(all["GIF"]))
	if err != nil {
		t.Fatal(err)
	}
	var animation bytes.Buffer
	empty := image.NewPaletted(first.Bounds(), palette.Plan9)
	if err := gif.EncodeAll(&animation, &gif.GIF{Image: []*image.Paletted{first.(*image.Paletted), empty}, Delay: []int{1, 1}}); err != nil {
		t.Fatal(err)
	}
	all["animated GIF"] = animation.Bytes()

	// Black on nothing, as drawing programs export it.
	clear := image.NewNRGBA(first.Bounds())
	draw.DrawMask(clear, clear.Bounds(), image.Black, image.Point{}, maskOf(first), image.Point{}, draw.Src)
	var transparent bytes.Buffer
	if err := png.Encode(&transparent, clear); err != nil {
		t.Fatal(err)
	}
	all["transparent PNG"] = transparent.Bytes()

	for name, data := range all {
		t.Run(name, func(t *testing.T) {
			img, err := ReadPicture(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			texts, err := Decode(t.Context(), img)
			if err != nil || !slices.Equal(texts, []string{sampleLink}) {
				t.Errorf("got %q, %v", texts, err)
			}
		})
	}
}

// maskOf is opaque where the picture is black.
func maskOf(img image.Image) *image.Alpha {
	m := image.NewAlpha(img.Bounds())
	for i, v := range toGray(img).pix {
		m.Pix[i] = ^v
	}
	return m
}

// pngHeader is a PNG that ends after promising a picture of w × h pixels.
func pngHeader(w, h uint32) []byte { return pngHeaderOf(w, h, 8) }

// deepHeader is the same at 16 bits a channel.
func deepHeader(w, h uint32) []byte { return pngHeaderOf(w, h, 16) }

func pngHeaderOf(w, h uint32, depth byte) []byte {
	chunk := []byte("IHDR")
	chunk = binary.BigEndian.AppendUint32(chunk, w)
	chunk = binary.BigEndian.AppendUint32(chunk, h)
	chunk = append(chunk, depth, 6, 0, 0, 0)
	data := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d")
	data = append(data, chunk...)
	return binary.BigEndian.AppendUint32(data, crc32.ChecksumIEEE(chunk))
}

// gifHeader is a GIF screen of w × h with a frame of the same size and no data.
func gifHeader(w, h uint16) []byte {
	data := []byte("GIF89a")
	data = binary.LittleEndian.AppendUint16(data, w)
	data = binary.LittleEndian.AppendUint16(data, h)
	data = append(data, 0x80, 0, 0, 0, 0, 0, 255, 255, 255) // two colours
	data = append(data, 0x2c, 0, 0, 0, 0)
	data = binary.LittleEndian.AppendUint16(data, w)
	data = binary.LittleEndian.AppendUint16(data, h)
	return append(data, 0, 2, 0, 0x3b)
}

// vp8l is the header of a lossless WebP bitmap of side × side pixels.
func vp8l(side uint32) []byte {
	bits := (side - 1) | (side-1)<<14
	chunk := binary.LittleEndian.AppendUint32([]byte("VP8L\x40\x00\x00\x00\x2f"), bits)
	return append(chunk, make([]byte, 59)...)
}

func riff(chunks ...[]byte) []byte {
	body := append([]byte("WEBP"), bytes.Join(chunks, nil)...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func TestReadPictureRefuses(t *testing.T) {
	good := pictures(t, sampleLink)
	small := []byte("VP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x0f\x00\x00\x0f\x00\x00") // a canvas of 16 × 16
	for name, tc := range map[string]struct {
		data   []byte
		reason string
	}{
		"nothing":                       {nil, "empty"},
		"a text":                        {[]byte("https://ham.example"), "not a PNG"},
		"a web page":                    {[]byte("<html><img src=x></html>"), "not a PNG"},
		"an SVG":                        {mustEncode(t, sampleLink).SVG(), "not a PNG"},
		"a BMP":                         {append([]byte("BM"), make([]byte, 100)...), "not a PNG"},
		"one byte":                      {[]byte{0x89}, "not a PNG"},
		"a PNG header of 30000 × 30000": {pngHeader(30000, 30000), "too large"},
		"a PNG header of 2147483647 × 2147483647":  {pngHeader(1<<31-1, 1<<31-1), "damaged"},
		"a PNG header one pixel too wide":          {pngHeader(16385, 1), "too large"},
		"a PNG header of 81 megapixels":            {pngHeader(9000, 9000), "too large"},
		"a PNG header of 40 megapixels at 16 bits": {deepHeader(8000, 5000), "too large"},
		"a PNG of no width":                        {pngHeader(0, 10), "damaged"},
		"a GIF screen of 65535 × 65535":            {gifHeader(65535, 65535), "too large"},
		"a GIF without data":                       {gifHeader(8000, 8000), "was cut short"},
		"a lossless WebP of 16384 × 16384":         {riff(vp8l(16384)), "too large"},
		"a WebP canvas smaller than its bitmap":    {riff(small, vp8l(16384)), "damaged"},
		"a PNG cut in half":                        {good["PNG"][:len(good["PNG"])/2], "was cut short"},
		"a JPEG cut in half":                       {good["JPEG"][:len(good["JPEG"])/2], "was cut short"},
		"a GIF cut in half":                        {good["GIF"][:len(good["GIF"])/2], "was cut short"},
		"a WebP cut in half":                       {losslessWebP[:len(losslessWebP)/2], "was cut short"},
		"a PNG with a wrong checksum":              {flip(good["PNG"], 30), "damaged"},
		"more than 32 MB":                          {append(slices.Clone(good["PNG"]), make([]byte, maxPictureBytes)...), "larger than 32 MB"},
	} {
		t.Run(name, func(t *testing.T) {
			img, err := ReadPicture(bytes.NewReader(tc.data))
			var fault *PictureError
			if !errors.As(err, &fault) {
				t.Fatalf("got %v, %v; want a *PictureError", img, err)
			}
			if !strings.Contains(fault.Reason, tc.reason) {
				t.Errorf("got %q (%v), want %q in it", fault.Reason, fault.Err, tc.reason)
			}
		})
	}
}

func flip(data []byte, i int) []byte {
	data = slices.Clone(data)
	data[i] ^= 0xff
	return data
}

func TestReadPictureStopsReadingAtItsLimit(t *testing.T) {
	endless := &counter{}
	_, err := ReadPicture(endless)
	var fault *PictureError
	if !errors.As(err, &fault) || !strings.Contains(fault.Reason, "larger") {
		t.Errorf("an endless input gave %v", err)
	}
	if endless.n > maxPictureBytes+1<<20 {
		t.Errorf("%d bytes were read", endless.n)
	}
}

type counter struct{ n int }

func (c *counter) Read(p []byte) (int, error) {
	clear(p)
	c.n += len(p)
	return len(p), nil
}

func TestReadPicturePassesOnTheReadersFault(t *testing.T) {
	broken := errors.New("the camera went away")
	_, err := ReadPicture(io.MultiReader(strings.NewReader("\x89PNG"), iotest.ErrReader(broken)))
	var fault *PictureError
	if !errors.Is(err, broken) || errors.As(err, &fault) {
		t.Errorf("got %v, want the reader's error", err)
	}
}
