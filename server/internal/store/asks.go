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
	Hinted    bool   // an app named the person (login_hint)
}

const (
	asksWithin  = time.Hour
	mostAsks    = 3                   // of one person within asksWithin
	silencedFor = 30 * 24 * time.Hour // a source that was reported
)

// ErrTooOften is returned where a person was asked too often lately.
var ErrTooOften = errors.New("store: asked too often")

// isSilenced is a condition: the person has silenced the source of the ask a.
const isSilenced = `EXISTS (SELECT 1 FROM silenced q WHERE q.user_id = a.user_id AND q.source = a.source AND q.at > $3)`

// AddAsk puts a request before a person who wants to be asked. It is
// ErrNotFound if there is no such person, and ErrTooOften after the third
// within an hour. A source that they have silenced is counted by itself, is
// told nothing of it, and reaches nobody.
func (db *DB) AddAsk(ctx context.Context, a Ask) error {
	now := db.Now()
	return db.write(ctx, func(t tx) error {
		var one int
		err := t.queryRow(`SELECT 1 FROM users WHERE id = $1 AND asks = 1 AND disabled = 0`, a.UserID).Scan(&one)
		if err != nil {
			return err
		}
		silence := micros(now.Add(-silencedFor))
		var silenced bool
		err = t.queryRow(`SELECT EXISTS (SELECT 1 FROM silenced WHERE user_id = $1 AND source = $2 AND at > $3)`, a.UserID, a.Source, silence).Scan(&silenced)
		if err != nil {
			return err
		}
		var lately int
		err = t.queryRow(`SELECT COUNT(*) FROM asks a WHERE a.user_id = $1 AND a.at > $2 AND a.pairing_id <> $4 AND CASE WHEN `+isSilenced+` THEN 1 ELSE 0 END = $5 AND ($5 = 0 OR a.source = $6)`,
			a.UserID, micros(now.Add(-asksWithin)), silence, a.PairingID, silenced, a.Source).Scan(&lately)
		if err != nil {
			return err
		}
		if lately >= mostAsks {
			return ErrTooOften
		}
		n, err := t.exec(`INSERT INTO asks (pairing_id, user_id, source, hinted, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (pairing_id) DO NOTHING`,
			a.PairingID, a.UserID, a.Source, a.Hinted, micros(now))
		if n == 1 && !silenced {
			t.tell(AccountTopic(a.UserID))
		}
		return err
	})
}

// Asked gives the pairings that browsers ask a person to look at, and that
// nobody has claimed, latest first.
func (db *DB) Asked(ctx context.Context, userID string, now time.Time) ([]pairing.Pairing, error) {
	return collect(ctx, db, scanPairing, `SELECT p.id, p.kind, p.version, p.state, p.browser_hash, p.request, p.browser, p.claim, p.granted, p.begun_at, p.deadline_at
		FROM asks a JOIN pairings p ON p.id = a.pairing_id
		WHERE a.user_id = $1 AND a.at > $2 AND NOT `+isSilenced+` AND p.state = 'waiting' AND p.deadline_at > $4 ORDER BY a.at DESC`,
		userID, micros(now.Add(-asksWithin)), micros(now.Add(-silencedFor)), micros(now))
}

// AnswerAsk is UpdatePairing for a pairing that a browser asks the person to
// look at, and may; any other is pairing.ErrNotFound. transition is told
// whether it was an app that named the person.
func (db *DB) AnswerAsk(ctx context.Context, userID, id string, transition func(p *pairing.Pairing, hinted bool) error) (p pairing.Pairing, err error) {
	var refusal error
	err = db.write(ctx, func(t tx) error {
		var hinted bool
		err := t.queryRow(`SELECT a.hinted FROM asks a JOIN users u ON u.id = a.user_id WHERE a.pairing_id = $1 AND a.user_id = $2 AND u.asks = 1 AND NOT `+isSilenced,
			id, userID, micros(db.Now().Add(-silencedFor))).Scan(&hinted)
		if errors.Is(err, ErrNotFound) {
			return pairing.ErrNotFound
		}
		if err != nil {
			return err
		}
		p, refusal, err = updatePairing(t, id, func(p *pairing.Pairing) error { return transition(p, hinted) })
		t.tell(AccountTopic(userID)) // the person's other Ham apps need not ask any more
		return err
	})
	if err != nil {
		return p, err
	}
	return p, refusal
}

// AllowAsks turns on, or off, that browsers may ask a person. Who turns it on
// anew has silenced nobody.
func (db *DB) AllowAsks(ctx context.Context, userID string, allow bool) error {
	return db.write(ctx, func(t tx) error {
		_, err := updateUser(t, userID, func(u *oauth.User) error {
			u.Asks = allow
			return nil
		})
		if err == nil && !allow {
			_, err = t.exec(`DELETE FROM silenced WHERE user_id = $1`, userID)
		}
		if err != nil {
			return err
		}
		kind := activity.AsksOff
		if allow {
			kind = activity.AsksOn
		}
		return db.note(ctx, t, activity.Event{UserID: userID, Kind: kind})
	})
}

// Report takes a request away, and all that its source sends the person for
// silencedFor. It is ErrNotFound if they were not asked.
func (db *DB) Report(ctx context.Context, userID, pairingID string) error {
	return db.write(ctx, func(t tx) error {
		var source string
		err := t.queryRow(`SELECT source FROM asks WHERE pairing_id = $1 AND user_id = $2`, pairingID, userID).Scan(&source)
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
