package store

import (
	"context"
	"errors"
	"time"

	"hamconnect/server/internal/oauth"
)

// Consent is a consent page that waits for its answer, at rest.
type Consent struct {
	Nonce     oauth.Hash
	SessionID string // the one that it was shown to
	Query     string // of the authorization request
	Shown     string // the app's Fingerprint, as it was shown
	Expires   time.Time
}

// maxConsents bounds how many pages of one session wait at a time.
const maxConsents = 20

// AddConsent stores a page that was shown. Past maxConsents the oldest goes.
func (db *DB) AddConsent(ctx context.Context, c Consent) error {
	return db.write(ctx, func(t tx) error {
		_, err := t.exec(`DELETE FROM consents WHERE session_id = $1 AND nonce_hash NOT IN
				(SELECT nonce_hash FROM consents WHERE session_id = $1 ORDER BY expires_at DESC LIMIT $2)`, c.SessionID, maxConsents-1)
		if err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO consents (nonce_hash, session_id, query, shown, expires_at) VALUES ($1, $2, $3, $4, $5)`,
			c.Nonce[:], c.SessionID, c.Query, c.Shown, micros(c.Expires))
		return err
	})
}

// AnswerConsent answers a page and stores the code that answer makes of it, in
// one step. A page that is another session's, expired, or answered otherwise
// before is ErrNotFound. The same answer a second time, by a double click or
// from the browser's history, is ErrExists, and gives the page. A page is
// answered also when answer refuses; nil stands for an answer without a code.
func (db *DB) AnswerConsent(ctx context.Context, nonce oauth.Hash, sessionID string, allowed bool, now time.Time, answer func(Consent) (*oauth.Code, error)) (Consent, error) {
	var refusal error
	c := Consent{Nonce: nonce, SessionID: sessionID}
	err := db.write(ctx, func(t tx) error {
		err := t.queryRow(`UPDATE consents SET allowed = $4 WHERE nonce_hash = $1 AND session_id = $2 AND expires_at > $3 AND allowed IS NULL
			RETURNING query, shown, expires_at`, nonce[:], sessionID, micros(now), allowed).Scan(&c.Query, &c.Shown, microTime{&c.Expires})
		if errors.Is(err, ErrNotFound) {
			err := t.queryRow(`SELECT query, shown, expires_at FROM consents WHERE nonce_hash = $1 AND session_id = $2 AND expires_at > $3 AND allowed = $4`,
				nonce[:], sessionID, micros(now), allowed).Scan(&c.Query, &c.Shown, microTime{&c.Expires})
			if err == nil {
				err = ErrExists
			}
			return err
		}
		if err != nil {
			return err
		}
		code, no := answer(c)
		if refusal = no; no != nil || code == nil {
			return nil //nolint:nilerr // the page stays answered; the refusal is returned below
		}
		return db.addCode(ctx, t, *code)
	})
	if err == nil {
		err = refusal
	}
	return c, err
}
