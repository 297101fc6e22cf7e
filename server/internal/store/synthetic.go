package store

import (
	"context"

	"hamconnect/server/internal/oauth"
)

// AddUserWithDevice stores a new user together with a Ham app that is signed in
// already. It is for people who do not exist: nobody is told.
func (db *DB) AddUserWithDevice(ctx context.Context, u oauth.User, d Device) error {
	return db.write(ctx, func(t tx) error {
		_, err := t.exec(`INSERT INTO users (id, nickname, avatar_url, is_student, disabled, created_at, language, leaves_at, asks, email, username)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			u.ID, u.Nickname, u.AvatarURL, u.IsStudent, u.Disabled, micros(u.Created), u.Language, micros(u.Leaves), u.Asks, u.Email, u.Username)
		if err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO devices (id, user_id, name, thumbprint, created_at) VALUES ($1, $2, $3, $4, $5)`,
			d.ID, u.ID, d.Name, d.Thumbprint, micros(d.Created))
		return err
	})
}

// UsersByEmail gives the users whose email address is as the pattern of LIKE
// says, oldest first. It reads all users.
func (db *DB) UsersByEmail(ctx context.Context, pattern string) ([]oauth.User, error) {
	return collect(ctx, db, scanUser, `SELECT `+userColumns+` FROM users u WHERE u.email LIKE $1 ORDER BY u.created_at, u.id`, pattern)
}
