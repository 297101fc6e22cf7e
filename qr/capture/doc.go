// Package capture gets at the place where a QR code is: a file, the clipboard,
// the screen, a camera, a folder into which pictures come.
//
//	what was typed or dropped ─ Path ──────▶ a file's name      path.go, complete.go
//	the clipboard ───────────── Clipboard ─▶ text or a picture  clipboard.go, osc52.go
//	all monitors ────────────── Screens ───▶ images             screen.go, portal.go, x11.go
//	a camera, file or stream ── Open, Next ▶ one image a time   camera.go, y4m.go, mjpeg.go, v4l2_linux.go
//	a folder ────────────────── Watch ─────▶ names of files     watch.go
//
// It looks for no code and trusts nothing: every source has a limit of bytes
// and of time, and each program that it asks is ended when the context ends.
// What a picture holds was written by strangers: see package qr. Its errors are
// of type *Error, a context's error, or those of qr.ReadPicture.
package capture

// Error says why there is nothing from a source.
type Error struct {
	Reason string // for people: what is wrong and what to do
	Err    error  // what the system said, nil if it was not asked
}

func (e *Error) Error() string { return e.Reason }
func (e *Error) Unwrap() error { return e.Err }
