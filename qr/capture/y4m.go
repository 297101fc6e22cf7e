package capture

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	"io"
	"strconv"
	"strings"
	"time"
)

// maxY4MLine is the length of a header line; a real one has below 100 bytes.
const maxY4MLine = 512

// y4m is a film of raw pictures, as ffmpeg and mjpegtools write them:
// "YUV4MPEG2 W640 H480 F30:1 C420\n", and before each picture "FRAME\n".
type y4m struct {
	in            *bufio.Reader
	width, height int
	gray          bool
	ratio         image.YCbCrSubsampleRatio
}

func errY4M(what string) error {
	return &Error{Reason: "This .y4m film cannot be read: " + what + ". Make one with: ffmpeg -i FILM -pix_fmt yuv420p FILM.y4m"}
}

func newY4M(r io.Reader) (func() (image.Image, error), time.Duration, error) {
	y := &y4m{in: bufio.NewReaderSize(r, maxY4MLine)}
	line, err := y.line()
	fields := strings.Split(line, " ")
	if err != nil || fields[0] != "YUV4MPEG2" {
		return nil, 0, errY4M("it does not begin as one")
	}
	every := time.Second / 25
	colour := "420"
	for _, f := range fields[1:] {
		if f == "" {
			continue
		}
		switch value := f[1:]; f[0] {
		case 'W':
			y.width = side(value)
		case 'H':
			y.height = side(value)
		case 'C':
			colour = value
		case 'F':
			every = rate(value)
		}
	}
	switch {
	case y.width == 0 || y.height == 0:
		return nil, 0, errY4M("its size is missing or wrong")
	case y.width > maxFrameSide || y.height > maxFrameSide:
		return nil, 0, errFrameSize
	}
	switch colour {
	case "420", "420jpeg", "420mpeg2", "420paldv":
		y.ratio = image.YCbCrSubsampleRatio420
	case "422":
		y.ratio = image.YCbCrSubsampleRatio422
	case "444":
		y.ratio = image.YCbCrSubsampleRatio444
	case "mono":
		y.gray = true
	default:
		return nil, 0, errY4M("its colours are not C420, C422, C444 or Cmono of 8 bits")
	}
	if planes := y.size(); planes > maxFrameBytes {
		return nil, 0, errFrameSize
	}
	return y.read, every, nil
}

// side reads a width or height; 0 is none, and one too many too much.
func side(text string) int {
	n, err := strconv.ParseUint(text, 10, 32)
	switch {
	case errors.Is(err, strconv.ErrRange), n > maxFrameSide:
		return maxFrameSide + 1
	case err != nil:
		return 0
	}
	return int(n)
}

// rate reads pictures a second as a fraction, and keeps to what makes sense.
func rate(text string) time.Duration {
	above, below, _ := strings.Cut(text, ":")
	n, err := strconv.ParseUint(above, 10, 31)
	d, err2 := strconv.ParseUint(below, 10, 31)
	if err != nil || err2 != nil || n == 0 || d == 0 {
		return time.Second / 25
	}
	every := time.Duration(float64(time.Second) * float64(d) / float64(n))
	return min(max(every, time.Second/60), 2*time.Second)
}

func (y *y4m) size() int {
	if y.gray {
		return y.width * y.height
	}
	cw, ch := y.chroma()
	return y.width*y.height + 2*cw*ch
}

func (y *y4m) chroma() (width, height int) {
	switch y.ratio {
	case image.YCbCrSubsampleRatio420:
		return (y.width + 1) / 2, (y.height + 1) / 2
	case image.YCbCrSubsampleRatio422:
		return (y.width + 1) / 2, y.height
	default:
		return y.width, y.height
	}
}

// line reads up to a line's end, or fails.
func (y *y4m) line() (string, error) {
	line, err := y.in.ReadSlice('\n')
	if err != nil {
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return "", io.EOF
		}
		return "", fmt.Errorf("no end of the line: %w", err)
	}
	return string(line[:len(line)-1]), nil
}

func (y *y4m) read() (image.Image, error) {
	switch line, err := y.line(); {
	case err == io.EOF: //nolint:errorlint // only a clean end, and line wraps the others
		return nil, io.EOF
	case err != nil || line != "FRAME" && !strings.HasPrefix(line, "FRAME "):
		return nil, errY4M("a picture does not begin as one")
	}
	data := make([]byte, y.size())
	if _, err := io.ReadFull(y.in, data); err != nil {
		return nil, io.EOF // cut short while it was written: what came before counts
	}
	bounds := image.Rect(0, 0, y.width, y.height)
	if y.gray {
		return &image.Gray{Pix: data, Stride: y.width, Rect: bounds}, nil
	}
	cw, ch := y.chroma()
	luma := y.width * y.height
	return &image.YCbCr{
		Y: data[:luma], Cb: data[luma : luma+cw*ch], Cr: data[luma+cw*ch:],
		YStride: y.width, CStride: cw, SubsampleRatio: y.ratio, Rect: bounds,
	}, nil
}
