package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/png"
	"net/http"
	"time"

	"hamconnect/qr/pairing"
)

const (
	maxPicture = 2 << 20  // bytes of the person's picture, as the server sends it
	maxSide    = 1024     // pixels of it, both ways
	maxExport  = 64 << 20 // bytes of everything that is kept about a person
)

// Revoke takes back what a third-party app may see: its tokens die at once.
// It is no error if the app has nothing any more.
func (a *Account) Revoke(ctx context.Context, clientID string) error {
	return a.gone(a.post(ctx, "/app/v1/apps/revoke", pairing.Named{ID: clientID}))
}

// RemoveDevice signs another Ham app out, and the browsers that it had signed
// in. It is no error if it is gone already.
func (a *Account) RemoveDevice(ctx context.Context, id string) error {
	return a.gone(a.post(ctx, "/app/v1/devices/remove", pairing.Named{ID: id}))
}

// RenamePasskey gives a passkey another name, of 1 to 64 characters.
func (a *Account) RenamePasskey(ctx context.Context, id, name string) error {
	_, err := a.post(ctx, "/app/v1/passkeys/rename", pairing.Renamed{ID: id, Name: name})
	if f, ok := errors.AsType[*Failure](err); ok {
		f.listed = true
	}
	return err
}

// RemovePasskey removes a passkey, and signs out the browsers that it had
// signed in. It is no error if it is gone already.
func (a *Account) RemovePasskey(ctx context.Context, id string) error {
	return a.gone(a.post(ctx, "/app/v1/passkeys/remove", pairing.Named{ID: id}))
}

// EndSession signs a browser out. It is no error if it is signed out already.
func (a *Account) EndSession(ctx context.Context, id string) error {
	return a.gone(a.post(ctx, "/app/v1/sessions/end", pairing.Named{ID: id}))
}

// SetProfile changes the person's nickname, language or both: what is nil stays.
func (a *Account) SetProfile(ctx context.Context, p pairing.Profile) error {
	_, err := a.post(ctx, "/app/v1/profile", p)
	return err
}

// Picture gives the person's picture, or nil if there is none.
func (a *Account) Picture(ctx context.Context) (image.Image, error) {
	text, err := a.call(ctx, request{method: http.MethodGet, path: "/app/v1/picture", answer: "image/png", most: maxPicture})
	if f, ok := errors.AsType[*Failure](err); ok && f.Code == pairing.FailNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	config, err := png.DecodeConfig(bytes.NewReader(text))
	if err != nil || config.Width > maxSide || config.Height > maxSide {
		return nil, a.odd("its picture cannot be shown")
	}
	picture, err := png.Decode(bytes.NewReader(text))
	if err != nil {
		return nil, a.odd("its picture cannot be shown")
	}
	return picture, nil
}

// SetPicture makes file, an encoded PNG, JPEG, GIF or WebP, the person's
// picture.
func (a *Account) SetPicture(ctx context.Context, file []byte) error {
	_, err := a.send(ctx, request{
		method: http.MethodPost, path: "/app/v1/picture", body: file, kind: "image/*", wait: 30 * time.Second,
	})
	return err
}

// RemovePicture leaves the person without one.
func (a *Account) RemovePicture(ctx context.Context) error {
	_, err := a.post(ctx, "/app/v1/picture/remove", nil)
	return err
}

// Export gives everything that the server keeps about the person, as indented
// JSON. It is meant for a file: nothing in it is made fit for a terminal.
func (a *Account) Export(ctx context.Context) ([]byte, error) {
	text, err := a.call(ctx, request{
		method: http.MethodPost, path: "/app/v1/account/export", body: []byte("{}"), kind: jsonType, most: maxExport, wait: 30 * time.Second,
	})
	if err != nil {
		return nil, err
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, text, "", "  "); err != nil {
		return nil, a.odd("it is not JSON")
	}
	return indented.Bytes(), nil
}

// Deactivate ends at once what the account gives to apps, and signs out all
// browsers; when the time that it gives has come, the account is deleted.
// Until then Keep keeps it.
func (a *Account) Deactivate(ctx context.Context) (deleted time.Time, err error) {
	text, err := a.post(ctx, "/app/v1/account/leave", nil)
	if err != nil {
		return time.Time{}, err
	}
	left, _, err := decode[pairing.Left](a, text)
	if err == nil && left.Leaves.IsZero() {
		err = a.odd("it does not say when the account is deleted")
	}
	return left.Leaves, err
}

// Keep keeps an account that was deactivated.
func (a *Account) Keep(ctx context.Context) error {
	_, err := a.post(ctx, "/app/v1/account/stay", nil)
	return err
}

// gone makes of "there is no such thing" the success that it is for who wanted
// it away.
func (a *Account) gone(_ []byte, err error) error {
	if f, ok := errors.AsType[*Failure](err); ok && f.Code == pairing.FailNotFound {
		return nil
	}
	return err
}
