// Package person holds what people do to their own accounts, whichever door
// they come through: the account page and the Ham app. Who may do it, and how
// sure they must be, is for the doors; so is everything about HTTP.
package person

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"hamconnect/passkey"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/picture"
	"hamconnect/server/internal/store"
)

var (
	// ErrName: a name that cannot be shown.
	ErrName = errors.New("person: a name that cannot be used")
	// ErrLanguage: one that no page is written in.
	ErrLanguage = errors.New("person: not a language of this server")
	// ErrPicture: what was uploaded is no picture, or too large.
	ErrPicture = errors.New("person: not a usable picture")
)

// Regret is how long a deactivated account can still be kept.
const Regret = 14 * 24 * time.Hour

// avatarSide is the width and height of an uploaded picture, in pixels.
const avatarSide = 512

// Acts are what a person can do. All fields are required.
type Acts struct {
	DB          *store.DB
	Now         func() time.Time
	Pictures    *picture.Fetcher
	PublicURL   string            // for the addresses of uploaded pictures
	Speaks      func(string) bool // the languages of the pages
	PasskeysOff bool              // the server takes none: they are no way in
}

// ChangeProfile stores nickname and language, which may be empty: then pages
// speak as the browser asks. What is nil stays as it is by then.
func (a *Acts) ChangeProfile(ctx context.Context, u oauth.User, nickname, language *string) error {
	change := func(u *oauth.User) {
		if nickname != nil {
			u.Nickname = *nickname
		}
		if language != nil {
			u.Language = *language
		}
	}
	changed := u
	change(&changed)
	switch {
	case nickname != nil && oauth.ValidName(*nickname) != nil:
		return ErrName
	case language != nil && *language != "" && !a.Speaks(*language):
		return ErrLanguage
	case changed.Nickname == u.Nickname && changed.Language == u.Language:
		return nil
	}
	return a.DB.ChangeProfile(ctx, u.ID, change)
}

// AllowRequests turns on, or off, that browsers which know the person may ask
// their Ham apps.
func (a *Acts) AllowRequests(ctx context.Context, u oauth.User, allow bool) error {
	if u.Asks == allow {
		return nil
	}
	return a.DB.AllowAsks(ctx, u.ID, allow)
}

// SetPicture makes file, an encoded picture, the person's: nothing of it is
// kept but its pixels, 512 by 512 of them. A file that cannot be shown is
// ErrPicture, wrapped with the reason.
func (a *Acts) SetPicture(ctx context.Context, u oauth.User, file []byte) error {
	png, err := a.Pictures.Square(ctx, file, avatarSide)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPicture, err)
	}
	avatar := store.Avatar{ID: rand.Text(), PNG: png}
	return a.DB.SetAvatar(ctx, u.ID, avatar, a.avatarURL(avatar.ID))
}

// RemovePicture leaves the person without one.
func (a *Acts) RemovePicture(ctx context.Context, u oauth.User) error {
	if u.AvatarURL == "" {
		return nil
	}
	return a.DB.ChangeProfile(ctx, u.ID, func(u *oauth.User) { u.AvatarURL = "" })
}

// Avatar gives an uploaded picture by its public address, for picture.Config.
func (a *Acts) Avatar(ctx context.Context, address string) (png []byte, own bool, err error) {
	id, own := strings.CutPrefix(address, a.avatarURL(""))
	if !own {
		return nil, false, nil
	}
	png, err = a.DB.Avatar(ctx, id)
	return png, true, err
}

func (a *Acts) avatarURL(id string) string { return a.PublicURL + "/avatars/" + id }

// RenamePasskey gives a passkey of the person another name. One that is not
// theirs is store.ErrNotFound.
func (a *Acts) RenamePasskey(ctx context.Context, u oauth.User, id, name string) error {
	if oauth.ValidName(name) != nil {
		return ErrName
	}
	err := a.DB.UpdateCredential(ctx, id, func(c *passkey.Credential) error {
		if c.UserID != u.ID {
			return store.ErrNotFound
		}
		c.Name = name
		return nil
	})
	if errors.Is(err, passkey.UnknownCredential) {
		err = store.ErrNotFound
	}
	return err
}

// RemovePasskey removes a passkey of the person, unless it is their last way
// in (store.ErrLastWayIn). The session keep stays, whatever signed it in.
func (a *Acts) RemovePasskey(ctx context.Context, u oauth.User, id, keep string) error {
	return a.DB.RemovePasskey(ctx, a.removal(u, id, keep))
}

// RemoveDevice signs a Ham app of the person out in the same way.
func (a *Acts) RemoveDevice(ctx context.Context, u oauth.User, id, keep string) error {
	return a.DB.RemoveUserDevice(ctx, a.removal(u, id, keep))
}

func (a *Acts) removal(u oauth.User, id, keep string) store.Removal {
	return store.Removal{UserID: u.ID, ID: id, KeepSession: keep, PasskeysOff: a.PasskeysOff}
}

// Leave deactivates the account: apps lose what they had at once, and it is
// deleted when Regret is over. It gives that moment. The session keep stays.
func (a *Acts) Leave(ctx context.Context, u oauth.User, keep string) (time.Time, error) {
	leaves := a.Now().Add(Regret).Truncate(time.Second)
	return leaves, a.DB.Deactivate(ctx, u.ID, keep, leaves)
}

// Stay keeps an account that was deactivated.
func (a *Acts) Stay(ctx context.Context, u oauth.User) error {
	return a.DB.Reactivate(ctx, u.ID, a.Now())
}
