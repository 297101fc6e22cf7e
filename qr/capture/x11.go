//go:build !darwin && !windows

package capture

import (
	"context"
	"fmt"
	"image"
	"io"
	"sync"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xinerama"
	"github.com/jezek/xgb/xproto"
)

// quietX keeps the X library from writing on the terminal.
var quietX = sync.OnceFunc(func() { xgb.Logger.SetOutput(io.Discard) })

// maxScreenPixels bounds the pixels of all monitors: four of 8K.
const maxScreenPixels = 4 * 7680 * 4320

// screensOnX reads the root window of the X server over its own connection: no
// shared memory, which other users of the computer could look into.
func screensOnX(ctx context.Context) ([]image.Image, error) {
	quietX()
	type shot struct {
		images []image.Image
		err    error
	}
	done := make(chan shot, 1)
	opened := make(chan *xgb.Conn, 1)
	go func() {
		c, err := xgb.NewConn()
		if err != nil {
			done <- shot{err: err}
			return
		}
		opened <- c
		images, err := readX(c)
		c.Close()
		done <- shot{images, err}
	}()
	select {
	case s := <-done:
		if s.err != nil {
			return nil, &Error{Reason: "The X server gave no screenshot. Save one yourself and give its path.", Err: s.err}
		}
		return s.images, nil
	case <-ctx.Done():
		select {
		case c := <-opened:
			c.Close() // wakes who waits for an answer
		default:
		}
		return nil, ctx.Err()
	}
}

func readX(c *xgb.Conn) (images []image.Image, err error) {
	defer func() {
		if p := recover(); p != nil { // the library's, on an answer it does not understand
			images, err = nil, fmt.Errorf("panic: %v", p)
		}
	}()
	setup := xproto.Setup(c)
	screen := setup.DefaultScreen(c)
	all := image.Rect(0, 0, int(screen.WidthInPixels), int(screen.HeightInPixels))
	if all.Dx()*all.Dy() > maxScreenPixels {
		return nil, fmt.Errorf("a screen of %v", all.Size())
	}
	whole := image.NewRGBA(all)
	const strip = 256 // lines of one answer
	for y := 0; y < all.Dy(); y += strip {
		lines := min(strip, all.Dy()-y)
		part, err := xproto.GetImage(c, xproto.ImageFormatZPixmap, xproto.Drawable(screen.Root),
			0, int16(y), screen.WidthInPixels, uint16(lines), 0xffffffff).Reply()
		if err != nil {
			return nil, err
		}
		if part.Depth != 24 && part.Depth != 32 || setup.ImageByteOrder != xproto.ImageOrderLSBFirst || len(part.Data) < 4*all.Dx()*lines {
			return nil, fmt.Errorf("a screen of depth %d is not read", part.Depth)
		}
		to := whole.Pix[y*whole.Stride:]
		for i := 0; i < 4*all.Dx()*lines; i += 4 {
			to[i], to[i+1], to[i+2], to[i+3] = part.Data[i+2], part.Data[i+1], part.Data[i], 255
		}
	}
	for _, m := range monitors(c) {
		if m = m.Intersect(all); !m.Empty() {
			images = append(images, whole.SubImage(m))
		}
	}
	if len(images) == 0 {
		images = append(images, whole)
	}
	return images, nil
}

// monitors gives where the monitors lie; none if the server does not say.
func monitors(c *xgb.Conn) (all []image.Rectangle) {
	if xinerama.Init(c) != nil {
		return nil
	}
	reply, err := xinerama.QueryScreens(c).Reply()
	if err != nil || reply == nil {
		return nil
	}
	for _, s := range reply.ScreenInfo[:min(len(reply.ScreenInfo), maxMonitors)] {
		x, y := int(s.XOrg), int(s.YOrg)
		all = append(all, image.Rect(x, y, x+int(s.Width), y+int(s.Height)))
	}
	return all
}
