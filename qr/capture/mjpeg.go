package capture

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"sync"
	"time"
)

// maxBetween is how many bytes may stand between two pictures of a film or
// stream: the headers of a part, or what is left of a picture that was cut.
const maxBetween = 1 << 20

var (
	errNoMJPEG  = &Error{Reason: "This is no MJPEG: there is no JPEG picture in it. Is it the address of the stream itself, and not of its web page?"}
	errDamaged  = &Error{Reason: "The camera's pictures are damaged. Choose MJPEG in the camera app, or make the film anew."}
	errNoTables = errors.New("no standard Huffman tables")
)

func newMJPEG(r io.Reader) (func() (image.Image, error), time.Duration, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	return func() (image.Image, error) {
		data, err := readJPEG(in)
		if err != nil {
			return nil, err
		}
		return decodeJPEG(data)
	}, time.Second / 25, nil
}

// Marks of a JPEG (ITU-T T.81, table B.1).
const (
	markSOI  = 0xd8 // the picture begins
	markEOI  = 0xd9 // it ends
	markSOS  = 0xda // what follows its segment is coded
	markDHT  = 0xc4 // Huffman tables
	markRST0 = 0xd0 // to RST7: inside of what is coded
	markRST7 = 0xd7
	markTEM  = 0x01
)

// maxDamaged is how many damaged pictures in a row are passed over: a cable or
// a radio loses one now and then.
const maxDamaged = 10

// readJPEG gives the next JPEG of a film or stream, and io.EOF if there is none
// any more. It goes by the marks of the pictures themselves: cameras are known
// that announce a boundary and write another one, or a wrong length.
func readJPEG(in *bufio.Reader) (data []byte, err error) {
	for range maxDamaged {
		if data, err = readOneJPEG(in); !errors.Is(err, errDamaged) {
			return data, err
		}
	}
	return nil, err
}

func readOneJPEG(in *bufio.Reader) ([]byte, error) {
	if err := findJPEG(in); err != nil {
		return nil, err
	}
	data := []byte{0xff, markSOI}
	coded := false
	for {
		var m byte
		var err error
		if coded {
			data, m, err = copyCoded(in, data)
		} else {
			m, err = readMark(in)
		}
		if err != nil {
			return nil, err
		}
		if m == markSOI { // the one before was cut short
			data, coded = data[:2], false
			continue
		}
		data = append(data, 0xff, m)
		coded = coded && m >= markRST0 && m <= markRST7
		switch {
		case m == markEOI:
			return data, nil
		case m >= markRST0 && m <= markRST7 || m == markTEM:
		case m == 0:
			return nil, errDamaged
		default:
			if data, err = copySegment(in, data); err != nil {
				return nil, err
			}
			coded = m == markSOS
		}
		if len(data) > maxFrameBytes {
			return nil, errFrameSize
		}
	}
}

// findJPEG reads to where a picture begins.
func findJPEG(in *bufio.Reader) error {
	var before byte
	for range maxBetween {
		b, err := in.ReadByte()
		if err != nil {
			return err
		}
		if before == 0xff && b == markSOI {
			if next, err := in.Peek(1); err != nil || next[0] == 0xff {
				return err
			}
		}
		before = b
	}
	return errNoMJPEG
}

// readMark reads a mark; any number of 0xff may stand before it.
func readMark(in *bufio.Reader) (byte, error) {
	b, err := in.ReadByte()
	if err != nil {
		return 0, err
	}
	if b != 0xff {
		return 0, errDamaged
	}
	for range 1024 {
		if b, err = in.ReadByte(); err != nil || b != 0xff {
			return b, err
		}
	}
	return 0, errDamaged
}

// copySegment appends a segment: two bytes say how long it is.
func copySegment(in *bufio.Reader, data []byte) ([]byte, error) {
	length, err := in.Peek(2)
	if err != nil {
		return nil, err
	}
	n := int(length[0])<<8 | int(length[1])
	if n < 2 {
		return nil, errDamaged
	}
	start := len(data)
	data = append(data, make([]byte, n)...)
	if _, err := io.ReadFull(in, data[start:]); err != nil {
		return nil, io.EOF
	}
	return data, nil
}

// copyCoded appends coded bytes up to the next mark, and gives that.
func copyCoded(in *bufio.Reader, data []byte) ([]byte, byte, error) {
	for len(data) <= maxFrameBytes {
		part, err := in.ReadSlice(0xff)
		data = append(data, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		b, err := in.ReadByte()
		for ; err == nil && b == 0xff; b, err = in.ReadByte() {
			if data = append(data, b); len(data) > maxFrameBytes {
				return nil, 0, errFrameSize
			}
		}
		switch {
		case err != nil:
			return nil, 0, err
		case b != 0:
			return data[:len(data)-1], b, nil
		}
		data = append(data, 0)
	}
	return nil, 0, errFrameSize
}

// decodeJPEG decodes one picture of a camera.
func decodeJPEG(data []byte) (img image.Image, err error) {
	defer func() {
		if p := recover(); p != nil {
			img, err = nil, fmt.Errorf("%w: panic: %v", errDamaged, p)
		}
	}()
	data = withTables(data)
	config, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	if config.Width > maxFrameSide || config.Height > maxFrameSide {
		return nil, errFrameSize
	}
	if img, err = jpeg.Decode(bytes.NewReader(data)); err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return img, nil
}

// withTables puts the standard Huffman tables into a picture that has none.
// Cameras leave them out, since they are always the same.
func withTables(data []byte) []byte {
	scan := -1
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		switch data[at+1] {
		case markDHT:
			return data
		case markSOS:
			scan = at
		}
		if scan >= 0 {
			break
		}
		at += 2 + int(data[at+2])<<8 + int(data[at+3])
	}
	tables, err := standardTables()
	if scan < 0 || err != nil {
		return data
	}
	whole := make([]byte, 0, len(data)+len(tables))
	return append(append(append(whole, data[:scan]...), tables...), data[scan:]...)
}

// standardTables gives the segments with the Huffman tables of T.81, annex K.3,
// which are the ones that Go's own encoder writes.
var standardTables = sync.OnceValues(func() ([]byte, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewYCbCr(image.Rect(0, 0, 8, 8), image.YCbCrSubsampleRatio420), nil); err != nil {
		return nil, err
	}
	var tables []byte
	data := b.Bytes()
	for at := 2; at+4 <= len(data) && data[at] == 0xff && data[at+1] != markSOS; {
		end := at + 2 + int(data[at+2])<<8 + int(data[at+3])
		if data[at+1] == markDHT {
			tables = append(tables, data[at:min(end, len(data))]...)
		}
		at = end
	}
	if len(tables) == 0 {
		return nil, errNoTables
	}
	return tables, nil
})
