package store

import (
	"context"
	"errors"
	"math"
	"time"

	"hamconnect/server/internal/activity"
	"hamconnect/server/internal/oauth"
)

// keepOver is how long a pairing outlives its deadline, so that a browser that
// comes back late is told what happened.
const keepOver = 10 * time.Minute

// A step of the sweeper removes as many rows as take about sweepFor: on SQLite
// other writes wait that long. Fewer than sweepLeast are not worth a commit,
// unless they take so much along with them, as people do, that the database
// cannot remove them in time.
const (
	sweepFor   = 25 * time.Millisecond
	sweepLeast = 250
	sweepMost  = 5000
)

// expiring is a table whose rows go once what column says is long enough ago.
// The column has an index.
type expiring struct {
	table, column string
	long          time.Duration
	only          string // a condition that the index has as well
	but           string // a condition on what is removed
}

// A spent code is kept as long as the token that it gave may live: its second
// use must still revoke it.
var expirings = []expiring{
	{table: "pairings", column: "deadline_at", long: keepOver},
	{table: "proofs", column: "expires_at"},
	{table: "enrolments", column: "expires_at"},
	{table: "codes", column: "expires_at", long: oauth.TokenLifetime},
	{table: "ceremonies", column: "expires_at"},
	{table: "consents", column: "expires_at"},
	{table: "sessions", column: "ends_at"},
	{table: "passkey_links", column: "expires_at"},
	{table: "activity", column: "at", long: activity.Kept},
	{table: "asks", column: "at", long: asksWithin},
	{table: "silenced", column: "at", long: silencedFor},
	{table: "users", column: "leaves_at", only: ` AND leaves_at > 0`},
	{table: "refreshes", column: "expires_at"},
	{table: "password_tries", column: "expires_at"},
	{
		table: "authorizations", column: "updated_at", long: oauth.RefreshLife,
		but: ` AND NOT EXISTS (SELECT 1 FROM refreshes r WHERE r.family = authorizations.id)`,
	},
	{table: "api_tokens", column: "expires_at"},
	{table: "wakes", column: "at", long: WakesKept},
	{table: "tokens", column: "expires_at"},
}

// Sweep removes what has expired, in small steps that let other writes in
// between, and gives how many rows went. A table that cannot be swept does not
// keep it from the others.
func (db *DB) Sweep(ctx context.Context, now time.Time) (removed int64, err error) {
	for _, e := range expirings {
		n, failed := db.sweepTable(ctx, e, micros(now.Add(-e.long)))
		removed, err = removed+n, errors.Join(err, failed)
		if ctx.Err() != nil {
			break
		}
	}
	return removed, err
}

// sweepTable goes along the index. Each step begins where the one before it
// ended: what lies before that is gone, but PostgreSQL keeps its place in the
// index for a while, and would look at it again.
func (db *DB) sweepTable(ctx context.Context, e expiring, before int64) (removed int64, err error) {
	where := ` WHERE ` + e.column + ` >= $1 AND ` + e.column + ` < $2` + e.only
	nth := `SELECT ` + e.column + ` FROM ` + e.table + where + ` ORDER BY ` + e.column + ` LIMIT 1 OFFSET $3`
	remove := `DELETE FROM ` + e.table + where + e.but
	from, most, last := int64(math.MinInt64), sweepLeast, false
	for !last {
		var (
			n, to int64
			began time.Time
		)
		err := db.steps.sweep(ctx, func(t tx) (err error) {
			began = time.Now()
			last, to = false, before
			var edge int64
			err = t.queryRow(nth, from, before, most).Scan(&edge)
			switch {
			case errors.Is(err, ErrNotFound):
				last = true
			case err != nil:
				return err
			default:
				to = edge + 1 // those of the same moment go together
			}
			n, err = t.exec(remove, from, to)
			return err
		})
		if errors.Is(err, ErrUnavailable) && most > 1 {
			last, most = false, max(1, most/8) // it may have been too much at once
			continue
		}
		if err != nil {
			return removed, err
		}
		removed, from = removed+n, to
		most = pace(most, time.Since(began))
	}
	return removed, nil
}

// pace is how many rows the next step may remove, after one of most took so
// long.
func pace(most int, took time.Duration) int {
	fits := float64(most) * float64(sweepFor) / float64(max(took, time.Millisecond))
	if fits < float64(most) {
		return int(max(fits, float64(min(most, sweepLeast))))
	}
	return int(min(fits, float64(2*most), sweepMost))
}
