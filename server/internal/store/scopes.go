package store

import (
	"context"
	"errors"
	"fmt"

	"hamconnect/server/internal/oauth"
)

func scanScope(from scanner) (s oauth.CustomScope, err error) {
	err = from.Scan(&s.Name, &s.En, &s.Zh, &s.Ja)
	return s, err
}

// Scope gives a scope that the operator has defined, or ErrNotFound.
func (db *DB) Scope(ctx context.Context, name string) (oauth.CustomScope, error) {
	return scanScope(db.queryRow(ctx, `SELECT name, text_en, text_zh, text_ja FROM scopes WHERE name = $1`, name))
}

// Scopes gives all of them, by name.
func (db *DB) Scopes(ctx context.Context) ([]oauth.CustomScope, error) {
	return collect(ctx, db, scanScope, `SELECT name, text_en, text_zh, text_ja FROM scopes ORDER BY name`)
}

// SetScope defines a scope, or changes its texts: then nobody has allowed what
// they say now.
func (db *DB) SetScope(ctx context.Context, s oauth.CustomScope) error {
	return db.write(ctx, func(t tx) error {
		before, err := scanScope(t.queryRow(`SELECT name, text_en, text_zh, text_ja FROM scopes WHERE name = $1`, s.Name))
		if err != nil && !errors.Is(err, ErrNotFound) || before == s {
			return err
		}
		if err := forgetScope(t, s.Name); err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO scopes (name, text_en, text_zh, text_ja) VALUES ($1, $2, $3, $4)
			ON CONFLICT (name) DO UPDATE SET text_en = excluded.text_en, text_zh = excluded.text_zh, text_ja = excluded.text_ja`, s.Name, s.En, s.Zh, s.Ja)
		return err
	})
}

// InUseError names a client that is registered for a scope.
type InUseError struct{ Client string }

func (e *InUseError) Error() string {
	return fmt.Sprintf("the app %q is registered for it: change that first", e.Client)
}

// DeleteScope forgets a scope. It is an *InUseError if a client is registered
// for it: it could be asked for, and nobody would be told what it is.
func (db *DB) DeleteScope(ctx context.Context, name string) error {
	return db.write(ctx, func(t tx) error {
		var client string
		err := t.queryRow(`SELECT c.name FROM clients c WHERE c.dialect = 'openmaster' AND c.scopes LIKE '%"' || replace($1, '_', '\_') || '"%' ESCAPE '\' ORDER BY c.created_at LIMIT 1`, name).Scan(&client)
		if err == nil {
			return &InUseError{client}
		}
		if !errors.Is(err, ErrNotFound) {
			return err
		}
		if err := forgetScope(t, name); err != nil {
			return err
		}
		n, err := t.exec(`DELETE FROM scopes WHERE name = $1`, name)
		if err == nil && n == 0 {
			return ErrNotFound
		}
		return err
	})
}

// The scopes in a row without $1, and which rows have it. They are a list in
// JSON, and names of scopes have nothing in them that JSON would write otherwise.
const (
	without  = `replace(replace(replace(scopes, ',"' || $1 || '"', ''), '"' || $1 || '",', ''), '"' || $1 || '"', '')`
	hasScope = `scopes LIKE '%"' || replace($1, '_', '\_') || '"%' ESCAPE '\'`

	withoutScope = without + ` WHERE ` + hasScope
	notDeclined  = `replace(replace(replace(declined, ',"' || $1 || '"', ''), '"' || $1 || '",', ''), '"' || $1 || '"', '') WHERE declined LIKE '%"' || replace($1, '_', '\_') || '"%' ESCAPE '\'`
)

// takeBack takes a scope out of what a client holds of a user.
func takeBack(t tx, userID, clientID, name string) error {
	for _, query := range []string{
		`UPDATE codes SET scopes = ` + without + ` WHERE user_id = $2 AND client_id = $3 AND ` + hasScope,
		`UPDATE tokens SET scopes = ` + without + ` WHERE user_id = $2 AND client_id = $3 AND ` + hasScope,
		`UPDATE refreshes SET scopes = ` + without + ` WHERE user_id = $2 AND client_id = $3 AND ` + hasScope,
		`UPDATE authorizations SET scopes = ` + without + ` WHERE user_id = $2 AND client_id = $3 AND ` + hasScope,
	} {
		if _, err := t.exec(query, name, userID, clientID); err != nil {
			return err
		}
	}
	return nil
}

// forgetScope takes a scope out of all that people have allowed: they are asked
// again, and what apps hold is worth that much less.
func forgetScope(t tx, name string) error {
	for _, query := range []string{
		`UPDATE grants SET scopes = ` + withoutScope,
		`UPDATE grants SET declined = ` + notDeclined,
		`UPDATE codes SET scopes = ` + withoutScope,
		`UPDATE tokens SET scopes = ` + withoutScope,
		`UPDATE refreshes SET scopes = ` + withoutScope,
		`UPDATE authorizations SET scopes = ` + withoutScope,
	} {
		if _, err := t.exec(query, name); err != nil {
			return err
		}
	}
	return nil
}
