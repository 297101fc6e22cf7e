package store

import (
	"context"
	"time"

	"hamconnect/passkey"
	"hamconnect/server/internal/oauth"
)

// PasskeyLink is the right to add one passkey to an account, which a Ham app
// hands to a browser.
type PasskeyLink struct {
	CodeHash oauth.Hash
	UserID   string
	DeviceID string // the app that made it: without it the link is worth nothing
	Expires  time.Time
}

// AddPasskeyLink stores a link in place of the user's earlier ones.
func (db *DB) AddPasskeyLink(ctx context.Context, l PasskeyLink) error {
	return db.write(ctx, func(t tx) error {
		if _, err := t.exec(`DELETE FROM passkey_links WHERE user_id = $1`, l.UserID); err != nil {
			return err
		}
		_, err := t.exec(`INSERT INTO passkey_links (code_hash, user_id, device_id, expires_at) VALUES ($1, $2, $3, $4)`,
			l.CodeHash[:], l.UserID, l.DeviceID, micros(l.Expires))
		return err
	})
}

// PasskeyLink gives whose link it is, or ErrNotFound.
func (db *DB) PasskeyLink(ctx context.Context, code oauth.Hash, now time.Time) (u oauth.User, err error) {
	return scanUser(db.queryRow(ctx, `SELECT `+userColumns+` FROM passkey_links l JOIN users u ON u.id = l.user_id
		WHERE l.code_hash = $1 AND l.expires_at > $2`, code[:], micros(now)))
}

// LinkedCredentials stores the passkey of a ceremony that a link began. The
// link is spent in the same step: of two answers one is stored.
type LinkedCredentials struct {
	*DB
	Code oauth.Hash
}

// AddCredential is that of passkey.CredentialStore. A link that is not good any
// more is ErrNotFound.
func (l LinkedCredentials) AddCredential(ctx context.Context, c passkey.Credential) error {
	return l.addCredential(ctx, c, func(t tx) error {
		n, err := t.exec(`DELETE FROM passkey_links WHERE code_hash = $1 AND expires_at > $3
				AND user_id IN (SELECT id FROM users WHERE id = $2 AND disabled = 0)`, l.Code[:], c.UserID, micros(l.Now()))
		if err == nil && n == 0 {
			return ErrNotFound
		}
		return err
	})
}
