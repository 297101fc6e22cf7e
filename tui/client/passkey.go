package client

import (
	"context"
	"time"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
)

// passkeyLinkFor is the longest that a link for a passkey is believed to work.
const passkeyLinkFor = 5 * time.Minute

// PasskeyLink has the server make a link for the browser that shall hold a
// passkey of the person. It ends the one that was made before it. The link is
// to be opened, so it is given only if it is a link for a passkey on the
// account's own server: a server that lies must not make the person open
// something else.
func (a *Account) PasskeyLink(ctx context.Context) (pairing.PasskeyLink, error) {
	text, err := a.post(ctx, "/app/v1/passkeys/link", nil)
	if err != nil {
		return pairing.PasskeyLink{}, err
	}
	_, raw, err := decode[pairing.PasskeyLink](a, text)
	switch {
	case err != nil:
		return pairing.PasskeyLink{}, err
	case !qr.IsPasskeyLink(raw.Link, a.Server):
		return pairing.PasskeyLink{}, a.odd("it holds something else than a link of this server for a passkey")
	case raw.ExpiresIn <= 0:
		return pairing.PasskeyLink{}, a.odd("its link for a passkey has run out already")
	}
	raw.ExpiresIn = min(raw.ExpiresIn, int(passkeyLinkFor/time.Second))
	return raw, nil
}
