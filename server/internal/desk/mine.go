package desk

import (
	"context"
	"errors"
	"net/http"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/oauth"
)

// Whether a pairing is the browser's own, and where it stands if it is not stored.

// held gives pairing id if it is stored and secret is its browser's.
func (d *Desk) held(ctx context.Context, id string, secret oauth.Secret) (pairing.Pairing, error) {
	p, err := d.DB.Pairing(ctx, id)
	if err == nil && !p.HeldBy(secret.Reveal()) {
		err = pairing.ErrNotFound
	}
	if err != nil {
		return pairing.Pairing{}, err
	}
	return p, nil
}

// mine gives the pairing of the path's {id} if this browser began it.
func (d *Desk) mine(r *http.Request) (pairing.Pairing, oauth.Secret, error) {
	id := r.PathValue("id")
	secret, err := d.secret(r, id)
	if err != nil {
		return pairing.Pairing{}, "", err
	}
	p, err := d.held(r.Context(), id, secret)
	if !errors.Is(err, pairing.ErrNotFound) {
		return p, secret, err
	}
	state, kind := d.unstored(id, secret, pairing.KindAuthorize, pairing.KindSignIn)
	if state == "" {
		return p, secret, err
	}
	if state.Over() {
		return pairing.Pairing{ID: id, Kind: kind, State: state}, secret, nil
	}
	if !d.Begins.AllowVisitor(r) {
		return p, secret, ErrTooMany
	}
	err = d.Follower.Bring(r.Context(), id, func() error {
		p, err = d.held(r.Context(), id, secret)
		return err
	})
	return p, secret, err
}

// unstored gives the state of a pairing that was not found and is of one of the
// kinds, and which: it may wait, or have waited, without being stored. Both are
// empty where secret is for none.
func (d *Desk) unstored(id string, secret oauth.Secret, kinds ...pairing.Kind) (pairing.State, pairing.Kind) {
	for _, kind := range kinds {
		a := arrival{promise: promise{id: id, kind: kind}, secret: secret}
		if d.date(&a) != nil {
			continue
		}
		p := a.made(pairing.Request{})
		p.Settle(d.Now())
		return p.State, kind
	}
	return "", ""
}

// orState gives err, or the state of a pairing that waits or has waited and was
// not found because nobody has asked for it.
func (d *Desk) orState(err error, kind pairing.Kind, id string, secret oauth.Secret) error {
	if !errors.Is(err, pairing.ErrNotFound) {
		return err
	}
	if state, _ := d.unstored(id, secret, kind); state != "" {
		return &pairing.StateError{State: state}
	}
	return err
}
