package capture

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"image"
	"os"
	"strings"

	"github.com/godbus/dbus/v5"

	"hamconnect/qr"
)

// The XDG desktop portal's names.
const (
	portalName    = "org.freedesktop.portal.Desktop"
	portalPath    = "/org/freedesktop/portal/desktop"
	portalShoot   = "org.freedesktop.portal.Screenshot.Screenshot"
	portalRequest = "org.freedesktop.portal.Request"
)

// portalScreenshot asks the desktop for a screenshot of everything. The
// desktop may ask the person; it leaves a file, which is taken away again.
func portalScreenshot(ctx context.Context) (image.Image, error) {
	conn, err := dbus.ConnectSessionBus(dbus.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	token := "ham_" + rand.Text()
	sender := strings.ReplaceAll(strings.TrimPrefix(conn.Names()[0], ":"), ".", "_")
	request := dbus.ObjectPath(portalPath + "/request/" + sender + "/" + token)
	// Listened to before it is asked, or the answer could come too early.
	answers := make(chan *dbus.Signal, 4)
	conn.Signal(answers)
	if err := conn.AddMatchSignalContext(ctx, dbus.WithMatchInterface(portalRequest), dbus.WithMatchMember("Response"), dbus.WithMatchSender(portalName)); err != nil {
		return nil, err
	}
	options := map[string]dbus.Variant{
		"handle_token": dbus.MakeVariant(token), "interactive": dbus.MakeVariant(false), "modal": dbus.MakeVariant(false),
	}
	var owner string
	if err := conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.GetNameOwner", 0, portalName).Store(&owner); err != nil {
		return nil, err
	}
	var handle dbus.ObjectPath
	if err := conn.Object(portalName, portalPath).CallWithContext(ctx, portalShoot, 0, "", options).Store(&handle); err != nil {
		return nil, err
	}
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case s, ok := <-answers:
			switch {
			case !ok:
				return nil, errors.New("the desktop portal went away")
			case s.Sender != owner || s.Name != portalRequest+".Response":
				// Anybody on the bus can send us a signal.
			case s.Path == handle || s.Path == request:
				return readPortal(s.Body)
			}
		}
	}
}

// readPortal reads the body of a Response: a code, and what there is.
func readPortal(body []any) (image.Image, error) {
	var code uint32
	var results map[string]dbus.Variant
	if err := dbus.Store(body, &code, &results); err != nil {
		return nil, fmt.Errorf("the desktop portal's answer: %w", err)
	}
	switch code {
	case 0:
	case 1:
		return nil, &Error{Reason: "The desktop was told not to give a screenshot. Allow it when it asks, or save one yourself and give its path."}
	default:
		return nil, fmt.Errorf("the desktop portal answers with code %d", code)
	}
	uri, ok := results["uri"].Value().(string)
	if !ok || len(uri) < 7 || !strings.EqualFold(uri[:7], "file://") {
		return nil, errors.New("the desktop portal names no file")
	}
	name, err := fromURL(uri[7:])
	if err != nil {
		return nil, err
	}
	info, err := os.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("the desktop portal names what is no file")
	}
	f, err := os.Open(name) //nolint:gosec // the desktop made it for us
	if err != nil {
		return nil, err
	}
	defer f.Close()
	picture, err := qr.ReadPicture(f)
	if err == nil {
		_ = os.Remove(name) // the person did not ask for a file
	}
	return picture, err
}
