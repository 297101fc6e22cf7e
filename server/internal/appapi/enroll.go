package appapi

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store"
)

// Enroll answers POST /app/v1/enroll: the key of the proof becomes that of a
// device of the user for whom the code was made.
func (a *App) Enroll(w http.ResponseWriter, r *http.Request) error {
	if !a.Enrols.Allow(limit.AddressKey(limit.Address(r))) {
		return errTooMany
	}
	p, err := a.proof(r)
	if err != nil {
		return err
	}
	var in pairing.Enroll
	if err := readJSON(r, &in); err != nil {
		return err
	}
	if err := oauth.ValidName(in.DeviceName); err != nil {
		return invalid("device_name " + err.Error())
	}
	if err := spent(a.DB.SpendProof(r.Context(), p.id, p.expires)); err != nil {
		return err
	}
	now := a.Now()
	code := oauth.Secret(strings.ToUpper(in.Code))
	device := store.Device{ID: oauth.NewID(), Name: in.DeviceName, Thumbprint: p.thumbprint, Created: now}
	user, err := a.DB.Enrol(r.Context(), now, code.Hash(), device, func(u oauth.User) error {
		if u.Disabled {
			return errDisabled
		}
		return nil
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return fail(http.StatusNotFound, pairing.FailNotFound, "This enrol link is not known, was used, or is older than 15 minutes. Ask for a new one: ham user enroll USER_ID")
	case errors.Is(err, store.ErrExists):
		return invalid("This key is signed in already: make a new one for each enrolment")
	case err != nil:
		return err
	}
	a.Log.InfoContext(r.Context(), "device enrolled", "user", user.Nickname, "device", device.Name)
	return writeJSON(w, caller{device: device, user: user}.me())
}

// Me answers GET /app/v1/me.
func (a *App) Me() func(http.ResponseWriter, *http.Request) error {
	return call(a, func(ctx context.Context, _ *http.Request, who caller, _ none) (pairing.Me, error) {
		me := who.me()
		notices, err := a.DB.Notices(ctx, who.user.ID, who.device.ID, who.device.Created)
		for _, n := range notices {
			me.Notices = append(me.Notices, pairing.Notice{
				ID: n.ID, Kind: string(n.Kind), Title: who.texts.EventTitle(string(n.Kind), n.Name), At: n.At, Browser: n.Browser, Address: n.Address,
			})
		}
		if err != nil {
			return me, err
		}
		me.Requests, err = a.requests(ctx, who)
		return me, err
	})
}

// Logout answers POST /app/v1/logout: the device is removed.
func (a *App) Logout() func(http.ResponseWriter, *http.Request) error {
	return call(a, func(ctx context.Context, _ *http.Request, who caller, _ none) (none, error) {
		return none{}, a.DB.RemoveDevice(ctx, who.device)
	})
}
