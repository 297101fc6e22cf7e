package store

import (
	"context"
	"errors"
	"fmt"

	"hamconnect/passkey"
	"hamconnect/server/internal/activity"
)

var (
	_ passkey.CeremonyStore   = (*DB)(nil)
	_ passkey.CredentialStore = (*DB)(nil)
)

// PutCeremony and TakeCeremony are those of passkey.CeremonyStore.
func (db *DB) PutCeremony(ctx context.Context, c passkey.Ceremony) error {
	return db.steps.one(ctx, `INSERT INTO ceremonies (id, state, expires_at) VALUES ($1, $2, $3)`, c.ID, c.State, micros(c.Expires))
}

// TakeCeremony gives a ceremony once.
func (db *DB) TakeCeremony(ctx context.Context, id string) (c passkey.Ceremony, err error) {
	err = db.write(ctx, func(t tx) error {
		return t.queryRow(`DELETE FROM ceremonies WHERE id = $1 RETURNING id, state, expires_at`, id).Scan(&c.ID, &c.State, microTime{&c.Expires})
	})
	if errors.Is(err, ErrNotFound) {
		err = passkey.CeremonyUnknown
	}
	return c, err
}

const passkeyColumns = `k.id, k.user_id, k.public_key, k.aaguid, k.sign_count, k.backup_eligible, k.backed_up, k.transports, k.name,
	k.created_at, k.last_used_at, k.suspicious_at`

func scanPasskey(from scanner) (c passkey.Credential, err error) {
	var aaguid string
	err = from.Scan(&c.ID, &c.UserID, &c.PublicKey, &aaguid, &c.SignCount, &c.BackupEligible, &c.BackedUp, fromJSON{&c.Transports}, &c.Name,
		microTime{&c.Created}, microTime{&c.LastUsed}, microTime{&c.Suspicious})
	if errors.Is(err, ErrNotFound) {
		return c, passkey.UnknownCredential
	}
	if err != nil {
		return c, err
	}
	if c.AAGUID, err = passkey.ParseAAGUID(aaguid); err != nil {
		return c, fmt.Errorf("a passkey is stored with the AAGUID %q", aaguid)
	}
	return c, nil
}

// Credential is that of passkey.CredentialStore.
func (db *DB) Credential(ctx context.Context, id string) (passkey.Credential, error) {
	return scanPasskey(db.queryRow(ctx, `SELECT `+passkeyColumns+` FROM passkeys k WHERE k.id = $1`, id))
}

// Passkeys gives a user's passkeys, oldest first.
func (db *DB) Passkeys(ctx context.Context, userID string) ([]passkey.Credential, error) {
	return collect(ctx, db, scanPasskey, `SELECT `+passkeyColumns+` FROM passkeys k WHERE k.user_id = $1 ORDER BY k.created_at, k.id`, userID)
}

// PasskeyPlaces gives where each of a user's passkeys was used last, by its id.
// One that never was, is missing.
func (db *DB) PasskeyPlaces(ctx context.Context, userID string) (map[string]string, error) {
	places := map[string]string{}
	_, err := collect(ctx, db, func(from scanner) (none struct{}, err error) {
		var id, place string
		err = from.Scan(&id, &place)
		places[id] = place
		return none, err
	}, `SELECT id, used_where FROM passkeys WHERE user_id = $1 AND used_where <> ''`, userID)
	return places, err
}

// AddCredential is that of passkey.CredentialStore.
func (db *DB) AddCredential(ctx context.Context, c passkey.Credential) error {
	return db.addCredential(ctx, c, func(tx) error { return nil })
}

// addCredential runs allow first, as a part of the same step. A passkey whose
// maker is not known is named after the browser that brings it.
func (db *DB) addCredential(ctx context.Context, c passkey.Credential, allow func(tx) error) error {
	err := db.write(ctx, func(t tx) error {
		if err := allow(t); err != nil {
			return err
		}
		if c.Name == "" {
			c.Name = activity.OriginOf(ctx).Browser // one of a few
		}
		var n int
		if err := t.queryRow(`SELECT COUNT(*) FROM passkeys WHERE user_id = $1`, c.UserID).Scan(&n); err != nil {
			return err
		}
		if n >= passkey.MaxPerUser {
			return passkey.TooMany
		}
		_, err := t.exec(`INSERT INTO passkeys (id, user_id, public_key, aaguid, sign_count, backup_eligible, backed_up, transports, name,
				created_at, last_used_at, suspicious_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			c.ID, c.UserID, c.PublicKey, c.AAGUID.String(), c.SignCount, c.BackupEligible, c.BackedUp, asJSON(c.Transports), c.Name,
			micros(c.Created), micros(c.LastUsed), micros(c.Suspicious))
		if err != nil {
			return err
		}
		return db.note(ctx, t, activity.Event{UserID: c.UserID, Kind: activity.PasskeyAdded, Subject: c.ID, Name: c.Name})
	})
	if errors.Is(err, ErrExists) {
		err = passkey.AlreadyRegistered
	}
	return err
}

// UpdateCredential is that of passkey.CredentialStore.
func (db *DB) UpdateCredential(ctx context.Context, id string, change func(*passkey.Credential) error) error {
	return db.write(ctx, func(t tx) error {
		c, err := scanPasskey(t.queryRow(`SELECT `+passkeyColumns+` FROM passkeys k WHERE k.id = $1`, id))
		if err != nil {
			return err
		}
		if err := change(&c); err != nil {
			return err
		}
		t.tell(AccountTopic(c.UserID))
		_, err = t.exec(`UPDATE passkeys SET sign_count = $2, backup_eligible = $3, backed_up = $4, name = $5, last_used_at = $6, suspicious_at = $7,
				used_where = CASE WHEN last_used_at = $6 THEN used_where ELSE $8 END
			WHERE id = $1`,
			id, c.SignCount, c.BackupEligible, c.BackedUp, c.Name, micros(c.LastUsed), micros(c.Suspicious), activity.OriginOf(ctx).String())
		return err
	})
}

// ErrLastWayIn is returned where removing something would leave a person with
// no way to sign in.
var ErrLastWayIn = errors.New("store: the last way to sign in")

// Removal says what is removed, and for whom.
type Removal struct {
	UserID      string
	ID          string // of the passkey or device
	KeepSession string // the session that asks: it stays, whatever signed it in
	PasskeysOff bool   // the server takes none: they are no way in
	Last        bool   // it may be the last way in
}

// RemovePasskey removes a user's passkey, unless it is their last way in.
func (db *DB) RemovePasskey(ctx context.Context, r Removal) error {
	return db.removeWayIn(ctx, `DELETE FROM passkeys WHERE id = $1 AND user_id = $2 RETURNING name`, activity.PasskeyGone, r)
}

// RemoveUserDevice removes a user's Ham app, unless it is their last way in.
func (db *DB) RemoveUserDevice(ctx context.Context, r Removal) error {
	return db.removeWayIn(ctx, `DELETE FROM devices WHERE id = $1 AND user_id = $2 RETURNING name`, activity.DeviceRemoved, r)
}

// RemoveWayIn removes a user's passkey or Ham app by its id, also the last: an
// operator gives a new link.
func (db *DB) RemoveWayIn(ctx context.Context, userID, id string) error {
	r := Removal{UserID: userID, ID: id, Last: true}
	err := db.RemovePasskey(ctx, r)
	if errors.Is(err, ErrNotFound) {
		err = db.RemoveUserDevice(ctx, r)
	}
	return err
}

// removeWayIn ends the sessions that were opened by what it removes: it may
// have been stolen. Another person's is ErrNotFound.
func (db *DB) removeWayIn(ctx context.Context, query string, kind activity.Kind, r Removal) error {
	return db.write(ctx, func(t tx) error {
		removed := activity.Event{UserID: r.UserID, Kind: kind, Subject: r.ID}
		err := t.queryRow(query, r.ID, r.UserID).Scan(&removed.Name)
		if err != nil {
			return err
		}
		var keys, devices int
		err = t.queryRow(`SELECT (SELECT COUNT(*) FROM passkeys WHERE user_id = $1), (SELECT COUNT(*) FROM devices WHERE user_id = $1)`, r.UserID).Scan(&keys, &devices)
		if err != nil {
			return err
		}
		if !r.Last && devices == 0 && (keys == 0 || r.PasskeysOff) {
			return ErrLastWayIn
		}
		_, err = t.exec(`DELETE FROM sessions WHERE user_id = $1 AND opener = $2 AND id <> $3`, r.UserID, r.ID, r.KeepSession)
		if err != nil {
			return err
		}
		if _, err := t.exec(`DELETE FROM enrolments WHERE user_id = $1 AND session_id IS NOT NULL`, r.UserID); err != nil {
			return err
		}
		if err := forgetBrowsers(t, db.Now(), r.UserID); err != nil {
			return err
		}
		return db.note(ctx, t, removed)
	})
}

// SessionCredentials stores the passkey that a session adds, if the session
// still holds in that moment.
type SessionCredentials struct {
	*DB
	SessionID string
}

// AddCredential is that of passkey.CredentialStore. If the session has ended it
// is ErrNotFound.
func (s SessionCredentials) AddCredential(ctx context.Context, c passkey.Credential) error {
	return s.addCredential(ctx, c, func(t tx) error { return holds(t, s.SessionID) })
}

// hasWayIn reports whether a user has a Ham app or a passkey already.
func hasWayIn(t tx, userID string) (has bool, err error) {
	err = t.queryRow(`SELECT EXISTS (SELECT 1 FROM passkeys WHERE user_id = $1) OR EXISTS (SELECT 1 FROM devices WHERE user_id = $1)`, userID).Scan(&has)
	return has, err
}
