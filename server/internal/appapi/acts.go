package appapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/person"
	"hamconnect/server/internal/picture"
	"hamconnect/server/internal/store"
)

// A device's key can sign any browser in afresh, and so do all that the
// account page does: what the app does itself asks for nothing more.

// act is a call that changes the person's account and answers nothing. One
// that was deactivated can only be kept or left as it is.
func act[In any](a *App, do func(context.Context, caller, In) error) func(http.ResponseWriter, *http.Request) error {
	return call(a, func(ctx context.Context, _ *http.Request, who caller, in In) (none, error) {
		if !who.user.MayUseApps() {
			return none{}, errLeaving
		}
		return none{}, do(ctx, who, in)
	})
}

// Revoke answers POST /app/v1/apps/revoke: the app's tokens die at once.
func (a *App) Revoke() func(http.ResponseWriter, *http.Request) error {
	return act(a, func(ctx context.Context, who caller, in pairing.Named) error {
		return a.DB.RevokeGrant(ctx, who.user.ID, in.ID)
	})
}

// RemoveDevice answers POST /app/v1/devices/remove: another Ham app is signed
// out. The device that asks is removed by Logout.
func (a *App) RemoveDevice() func(http.ResponseWriter, *http.Request) error {
	return act(a, func(ctx context.Context, who caller, in pairing.Named) error {
		if in.ID == who.device.ID {
			return invalid("This is the device that you use: sign it out with ham logout")
		}
		return a.Acts.RemoveDevice(ctx, who.user, in.ID, "")
	})
}

// RenamePasskey answers POST /app/v1/passkeys/rename.
func (a *App) RenamePasskey() func(http.ResponseWriter, *http.Request) error {
	return act(a, func(ctx context.Context, who caller, in pairing.Renamed) error {
		return a.Acts.RenamePasskey(ctx, who.user, in.ID, in.Name)
	})
}

// RemovePasskey answers POST /app/v1/passkeys/remove.
func (a *App) RemovePasskey() func(http.ResponseWriter, *http.Request) error {
	return act(a, func(ctx context.Context, who caller, in pairing.Named) error {
		return a.Acts.RemovePasskey(ctx, who.user, in.ID, "")
	})
}

// EndSession answers POST /app/v1/sessions/end: a browser is signed out.
func (a *App) EndSession() func(http.ResponseWriter, *http.Request) error {
	return act(a, func(ctx context.Context, who caller, in pairing.Named) error {
		return a.DB.EndSession(ctx, who.user.ID, in.ID)
	})
}

// ChangeProfile answers POST /app/v1/profile.
func (a *App) ChangeProfile() func(http.ResponseWriter, *http.Request) error {
	return act(a, func(ctx context.Context, who caller, in pairing.Profile) error {
		return a.Acts.ChangeProfile(ctx, who.user, in.Nickname, in.Language)
	})
}

// Picture answers GET /app/v1/picture with the person's own.
func (a *App) Picture(w http.ResponseWriter, r *http.Request) error {
	who, err := a.authenticate(r)
	if err != nil {
		return err
	}
	if who.user.AvatarURL == "" {
		return store.ErrNotFound
	}
	png, err := a.Pictures.Get(r.Context(), who.user.AvatarURL)
	if err != nil {
		a.Log.InfoContext(r.Context(), "a picture could not be fetched", "error", err)
		return store.ErrNotFound
	}
	picture.Serve(w, png, false)
	return nil
}

// SetPicture answers POST /app/v1/picture, whose body is the picture.
func (a *App) SetPicture(w http.ResponseWriter, r *http.Request) error {
	who, err := a.authenticate(r)
	if err != nil {
		return err
	}
	if !who.user.MayUseApps() {
		return errLeaving
	}
	release, ok := a.Uploads.Take(who.user.ID) // before anything of the body is read
	if !ok {
		return errTooMany
	}
	defer release()
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "image/") {
		return invalid("The body must be a picture, and Content-Type image/…")
	}
	file, err := io.ReadAll(r.Body)
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return person.ErrPicture
	case err != nil:
		return invalid("The picture did not arrive whole")
	}
	if err := a.Acts.SetPicture(r.Context(), who.user, file); err != nil {
		return err
	}
	return writeJSON(w, none{})
}

// RemovePicture answers POST /app/v1/picture/remove.
func (a *App) RemovePicture() func(http.ResponseWriter, *http.Request) error {
	return act(a, func(ctx context.Context, who caller, _ none) error {
		return a.Acts.RemovePicture(ctx, who.user)
	})
}

// Export answers POST /app/v1/account/export with everything that is kept.
func (a *App) Export() func(http.ResponseWriter, *http.Request) error {
	return call(a, func(ctx context.Context, _ *http.Request, who caller, _ none) (person.Everything, error) {
		return a.Acts.Export(ctx, who.user)
	})
}

// Leave answers POST /app/v1/account/leave: the account is deactivated.
func (a *App) Leave() func(http.ResponseWriter, *http.Request) error {
	return call(a, func(ctx context.Context, _ *http.Request, who caller, _ none) (pairing.Left, error) {
		if !who.user.MayUseApps() {
			return pairing.Left{Leaves: who.user.Leaves}, nil
		}
		a.Log.WarnContext(ctx, "account deactivated", "user", who.user.Nickname)
		leaves, err := a.Acts.Leave(ctx, who.user, "")
		return pairing.Left{Leaves: leaves}, err
	})
}

// Stay answers POST /app/v1/account/stay: the account is kept after all.
func (a *App) Stay() func(http.ResponseWriter, *http.Request) error {
	return call(a, func(ctx context.Context, _ *http.Request, who caller, _ none) (none, error) {
		if who.user.MayUseApps() {
			return none{}, nil
		}
		a.Log.InfoContext(ctx, "account kept", "user", who.user.Nickname)
		return none{}, a.Acts.Stay(ctx, who.user)
	})
}
