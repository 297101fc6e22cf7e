package store

import (
	"context"
	"errors"
	"time"

	"hamconnect/server/internal/activity"
	"hamconnect/server/internal/oauth"
)

const refreshColumns = `r.hash, r.family, r.code_hash, r.client_id, r.user_id, r.scopes, r.method, r.expires_at, r.spent_at, r.sealed`

func refreshFields(r *oauth.Refresh) []any {
	return []any{
		hashColumn{(*[32]byte)(&r.Hash)},
		&r.Family,
		hashColumn{(*[32]byte)(&r.CodeHash)},
		&r.ClientID, &r.UserID,
		fromJSON{&r.Scopes},
		&r.Method,
		microTime{&r.Expires},
		microTime{&r.Spent},
		&r.Sealed,
	}
}

func addRefresh(t tx, r oauth.Refresh) error {
	_, err := t.exec(`INSERT INTO refreshes (hash, family, code_hash, client_id, user_id, scopes, method, expires_at, spent_at, sealed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		r.Hash[:], r.Family, r.CodeHash[:], r.ClientID, r.UserID, asJSON(r.Scopes), r.Method, micros(r.Expires), micros(r.Spent), r.Sealed)
	return err
}

// UseRefresh swaps a refresh token for the next one and an access token, as one
// step; see oauth.Refresh.Use. One that comes again too late ends its family,
// and the person is told.
func (db *DB) UseRefresh(ctx context.Context, now time.Time, client oauth.Client, text oauth.Secret, scope string) (issued oauth.Issued, again bool, err error) {
	var refusal error
	hash := text.Hash()
	err = db.write(ctx, func(t tx) error {
		var (
			r        oauth.Refresh
			disabled bool
			leaves   time.Time
		)
		err := t.queryRow(`SELECT `+refreshColumns+`, u.disabled, u.leaves_at FROM refreshes r JOIN users u ON u.id = r.user_id WHERE r.hash = $1`, hash[:]).
			Scan(append(refreshFields(&r), &disabled, microTime{&leaves})...)
		if errors.Is(err, ErrNotFound) || err == nil && (disabled || !leaves.IsZero()) {
			return oauth.ErrRefreshUnknown
		}
		if err != nil {
			return err
		}
		issued, again, refusal = r.Use(now, client, text, scope)
		switch {
		case errors.Is(refusal, oauth.ErrRefreshReused):
			return db.endStolen(ctx, t, r)
		case refusal != nil || again:
			return nil //nolint:nilerr // nothing has changed; the refusal is returned below
		}
		if _, err := t.exec(`UPDATE refreshes SET sealed = NULL WHERE family = $1 AND sealed IS NOT NULL`, r.Family); err != nil {
			return err
		}
		_, err = t.exec(`UPDATE refreshes SET expires_at = $2, spent_at = $3, sealed = $4 WHERE hash = $1`, hash[:], micros(r.Expires), micros(r.Spent), r.Sealed)
		if err != nil {
			return err
		}
		return addIssued(t, issued)
	})
	if err == nil {
		err = refusal
	}
	if err != nil {
		return oauth.Issued{}, false, err
	}
	return issued, again, nil
}

func (db *DB) endStolen(ctx context.Context, t tx, r oauth.Refresh) error {
	if err := endFamily(t, r.Family); err != nil {
		return err
	}
	return db.note(ctx, t, activity.Event{UserID: r.UserID, Kind: activity.RefreshReused, Subject: r.ClientID})
}

// endFamily takes back all that came of one agreement.
func endFamily(t tx, family string) error {
	for _, query := range []string{
		`DELETE FROM refreshes WHERE family = $1`,
		`DELETE FROM tokens WHERE family = $1 AND family <> ''`,
		`DELETE FROM authorizations WHERE id = $1`,
	} {
		if _, err := t.exec(query, family); err != nil {
			return err
		}
	}
	return nil
}
