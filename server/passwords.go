package server

import (
	"context"
	"errors"

	"hamconnect/server/internal/password"
)

// SetPassword gives a user a password for OpenMaster's dialect; what an earlier
// one has given ends. They must have an email address, by which they are known
// there. Ham's own sign-in takes no passwords.
func (a *Admin) SetPassword(ctx context.Context, userID, text string) error {
	u, err := a.db.User(ctx, userID)
	if err != nil {
		return err
	}
	if u.Email == "" {
		return ErrNoEmail
	}
	if err := password.Valid(text, u.Email); err != nil {
		return err
	}
	hash, err := password.Hash(text)
	if err != nil {
		return err
	}
	return a.db.SetPassword(ctx, userID, hash)
}

// ErrNoEmail is returned where a user without an email address shall have a
// password.
var ErrNoEmail = errors.New("a password goes with an email address: give one, or take the password away first with 'ham user remove-password'")

// RemovePassword takes a user's password away, with all that it has given.
func (a *Admin) RemovePassword(ctx context.Context, userID string) error {
	return a.db.SetPassword(ctx, userID, "")
}

// HasPassword reports whether a user has a password.
func (a *Admin) HasPassword(ctx context.Context, userID string) (bool, error) {
	return a.db.HasPassword(ctx, userID)
}
