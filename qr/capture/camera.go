package capture

import (
	"context"
	"errors"
	"image"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Limits of one frame, and how long a camera may keep silent.
const (
	maxFrameSide  = 4096
	maxFrameBytes = 16 << 20
	frameIn       = 10 * time.Second
)

var (
	errFrameSize = &Error{Reason: "The camera's pictures are too large: at most 4096×4096 and 16 MB each. Choose a smaller size in the camera."}
	errSilent    = &Error{Reason: "The camera sends no picture. Unplug it and plug it in again, or start the camera app anew."}
	errClosed    = &Error{Reason: "The camera was closed."}
)

// Without a camera there are these ways.
const orElse = "Plug one in; or start a camera app on an old phone that offers MJPEG over HTTP and give its address (--camera http://…); or take a screenshot of the code."

// Camera gives one picture after the other.
type Camera struct {
	source source
	close  sync.Once
	err    error // of closing
}

// source is what a camera reads from.
type source interface {
	next(ctx context.Context) (image.Image, error)
	close() error // safe beside next, which it ends
}

// Open opens a camera: "" is the first there is, "/dev/video2" or "2" a certain
// one. The following stand in for one: a file *.y4m, or *.mjpeg or *.mjpg with
// JPEG pictures one after the other, which is shown over and over; and the
// address, http:// or https://, of an MJPEG stream.
func Open(ctx context.Context, source string) (*Camera, error) {
	s, err := open(ctx, strings.TrimSpace(source))
	if err != nil {
		return nil, err
	}
	return &Camera{source: s}, nil
}

func open(ctx context.Context, source string) (source, error) {
	lower := strings.ToLower(source)
	if strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://") {
		return openStream(ctx, source)
	}
	if n, err := strconv.ParseUint(source, 10, 8); err == nil {
		return openDevice(ctx, "/dev/video"+strconv.FormatUint(n, 10))
	}
	if source == "" || strings.HasPrefix(source, "/dev/") {
		return openDevice(ctx, source)
	}
	named, err := Path(source)
	if err != nil {
		return nil, err
	}
	switch strings.ToLower(filepath.Ext(named.Path)) {
	case ".y4m":
		return openFile(named.Path, newY4M)
	case ".mjpeg", ".mjpg":
		return openFile(named.Path, newMJPEG)
	}
	return nil, &Error{Reason: "This names no camera. It may be /dev/video0, a .y4m or .mjpeg file, or the http:// address of an MJPEG stream."}
}

// Next gives the next picture. It waits for it, though not for ever, and not
// longer than ctx. Where pictures come faster than they are asked for, the
// newest is given.
func (c *Camera) Next(ctx context.Context) (image.Image, error) {
	for range maxDamaged {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if img, err := c.source.next(ctx); !errors.Is(err, errDamaged) {
			return img, err
		}
	}
	return nil, errDamaged
}

// Close lets go of the camera.
func (c *Camera) Close() error {
	c.close.Do(func() { c.err = c.source.close() })
	return c.err
}

// reel is a file whose pictures are shown over and over, at its own speed.
type reel struct {
	mu    sync.Mutex // guards what follows
	file  *os.File
	read  func() (image.Image, error) // io.EOF at the end
	begin func(r io.Reader) (read func() (image.Image, error), every time.Duration, err error)
	every time.Duration // between two pictures
	due   time.Time     // of the next
	some  bool          // there was a picture since the beginning
}

func openFile(name string, begin func(io.Reader) (func() (image.Image, error), time.Duration, error)) (source, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, &Error{Reason: "There is no film of this name. Check the path of the file.", Err: err}
	}
	if !info.Mode().IsRegular() { // a pipe or device would be read for ever
		return nil, &Error{Reason: "This is not a file with a film, but a folder or a device. Name the film."}
	}
	file, err := os.Open(name) //nolint:gosec // the person names the file
	if err != nil {
		return nil, &Error{Reason: "The film cannot be opened. Check who may read it.", Err: err}
	}
	r := &reel{file: file, begin: begin}
	if err := r.rewind(); err != nil {
		file.Close()
		return nil, err
	}
	return r, nil
}

func (r *reel) rewind() (err error) {
	if _, err := r.file.Seek(0, io.SeekStart); err != nil {
		return &Error{Reason: "The film cannot be read.", Err: err}
	}
	r.read, r.every, err = r.begin(r.file)
	r.some = false
	return err
}

func (r *reel) next(ctx context.Context) (image.Image, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if wait := time.Until(r.due); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-timer.C:
		}
	}
	for {
		img, err := r.read()
		switch {
		case err == nil:
			r.some = true
			r.due = time.Now().Add(r.every)
			return img, nil
		case errors.Is(err, os.ErrClosed):
			return nil, errClosed
		case !errors.Is(err, io.EOF):
			return nil, err
		case !r.some:
			return nil, &Error{Reason: "There is no picture in this film, or it was cut short. Make it anew."}
		}
		if err := r.rewind(); err != nil {
			return nil, err
		}
	}
}

func (r *reel) close() error { return r.file.Close() }
