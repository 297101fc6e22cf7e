package store

import (
	"context"

	"hamconnect/server/internal/activity"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/session"
)

// SetRecoveryCodes gives a user new recovery codes in place of all earlier ones.
// If the session that asks has ended it is ErrNotFound.
func (db *DB) SetRecoveryCodes(ctx context.Context, userID, sessionID string, hashes []oauth.Hash) error {
	return db.write(ctx, func(t tx) error {
		if err := holds(t, sessionID); err != nil {
			return err
		}
		if _, err := t.exec(`DELETE FROM recovery_codes WHERE user_id = $1`, userID); err != nil {
			return err
		}
		for _, hash := range hashes {
			if _, err := t.exec(`INSERT INTO recovery_codes (code_hash, user_id) VALUES ($1, $2)`, hash[:], userID); err != nil {
				return err
			}
		}
		return db.note(ctx, t, activity.Event{UserID: userID, Kind: activity.RecoveryMade})
	})
}

// RecoveryCodes gives how many a user has left.
func (db *DB) RecoveryCodes(ctx context.Context, userID string) (left int, err error) {
	err = db.queryRow(ctx, `SELECT COUNT(*) FROM recovery_codes WHERE user_id = $1`, userID).Scan(&left)
	return left, err
}

// UseRecoveryCode spends a recovery code and begins the session that begin
// makes of it, in one step; of several at once one succeeds. A code that is not
// known is ErrNotFound. An error of begin spends nothing.
func (db *DB) UseRecoveryCode(ctx context.Context, code oauth.Hash, begin func(oauth.User) (session.Session, error)) (u oauth.User, err error) {
	err = db.write(ctx, func(t tx) error {
		var userID string
		if err := t.queryRow(`DELETE FROM recovery_codes WHERE code_hash = $1 RETURNING user_id`, code[:]).Scan(&userID); err != nil {
			return err
		}
		u, err = scanUser(t.queryRow(`SELECT `+userColumns+` FROM users u WHERE u.id = $1`, userID))
		if err != nil {
			return err
		}
		s, err := begin(u)
		if err != nil {
			return err
		}
		if err := db.addSession(ctx, t, s); err != nil {
			return err
		}
		return db.note(ctx, t, activity.Event{UserID: u.ID, Kind: activity.RecoveryUsed, Subject: s.ID})
	})
	return u, err
}
