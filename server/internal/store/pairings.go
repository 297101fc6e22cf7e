package store

import (
	"context"
	"errors"
	"fmt"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/session"
)

const pairingByID = `SELECT id, kind, version, state, browser_hash, request, browser, claim, granted, begun_at, deadline_at FROM pairings WHERE id = $1`

func scanPairing(from scanner) (p pairing.Pairing, err error) {
	err = from.Scan(&p.ID, &p.Kind, &p.Version, &p.State, hashColumn{&p.BrowserHash}, fromJSON{&p.Request}, fromJSON{&p.Browser},
		fromJSON{&p.Claim}, fromJSON{&p.Granted}, microTime{&p.Begun}, microTime{&p.Deadline})
	if errors.Is(err, ErrNotFound) {
		err = pairing.ErrNotFound
	}
	return p, err
}

// Pairing gives a pairing as it was last written: the caller settles it. A
// pairing that does not exist is pairing.ErrNotFound.
func (db *DB) Pairing(ctx context.Context, id string) (pairing.Pairing, error) {
	return scanPairing(db.queryRow(ctx, pairingByID, id))
}

// BeginPairing stores a new pairing, and hints at it by BegunTopic. An id that is
// taken is ErrExists.
func (db *DB) BeginPairing(ctx context.Context, p pairing.Pairing) error {
	err := db.steps.one(ctx, `INSERT INTO pairings (id, kind, version, state, browser_hash, request, browser, claim, granted, begun_at, deadline_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		p.ID, p.Kind, p.Version, p.State, p.BrowserHash[:], asJSON(p.Request), asJSON(p.Browser), asJSON(p.Claim), asJSON(p.Granted),
		micros(p.Begun), micros(p.Deadline))
	if err == nil {
		db.Hint(BegunTopic(p.ID))
	}
	return err
}

// UpdatePairing runs a transition on a pairing as one atomic step and gives
// the pairing as it stands after it. What the transition changed is stored
// also when it refuses: a wrong number counts. The refusal is returned.
func (db *DB) UpdatePairing(ctx context.Context, id string, transition func(*pairing.Pairing) error) (p pairing.Pairing, err error) {
	// It is seldom that two are at one pairing. So it is read first, and written
	// if it still is what was read; otherwise both happen in one transaction.
	p, err = db.Pairing(ctx, id)
	if err != nil {
		return p, err
	}
	before := p.Version
	refusal := transition(&p)
	if p.Version == before {
		return p, refusal
	}
	swapped, err := db.steps.swap(ctx, PairingTopic(id), changePairing, changedPairing(p, before)...)
	if err != nil {
		return p, err
	}
	if swapped {
		return p, refusal
	}
	err = db.write(ctx, func(t tx) error {
		p, refusal, err = updatePairing(t, id, transition)
		return err
	})
	if err != nil {
		return p, err
	}
	return p, refusal
}

// changePairing writes what a transition may change of a pairing, if nobody has
// changed it since.
const changePairing = `UPDATE pairings SET version = $3, state = $4, claim = $5, granted = $6, deadline_at = $7 WHERE id = $1 AND version = $2`

func changedPairing(p pairing.Pairing, before int64) []any {
	return []any{p.ID, before, p.Version, p.State, asJSON(p.Claim), asJSON(p.Granted), micros(p.Deadline)}
}

func updatePairing(t tx, id string, transition func(*pairing.Pairing) error) (p pairing.Pairing, refusal, err error) {
	p, err = scanPairing(t.queryRow(pairingByID, id))
	if err != nil {
		return p, nil, err
	}
	before := p.Version
	refusal = transition(&p)
	if p.Version == before {
		return p, refusal, nil
	}
	n, err := t.exec(changePairing, changedPairing(p, before)...)
	if err == nil && n != 1 {
		err = fmt.Errorf("pairing %s changed during its own transaction", id)
	}
	t.tell(PairingTopic(id))
	return p, refusal, err
}

// FinishPairing runs a transition that finishes a pairing and, in the same
// step, stores the code that mint makes of it. mint sees the client and the
// user as they are now, and refuses where one of them may no longer sign in;
// its refusal leaves the pairing as it was.
func (db *DB) FinishPairing(ctx context.Context, id string, finish func(*pairing.Pairing) error,
	mint func(pairing.Pairing, oauth.Client, oauth.User) (oauth.Code, error),
) (p pairing.Pairing, err error) {
	var refusal error
	err = db.write(ctx, func(t tx) error {
		p, refusal, err = updatePairing(t, id, finish)
		if err != nil || refusal != nil {
			return err
		}
		c, err := scanClient(t.queryRow(`SELECT `+clientColumns+` FROM clients c WHERE c.id = $1`, p.Request.ClientID))
		if err != nil {
			return err
		}
		u, err := approver(t, p)
		if err != nil {
			return err
		}
		code, err := mint(p, c, u)
		if err != nil {
			return err
		}
		return db.addCode(ctx, t, code)
	})
	if err != nil {
		return p, err
	}
	return p, refusal
}

// FinishSignIn is FinishPairing for a browser's own sign-in: what begin makes
// of it is a session.
func (db *DB) FinishSignIn(ctx context.Context, id string, finish func(*pairing.Pairing) error,
	begin func(pairing.Pairing, oauth.User) (session.Session, error),
) (p pairing.Pairing, err error) {
	var refusal error
	err = db.write(ctx, func(t tx) error {
		p, refusal, err = updatePairing(t, id, finish)
		if err != nil || refusal != nil {
			return err
		}
		u, err := approver(t, p)
		if err != nil {
			return err
		}
		s, err := begin(p, u)
		if err != nil {
			return err
		}
		return db.addSession(ctx, t, s)
	})
	if err != nil {
		return p, err
	}
	return p, refusal
}

// approver gives the user who approved p. It is ErrNotFound if the device, or
// the passkey, that did so has been removed since: then its word does not count
// any more.
func approver(t tx, p pairing.Pairing) (oauth.User, error) {
	if p.ByPasskey() {
		return scanUser(t.queryRow(`SELECT `+userColumns+` FROM users u JOIN passkeys k ON k.user_id = u.id WHERE u.id = $1 AND k.id = $2`,
			p.Claim.UserID, p.Claim.PasskeyID))
	}
	return scanUser(t.queryRow(`SELECT `+userColumns+` FROM users u JOIN devices d ON d.user_id = u.id WHERE u.id = $1 AND d.id = $2`,
		p.Claim.UserID, p.Claim.DeviceID))
}
