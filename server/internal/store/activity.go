package store

import (
	"context"
	"errors"
	"time"

	"hamconnect/passkey"
	"hamconnect/server/internal/activity"
)

// Note remembers an event that no other step of the store brings about. Where
// it came from is taken from ctx (activity.From).
//
// It is written down also if whoever asked has hung up: nobody refuses to be
// remembered that way.
func (db *DB) Note(ctx context.Context, e activity.Event) error {
	ctx = context.WithoutCancel(ctx)
	return db.write(ctx, func(t tx) error { return db.note(ctx, t, e) })
}

// NoteRefusal remembers a passkey that was refused, for the person whose it is.
func (db *DB) NoteRefusal(ctx context.Context, e *passkey.Error) error {
	if e.CredentialID == "" {
		return nil
	}
	known, err := db.Credential(context.WithoutCancel(ctx), e.CredentialID)
	if errors.Is(err, passkey.UnknownCredential) {
		return nil
	}
	if err != nil {
		return err
	}
	event := activity.Event{UserID: known.UserID, Kind: activity.PasskeyBad, Subject: known.ID, Name: known.Name}
	if e.Reason == passkey.CounterWentBack {
		event.Kind = activity.CounterBack
	}
	return db.Note(ctx, event)
}

// note remembers an event as a part of the step that brings it about.
func (db *DB) note(ctx context.Context, t tx, e activity.Event) error {
	e.At = db.Now()
	if e.Origin == (activity.Origin{}) {
		e.Origin = activity.OriginOf(ctx)
	}
	e.Settle()
	t.tell(AccountTopic(e.UserID))
	// A notice keeps its first moment: what came after it may not put it away.
	_, err := t.exec(`INSERT INTO activity (id, user_id, at, kind, method, subject, name, browser, address, times, notice)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10)
		ON CONFLICT (id) DO UPDATE SET times = activity.times + 1, at = CASE WHEN activity.notice = 1 THEN activity.at ELSE excluded.at END`,
		e.ID, e.UserID, micros(e.At), e.Kind, e.Method, e.Subject, e.Name, e.Browser, e.Address, e.Notice)
	if err != nil || e.ID[0] != 'A' { // ids are as good as random: one in 64
		return err
	}
	_, err = t.exec(`DELETE FROM activity WHERE id IN (SELECT id FROM activity WHERE user_id = $1 ORDER BY notice DESC, at DESC LIMIT 1000000 OFFSET $2)`, e.UserID, maxEvents)
	return err
}

// maxEvents bounds about how many events of one person are kept.
const maxEvents = 2000

// The name of an app is that which it has now.
const eventColumns = `a.id, a.user_id, a.at, a.kind, a.method, a.subject, COALESCE(c.name, a.name), a.browser, a.address, a.times, a.notice`

func scanEvent(from scanner) (e activity.Event, err error) {
	err = from.Scan(&e.ID, &e.UserID, microTime{&e.At}, &e.Kind, &e.Method, &e.Subject, &e.Name, &e.Browser, &e.Address, &e.Times, &e.Notice)
	return e, err
}

// Activity gives what happened to a user's account, latest first, most events
// at most: those that come after a place in that order.
func (db *DB) Activity(ctx context.Context, userID string, after activity.Place, most int) ([]activity.Event, error) {
	return collect(ctx, db, scanEvent, `SELECT `+eventColumns+` FROM activity a LEFT JOIN clients c ON c.id = a.subject
		WHERE a.user_id = $1 AND (a.at < $2 OR a.at = $2 AND a.id > $3) ORDER BY a.at DESC, a.id LIMIT $4`,
		userID, micros(after.At), after.ID, most)
}

// OnAccountPage is the viewer of notices that is no Ham app.
const OnAccountPage = ""

// maxNotices bounds how many are shown at a time: the latest.
const maxNotices = 20

// Notices gives what a user has not seen yet as viewer, a device's id or
// OnAccountPage: what happened since a moment, latest first.
func (db *DB) Notices(ctx context.Context, userID, viewer string, since time.Time) ([]activity.Event, error) {
	return collect(ctx, db, scanEvent, `SELECT `+eventColumns+` FROM activity a LEFT JOIN clients c ON c.id = a.subject
		WHERE a.user_id = $1 AND a.notice = 1 AND a.at > $2 AND ($3 = '' OR a.subject <> $3)
			AND NOT EXISTS (SELECT 1 FROM notices_seen s WHERE s.activity_id = a.id AND s.viewer = $3)
		ORDER BY a.at DESC, a.id LIMIT $4`, userID, micros(since), viewer, maxNotices)
}

// SeeNotice marks a notice of a user as seen by viewer. It is ErrNotFound if
// the user has none of that id.
func (db *DB) SeeNotice(ctx context.Context, userID, viewer, id string) error {
	return db.write(ctx, func(t tx) error {
		n, err := t.exec(`INSERT INTO notices_seen (activity_id, viewer) SELECT id, $3 FROM activity WHERE id = $1 AND user_id = $2 AND notice = 1
			ON CONFLICT (activity_id, viewer) DO UPDATE SET viewer = excluded.viewer`, id, userID, viewer)
		if err == nil && n == 0 {
			return ErrNotFound
		}
		t.tell(AccountTopic(userID))
		return err
	})
}
