package store

import (
	"context"
	"time"

	"hamconnect/server/internal/oauth"
)

// Grant is what a third-party app can see of a user at this moment.
type Grant struct {
	Client oauth.Client
	Scopes oauth.Scopes // of all its tokens together
	Until  time.Time    // when the last of them expires
}

// Grants gives the apps that hold tokens of a user, by name.
func (db *DB) Grants(ctx context.Context, userID string, now time.Time) ([]Grant, error) {
	tokens, err := collect(ctx, db, func(from scanner) (g Grant, err error) {
		err = from.Scan(append([]any{fromJSON{&g.Scopes}, microTime{&g.Until}}, clientFields(&g.Client)...)...)
		return g, err
	}, `SELECT t.scopes, t.expires_at, `+clientColumns+`
		FROM tokens t JOIN clients c ON c.id = t.client_id WHERE t.user_id = $1 AND t.expires_at > $2 ORDER BY c.name, c.id`, userID, micros(now))
	if err != nil {
		return nil, err
	}
	grants := tokens[:0]
	for _, g := range tokens {
		if n := len(grants); n > 0 && grants[n-1].Client.ID == g.Client.ID {
			grants[n-1] = grants[n-1].join(g)
			continue
		}
		grants = append(grants, g)
	}
	return grants, nil
}

func (g Grant) join(other Grant) Grant {
	for _, scope := range other.Scopes {
		if !g.Scopes.Has(scope) {
			g.Scopes = append(g.Scopes, scope)
		}
	}
	if other.Until.After(g.Until) {
		g.Until = other.Until
	}
	return g
}

// RevokeGrant takes back all that a client was given by a user: its tokens,
// and codes that it has not swapped yet.
func (db *DB) RevokeGrant(ctx context.Context, userID, clientID string) error {
	return db.write(ctx, func(t tx) error {
		if _, err := t.exec(`DELETE FROM codes WHERE user_id = $1 AND client_id = $2`, userID, clientID); err != nil {
			return err
		}
		_, err := t.exec(`DELETE FROM tokens WHERE user_id = $1 AND client_id = $2`, userID, clientID)
		return err
	})
}
