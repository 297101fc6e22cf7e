package store

import (
	"context"
	"errors"
	"time"

	"hamconnect/server/internal/activity"
	"hamconnect/server/internal/oauth"
)

const grantColumns = `g.user_id, g.client_id, g.scopes, g.declined, g.shown, g.given_at, g.begun_at`

func grantFields(g *oauth.Grant) []any {
	return []any{&g.UserID, &g.ClientID, fromJSON{&g.Scopes}, fromJSON{&g.Declined}, &g.Shown, microTime{&g.Given}, microTime{&g.Begun}}
}

// Grant gives what a user has allowed a client. Nothing allowed is ErrNotFound.
func (db *DB) Grant(ctx context.Context, userID, clientID string) (g oauth.Grant, err error) {
	err = db.queryRow(ctx, `SELECT `+grantColumns+` FROM grants g WHERE g.user_id = $1 AND g.client_id = $2`, userID, clientID).Scan(grantFields(&g)...)
	return g, err
}

// AppGrant is a grant with the app that holds it.
type AppGrant struct {
	oauth.Grant
	Used   time.Time // when a code was given last
	Client oauth.Client
}

func scanAppGrant(from scanner) (g AppGrant, err error) {
	err = from.Scan(append(append(grantFields(&g.Grant), microTime{&g.Used}), clientFields(&g.Client)...)...)
	return g, err
}

// Grants gives all that a user has allowed, by the apps' names.
func (db *DB) Grants(ctx context.Context, userID string) ([]AppGrant, error) {
	return collect(ctx, db, scanAppGrant, `SELECT `+grantColumns+`, g.used_at, `+clientColumns+`
		FROM grants g JOIN clients c ON c.id = g.client_id WHERE g.user_id = $1 ORDER BY c.name, c.id`, userID)
}

// GrantsAfter gives most of them at most: those that come after the app with
// that name and id, the empty ones at first.
func (db *DB) GrantsAfter(ctx context.Context, userID, name, clientID string, most int) ([]AppGrant, error) {
	return collect(ctx, db, scanAppGrant, `SELECT `+grantColumns+`, g.used_at, `+clientColumns+`
		FROM grants g JOIN clients c ON c.id = g.client_id WHERE g.user_id = $1 AND (c.name, c.id) > ($2, $3) ORDER BY c.name, c.id LIMIT $4`,
		userID, name, clientID, most)
}

// RevokeGrant takes back all that a client was given by a user: its tokens die
// at once, and so do codes that it has not swapped yet.
func (db *DB) RevokeGrant(ctx context.Context, userID, clientID string) error {
	return db.write(ctx, func(t tx) error {
		gone := int64(0)
		for _, query := range []string{
			`DELETE FROM grants WHERE user_id = $1 AND client_id = $2`,
			`DELETE FROM codes WHERE user_id = $1 AND client_id = $2`,
			`DELETE FROM tokens WHERE user_id = $1 AND client_id = $2`,
			`DELETE FROM refreshes WHERE user_id = $1 AND client_id = $2`,
			`DELETE FROM authorizations WHERE user_id = $1 AND client_id = $2`,
		} {
			n, err := t.exec(query, userID, clientID)
			if err != nil {
				return err
			}
			gone += n
		}
		if gone == 0 {
			return nil
		}
		return db.note(ctx, t, activity.Event{UserID: userID, Kind: activity.AppRevoked, Subject: clientID})
	})
}

// decide notes the decision that a code came of.
func (db *DB) decide(t tx, c oauth.Code) error {
	g := oauth.Grant{UserID: c.UserID, ClientID: c.ClientID}
	err := t.queryRow(`SELECT `+grantColumns+` FROM grants g WHERE g.user_id = $1 AND g.client_id = $2`, c.UserID, c.ClientID).Scan(grantFields(&g)...)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	g.Decide(*c.Decision, c.Scopes)
	for _, scope := range c.Decision.Asked { // what they leave out now, earlier sign-ins give no more
		if g.Scopes.Has(scope) {
			continue
		}
		if err := takeBack(t, c.UserID, c.ClientID, scope); err != nil {
			return err
		}
	}
	_, err = t.exec(`INSERT INTO grants (user_id, client_id, scopes, shown, given_at, begun_at, used_at, open_id, declined) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (user_id, client_id) DO UPDATE SET scopes = excluded.scopes, shown = excluded.shown,
			given_at = excluded.given_at, used_at = excluded.used_at, open_id = excluded.open_id, declined = excluded.declined`,
		g.UserID, g.ClientID, asJSON(g.Scopes), g.Shown, micros(g.Given), micros(g.Begun), micros(c.Decision.At), db.OpenID(c.ClientID, c.UserID), asJSON(g.Declined))
	return err
}

// covered refuses, with ErrNotFound, a code that nobody was asked for unless the
// grant covers it at this moment: a revocation that comes first wins.
func (db *DB) covered(t tx, c oauth.Code) error {
	var g oauth.Grant
	err := t.queryRow(`SELECT `+grantColumns+` FROM grants g WHERE g.user_id = $1 AND g.client_id = $2`, c.UserID, c.ClientID).Scan(grantFields(&g)...)
	if err != nil {
		return err
	}
	if !c.Covers(g) {
		return ErrNotFound
	}
	_, err = t.exec(`UPDATE grants SET used_at = $3 WHERE user_id = $1 AND client_id = $2`, c.UserID, c.ClientID, micros(db.Now()))
	return err
}
