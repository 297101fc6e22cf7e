package store

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// databaseClock tells the time of the database, which is one for all nodes: a
// machine's own clock only measures how long ago the database was asked.
type databaseClock struct {
	machine func() time.Time
	latest  atomic.Pointer[reading]
}

// reading is what the database said when machine stood at, give or take doubt.
type reading struct {
	at, database time.Time
	doubt        time.Duration
}

const (
	askTimeEvery = 10 * time.Second
	// drift is what a machine's clock may go wrong in a second, at most: a
	// reading is worth less the older it is.
	drift = 200 * time.Microsecond
)

func (c *databaseClock) now() time.Time {
	r := c.latest.Load()
	return r.database.Add(c.machine().Sub(r.at))
}

// note takes a reading that is better than the one that there is.
func (c *databaseClock) note(r reading) {
	if last := c.latest.Load(); last != nil {
		worth := last.doubt + time.Duration(r.at.Sub(last.at).Seconds()*float64(drift))
		if r.doubt > worth && !r.far(last) {
			return
		}
	}
	c.latest.Store(&r)
}

// far reports whether r and last cannot both be right: a clock was set.
func (r *reading) far(last *reading) bool {
	off := r.database.Sub(last.database.Add(r.at.Sub(last.at)))
	return off.Abs() > r.doubt+last.doubt+time.Second
}

// ask asks the database for its time.
func (c *databaseClock) ask(ctx context.Context, db *DB) error {
	before := c.machine()
	var at time.Time
	if err := db.queryRow(ctx, `SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)`).Scan(microTime{&at}); err != nil {
		return fmt.Errorf("asking the database for its time: %w", err)
	}
	after := c.machine()
	half := after.Sub(before) / 2
	c.note(reading{at: after, database: at.Add(half), doubt: half})
	return nil
}

// KeepTime keeps Now in step with the database's clock until ctx ends. Where
// one process has the database for itself its machine's clock is the one.
func (db *DB) KeepTime(ctx context.Context) {
	if db.clock == nil {
		return
	}
	ticker := time.NewTicker(askTimeEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			_ = db.clock.ask(ctx, db) // the reading before is good for long
		}
	}
}
