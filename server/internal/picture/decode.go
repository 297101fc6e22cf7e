package picture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

// size bounds what a picture's header tells. A progressive JPEG needs about 16
// bytes a pixel to decode, whatever the size of its file.
type size struct{ side, pixels int }

var (
	fetchedSize  = size{4096, 8_400_000}  // icons and pictures that others host
	uploadedSize = size{8192, 16_800_000} // what a phone's camera makes; one at a time
)

// errNoTurn: other pictures took all of the time that this one had.
var errNoTurn = errors.New("picture: no turn to decode it")

// formats are the only decoders there are. The registry of package image is
// not used: it would also call decoders that some other package brought along.
var formats = []struct {
	magic  string // how the file begins; '?' is any byte
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}{
	{"\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode},
	{"\xff\xd8\xff", jpeg.DecodeConfig, jpeg.Decode},
	{"GIF8?a", gif.DecodeConfig, gif.Decode},
	{"RIFF????WEBP", webp.DecodeConfig, webp.Decode},
}

// Square makes a square PNG of side pixels out of a file that somebody has
// uploaded. Nothing of the file but its pixels is in it. A file that cannot be
// used, or not within a few seconds, is ErrUnsupported.
func (f *Fetcher) Square(ctx context.Context, file []byte, side int) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	png, err := convert(ctx, f.uploaded, uploadedSize, file, side)
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("%w: it takes too long: %w", ErrUnsupported, err)
	}
	return png, err
}

// convert waits for its turn and makes the PNG.
func convert(ctx context.Context, turn chan struct{}, most size, file []byte, side int) (out []byte, err error) {
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		return nil, errNoTurn
	}
	defer func() {
		// A decoder that a file can make panic must not take the server along.
		if p := recover(); p != nil {
			out, err = nil, fmt.Errorf("%w: panic: %v", ErrUnsupported, p)
		}
	}()
	img, err := decode(ctx, most, file)
	if err != nil {
		return nil, err
	}
	var buffer bytes.Buffer
	if err := png.Encode(&buffer, square(img, side)); err != nil {
		return nil, fmt.Errorf("encoding a picture: %w", err)
	}
	return buffer.Bytes(), nil
}

func decode(ctx context.Context, most size, file []byte) (image.Image, error) {
	for _, format := range formats {
		if !matches(format.magic, file) {
			continue
		}
		config, err := format.config(bytes.NewReader(file))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
		}
		w, h := config.Width, config.Height
		if w < 1 || h < 1 || w > most.side || h > most.side || w*h > most.pixels {
			return nil, fmt.Errorf("%w: it measures %d by %d", ErrUnsupported, w, h)
		}
		img, err := format.decode(&patientReader{ctx, bytes.NewReader(file)})
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUnsupported, err)
		}
		return img, nil
	}
	return nil, ErrUnsupported
}

func matches(magic string, file []byte) bool {
	if len(file) < len(magic) {
		return false
	}
	for i := range len(magic) {
		if magic[i] != '?' && magic[i] != file[i] {
			return false
		}
	}
	return true
}

// patientReader ends when ctx does. Decoders cannot be stopped, and a JPEG of
// a megabyte can hold tens of thousands of passes over the whole picture; but
// every decoder comes back for more bytes.
type patientReader struct {
	ctx  context.Context //nolint:containedctx // lives as long as one call of decode
	from *bytes.Reader
}

func (r *patientReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.from.Read(p[:min(len(p), 4096)])
}

// square cuts the middle out of img and scales it to a square.
func square(img image.Image, side int) image.Image {
	b := img.Bounds()
	middle := min(b.Dx(), b.Dy())
	corner := b.Min.Add(image.Pt((b.Dx()-middle)/2, (b.Dy()-middle)/2))
	out := image.NewNRGBA(image.Rect(0, 0, side, side))
	draw.CatmullRom.Scale(out, out.Bounds(), img, image.Rectangle{corner, corner.Add(image.Pt(middle, middle))}, draw.Src, nil)
	return out
}
