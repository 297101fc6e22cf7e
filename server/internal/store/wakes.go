package store

import (
	"context"
	"time"
)

// A Wake says that what Topic names may look different since the step that is
// stamped At, in microseconds of the database's clock. Both together name the
// step; At is 0 where one process has the database for itself.
type Wake struct {
	Topic string
	At    int64
}

// PairingTopic is what changes of a pairing are told under.
func PairingTopic(id string) string { return "pairing/" + id }

// BegunTopic is what is told once a pairing is stored.
func BegunTopic(id string) string { return "pairing/" + id + "/begun" }

// AccountTopic is what changes of what a person sees of their account are told
// under.
func AccountTopic(userID string) string { return "user/" + userID }

// WakesKept is how long steps can be read that nodes may not have heard of.
const WakesKept = 5 * time.Minute

// leave writes what a step changes beside the change itself, so that a node
// which was not told can find it.
func leave(t transaction, now time.Time, topics []string) ([]Wake, error) {
	var wakes []Wake
	for _, topic := range topics {
		w := Wake{Topic: topic, At: micros(now)}
		if _, err := t.exec(`INSERT INTO wakes (at, topic) VALUES ($1, $2) ON CONFLICT (at, topic) DO NOTHING`, w.At, w.Topic); err != nil {
			return nil, err
		}
		wakes = append(wakes, w)
	}
	return wakes, nil
}

// Hint tells those who follow topic, on any node, to look. Nothing is written, so
// it may be lost.
func (db *DB) Hint(topic string) { db.Changed(Wake{Topic: topic, At: micros(db.Now())}) }

// Tell is Hint for what must not be lost.
func (db *DB) Tell(ctx context.Context, topic string) error {
	return db.write(ctx, func(t tx) error {
		t.tell(topic)
		return nil
	})
}

// Wakes gives what was changed since after, of the latest minutes. A step may
// show up when later ones have been read: whoever reads on begins a while
// before the end of the last time.
func (db *DB) Wakes(ctx context.Context, after time.Time) ([]Wake, error) {
	return collect(ctx, db, func(row scanner) (w Wake, err error) {
		err = row.Scan(&w.At, &w.Topic)
		return w, err
	}, `SELECT at, topic FROM wakes WHERE at > $1`, micros(after))
}
