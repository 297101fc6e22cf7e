//go:build !darwin && !windows

package capture

import (
	"context"
	"image"
	"os"
)

const blackBecause = "On Wayland only the desktop itself may look; start the app from a terminal of that desktop, or save a screenshot yourself and give its path."

func screens(ctx context.Context) ([]image.Image, error) {
	switch {
	// An X server beside a Wayland desktop knows nothing of what it shows.
	case os.Getenv("WAYLAND_DISPLAY") != "", os.Getenv("XDG_SESSION_TYPE") == "wayland":
		return screensOnWayland(ctx)
	case os.Getenv("DISPLAY") != "":
		return screensOnX(ctx)
	}
	return nil, &Error{Reason: "This terminal has no screen to look at. Save a screenshot where the code is shown and give its path, or paste the link below the code."}
}
