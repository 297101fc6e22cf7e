package capture

import (
	"context"
	"image"

	"github.com/kbinani/screenshot"
)

const blackBecause = "Is the screen locked, or is this a session without one? Save a screenshot yourself and give its path."

func screens(ctx context.Context) ([]image.Image, error) {
	var all []image.Image
	for i := range min(screenshot.NumActiveDisplays(), maxMonitors) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		img, err := screenshot.CaptureRect(screenshot.GetDisplayBounds(i))
		if err != nil {
			return nil, &Error{Reason: "There was no screenshot. " + blackBecause, Err: err}
		}
		all = append(all, img)
	}
	if len(all) == 0 {
		return nil, &Error{Reason: "This session has no screen. Save a screenshot where the code is shown, and give its path."}
	}
	return all, nil
}
