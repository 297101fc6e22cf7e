package tui

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"time"
)

// OpenBrowser opens an https or http URL in the system's browser. The caller
// has checked where it leads; it is handed over as one argument, not through
// a shell.
func OpenBrowser(url string) error {
	var name string
	var args []string
	switch runtime.GOOS {
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", url}
	case "darwin":
		name, args = "open", []string{url}
	default:
		if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
			// xdg-open would start a text browser in the middle of our screen.
			return errors.New("there is no desktop to open a browser on")
		}
		name, args = "xdg-open", []string{url}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return exec.CommandContext(ctx, name, args...).Run() //nolint:gosec // the name is one of three above, and the URL has been checked
}
