package tui

import (
	"context"
	"image"
	"image/color"
	"image/draw"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"hamconnect/qr"
	"hamconnect/tui/client"
)

// openCamera opens the camera, which is let go when the try ends.
func openCamera(a *app, t *try) tea.Cmd {
	open := a.sources.camera
	return func() tea.Msg {
		cam, err := open(t.ctx)
		if err != nil {
			return failedMsg{t, err}
		}
		context.AfterFunc(t.ctx, func() { _ = cam.Close() }) // nothing is written that could be lost
		return cameraMsg{t, cam}
	}
}

// nextFrame takes a picture, and makes one of it that fits in cols by rows.
func nextFrame(t *try, cam camera, cols, rows int) tea.Cmd {
	return func() tea.Msg {
		began := time.Now()
		whole, err := cam.Next(t.ctx)
		if err != nil {
			return failedMsg{t, err}
		}
		return frameMsg{try: t, whole: whole, small: shrunk(whole, cols, 2*rows), took: time.Since(began)}
	}
}

// searchFrame looks for a code in a picture: one that is wanted before one that
// is ours, and that before any other.
func searchFrame(a *app, t *try, wants func(qr.Link) bool, whole image.Image) tea.Cmd {
	find := a.sources.codes
	return func() tea.Msg {
		codes, err := find(t.ctx, whole)
		if err != nil || len(codes) == 0 {
			return sightMsg{try: t}
		}
		seen := sightMsg{try: t}
		var texts []string
		best := -1
		for _, code := range codes {
			texts = append(texts, code.Text)
			worth := 0
			if link, err := qr.ParseLink(code.Text); err == nil && wants(link) {
				worth = 2
			} else if err == nil {
				worth = 1
			}
			if worth > best {
				best, seen.text = worth, code.Text
			}
		}
		seen.links, seen.err = client.Links(texts)
		b := whole.Bounds()
		for _, code := range codes {
			if code.Text == seen.text {
				for _, p := range code.Corners { // in thousandths of the picture
					seen.corners = append(seen.corners, image.Pt(1000*(p.X-b.Min.X)/b.Dx(), 1000*(p.Y-b.Min.Y)/b.Dy()))
				}
			}
		}
		return seen
	}
}

// shrunk gives a picture in another size.
func shrunk(img image.Image, width, height int) *image.RGBA {
	small := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			small.SetRGBA(x, y, mean(img, x, y, width, height))
		}
	}
	return small
}

// framedPicture draws the lines between corners, which are in thousandths.
func framedPicture(img *image.RGBA, corners []image.Point) *image.RGBA {
	if len(corners) == 0 {
		return img
	}
	framed := image.NewRGBA(img.Bounds())
	draw.Draw(framed, framed.Bounds(), img, image.Point{}, draw.Src)
	size := img.Bounds().Size()
	for i, from := range corners {
		to := corners[(i+1)%len(corners)]
		const steps = 500
		for n := range steps {
			x := (from.X*(steps-n) + to.X*n) / steps * size.X / 1000
			y := (from.Y*(steps-n) + to.Y*n) / steps * size.Y / 1000
			framed.SetRGBA(x, y, frameColour) // outside of the picture nothing is set
		}
	}
	return framed
}

var frameColour = color.RGBA{0x2e, 0xe0, 0x6e, 255}
