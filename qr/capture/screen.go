package capture

import (
	"bytes"
	"context"
	"errors"
	"image"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"hamconnect/qr"
)

const (
	maxMonitors  = 16
	screenshotIn = 10 * time.Second
)

var errBlack = &Error{Reason: "The screenshot is black: the system let this program see nothing. " + blackBecause}

// Screens gives what all monitors show now, one image for each where the
// system tells them apart. It asks nobody, except where the desktop itself does.
func Screens(ctx context.Context) ([]image.Image, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute) // a desktop may ask the person
	defer cancel()
	screens, err := screens(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range screens {
		if !isBlack(s) {
			return screens, nil
		}
	}
	return nil, errBlack
}

// isBlack reports whether a picture is nearly the same dark value everywhere:
// what a system gives to a program that may not look.
func isBlack(img image.Image) bool {
	const dark, spread = 24, 8
	b := img.Bounds()
	lowest, highest := uint32(255), uint32(0)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			red, green, blue, _ := img.At(x, y).RGBA()
			lowest = min(lowest, red>>8, green>>8, blue>>8)
			highest = max(highest, red>>8, green>>8, blue>>8)
			if highest > dark || highest-lowest > spread {
				return false
			}
		}
	}
	return true
}

// screensOnWayland asks grim, and where there is none the desktop's portal.
func screensOnWayland(ctx context.Context) ([]image.Image, error) {
	if installed("grim") {
		data, err := program(ctx, screenshotIn, "grim", "-t", "png", "-")
		if err == nil {
			return pictureOf(data)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		// GNOME and KDE let grim see nothing, and have the portal.
	}
	img, err := portalScreenshot(ctx)
	var told *Error
	switch {
	case err == nil:
		return []image.Image{img}, nil
	case errors.As(err, &told), ctx.Err() != nil:
		return nil, err
	}
	return nil, &Error{
		Reason: "This Wayland desktop gave no screenshot. Install xdg-desktop-portal (or grim on sway and its kin), or save a screenshot yourself and give its path.",
		Err:    err,
	}
}

// screensOfMac has screencapture write a file for each monitor.
func screensOfMac(ctx context.Context) ([]image.Image, error) {
	dir, err := os.MkdirTemp("", "ham-screen-") // 0700: it is the person's screen
	if err != nil {
		return nil, &Error{Reason: "There is no room for a screenshot: the folder for temporary files cannot be written to.", Err: err}
	}
	defer os.RemoveAll(dir)
	args := []string{"-x", "-t", "png"}
	for i := range maxMonitors {
		args = append(args, filepath.Join(dir, strconv.Itoa(i)+".png"))
	}
	_, failed := program(ctx, screenshotIn, "screencapture", args...)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var all []image.Image
	for _, name := range args[3:] {
		if f, err := os.Open(name); err == nil { //nolint:gosec // in a folder of our own
			img, err := qr.ReadPicture(f)
			f.Close()
			if err != nil {
				return nil, err
			}
			all = append(all, img)
		}
	}
	if len(all) == 0 {
		return nil, &Error{Reason: "There was no screenshot. " + blackBecause, Err: failed}
	}
	return all, nil
}

func pictureOf(data []byte) ([]image.Image, error) {
	img, err := qr.ReadPicture(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return []image.Image{img}, nil
}
