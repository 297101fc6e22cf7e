package store

import (
	"context"
	"errors"

	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/session"
)

// BeginSession spends a code and stores the session that begin makes of it for
// the code's user, as one step. begin refuses as oauth.Code.Redeem does; a code
// that was spent before ends the session that it began.
func (db *DB) BeginSession(ctx context.Context, hash oauth.Hash, begin func(*oauth.Code, oauth.User) (session.Session, error)) error {
	var refusal error
	err := db.write(ctx, func(t tx) error {
		var (
			c     oauth.Code
			u     oauth.User
			began string
		)
		fields := []any{
			hashColumn{(*[32]byte)(&c.Hash)},
			&c.ClientID, &c.UserID, &c.RedirectURI,
			fromJSON{&c.Scopes},
			&c.CodeChallenge,
			microTime{&c.Expires},
			&c.Spent, &c.Opener.Method, &c.Opener.ID, &began,
		}
		err := t.queryRow(`SELECT k.hash, k.client_id, k.user_id, k.redirect_uri, k.scopes, k.code_challenge, k.expires_at, k.spent,
				k.opener_method, k.opener, k.session_id, `+userColumns+`
			FROM codes k JOIN users u ON u.id = k.user_id WHERE k.hash = $1`, hash[:]).Scan(append(fields, userFields(&u)...)...)
		if errors.Is(err, ErrNotFound) {
			return oauth.ErrCodeUnknown
		}
		if err != nil {
			return err
		}
		s, no := begin(&c, u)
		switch refusal = no; {
		case errors.Is(refusal, oauth.ErrCodeReused):
			_, err := t.exec(`DELETE FROM sessions WHERE id = $1 AND user_id = $2`, began, c.UserID)
			return err
		case refusal != nil:
			return nil //nolint:nilerr // refused, with nothing to undo; the refusal is returned below
		}
		if err := holdsStill(t, c.Opener, c.UserID); err != nil {
			return err
		}
		if _, err := t.exec(`UPDATE codes SET spent = 1, session_id = $2 WHERE hash = $1`, hash[:], s.ID); err != nil {
			return err
		}
		return db.addSession(ctx, t, s)
	})
	if err == nil {
		err = refusal
	}
	return err
}

// holdsStill refuses a code whose person was signed in by a Ham app or passkey
// that has been removed since.
func holdsStill(t tx, by oauth.Opener, userID string) error {
	if by.ID == "" {
		return nil
	}
	var one int
	err := t.queryRow(`SELECT 1 WHERE EXISTS (SELECT 1 FROM devices WHERE id = $1 AND user_id = $2)
		OR EXISTS (SELECT 1 FROM passkeys WHERE id = $1 AND user_id = $2)`, by.ID, userID).Scan(&one)
	if errors.Is(err, ErrNotFound) {
		return oauth.ErrCodeUnknown
	}
	return err
}
