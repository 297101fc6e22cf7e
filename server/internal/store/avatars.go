package store

import (
	"context"

	"hamconnect/server/internal/activity"
)

// Avatar is a picture that a person uploaded.
type Avatar struct {
	ID  string // in its public address
	PNG []byte
}

// SetAvatar stores the picture of a user, in place of the one before, and the
// public address that it has.
func (db *DB) SetAvatar(ctx context.Context, userID string, a Avatar, address string) error {
	return db.write(ctx, func(t tx) error {
		if _, err := t.exec(`UPDATE users SET avatar_url = $2 WHERE id = $1`, userID, address); err != nil {
			return err
		}
		_, err := t.exec(`INSERT INTO avatars (user_id, id, png) VALUES ($1, $2, $3)
			ON CONFLICT (user_id) DO UPDATE SET id = excluded.id, png = excluded.png`, userID, a.ID, a.PNG)
		if err != nil {
			return err
		}
		return db.note(ctx, t, activity.Event{UserID: userID, Kind: activity.Profile})
	})
}

// Avatar gives an uploaded picture, or ErrNotFound.
func (db *DB) Avatar(ctx context.Context, id string) (png []byte, err error) {
	err = db.queryRow(ctx, `SELECT png FROM avatars WHERE id = $1`, id).Scan(&png)
	return png, err
}
