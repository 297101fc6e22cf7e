package store

import (
	"context"
	"errors"
	"time"

	"hamconnect/server/internal/oauth"
)

// SetPassword gives a user a password, as an argon2id hash in PHC's string
// format; an empty one takes it away. What the earlier one has given ends.
func (db *DB) SetPassword(ctx context.Context, userID, hash string) error {
	return db.write(ctx, func(t tx) error {
		if _, err := scanUser(t.queryRow(`SELECT `+userColumns+` FROM users u WHERE u.id = $1`, userID)); err != nil {
			return err
		}
		if err := endPasswordFamilies(t, userID); err != nil {
			return err
		}
		if hash == "" {
			_, err := t.exec(`DELETE FROM passwords WHERE user_id = $1`, userID)
			return err
		}
		_, err := t.exec(`INSERT INTO passwords (user_id, hash) VALUES ($1, $2) ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash`, userID, hash)
		return err
	})
}

func endPasswordFamilies(t tx, userID string) error {
	for _, query := range []string{
		`DELETE FROM tokens WHERE user_id = $1 AND family <> '' AND family IN (SELECT family FROM refreshes WHERE user_id = $1 AND method = $2)`,
		`DELETE FROM authorizations WHERE user_id = $1 AND $2 <> ''`,
		`DELETE FROM refreshes WHERE user_id = $1 AND method = $2`,
	} {
		if _, err := t.exec(query, userID, ByPassword); err != nil {
			return err
		}
	}
	return nil
}

// ByPassword is the method of what a person has agreed to by their password.
const ByPassword = "password"

// HasPassword reports whether a user has one.
func (db *DB) HasPassword(ctx context.Context, userID string) (has bool, err error) {
	err = db.queryRow(ctx, `SELECT EXISTS (SELECT 1 FROM passwords WHERE user_id = $1)`, userID).Scan(&has)
	return has, err
}

// Password gives the user of an email address, in any case, and the hash of
// their password. Who is not known, or has none, is ErrNotFound.
func (db *DB) Password(ctx context.Context, email string) (u oauth.User, hash string, err error) {
	err = db.queryRow(ctx, `SELECT `+userColumns+`, p.hash FROM users u JOIN passwords p ON p.user_id = u.id
		WHERE u.email <> '' AND lower(u.email) = lower($1)`, email).Scan(append(userFields(&u), &hash)...)
	return u, hash, err
}

// Guesses are the wrong passwords of one account, address or app.
type Guesses struct {
	Key     oauth.Hash
	Forgive time.Duration // one of them is forgotten after it, and then the next

	// Wait is how long it is until the next try, after so many.
	Wait func(failures int) time.Duration
}

// TryPassword counts one try for all of them before it is made, so that tries
// which run side by side are counted too. While one of them has to wait nothing
// is counted, and the rest of that time is returned.
func (db *DB) TryPassword(ctx context.Context, now time.Time, all ...Guesses) (left time.Duration, err error) {
	err = db.write(ctx, func(t tx) error {
		// What is stored is when the last of them will be forgotten, so that
		// time does the forgetting.
		failures := make([]int, len(all))
		left = 0
		for i, g := range all {
			var next, forgotten time.Time
			err := t.queryRow(`SELECT next_at, expires_at FROM password_tries WHERE key_hash = $1`, g.Key[:]).Scan(microTime{&next}, microTime{&forgotten})
			if err != nil && !errors.Is(err, ErrNotFound) {
				return err
			}
			if err == nil {
				failures[i] = int(max(0, forgotten.Sub(now)+g.Forgive-1) / g.Forgive)
				left = max(left, next.Sub(now))
			}
		}
		if left > 0 {
			return nil
		}
		for i, g := range all {
			n := failures[i] + 1
			_, err := t.exec(`INSERT INTO password_tries (key_hash, next_at, expires_at) VALUES ($1, $2, $3)
				ON CONFLICT (key_hash) DO UPDATE SET next_at = excluded.next_at, expires_at = excluded.expires_at`,
				g.Key[:], micros(now.Add(g.Wait(n))), micros(now.Add(time.Duration(n)*g.Forgive)))
			if err != nil {
				return err
			}
		}
		return nil
	})
	return max(0, left), err
}

// ForgetTries forgets all failures of a key: the password was right.
func (db *DB) ForgetTries(ctx context.Context, key oauth.Hash) error {
	return db.write(ctx, func(t tx) error {
		_, err := t.exec(`DELETE FROM password_tries WHERE key_hash = $1`, key[:])
		return err
	})
}

// TakeBackTry makes as if the latest try had not been.
func (db *DB) TakeBackTry(ctx context.Context, g Guesses) error {
	return db.write(ctx, func(t tx) error {
		_, err := t.exec(`UPDATE password_tries SET expires_at = expires_at - $2, next_at = 0 WHERE key_hash = $1`, g.Key[:], g.Forgive.Microseconds())
		return err
	})
}

// PasswordGrant stores what a client gets for a person's password: code is
// spent at its making and is what began it. It is ErrNotFound if the person may
// use no apps, has no password any more, or the client is switched off.
func (db *DB) PasswordGrant(ctx context.Context, code oauth.Code, issued oauth.Issued, hash string) error {
	return db.write(ctx, func(t tx) error { return db.passwordGrant(ctx, t, code, issued, hash) })
}

func (db *DB) passwordGrant(ctx context.Context, t tx, code oauth.Code, issued oauth.Issued, hash string) error {
	var one int
	if err := t.queryRow(`SELECT 1 FROM passwords WHERE user_id = $1 AND hash = $2`, code.UserID, hash).Scan(&one); err != nil {
		return err
	}
	if err := db.addCode(ctx, t, code); err != nil {
		return err
	}
	// The person sees the app among theirs. Nothing was shown to them, so the
	// row spares no question.
	_, err := t.exec(`INSERT INTO grants (user_id, client_id, scopes, shown, given_at, begun_at, used_at, open_id, declined) VALUES ($1, $2, $3, '', $4, $4, $4, $5, '[]')
		ON CONFLICT (user_id, client_id) DO UPDATE SET used_at = excluded.used_at`,
		code.UserID, code.ClientID, asJSON(code.Scopes), micros(db.Now()), db.OpenID(code.ClientID, code.UserID))
	if err != nil {
		return err
	}
	return addIssued(t, issued)
}
