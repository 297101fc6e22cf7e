package store

import (
	"context"
	"errors"
	"time"

	"hamconnect/server/internal/activity"
	"hamconnect/server/internal/oauth"
)

// Authorization is what a person has made for themselves by name and password.
type Authorization struct {
	ID       string // of the family
	UserID   string
	ClientID string
	App      string // the client's name
	Scopes   oauth.Scopes
	Note     string
	Created  time.Time
	Updated  time.Time
}

// maxAuthorizations bounds those of one person for one client.
const maxAuthorizations = 100

// ErrTooMany is returned where somebody has as many of something as they may.
var ErrTooMany = errors.New("store: too many")

// Authorize stores an authorization with what it gives, as PasswordGrant does.
// With reuse, one of the same client, note and scopes is renewed in place of
// it: its id and its beginning stay, and what it had given ends. The
// authorization as it is stored is given back.
func (db *DB) Authorize(ctx context.Context, a Authorization, code oauth.Code, issued oauth.Issued, hash string, reuse bool) (stored Authorization, gives oauth.Issued, renewed bool, err error) {
	err = db.write(ctx, func(t tx) error {
		stored, gives, renewed = a, issued, false
		if reuse {
			err := t.queryRow(`SELECT id, created_at FROM authorizations WHERE user_id = $1 AND client_id = $2 AND note = $3 AND scopes = $4 ORDER BY created_at LIMIT 1`,
				a.UserID, a.ClientID, a.Note, asJSON(a.Scopes)).Scan(&stored.ID, microTime{&stored.Created})
			if err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
			if renewed = err == nil; renewed {
				if err := endFamily(t, stored.ID); err != nil {
					return err
				}
			}
		}
		gives.Refresh.Family, gives.Token.Family = stored.ID, stored.ID
		var have int
		if err := t.queryRow(`SELECT COUNT(*) FROM authorizations WHERE user_id = $1 AND client_id = $2`, a.UserID, a.ClientID).Scan(&have); err != nil {
			return err
		}
		if have >= maxAuthorizations {
			return ErrTooMany
		}
		if err := db.passwordGrant(ctx, t, code, gives, hash); err != nil {
			return err
		}
		_, err := t.exec(`INSERT INTO authorizations (id, client_id, user_id, scopes, note, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			stored.ID, stored.ClientID, stored.UserID, asJSON(stored.Scopes), stored.Note, micros(stored.Created), micros(stored.Updated))
		return err
	})
	return stored, gives, renewed, err
}

// Those whose refresh token has expired are over, though the row is still there.
const liveAuthorizations = `SELECT a.id, a.user_id, a.client_id, c.name, a.scopes, a.note, a.created_at, a.updated_at
	FROM authorizations a JOIN clients c ON c.id = a.client_id
	WHERE a.user_id = $1 AND EXISTS (SELECT 1 FROM refreshes r WHERE r.family = a.id AND r.spent_at <= 0 AND r.expires_at > $2)`

func scanAuthorization(from scanner) (a Authorization, err error) {
	err = from.Scan(&a.ID, &a.UserID, &a.ClientID, &a.App, fromJSON{&a.Scopes}, &a.Note, microTime{&a.Created}, microTime{&a.Updated})
	return a, err
}

// Authorizations gives a person's, oldest first.
func (db *DB) Authorizations(ctx context.Context, userID string, now time.Time) ([]Authorization, error) {
	return collect(ctx, db, scanAuthorization, liveAuthorizations+` ORDER BY a.created_at, a.id`, userID, micros(now))
}

// Authorization gives one of a person's, or ErrNotFound.
func (db *DB) Authorization(ctx context.Context, userID, id string, now time.Time) (Authorization, error) {
	return scanAuthorization(db.queryRow(ctx, liveAuthorizations+` AND a.id = $3`, userID, micros(now), id))
}

// DeleteAuthorization ends one of a person's; ErrNotFound if it is not theirs.
func (db *DB) DeleteAuthorization(ctx context.Context, userID, id string) error {
	return db.write(ctx, func(t tx) error {
		var clientID string
		if err := t.queryRow(`SELECT client_id FROM authorizations WHERE id = $1 AND user_id = $2`, id, userID).Scan(&clientID); err != nil {
			return err
		}
		if err := endFamily(t, id); err != nil {
			return err
		}
		return db.note(ctx, t, activity.Event{UserID: userID, Kind: activity.TokenEnded, Subject: clientID})
	})
}
