package store

import (
	"context"
	"crypto/rand"
	"fmt"
)

// Key gives the server's key of that name, 32 random bytes, made at its first
// use. Keys live with the data and are part of every backup of it.
func (db *DB) Key(ctx context.Context, name string) (key [32]byte, err error) {
	var fresh [32]byte
	rand.Read(fresh[:])
	var stored []byte
	err = db.write(ctx, func(t tx) error {
		if _, err := t.exec(`INSERT INTO server_keys (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, name, db.seal.close(name, fresh[:])); err != nil {
			return err
		}
		return t.queryRow(`SELECT value FROM server_keys WHERE name = $1`, name).Scan(&stored)
	})
	if err == nil {
		key, err = db.seal.open(name, stored)
	}
	if err != nil {
		return key, fmt.Errorf("reading the server's %s key: %w", name, err)
	}
	return key, nil
}

// Setting gives what a server has stored under name, or ErrNotFound.
func (db *DB) Setting(ctx context.Context, name string) (value string, err error) {
	err = db.queryRow(ctx, `SELECT value FROM settings WHERE name = $1`, name).Scan(&value)
	return value, err
}

// Set stores value under name, for commands that work beside the server.
func (db *DB) Set(ctx context.Context, name, value string) error {
	return db.write(ctx, func(t tx) error {
		_, err := t.exec(`INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
		return err
	})
}

// Unset removes what is stored under name, if there is anything.
func (db *DB) Unset(ctx context.Context, name string) error {
	return db.write(ctx, func(t tx) error {
		_, err := t.exec(`DELETE FROM settings WHERE name = $1`, name)
		return err
	})
}
