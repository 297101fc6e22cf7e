package appapi

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"time"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store"
)

// passkeyLinkLife is how long a link for adding a passkey can be used.
const passkeyLinkLife = 5 * time.Minute

var (
	errNoPasskeys = fail(http.StatusNotFound, pairing.FailNoPasskeys, "This server's address cannot have passkeys: they want a name, such as localhost, and no bare address")
	errNoNotice   = fail(http.StatusNotFound, pairing.FailNotFound, "There is no such notice")
)

// PasskeyLink answers POST /app/v1/passkeys/link: a link to open in the
// browser that shall hold a passkey of the person.
func (a *App) PasskeyLink() func(http.ResponseWriter, *http.Request) error {
	return call(a, func(ctx context.Context, _ *http.Request, who caller, _ none) (pairing.PasskeyLink, error) {
		switch {
		case !a.Passkey:
			return pairing.PasskeyLink{}, errNoPasskeys
		case !who.user.MayUseApps():
			return pairing.PasskeyLink{}, errLeaving
		}
		code := oauth.Secret(rand.Text()) // 130 bits
		err := a.DB.AddPasskeyLink(ctx, store.PasskeyLink{
			CodeHash: code.Hash(), UserID: who.user.ID, DeviceID: who.device.ID, Expires: a.Now().Add(passkeyLinkLife),
		})
		if err != nil {
			return pairing.PasskeyLink{}, err
		}
		a.Log.InfoContext(ctx, "link for a passkey made", "user", who.user.Nickname, "device", who.device.Name)
		return pairing.PasskeyLink{Link: qr.PasskeyLink(a.PublicURL, code.Reveal()), ExpiresIn: int(passkeyLinkLife.Seconds())}, nil
	})
}

// SeeNotice answers POST /app/v1/notices/seen.
func (a *App) SeeNotice() func(http.ResponseWriter, *http.Request) error {
	return call(a, func(ctx context.Context, _ *http.Request, who caller, in pairing.SeenNotice) (none, error) {
		err := a.DB.SeeNotice(ctx, who.user.ID, who.device.ID, in.ID)
		if errors.Is(err, store.ErrNotFound) {
			err = errNoNotice
		}
		return none{}, err
	})
}
