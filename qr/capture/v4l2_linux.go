package capture

import (
	"context"
	"errors"
	"image"
	"io/fs"
	"os"
	"slices"
	"strconv"

	"github.com/blackjack/webcam"
)

// The formats that a camera may send (V4L2 four-character codes).
const (
	formatMJPG webcam.PixelFormat = 'M' | 'J'<<8 | 'P'<<16 | 'G'<<24
	formatJPEG webcam.PixelFormat = 'J' | 'P'<<8 | 'E'<<16 | 'G'<<24
	formatYUYV webcam.PixelFormat = 'Y' | 'U'<<8 | 'Y'<<16 | 'V'<<24
)

// The size that is asked for; the driver gives what comes close.
const wantWidth, wantHeight = 1280, 720

// openDevice opens a camera of the kernel; "" is the first that sends pictures.
func openDevice(ctx context.Context, name string) (source, error) {
	names := []string{name}
	if name == "" {
		names = nil
		for i := range 16 {
			names = append(names, "/dev/video"+strconv.Itoa(i))
		}
	}
	var first error
	for _, n := range names {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		s, err := openV4L2(n)
		if err == nil {
			return s, nil
		}
		if first == nil || errors.Is(first, fs.ErrNotExist) {
			first = err
		}
	}
	switch {
	case errors.Is(first, fs.ErrNotExist):
		if name != "" {
			return nil, &Error{Reason: "There is no camera " + name + ". " + orElse, Err: first}
		}
		return nil, &Error{Reason: "There is no camera. " + orElse, Err: first}
	case errors.Is(first, fs.ErrPermission):
		return nil, &Error{Reason: "The camera may not be used by you. Add yourself to its group (often: sudo usermod -aG video $USER), and sign in again.", Err: first}
	}
	return nil, &Error{Reason: "The camera cannot be used; perhaps another program has it. Close that, or: " + orElse, Err: first}
}

var errNotACamera = errors.New("it sends neither MJPG nor YUYV")

func openV4L2(name string) (source, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Mode()&os.ModeCharDevice == 0 {
		return nil, errNotACamera
	}
	cam, err := webcam.Open(name)
	if err != nil {
		return nil, err
	}
	s, err := startV4L2(cam)
	if err != nil {
		cam.Close()
		return nil, err
	}
	return s, nil
}

func startV4L2(cam *webcam.Webcam) (source, error) {
	offered := cam.GetSupportedFormats()
	formats := []webcam.PixelFormat{formatMJPG, formatJPEG, formatYUYV}
	i := slices.IndexFunc(formats, func(f webcam.PixelFormat) bool { _, ok := offered[f]; return ok })
	if i < 0 {
		return nil, errNotACamera
	}
	format, width, height, err := cam.SetImageFormat(formats[i], wantWidth, wantHeight)
	if err != nil {
		return nil, err
	}
	if width == 0 || height == 0 || width > maxFrameSide || height > maxFrameSide {
		return nil, errFrameSize
	}
	decode := decodeJPEG
	switch format {
	case formatMJPG, formatJPEG:
	case formatYUYV:
		decode = func(data []byte) (image.Image, error) { return fromYUYV(data, int(width), int(height)) }
	default:
		return nil, errNotACamera
	}
	_ = cam.SetBufferCount(2) // a driver that wants more takes more; old pictures are of no use
	if err := cam.StartStreaming(); err != nil {
		return nil, err
	}
	stopped := make(chan struct{})
	read := func() ([]byte, error) {
		for {
			select {
			case <-stopped:
				cam.Close()
				return nil, errClosed
			default:
			}
			var late *webcam.Timeout
			err := cam.WaitForFrame(1) // a second, so that it can be stopped
			switch {
			case errors.As(err, &late):
				continue
			case err != nil:
				cam.Close()
				return nil, &Error{Reason: "The camera was taken away. Plug it in again.", Err: err}
			}
			frame, index, err := cam.GetFrame()
			if err == nil {
				frame = slices.Clone(frame) // the kernel writes into it again
				err = cam.ReleaseFrame(index)
			}
			switch {
			case err != nil:
				cam.Close()
				return nil, &Error{Reason: "The camera was taken away. Plug it in again.", Err: err}
			case len(frame) > 0 && len(frame) <= maxFrameBytes:
				return frame, nil
			}
		}
	}
	return goLive(read, decode, func() { close(stopped) }), nil
}

// fromYUYV makes a picture of two bytes a pixel: Y0 Cb Y1 Cr.
func fromYUYV(data []byte, width, height int) (image.Image, error) {
	if width%2 != 0 || len(data) < 2*width*height {
		return nil, errDamaged
	}
	img := image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio422)
	for i := range width * height / 2 {
		img.Y[2*i], img.Cb[i], img.Y[2*i+1], img.Cr[i] = data[4*i], data[4*i+1], data[4*i+2], data[4*i+3]
	}
	return img, nil
}
