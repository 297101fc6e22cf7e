package store

import (
	"context"
	"time"
)

// Lease gives holder what name stands for until a time from now, or reports
// that somebody else has it. Who has it already has it longer.
func (db *DB) Lease(ctx context.Context, name, holder string, long time.Duration) (held bool, err error) {
	err = db.write(ctx, func(t tx) error {
		now := db.Now()
		n, err := t.exec(`INSERT INTO leases (name, holder, until_at) VALUES ($1, $2, $3)
			ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_at = excluded.until_at
			WHERE leases.holder = excluded.holder OR leases.until_at <= $4`, name, holder, micros(now.Add(long)), micros(now))
		held = n == 1
		return err
	})
	return held && err == nil, err
}

// EndLease gives back what holder has.
func (db *DB) EndLease(ctx context.Context, name, holder string) error {
	return db.write(ctx, func(t tx) error {
		_, err := t.exec(`DELETE FROM leases WHERE name = $1 AND holder = $2`, name, holder)
		return err
	})
}
