package store

import (
	"context"
	"errors"
	"time"

	"hamconnect/server/internal/activity"
	"hamconnect/server/internal/oauth"
)

// ErrFull says that there are as many as there may be.
var ErrFull = errors.New("store: as many as there may be")

const apiTokenColumns = `t.id, t.user_id, t.name, t.hash, t.last4, t.scopes, t.created_at, t.expires_at, t.last_used_at`

func apiTokenFields(t *oauth.APIToken) []any {
	return []any{
		&t.ID, &t.UserID, &t.Name,
		hashColumn{(*[32]byte)(&t.Hash)},
		&t.Last4,
		fromJSON{&t.Scopes},
		microTime{&t.Created},
		microTime{&t.Expires},
		microTime{&t.Used},
	}
}

func scanAPIToken(from scanner) (t oauth.APIToken, err error) {
	err = from.Scan(apiTokenFields(&t)...)
	return unused(t), err
}

// unused gives a time before the first use as the zero time.
func unused(t oauth.APIToken) oauth.APIToken {
	if t.Used.UnixMicro() == 0 {
		t.Used = time.Time{}
	}
	return t
}

func usedMicros(t oauth.APIToken) int64 {
	if t.Used.IsZero() {
		return 0
	}
	return micros(t.Used)
}

// APITokens gives a user's tokens that still work, the newest first.
func (db *DB) APITokens(ctx context.Context, userID string, now time.Time) ([]oauth.APIToken, error) {
	return collect(ctx, db, scanAPIToken, `SELECT `+apiTokenColumns+` FROM api_tokens t
		WHERE t.user_id = $1 AND t.expires_at > $2 ORDER BY t.created_at DESC, t.id`, userID, micros(now))
}

// APIToken gives a token with its user; one that is not known is ErrNotFound.
// Whether it still works is for oauth.APIToken.Live.
func (db *DB) APIToken(ctx context.Context, hash oauth.Hash) (t oauth.APIToken, u oauth.User, err error) {
	err = db.queryRow(ctx, `SELECT `+apiTokenColumns+`, `+userColumns+` FROM api_tokens t JOIN users u ON u.id = t.user_id WHERE t.hash = $1`, hash[:]).
		Scan(append(apiTokenFields(&t), userFields(&u)...)...)
	return unused(t), u, err
}

// AddAPIToken stores a token, or gives ErrFull. It is ErrNotFound if the
// session that asks has ended, or may use no apps.
func (db *DB) AddAPIToken(ctx context.Context, sessionID string, token oauth.APIToken) error {
	return db.write(ctx, func(t tx) error {
		if err := mayMake(t, sessionID); err != nil {
			return err
		}
		// Two that are made at once must see each other: the row of the user is
		// what they queue up at.
		if _, err := t.exec(`UPDATE users SET created_at = created_at WHERE id = $1`, token.UserID); err != nil {
			return err
		}
		live := 0
		err := t.queryRow(`SELECT count(*) FROM api_tokens WHERE user_id = $1 AND expires_at > $2`, token.UserID, micros(token.Created)).Scan(&live)
		switch {
		case err != nil:
			return err
		case live >= oauth.MaxAPITokens:
			return ErrFull
		}
		_, err = t.exec(`INSERT INTO api_tokens (id, user_id, name, hash, last4, scopes, created_at, expires_at, last_used_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, token.ID, token.UserID, token.Name, token.Hash[:], token.Last4,
			asJSON(token.Scopes), micros(token.Created), micros(token.Expires), usedMicros(token))
		if err != nil {
			return err
		}
		return db.note(ctx, t, activity.Event{UserID: token.UserID, Kind: activity.TokenMade, Subject: token.ID, Name: token.Name})
	})
}

// mayMake is ErrNotFound unless the session holds, of a user who may use apps.
func mayMake(t tx, sessionID string) error {
	var one int
	return t.queryRow(`SELECT 1 FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1 AND u.disabled = 0 AND u.leaves_at <= 0`, sessionID).Scan(&one)
}

// RotateAPIToken changes a user's token that still works, in one step.
func (db *DB) RotateAPIToken(ctx context.Context, sessionID, userID, id string, now time.Time, rotate func(*oauth.APIToken)) (token oauth.APIToken, err error) {
	err = db.write(ctx, func(t tx) error {
		if err := mayMake(t, sessionID); err != nil {
			return err
		}
		token, err = scanAPIToken(t.queryRow(`SELECT `+apiTokenColumns+` FROM api_tokens t WHERE t.id = $1 AND t.user_id = $2 AND t.expires_at > $3`,
			id, userID, micros(now)))
		if err != nil {
			return err
		}
		rotate(&token)
		_, err := t.exec(`UPDATE api_tokens SET hash = $2, last4 = $3, expires_at = $4, last_used_at = $5 WHERE id = $1`,
			id, token.Hash[:], token.Last4, micros(token.Expires), usedMicros(token))
		if err != nil {
			return err
		}
		return db.note(ctx, t, activity.Event{UserID: userID, Kind: activity.TokenMade, Subject: id, Name: token.Name})
	})
	return token, err
}

// DeleteAPIToken takes a user's token back; ErrNotFound if it is not theirs.
func (db *DB) DeleteAPIToken(ctx context.Context, userID, id string) error {
	return db.write(ctx, func(t tx) error {
		gone := activity.Event{UserID: userID, Kind: activity.TokenGone, Subject: id}
		if err := t.queryRow(`DELETE FROM api_tokens WHERE id = $1 AND user_id = $2 RETURNING name`, id, userID).Scan(&gone.Name); err != nil {
			return err
		}
		return db.note(ctx, t, gone)
	})
}

// UseAPIToken notes a use.
func (db *DB) UseAPIToken(ctx context.Context, token oauth.APIToken, now time.Time) error {
	return db.steps.one(ctx, `UPDATE api_tokens SET last_used_at = $3 WHERE id = $1 AND hash = $2 AND last_used_at < $3`, token.ID, token.Hash[:], micros(now))
}
