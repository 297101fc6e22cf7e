package client

import (
	"fmt"
	"io"
	"os"

	"hamconnect/qr"
)

// maxUpload is what servers take: bytes of a picture as a camera makes it.
const maxUpload = 6 << 20

// ReadPicture reads the file of a picture, for SetPicture. What is no regular
// file, or too large, is a *qr.PictureError; whether it is a picture the
// server says.
func ReadPicture(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("opening the picture: %w", err)
	}
	switch {
	case !info.Mode().IsRegular(): // a pipe or device would be read for ever
		return nil, &qr.PictureError{Reason: "This is not a file with a picture, but a folder or a device. Name the picture."}
	case info.Size() > maxUpload:
		return nil, &qr.PictureError{Reason: "This picture is too large: at most 6 MB. Make it smaller."}
	}
	f, err := os.Open(name) //nolint:gosec // the person names the picture
	if err != nil {
		return nil, fmt.Errorf("opening the picture: %w", err)
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxUpload+1))
}
