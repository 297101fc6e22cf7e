package store

import (
	"context"
	"time"

	"hamconnect/server/internal/activity"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/session"
)

const sessionColumns = `s.id, s.user_id, s.method, s.opener, s.authenticated_at, s.begun_at, s.seen_at, s.browser, s.address,
	s.secret_hash, s.refresh_hash, s.ends_at, s.spent_hash, s.spent_at, s.sealed`

func sessionFields(s *session.Session) []any {
	return []any{
		&s.ID, &s.UserID, &s.Method, &s.Opener,
		microTime{&s.Authenticated},
		microTime{&s.Begun},
		microTime{&s.Seen},
		&s.Browser, &s.Address,
		hashColumn{(*[32]byte)(&s.Secret)},
		hashColumn{(*[32]byte)(&s.Refresh)},
		microTime{&s.Ends},
		hashColumn{(*[32]byte)(&s.Spent)},
		microTime{&s.SpentAt},
		&s.Sealed,
	}
}

func scanSession(from scanner) (s session.Session, err error) {
	err = from.Scan(sessionFields(&s)...)
	return s, err
}

// Session gives a session with its user, or ErrNotFound. Whose secret it is,
// and whether it still holds, is for the caller.
func (db *DB) Session(ctx context.Context, id string) (s session.Session, u oauth.User, err error) {
	err = db.queryRow(ctx, `SELECT `+sessionColumns+`, `+userColumns+` FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1`, id).
		Scan(append(sessionFields(&s), userFields(&u)...)...)
	return s, u, err
}

// Sessions gives a user's sessions that have not ended, latest use first.
func (db *DB) Sessions(ctx context.Context, userID string, now time.Time) ([]session.Session, error) {
	return collect(ctx, db, scanSession, `SELECT `+sessionColumns+` FROM sessions s WHERE s.user_id = $1 AND s.ends_at > $2 ORDER BY s.seen_at DESC, s.id`, userID, micros(now))
}

// maxSessions bounds how many browsers one person is signed in in.
const maxSessions = 50

// AddPasskeySession stores a session that its Opener, a passkey, has opened. It
// is ErrNotFound if that was removed meanwhile, or the user disabled.
func (db *DB) AddPasskeySession(ctx context.Context, s session.Session) error {
	return db.write(ctx, func(t tx) error {
		var one int
		err := t.queryRow(`SELECT 1 FROM passkeys k JOIN users u ON u.id = k.user_id WHERE k.id = $1 AND u.id = $2 AND u.disabled = 0`, s.Opener, s.UserID).Scan(&one)
		if err != nil {
			return err
		}
		return db.addSession(ctx, t, s)
	})
}

// holds is ErrNotFound if a session has ended, or its user is disabled.
func holds(t tx, sessionID string) error {
	var one int
	return t.queryRow(`SELECT 1 FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1 AND u.disabled = 0`, sessionID).Scan(&one)
}

// addSession ends, past maxSessions, the session that was not used for the
// longest time.
func (db *DB) addSession(ctx context.Context, t tx, s session.Session) error {
	// The newest stay: nobody uses more browsers than this.
	_, err := t.exec(`DELETE FROM sessions WHERE user_id = $1 AND id NOT IN (SELECT id FROM sessions WHERE user_id = $1 ORDER BY seen_at DESC, id LIMIT $2)`,
		s.UserID, maxSessions-1)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO sessions (id, user_id, method, opener, authenticated_at, begun_at, seen_at, browser, address,
			secret_hash, refresh_hash, ends_at, spent_hash, spent_at, sealed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		s.ID, s.UserID, s.Method, s.Opener, micros(s.Authenticated), micros(s.Begun), micros(s.Seen), s.Browser, s.Address,
		s.Secret[:], s.Refresh[:], micros(s.Ends), s.Spent[:], micros(s.SpentAt), s.Sealed)
	if err != nil {
		return err
	}
	return db.note(ctx, t, activity.Event{
		UserID: s.UserID, Kind: activity.BrowserSignIn, Method: s.Method, Subject: s.ID,
		Origin: activity.Origin{Browser: s.Browser, Address: s.Address},
	})
}

// UpdateSession changes a session in one step. An error of change leaves it as
// it was, and is returned.
func (db *DB) UpdateSession(ctx context.Context, id string, change func(*session.Session) error) (s session.Session, err error) {
	err = db.write(ctx, func(t tx) error {
		s, err = scanSession(t.queryRow(`SELECT `+sessionColumns+` FROM sessions s WHERE s.id = $1`, id))
		if err != nil {
			return err
		}
		if err := change(&s); err != nil {
			return err
		}
		_, err := t.exec(`UPDATE sessions SET method = $2, authenticated_at = $3, seen_at = $4, secret_hash = $5, refresh_hash = $6,
				ends_at = $7, spent_hash = $8, spent_at = $9, sealed = $10
			WHERE id = $1`,
			id, s.Method, micros(s.Authenticated), micros(s.Seen), s.Secret[:], s.Refresh[:],
			micros(s.Ends), s.Spent[:], micros(s.SpentAt), s.Sealed)
		return err
	})
	return s, err
}

// EndSession signs one browser of a user out; ErrNotFound if it is not theirs.
// No browser knows them any more.
func (db *DB) EndSession(ctx context.Context, userID, id string) error {
	return db.write(ctx, func(t tx) error {
		if err := db.endSession(ctx, t, userID, id); err != nil {
			return err
		}
		return forgetBrowsers(t, db.Now(), userID)
	})
}

// SignOut is EndSession for the browser that asks for it itself: others go on
// knowing the person.
func (db *DB) SignOut(ctx context.Context, userID, id string) error {
	return db.write(ctx, func(t tx) error { return db.endSession(ctx, t, userID, id) })
}

func (db *DB) endSession(ctx context.Context, t tx, userID, id string) error {
	ended := activity.Event{UserID: userID, Kind: activity.BrowserEnded, Subject: id}
	err := t.queryRow(`DELETE FROM sessions WHERE id = $1 AND user_id = $2 RETURNING browser`, id, userID).Scan(&ended.Name)
	if err != nil {
		return err
	}
	if err := endCodes(t, userID); err != nil {
		return err
	}
	return db.note(ctx, t, ended)
}

// endCodes ends the codes of a user that no app has swapped yet: whoever was in
// a browser that is signed out may hold one, and it would outlive that.
func endCodes(t tx, userID string) error {
	_, err := t.exec(`DELETE FROM codes WHERE user_id = $1 AND spent = 0`, userID)
	return err
}

// forgetBrowsers has no browser know the person any more that does now: one
// that is signed out from elsewhere may be in other hands, and which of those
// that know them it is, nobody has written down.
func forgetBrowsers(t tx, now time.Time, userID string) error {
	_, err := t.exec(`UPDATE users SET known_since = $2 WHERE id = $1`, userID, micros(now))
	return err
}

// DropSession ends a session that another one of the same browser replaces.
func (db *DB) DropSession(ctx context.Context, id string) error {
	return db.deleteOne(ctx, `DELETE FROM sessions WHERE id = $1`, id)
}

// EndStolenSession ends a session whose used refresh secret came again, and
// tells the person.
func (db *DB) EndStolenSession(ctx context.Context, s session.Session) error {
	ctx = context.WithoutCancel(ctx)
	return db.write(ctx, func(t tx) error {
		n, err := t.exec(`DELETE FROM sessions WHERE id = $1`, s.ID)
		if err != nil || n == 0 { // the second of two was told already
			return err
		}
		if err := endCodes(t, s.UserID); err != nil {
			return err
		}
		return db.note(ctx, t, activity.Event{UserID: s.UserID, Kind: activity.SessionReused, Subject: s.ID, Name: s.Browser})
	})
}

// EndOtherSessions signs all browsers of a user out but one, and ends the links
// that browsers of theirs have asked for.
func (db *DB) EndOtherSessions(ctx context.Context, userID, keep string) error {
	return db.write(ctx, func(t tx) error {
		if _, err := t.exec(`DELETE FROM sessions WHERE user_id = $1 AND id <> $2`, userID, keep); err != nil {
			return err
		}
		if _, err := t.exec(`DELETE FROM enrolments WHERE user_id = $1 AND session_id IS NOT NULL`, userID); err != nil {
			return err
		}
		if err := endCodes(t, userID); err != nil {
			return err
		}
		if err := forgetBrowsers(t, db.Now(), userID); err != nil {
			return err
		}
		return db.note(ctx, t, activity.Event{UserID: userID, Kind: activity.BrowsersEnded})
	})
}

// EndSessions signs all browsers of a user out.
func (db *DB) EndSessions(ctx context.Context, userID string) error {
	return db.EndOtherSessions(ctx, userID, "")
}
