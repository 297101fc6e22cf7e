package store

import (
	"context"
	"time"

	"hamconnect/server/internal/activity"
	"hamconnect/server/internal/oauth"
)

// keepOver is how long a pairing outlives its deadline, so that a browser that
// comes back late is told what happened.
const keepOver = 10 * time.Minute

// sweepBatch bounds how many rows one transaction removes.
const sweepBatch = 500

// Sweep removes what has expired, in small steps that let other writes in
// between, and gives how many rows went. A spent code is kept as long as the
// token that it gave may live: its second use must still revoke it.
func (db *DB) Sweep(ctx context.Context, now time.Time) (removed int64, err error) {
	for _, s := range []struct {
		query  string
		before time.Time
	}{
		{`DELETE FROM pairings WHERE id IN (SELECT id FROM pairings WHERE deadline_at < $1 LIMIT $2)`, now.Add(-keepOver)},
		{`DELETE FROM proofs WHERE id_hash IN (SELECT id_hash FROM proofs WHERE expires_at < $1 LIMIT $2)`, now},
		{`DELETE FROM enrolments WHERE code_hash IN (SELECT code_hash FROM enrolments WHERE expires_at < $1 LIMIT $2)`, now},
		{`DELETE FROM codes WHERE hash IN (SELECT hash FROM codes WHERE expires_at < $1 LIMIT $2)`, now.Add(-oauth.TokenLifetime)},
		{`DELETE FROM ceremonies WHERE id IN (SELECT id FROM ceremonies WHERE expires_at < $1 LIMIT $2)`, now},
		{`DELETE FROM consents WHERE nonce_hash IN (SELECT nonce_hash FROM consents WHERE expires_at < $1 LIMIT $2)`, now},
		{`DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE ends_at < $1 LIMIT $2)`, now},
		{`DELETE FROM passkey_links WHERE code_hash IN (SELECT code_hash FROM passkey_links WHERE expires_at < $1 LIMIT $2)`, now},
		{`DELETE FROM activity WHERE id IN (SELECT id FROM activity WHERE at < $1 LIMIT $2)`, now.Add(-activity.Kept)},
		{`DELETE FROM asks WHERE pairing_id IN (SELECT pairing_id FROM asks WHERE at < $1 LIMIT $2)`, now.Add(-asksWithin)},
		{`DELETE FROM silenced WHERE (user_id, source) IN (SELECT user_id, source FROM silenced WHERE at < $1 LIMIT $2)`, now.Add(-silencedFor)},
		{`DELETE FROM users WHERE id IN (SELECT id FROM users WHERE leaves_at > 0 AND leaves_at <= $1 LIMIT $2)`, now},
		{`DELETE FROM refreshes WHERE hash IN (SELECT hash FROM refreshes WHERE expires_at < $1 LIMIT $2)`, now},
		{`DELETE FROM password_tries WHERE key_hash IN (SELECT key_hash FROM password_tries WHERE expires_at < $1 LIMIT $2)`, now},
		{`DELETE FROM authorizations WHERE id IN (SELECT a.id FROM authorizations a WHERE a.updated_at < $1
			AND NOT EXISTS (SELECT 1 FROM refreshes r WHERE r.family = a.id) LIMIT $2)`, now.Add(-oauth.RefreshLife)},
		{`DELETE FROM api_tokens WHERE id IN (SELECT id FROM api_tokens WHERE expires_at < $1 LIMIT $2)`, now},
		{`DELETE FROM wakes WHERE (at, topic) IN (SELECT at, topic FROM wakes WHERE at < $1 LIMIT $2)`, now.Add(-WakesKept)},
		{`DELETE FROM tokens WHERE hash IN (SELECT hash FROM tokens WHERE expires_at < $1 LIMIT $2)`, now},
	} {
		for n := int64(sweepBatch); n == sweepBatch; removed += n {
			err = db.write(ctx, func(t tx) (err error) {
				n, err = t.exec(s.query, micros(s.before), sweepBatch)
				return err
			})
			if err != nil {
				return removed, err
			}
		}
	}
	return removed, nil
}
