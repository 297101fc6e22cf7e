package store

import (
	"context"
	"time"

	"hamconnect/server/internal/oauth"
)

// Enrolment is the right to make one device a user's, at rest.
type Enrolment struct {
	CodeHash oauth.Hash
	UserID   string
	Expires  time.Time
}

// Device is a Ham app that is signed in for a user.
type Device struct {
	ID         string
	UserID     string
	Name       string
	Thumbprint string // RFC 7638, of the public key that signs its calls
	Created    time.Time
}

// AddEnrolment stores a fresh enrolment in place of the user's earlier ones:
// only the newest link works. It is ErrNotFound if there is no such user.
func (db *DB) AddEnrolment(ctx context.Context, e Enrolment) error {
	return db.write(ctx, func(t tx) error {
		if _, err := t.exec(`DELETE FROM enrolments WHERE user_id = $1`, e.UserID); err != nil {
			return err
		}
		return addEnrolment(t, e)
	})
}

func addEnrolment(t tx, e Enrolment) error {
	_, err := t.exec(`INSERT INTO enrolments (code_hash, user_id, expires_at) VALUES ($1, $2, $3)`,
		e.CodeHash[:], e.UserID, micros(e.Expires))
	return err
}

// Enrol spends the enrolment of that code and makes d a device of its user.
// Of several at once one succeeds; the others, and whoever comes after its
// expiry, get ErrNotFound. A key that belongs to a device already is ErrExists
// and, like an error of allow, spends nothing.
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
		_, err = t.exec(`INSERT INTO devices (id, user_id, name, thumbprint, created_at) VALUES ($1, $2, $3, $4, $5)`,
			d.ID, d.UserID, d.Name, d.Thumbprint, micros(d.Created))
		return err
	})
	return u, err
}

// DeviceByKey gives the device of a key and its user, or ErrNotFound.
func (db *DB) DeviceByKey(ctx context.Context, thumbprint string) (d Device, u oauth.User, err error) {
	err = db.queryRow(ctx, `SELECT d.id, d.user_id, d.name, d.thumbprint, d.created_at, `+userColumns+`
		FROM devices d JOIN users u ON u.id = d.user_id WHERE d.thumbprint = $1`, thumbprint).
		Scan(append([]any{&d.ID, &d.UserID, &d.Name, &d.Thumbprint, microTime{&d.Created}}, userFields(&u)...)...)
	return d, u, err
}

// SpendProof marks the proof proofID, a hash of its key and id, as used until
// expires. One that was used before is ErrExists.
func (db *DB) SpendProof(ctx context.Context, proofID oauth.Hash, expires time.Time) error {
	return db.write(ctx, func(t tx) error {
		_, err := t.exec(`INSERT INTO proofs (id_hash, expires_at) VALUES ($1, $2)`, proofID[:], micros(expires))
		return err
	})
}

// RemoveDevice signs a device out for good.
func (db *DB) RemoveDevice(ctx context.Context, id string) error {
	return db.deleteOne(ctx, `DELETE FROM devices WHERE id = $1`, id)
}

// Devices gives a user's devices, oldest first.
func (db *DB) Devices(ctx context.Context, userID string) ([]Device, error) {
	return collect(ctx, db, func(from scanner) (d Device, err error) {
		err = from.Scan(&d.ID, &d.UserID, &d.Name, &d.Thumbprint, microTime{&d.Created})
		return d, err
	}, `SELECT id, user_id, name, thumbprint, created_at FROM devices WHERE user_id = $1 ORDER BY created_at, id`, userID)
}
