package store

import (
	"context"
	"time"

	"hamconnect/server/internal/activity"
	"hamconnect/server/internal/oauth"
)

// Enrolment is the right to make one device a user's, at rest.
type Enrolment struct {
	CodeHash  oauth.Hash
	UserID    string
	SessionID string // of the browser that asked for it, with which it ends; empty if an operator did
	Expires   time.Time
}

// Device is a Ham app that is signed in for a user.
type Device struct {
	ID         string
	UserID     string
	Name       string
	Thumbprint string // RFC 7638, of the public key that signs its calls
	Created    time.Time
	Used       time.Time // the latest call, to within five minutes; zero before the first
}

const deviceColumns = `d.id, d.user_id, d.name, d.thumbprint, d.created_at, d.used_at`

func deviceFields(d *Device) []any {
	return []any{&d.ID, &d.UserID, &d.Name, &d.Thumbprint, microTime{&d.Created}, microTime{&d.Used}}
}

// useEvery bounds how often the latest use of a device is written down.
const useEvery = 5 * time.Minute

// AddEnrolment stores a fresh enrolment in place of the user's earlier ones:
// only the newest link works. It is ErrNotFound if there is no such user, or
// the session that asks has ended.
func (db *DB) AddEnrolment(ctx context.Context, e Enrolment) error {
	return db.write(ctx, func(t tx) error {
		if _, err := t.exec(`DELETE FROM enrolments WHERE user_id = $1`, e.UserID); err != nil {
			return err
		}
		return addEnrolment(t, e)
	})
}

func addEnrolment(t tx, e Enrolment) error {
	_, err := t.exec(`INSERT INTO enrolments (code_hash, user_id, session_id, expires_at) VALUES ($1, $2, NULLIF($3, ''), $4)`,
		e.CodeHash[:], e.UserID, e.SessionID, micros(e.Expires))
	return err
}

// Enrol spends the enrolment of that code and makes d a device of its user.
// Of several at once one succeeds; the others, and whoever comes after its
// expiry, get ErrNotFound. A key that belongs to a device already is ErrExists
// and, like an error of allow, spends nothing. The person is told, unless it is
// their first way in.
func (db *DB) Enrol(ctx context.Context, now time.Time, code oauth.Hash, d Device, allow func(oauth.User) error) (u oauth.User, err error) {
	err = db.write(ctx, func(t tx) error {
		err := t.queryRow(`DELETE FROM enrolments WHERE code_hash = $1 AND expires_at > $2 RETURNING user_id`, code[:], micros(now)).Scan(&d.UserID)
		if err != nil {
			return err
		}
		u, err = scanUser(t.queryRow(`SELECT `+userColumns+` FROM users u WHERE u.id = $1`, d.UserID))
		if err != nil {
			return err
		}
		if err := allow(u); err != nil {
			return err
		}
		added := activity.Event{UserID: d.UserID, Kind: activity.DeviceAdded, Subject: d.ID, Name: d.Name}
		news, err := hasWayIn(t, d.UserID)
		if err != nil {
			return err
		}
		added.Expected = !news // the first way in is told to nobody: who would see it?
		_, err = t.exec(`INSERT INTO devices (id, user_id, name, thumbprint, created_at) VALUES ($1, $2, $3, $4, $5)`,
			d.ID, d.UserID, d.Name, d.Thumbprint, micros(d.Created))
		if err != nil {
			return err
		}
		return db.note(ctx, t, added)
	})
	return u, err
}

// DeviceByKey gives the device of a key and its user, or ErrNotFound.
func (db *DB) DeviceByKey(ctx context.Context, thumbprint string) (d Device, u oauth.User, err error) {
	err = db.queryRow(ctx, `SELECT `+deviceColumns+`, `+userColumns+`
		FROM devices d JOIN users u ON u.id = d.user_id WHERE d.thumbprint = $1`, thumbprint).
		Scan(append(deviceFields(&d), userFields(&u)...)...)
	return d, u, err
}

// SpendProof marks the proof proofID, a hash of its key and id, as used until
// expires. One that was used before is ErrExists.
func (db *DB) SpendProof(ctx context.Context, proofID oauth.Hash, expires time.Time) error {
	spend := spending(proofID, expires)
	return db.steps.one(ctx, spend.query, spend.args...)
}

// SpendProofOf is SpendProof for a proof of d's, and writes down that d calls
// now. A proof that was used before is no call.
func (db *DB) SpendProofOf(ctx context.Context, d Device, now time.Time, proofID oauth.Hash, expires time.Time) error {
	if now.Sub(d.Used) < useEvery {
		return db.SpendProof(ctx, proofID, expires)
	}
	return db.steps.several(ctx, spending(proofID, expires),
		statement{`UPDATE devices SET used_at = $2 WHERE id = $1`, []any{d.ID, micros(now)}})
}

func spending(proofID oauth.Hash, expires time.Time) statement {
	return statement{`INSERT INTO proofs (id_hash, expires_at) VALUES ($1, $2)`, []any{proofID[:], micros(expires)}}
}

// RemoveDevice signs a device out for good, by its own wish, and the browsers
// that it had signed in.
func (db *DB) RemoveDevice(ctx context.Context, d Device) error {
	return db.write(ctx, func(t tx) error {
		n, err := t.exec(`DELETE FROM devices WHERE id = $1`, d.ID)
		if err == nil && n == 0 {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		if _, err := t.exec(`DELETE FROM sessions WHERE user_id = $1 AND opener = $2`, d.UserID, d.ID); err != nil {
			return err
		}
		return db.note(ctx, t, activity.Event{UserID: d.UserID, Kind: activity.DeviceRemoved, Subject: d.ID, Name: d.Name, Expected: true})
	})
}

// Devices gives a user's devices, oldest first.
func (db *DB) Devices(ctx context.Context, userID string) ([]Device, error) {
	return collect(ctx, db, func(from scanner) (d Device, err error) {
		err = from.Scan(deviceFields(&d)...)
		return d, err
	}, `SELECT `+deviceColumns+` FROM devices d WHERE d.user_id = $1 ORDER BY d.created_at, d.id`, userID)
}
