package store

import (
	"context"
	"time"

	"hamconnect/server/internal/activity"
)

// Deactivate ends at once what an account gives away: tokens, codes, links and
// all browser sessions but one. At leaves the account itself is swept.
func (db *DB) Deactivate(ctx context.Context, userID, keepSession string, leaves time.Time) error {
	return db.write(ctx, func(t tx) error {
		n, err := t.exec(`UPDATE users SET leaves_at = $2 WHERE id = $1`, userID, micros(leaves))
		if err == nil && n == 0 {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		for _, query := range []string{
			`DELETE FROM tokens WHERE user_id = $1`,
			`DELETE FROM codes WHERE user_id = $1`,
			`DELETE FROM refreshes WHERE user_id = $1`,
			`DELETE FROM authorizations WHERE user_id = $1`,
			`DELETE FROM api_tokens WHERE user_id = $1`,
			`DELETE FROM enrolments WHERE user_id = $1`,
			`DELETE FROM passkey_links WHERE user_id = $1`,
		} {
			if _, err := t.exec(query, userID); err != nil {
				return err
			}
		}
		if _, err := t.exec(`DELETE FROM sessions WHERE user_id = $1 AND id <> $2`, userID, keepSession); err != nil {
			return err
		}
		return db.note(ctx, t, activity.Event{UserID: userID, Kind: activity.Leaving})
	})
}

// Reactivate keeps an account that was deactivated, or is ErrNotFound if its
// time is over or it never was.
func (db *DB) Reactivate(ctx context.Context, userID string, now time.Time) error {
	return db.write(ctx, func(t tx) error {
		n, err := t.exec(`UPDATE users SET leaves_at = $2 WHERE id = $1 AND leaves_at > $3`, userID, micros(time.Time{}), micros(now))
		if err == nil && n == 0 {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		return db.note(ctx, t, activity.Event{UserID: userID, Kind: activity.Stayed})
	})
}
