//go:build !linux

package capture

import "context"

func openDevice(context.Context, string) (source, error) {
	return nil, &Error{Reason: "On this system the app cannot use the computer's own camera. Start a camera app on an old phone that offers MJPEG over HTTP and give its address (--camera http://…), or take a screenshot of the code."}
}
