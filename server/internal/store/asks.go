package store

import (
	"context"
	"errors"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/activity"
	"hamconnect/server/internal/oauth"
)

// Ask is a request that a browser sends to a person's Ham apps: to look at the
// pairing that it has begun.
type Ask struct {
	PairingID string
	UserID    string
	Source    string // network address that asks, as limits know it
}

const (
	asksWithin  = time.Hour
	mostAsks    = 3                   // of one person within asksWithin
	silencedFor = 30 * 24 * time.Hour // a source that was reported
)

// ErrTooOften is returned where a person was asked too often lately.
var ErrTooOften = errors.New("store: asked too often")

// AddAsk puts a request before a person who wants to be asked. It is
// ErrNotFound if there is no such person, and ErrTooOften after the third
// within an hour. A source that they have silenced is told nothing, and
// reaches nobody.
func (db *DB) AddAsk(ctx context.Context, a Ask) error {
	now := db.Now()
	return db.write(ctx, func(t tx) error {
		var one int
		err := t.queryRow(`SELECT 1 FROM users WHERE id = $1 AND asks = 1 AND disabled = 0`, a.UserID).Scan(&one)
		if err != nil {
			return err
		}
		err = t.queryRow(`SELECT 1 FROM silenced WHERE user_id = $1 AND source = $2 AND at > $3`, a.UserID, a.Source, micros(now.Add(-silencedFor))).Scan(&one)
		if !errors.Is(err, ErrNotFound) {
			return err
		}
		var lately int
		err = t.queryRow(`SELECT COUNT(*) FROM asks WHERE user_id = $1 AND at > $2 AND pairing_id <> $3`, a.UserID, micros(now.Add(-asksWithin)), a.PairingID).Scan(&lately)
		if err != nil {
			return err
		}
		if lately >= mostAsks {
			return ErrTooOften
		}
		n, err := t.exec(`INSERT INTO asks (pairing_id, user_id, source, at) VALUES ($1, $2, $3, $4) ON CONFLICT (pairing_id) DO NOTHING`,
			a.PairingID, a.UserID, a.Source, micros(now))
		if n == 1 {
			t.tell(a.UserID)
		}
		return err
	})
}

// Asked gives the pairings that browsers ask a person to look at, and that
// nobody has claimed, latest first.
func (db *DB) Asked(ctx context.Context, userID string, now time.Time) ([]pairing.Pairing, error) {
	return collect(ctx, db, scanPairing, `SELECT p.id, p.kind, p.version, p.state, p.browser_hash, p.request, p.browser, p.claim, p.granted, p.begun_at, p.deadline_at
		FROM asks a JOIN pairings p ON p.id = a.pairing_id
		WHERE a.user_id = $1 AND a.at > $2 AND p.state = 'waiting' AND p.deadline_at > $3 ORDER BY a.at DESC`,
		userID, micros(now.Add(-asksWithin)), micros(now))
}

// AnswerAsk is UpdatePairing for a pairing that a browser asks the person to
// look at; any other is pairing.ErrNotFound.
func (db *DB) AnswerAsk(ctx context.Context, userID, id string, transition func(*pairing.Pairing) error) (p pairing.Pairing, err error) {
	var refusal error
	err = db.write(ctx, func(t tx) error {
		var one int
		err := t.queryRow(`SELECT 1 FROM asks WHERE pairing_id = $1 AND user_id = $2`, id, userID).Scan(&one)
		if errors.Is(err, ErrNotFound) {
			return pairing.ErrNotFound
		}
		if err != nil {
			return err
		}
		p, refusal, err = updatePairing(t, id, transition)
		t.tell(userID) // the person's other Ham apps need not ask any more
		return err
	})
	if err != nil {
		return p, err
	}
	return p, refusal
}

// Report takes a request away, and all that its source sends the person for
// silencedFor. It is ErrNotFound if they were not asked.
func (db *DB) Report(ctx context.Context, userID, pairingID string) error {
	return db.write(ctx, func(t tx) error {
		var source string
		err := t.queryRow(`UPDATE asks SET at = at - $3 WHERE pairing_id = $1 AND user_id = $2 RETURNING source`,
			pairingID, userID, asksWithin.Microseconds()).Scan(&source)
		if err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO silenced (user_id, source, at) VALUES ($1, $2, $3) ON CONFLICT (user_id, source) DO UPDATE SET at = excluded.at`,
			userID, source, micros(db.Now()))
		if err != nil {
			return err
		}
		return db.note(ctx, t, activity.Event{UserID: userID, Kind: activity.AskReported, Name: source, Subject: pairingID})
	})
}

// UserByOpenID gives the person whom a client knows by an open_id, or
// ErrNotFound. Only those who have allowed it something are known.
func (db *DB) UserByOpenID(ctx context.Context, clientID, openID string) (oauth.User, error) {
	return scanUser(db.queryRow(ctx, `SELECT `+userColumns+` FROM grants g JOIN users u ON u.id = g.user_id WHERE g.open_id = $2 AND g.open_id <> '' AND g.client_id = $1`,
		clientID, openID))
}
