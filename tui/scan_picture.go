package tui

import (
	"cmp"
	"context"
	"image"
	"image/color"
	"image/draw"
	"math"
	"slices"
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

// searchFrame looks for a code of ours in a picture.
func searchFrame(a *app, t *try, whole image.Image) tea.Cmd {
	find := a.sources.codes
	return func() tea.Msg {
		codes, err := find(t.ctx, whole)
		if err != nil || len(codes) == 0 {
			return sightMsg{try: t}
		}
		seen := sightMsg{try: t, text: codes[0].Text}
		var texts []string
		for _, code := range codes {
			texts = append(texts, code.Text)
			if _, err := qr.ParseLink(code.Text); err == nil {
				seen.text = code.Text
			}
		}
		seen.links, seen.err = client.Links(texts)
		b := whole.Bounds()
		for _, code := range codes {
			if code.Text == seen.text && code.Corners != [4]image.Point{} {
				for _, p := range code.Corners { // in thousandths of the picture
					seen.corners = append(seen.corners, image.Pt(1000*(p.X-b.Min.X)/b.Dx(), 1000*(p.Y-b.Min.Y)/b.Dy()))
				}
			}
		}
		inARow(seen.corners)
		if seen.corners == nil { // it is somewhere in the picture
			seen.corners = []image.Point{{}, {X: 999}, {X: 999, Y: 999}, {Y: 999}}
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

// inARow puts corners in the order in which one goes round.
func inARow(corners []image.Point) {
	var middle image.Point
	for _, p := range corners {
		middle = middle.Add(p)
	}
	angle := func(p image.Point) float64 {
		p = p.Mul(len(corners)).Sub(middle)
		return math.Atan2(float64(p.Y), float64(p.X))
	}
	slices.SortFunc(corners, func(a, b image.Point) int { return cmp.Compare(angle(a), angle(b)) })
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
