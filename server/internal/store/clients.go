package store

import (
	"context"

	"hamconnect/server/internal/oauth"
)

const clientColumns = `c.id, c.secret_hash, c.name, c.redirect_uris, c.scopes, c.icon_url, c.homepage,
	c.userinfo_auth, c.redirect_errors, c.require_pkce, c.disabled, c.created_at, c.dialect, c.implicit, c.password, c.query_token`

func clientFields(c *oauth.Client) []any {
	return []any{
		&c.ID,
		hashColumn{(*[32]byte)(&c.SecretHash)},
		&c.Name,
		fromJSON{&c.RedirectURIs},
		fromJSON{&c.Scopes},
		&c.IconURL, &c.Homepage,
		&c.UserinfoAuth, &c.RedirectErrors, &c.RequirePKCE, &c.Disabled,
		microTime{&c.Created},
		&c.Dialect, &c.Implicit, &c.Password, &c.QueryToken,
	}
}

func scanClient(from scanner) (c oauth.Client, err error) {
	err = from.Scan(clientFields(&c)...)
	return c, err
}

// Client gives a client by its id, or ErrNotFound.
func (db *DB) Client(ctx context.Context, id string) (oauth.Client, error) {
	return scanClient(db.queryRow(ctx, `SELECT `+clientColumns+` FROM clients c WHERE c.id = $1`, id))
}

// Clients gives all clients, oldest first.
func (db *DB) Clients(ctx context.Context) ([]oauth.Client, error) {
	return collect(ctx, db, scanClient, `SELECT `+clientColumns+` FROM clients c ORDER BY c.created_at, c.id`)
}

// AddClient stores a new client.
func (db *DB) AddClient(ctx context.Context, c oauth.Client) error {
	return db.write(ctx, func(t tx) error {
		_, err := t.exec(`INSERT INTO clients (id, secret_hash, name, redirect_uris, scopes, icon_url, homepage,
				userinfo_auth, redirect_errors, require_pkce, disabled, created_at, dialect, implicit, password, query_token)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
			c.ID, c.SecretHash[:], c.Name, asJSON(c.RedirectURIs), asJSON(c.Scopes), c.IconURL, c.Homepage,
			c.UserinfoAuth, c.RedirectErrors, c.RequirePKCE, c.Disabled, micros(c.Created), c.Dialect, c.Implicit, c.Password, c.QueryToken)
		return err
	})
}

// UpdateClient changes a client in one step. Id and dialect cannot change. An error of
// change leaves the client as it was, and is returned.
func (db *DB) UpdateClient(ctx context.Context, id string, change func(*oauth.Client) error) (c oauth.Client, err error) {
	err = db.write(ctx, func(t tx) error {
		c, err = scanClient(t.queryRow(`SELECT `+clientColumns+` FROM clients c WHERE c.id = $1`, id))
		if err != nil {
			return err
		}
		if err := change(&c); err != nil {
			return err
		}
		_, err := t.exec(`UPDATE clients SET secret_hash = $2, name = $3, redirect_uris = $4, scopes = $5, icon_url = $6,
				homepage = $7, userinfo_auth = $8, redirect_errors = $9, require_pkce = $10, disabled = $11,
				implicit = $12, password = $13, query_token = $14
			WHERE id = $1`,
			id, c.SecretHash[:], c.Name, asJSON(c.RedirectURIs), asJSON(c.Scopes), c.IconURL,
			c.Homepage, c.UserinfoAuth, c.RedirectErrors, c.RequirePKCE, c.Disabled, c.Implicit, c.Password, c.QueryToken)
		return err
	})
	return c, err
}

// DeleteClient removes a client with its codes and tokens.
func (db *DB) DeleteClient(ctx context.Context, id string) error {
	return db.deleteOne(ctx, `DELETE FROM clients WHERE id = $1`, id)
}

func (db *DB) deleteOne(ctx context.Context, query, id string) error {
	return db.write(ctx, func(t tx) error {
		n, err := t.exec(query, id)
		if err == nil && n == 0 {
			return ErrNotFound
		}
		return err
	})
}

// collect reads all rows of a query.
func collect[T any](ctx context.Context, db *DB, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := db.query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.close()
	all := []T{}
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, asStoreError(rows.Err())
}
