package capture

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Content is what the clipboard holds: a picture's file, or else a text.
type Content struct {
	Image []byte
	Text  string
}

// maxText is the length of a text in the clipboard that may be a link.
const maxText = 64 << 10

// ErrNoClipboard says that there is no desktop's clipboard, or no program that
// could read it. The terminal may have one: see QueryOSC52.
var ErrNoClipboard = errors.New("there is no way to the clipboard")

var (
	errClipboardEmpty = &Error{Reason: "The clipboard is empty. Copy the link below the code, or a screenshot of it, and try again."}
	errClipboardText  = &Error{Reason: "The clipboard holds a text that is far too long for a link. Copy the link below the code, or a screenshot of it."}
)

// imageTypes are what we can read, the best first.
var imageTypes = []string{"image/png", "image/jpeg", "image/webp", "image/gif"}

// HasDesktop reports whether there is a desktop that has a clipboard.
func HasDesktop() bool {
	return runtime.GOOS == "darwin" || runtime.GOOS == "windows" || os.Getenv("WAYLAND_DISPLAY") != "" || os.Getenv("DISPLAY") != ""
}

// Clipboard gives what was copied, a picture if there is one. It asks the
// programs that a desktop has for that.
func Clipboard(ctx context.Context) (Content, error) {
	switch {
	case runtime.GOOS == "darwin":
		return macClipboard(ctx)
	case runtime.GOOS == "windows":
		return windowsClipboard(ctx)
	case os.Getenv("WAYLAND_DISPLAY") != "" && installed("wl-paste"):
		return waylandClipboard(ctx)
	case os.Getenv("DISPLAY") != "" && installed("xclip"):
		return xclipClipboard(ctx)
	case os.Getenv("DISPLAY") != "" && installed("xsel"):
		text, err := program(ctx, programIn, "xsel", "--clipboard", "--output")
		return textContent(ctx, text, err, "xsel")
	case os.Getenv("WAYLAND_DISPLAY") != "":
		return Content{}, &Error{Reason: "The clipboard cannot be read: install wl-clipboard (it brings wl-paste), or paste with the terminal's own keys.", Err: ErrNoClipboard}
	case os.Getenv("DISPLAY") != "":
		return Content{}, &Error{Reason: "The clipboard cannot be read: install xclip, or paste with the terminal's own keys.", Err: ErrNoClipboard}
	}
	return Content{}, &Error{Reason: "This terminal has no desktop whose clipboard could be read. Paste the link with the terminal's own keys.", Err: ErrNoClipboard}
}

func waylandClipboard(ctx context.Context) (Content, error) {
	offered, err := program(ctx, programIn, "wl-paste", "--list-types")
	if err != nil {
		return Content{}, clipboardError(ctx, err, "wl-paste")
	}
	types := strings.Fields(string(offered))
	if i := slices.IndexFunc(imageTypes, func(t string) bool { return slices.Contains(types, t) }); i >= 0 {
		data, err := program(ctx, programIn, "wl-paste", "--no-newline", "--type", imageTypes[i])
		return imageContent(ctx, data, err, "wl-paste")
	}
	text, err := program(ctx, programIn, "wl-paste", "--no-newline", "--type", "text")
	return textContent(ctx, text, err, "wl-paste")
}

func xclipClipboard(ctx context.Context) (Content, error) {
	args := []string{"-selection", "clipboard", "-out", "-target"}
	offered, err := program(ctx, programIn, "xclip", append(args, "TARGETS")...)
	if err != nil {
		return Content{}, clipboardError(ctx, err, "xclip")
	}
	types := strings.Fields(string(offered))
	if i := slices.IndexFunc(imageTypes, func(t string) bool { return slices.Contains(types, t) }); i >= 0 {
		data, err := program(ctx, programIn, "xclip", append(args, imageTypes[i])...)
		return imageContent(ctx, data, err, "xclip")
	}
	target := "UTF8_STRING"
	if !slices.Contains(types, target) {
		target = "STRING"
	}
	text, err := program(ctx, programIn, "xclip", append(args, target)...)
	return textContent(ctx, text, err, "xclip")
}

// macClipboard asks pngpaste where it is installed, and AppleScript where not.
func macClipboard(ctx context.Context) (Content, error) {
	if installed("pngpaste") {
		if data, err := program(ctx, programIn, "pngpaste", "-"); err == nil && len(data) > 0 {
			return Content{Image: data}, nil
		}
	} else if said, err := program(ctx, programIn, "osascript", "-e", "get the clipboard as «class PNGf»"); err == nil {
		if data, ok := appleData(said); ok {
			return Content{Image: data}, nil
		}
	}
	text, err := program(ctx, programIn, "pbpaste")
	return textContent(ctx, text, err, "pbpaste")
}

// appleData reads how AppleScript writes bytes, «data PNGf8950…».
func appleData(said []byte) ([]byte, bool) {
	digits, ok := bytes.CutPrefix(bytes.TrimSpace(said), []byte("«data PNGf"))
	if !ok {
		return nil, false
	}
	data, err := hex.DecodeString(string(bytes.TrimSuffix(digits, []byte("»"))))
	return data, err == nil && len(data) > 0
}

// powerShellIn is longer: it takes a second or two to start.
const powerShellIn = 10 * time.Second

const (
	pasteImage = `Add-Type -AssemblyName System.Drawing,System.Windows.Forms; $i = [Windows.Forms.Clipboard]::GetImage(); ` +
		`if ($i) { $m = New-Object IO.MemoryStream; $i.Save($m, [Drawing.Imaging.ImageFormat]::Png); $b = $m.ToArray(); ` +
		`$o = [Console]::OpenStandardOutput(); $o.Write($b, 0, $b.Length); $o.Flush() }`
	pasteText = `[Console]::OutputEncoding = [Text.Encoding]::UTF8; Get-Clipboard -Raw`
)

func windowsClipboard(ctx context.Context) (Content, error) {
	run := func(script string) ([]byte, error) {
		return program(ctx, powerShellIn, "powershell.exe", "-NoProfile", "-NonInteractive", "-STA", "-Command", script)
	}
	if data, err := run(pasteImage); err == nil && len(data) > 0 {
		return Content{Image: data}, nil
	}
	text, err := run(pasteText)
	return textContent(ctx, text, err, "PowerShell")
}

func imageContent(ctx context.Context, data []byte, err error, name string) (Content, error) {
	switch {
	case err != nil:
		return Content{}, clipboardError(ctx, err, name)
	case len(data) == 0:
		return Content{}, errClipboardEmpty
	}
	return Content{Image: data}, nil
}

func textContent(ctx context.Context, text []byte, err error, name string) (Content, error) {
	text = bytes.TrimSpace(text)
	switch {
	case err != nil:
		return Content{}, clipboardError(ctx, err, name)
	case len(text) == 0:
		return Content{}, errClipboardEmpty
	case len(text) > maxText:
		return Content{}, errClipboardText
	}
	return Content{Text: string(text)}, nil
}

// clipboardError says what a program's failure means. One that runs and fails
// has found nothing, or nothing that it could give.
func clipboardError(ctx context.Context, err error, name string) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, errTooMuch):
		return &Error{Reason: "The clipboard holds more than 32 MB. Copy only the part with the code.", Err: err}
	case errors.Is(err, errTooSlow):
		return &Error{Reason: "The clipboard gives no answer (" + name + " waits for it). Copy the link or the picture again, and try again.", Err: err}
	}
	return &Error{Reason: errClipboardEmpty.Reason, Err: err}
}
