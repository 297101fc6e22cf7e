package store

import (
	"context"

	"hamconnect/server/internal/activity"
	"hamconnect/server/internal/oauth"
)

const userColumns = `u.id, u.nickname, u.avatar_url, u.is_student, u.disabled, u.created_at, u.language, u.leaves_at, u.asks, u.known_since, u.email, u.username`

func userFields(u *oauth.User) []any {
	return []any{&u.ID, &u.Nickname, &u.AvatarURL, &u.IsStudent, &u.Disabled, microTime{&u.Created}, &u.Language, microTime{&u.Leaves}, &u.Asks, microTime{&u.KnownSince}, &u.Email, &u.Username}
}

func scanUser(from scanner) (u oauth.User, err error) {
	err = from.Scan(userFields(&u)...)
	return u, err
}

// User gives a user by id, or ErrNotFound.
func (db *DB) User(ctx context.Context, id string) (oauth.User, error) {
	return scanUser(db.queryRow(ctx, `SELECT `+userColumns+` FROM users u WHERE u.id = $1`, id))
}

// Users gives all users, oldest first.
func (db *DB) Users(ctx context.Context) ([]oauth.User, error) {
	return collect(ctx, db, scanUser, `SELECT `+userColumns+` FROM users u ORDER BY u.created_at, u.id`)
}

// AddUser stores a new user together with the enrolment of their first device.
func (db *DB) AddUser(ctx context.Context, u oauth.User, e Enrolment) error {
	return db.write(ctx, func(t tx) error {
		if err := takeUsername(t, oauth.User{ID: u.ID}, u.Username); err != nil {
			return err
		}
		_, err := t.exec(`INSERT INTO users (id, nickname, avatar_url, is_student, disabled, created_at, language, leaves_at, asks, email, username)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			u.ID, u.Nickname, u.AvatarURL, u.IsStudent, u.Disabled, micros(u.Created), u.Language, micros(u.Leaves), u.Asks, u.Email, u.Username)
		if err != nil {
			return err
		}
		return addEnrolment(t, e)
	})
}

// UpdateUser changes a user in one step; see UpdateClient. Disabling ends their
// browser sessions, what those have given out, all refresh tokens and API tokens;
// an operator's enrol link stays.
func (db *DB) UpdateUser(ctx context.Context, id string, change func(*oauth.User) error) (u oauth.User, err error) {
	err = db.write(ctx, func(t tx) (err error) {
		u, err = updateUser(t, id, change)
		return err
	})
	return u, err
}

// ChangeProfile is UpdateUser for what the person changes, and remembers it.
func (db *DB) ChangeProfile(ctx context.Context, id string, change func(*oauth.User)) error {
	return db.changeProfile(ctx, activity.Event{UserID: id, Kind: activity.Profile}, change)
}

// ChangeUsername is the same for an app that changes the username. One that is
// taken is ErrExists.
func (db *DB) ChangeUsername(ctx context.Context, id string, by oauth.Client, name string) error {
	return db.changeProfile(ctx, activity.Event{UserID: id, Kind: activity.Username, Subject: by.ID, Name: by.Name}, func(u *oauth.User) { u.Username = name })
}

func (db *DB) changeProfile(ctx context.Context, e activity.Event, change func(*oauth.User)) error {
	return db.write(ctx, func(t tx) error {
		_, err := updateUser(t, e.UserID, func(u *oauth.User) error {
			change(u)
			return nil
		})
		if err != nil {
			return err
		}
		return db.note(ctx, t, e)
	})
}

func updateUser(t tx, id string, change func(*oauth.User) error) (u oauth.User, err error) {
	u, err = scanUser(t.queryRow(`SELECT `+userColumns+` FROM users u WHERE u.id = $1`, id))
	if err != nil {
		return u, err
	}
	before := u
	if err := change(&u); err != nil {
		return u, err
	}
	if err := takeUsername(t, before, u.Username); err != nil {
		return u, err
	}
	t.tell(AccountTopic(id))
	_, err = t.exec(`UPDATE users SET nickname = $2, avatar_url = $3, is_student = $4, disabled = $5, language = $6, asks = $7, email = $8, username = $9 WHERE id = $1`,
		id, u.Nickname, u.AvatarURL, u.IsStudent, u.Disabled, u.Language, u.Asks, u.Email, u.Username)
	if err == nil && u.AvatarURL != before.AvatarURL { // one that they had uploaded is shown no more
		_, err = t.exec(`DELETE FROM avatars WHERE user_id = $1`, id)
	}
	if err == nil && u.Disabled { // for good: whoever is enabled again signs in anew
		_, err = t.exec(`DELETE FROM sessions WHERE user_id = $1`, id)
		if err == nil {
			_, err = t.exec(`DELETE FROM passkey_links WHERE user_id = $1`, id)
		}
		if err == nil {
			_, err = t.exec(`DELETE FROM authorizations WHERE user_id = $1`, id)
		}
		if err == nil {
			_, err = t.exec(`DELETE FROM refreshes WHERE user_id = $1`, id)
		}
		if err == nil {
			_, err = t.exec(`DELETE FROM api_tokens WHERE user_id = $1`, id)
		}
	}
	return u, err
}

// maxUsernames bounds how many names one user has given up.
const maxUsernames = 20

// takeUsername keeps the name that u gives up theirs. A name that somebody else
// gave up is ErrExists, and one change too many is ErrTooMany.
func takeUsername(t tx, u oauth.User, name string) error {
	if name == u.Username {
		return nil
	}
	var given, others int
	err := t.queryRow(`SELECT COUNT(*), COALESCE(SUM(CASE WHEN user_id <> $1 THEN 1 ELSE 0 END), 0) FROM former_usernames WHERE user_id = $1 OR name = $2`, u.ID, name).Scan(&given, &others)
	switch {
	case err != nil:
		return err
	case others > 0:
		return ErrExists
	case given >= maxUsernames:
		return ErrTooMany
	case u.Username == "":
		return nil
	}
	_, err = t.exec(`INSERT INTO former_usernames (name, user_id) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, u.Username, u.ID)
	return err
}

// DeleteUser removes a user with their devices, codes and tokens.
func (db *DB) DeleteUser(ctx context.Context, id string) error {
	return db.write(ctx, func(t tx) error {
		n, err := t.exec(`DELETE FROM users WHERE id = $1`, id)
		if err == nil && n == 0 {
			err = ErrNotFound
		}
		t.tell(AccountTopic(id)) // their Ham apps are signed out
		return err
	})
}
