package store

import (
	"context"
	"errors"
	"time"

	"hamconnect/server/internal/activity"
	"hamconnect/server/internal/oauth"
)

// AddCode stores a fresh authorization code.
func (db *DB) AddCode(ctx context.Context, c oauth.Code) error {
	return db.write(ctx, func(t tx) error { return db.addCode(ctx, t, c) })
}

// addCode also notes the decision and the sign-in. It is ErrNotFound if the
// user may sign in to no app at this moment, or the client is switched off, or
// nobody was asked and what was allowed before does not cover it.
func (db *DB) addCode(ctx context.Context, t tx, c oauth.Code) error {
	n, err := t.exec(`INSERT INTO codes (hash, client_id, user_id, redirect_uri, scopes, code_challenge, expires_at, spent, opener_method, opener)
		SELECT $1, c.id, u.id, $4, $5, $6, $7, $8, $9, $10 FROM clients c, users u
		WHERE c.id = $2 AND c.disabled = 0 AND u.id = $3 AND u.disabled = 0 AND u.leaves_at <= 0`,
		c.Hash[:], c.ClientID, c.UserID, c.RedirectURI, asJSON(c.Scopes), c.CodeChallenge, micros(c.Expires), c.Spent, c.Opener.Method, c.Opener.ID)
	if err == nil && n == 0 {
		return ErrNotFound
	}
	if err != nil {
		return err
	}
	if c.Token != nil {
		if err := addToken(t, *c.Token); err != nil {
			return err
		}
	}
	if c.Covers != nil {
		if err := db.covered(t, c); err != nil {
			return err
		}
	}
	if c.Decision != nil {
		if err := db.decide(t, c); err != nil {
			return err
		}
	}
	return db.note(ctx, t, activity.Event{UserID: c.UserID, Kind: activity.AppSignIn, Method: c.Method, Subject: c.ClientID})
}

func addToken(t tx, token oauth.Token) error {
	_, err := t.exec(`INSERT INTO tokens (hash, code_hash, client_id, user_id, scopes, expires_at, family) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		token.Hash[:], token.CodeHash[:], token.ClientID, token.UserID, asJSON(token.Scopes), micros(token.Expires), token.Family)
	return err
}

// addIssued stores what a client gets.
func addIssued(t tx, i oauth.Issued) error {
	if err := addToken(t, i.Token); err != nil || i.Refresh.Family == "" {
		return err
	}
	return addRefresh(t, i.Refresh)
}

// RedeemCode swaps a code for what it stands for as one step: the code is spent
// and the tokens stored, or neither. A code that was spent before revokes what
// it gave, with all that came of it, and is refused.
func (db *DB) RedeemCode(ctx context.Context, now time.Time, hash oauth.Hash, with oauth.Redemption) (issued oauth.Issued, err error) {
	var refusal error
	err = db.write(ctx, func(t tx) error {
		var (
			c        oauth.Code
			disabled bool
			leaves   time.Time
		)
		err := t.queryRow(`SELECT k.hash, k.client_id, k.user_id, k.redirect_uri, k.scopes, k.code_challenge, k.expires_at, k.spent, u.disabled, u.leaves_at
			FROM codes k JOIN users u ON u.id = k.user_id WHERE k.hash = $1`, hash[:]).
			Scan(hashColumn{(*[32]byte)(&c.Hash)}, &c.ClientID, &c.UserID, &c.RedirectURI, fromJSON{&c.Scopes}, &c.CodeChallenge,
				microTime{&c.Expires}, &c.Spent, &disabled, microTime{&leaves})
		if errors.Is(err, ErrNotFound) || err == nil && (disabled || !leaves.IsZero()) {
			return oauth.ErrCodeUnknown
		}
		if err != nil {
			return err
		}
		issued, refusal = c.Redeem(now, with)
		switch {
		case errors.Is(refusal, oauth.ErrCodeReused):
			if _, err := t.exec(`DELETE FROM tokens WHERE code_hash = $1`, hash[:]); err != nil {
				return err
			}
			_, err := t.exec(`DELETE FROM refreshes WHERE code_hash = $1`, hash[:])
			return err
		case refusal != nil:
			return nil //nolint:nilerr // refused, with nothing to undo; the refusal is returned below
		}
		if _, err := t.exec(`UPDATE codes SET spent = 1 WHERE hash = $1`, hash[:]); err != nil {
			return err
		}
		return addIssued(t, issued)
	})
	if err == nil {
		err = refusal
	}
	if err != nil {
		return oauth.Issued{}, err
	}
	return issued, nil
}

// Access gives a token with its client and user, in one query; a token that is
// not known is ErrNotFound. Whether it still holds is for Access.Usable.
func (db *DB) Access(ctx context.Context, hash oauth.Hash) (a oauth.Access, err error) {
	fields := []any{
		hashColumn{(*[32]byte)(&a.Token.Hash)},
		hashColumn{(*[32]byte)(&a.Token.CodeHash)},
		&a.Token.ClientID, &a.Token.UserID,
		fromJSON{&a.Token.Scopes},
		microTime{&a.Token.Expires},
		&a.Token.Family,
	}
	fields = append(append(fields, clientFields(&a.Client)...), userFields(&a.User)...)
	err = db.queryRow(ctx, `SELECT t.hash, t.code_hash, t.client_id, t.user_id, t.scopes, t.expires_at, t.family, `+clientColumns+`, `+userColumns+`
		FROM tokens t JOIN clients c ON c.id = t.client_id JOIN users u ON u.id = t.user_id WHERE t.hash = $1`, hash[:]).Scan(fields...)
	return a, err
}
