// Package browser is how a browser stays signed in, for every door that signs
// one in: what its two cookies hold, whom they stand for, and how a session
// begins. The rules of sessions are those of package session; which cookies
// there are, and what else lies in them, is for the doors.
package browser

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/session"
	"hamconnect/server/internal/store"
)

// ErrSignedOut says that nobody is signed in here, or no longer.
var ErrSignedOut = errors.New("browser: signed out")

// Keeper reads and writes what browsers of one door hold. All fields but
// Secure are required.
type Keeper struct {
	DB     *store.DB
	Log    *slog.Logger
	Now    func() time.Time
	Secure bool // the public URL is https

	// Key and Label make the seals: a cookie of one door is none of another's.
	Key   [32]byte
	Label string

	Session string // the name of the cookie whose secret opens pages
	Refresh string // and of the one that buys a new pair
}

// MAC is HMAC-SHA-256 over texts, in base64url.
func MAC(key [32]byte, label string, texts ...string) string {
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(label + "\x00" + strings.Join(texts, "\x00")))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Seal is the server's own mark over the parts of a cookie, 128 bits.
func (k *Keeper) Seal(name string, parts ...string) string {
	return MAC(k.Key, k.Label, append([]string{"cookie", name}, parts...)...)[:22]
}

const maxValue = 200

// Open gives the session's id and the secret in a value that this server made
// for the cookie called name; the id is empty if it made none such. So nobody
// who only knows an id, which is no secret, can make it look as if a secret of
// the session was used twice.
func (k *Keeper) Open(name, value string) (id string, secret oauth.Secret) {
	parts := strings.Split(value, ".")
	if len(value) > maxValue || len(parts) != 3 || !hmac.Equal([]byte(parts[2]), []byte(k.Seal(name, parts[0], parts[1]))) {
		return "", ""
	}
	return parts[0], oauth.Secret(parts[1])
}

// Value is the id, the secret, and the seal over both, joined by dots.
func (k *Keeper) Value(name, id string, secret oauth.Secret) string {
	return id + "." + secret.Reveal() + "." + k.Seal(name, id, secret.Reveal())
}

// Set gives the browser a cookie; a negative age takes it away. The session's
// lives as long as the refresh cookie: whether it still opens anything is
// decided here, not by the browser.
func (k *Keeper) Set(w http.ResponseWriter, name, value string, age int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // not Secure only where the public URL is http on loopback
		Name: name, Value: value, Path: "/", MaxAge: age,
		HttpOnly: true, Secure: k.Secure, SameSite: http.SameSiteLaxMode,
	})
}

// Visitor is who is signed in in the browser that asks.
type Visitor struct {
	Session session.Session
	User    oauth.User
}

// BySession goes by the value of the cookie that opens pages.
func (k *Keeper) BySession(ctx context.Context, value string) (Visitor, error) {
	id, secret := k.Open(k.Session, value)
	if id == "" {
		return Visitor{}, ErrSignedOut
	}
	s, u, err := k.DB.Session(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return Visitor{}, ErrSignedOut
	case err != nil:
		return Visitor{}, err
	case !s.Secret.Matches(secret), u.Disabled:
		return Visitor{}, ErrSignedOut
	}
	write, err := s.Use(k.Now())
	if err != nil {
		return Visitor{}, ErrSignedOut
	}
	if write {
		_, err := k.DB.UpdateSession(ctx, id, func(s *session.Session) error {
			_, err := s.Use(k.Now())
			return err
		})
		if err != nil && !errors.Is(err, store.ErrNotFound) && !errors.Is(err, session.ErrOver) {
			return Visitor{}, err
		}
	}
	return Visitor{s, u}, nil
}

// ByRefresh goes by the value of the cookie that buys a new pair, which the
// caller gives to the browser. One that was used before, too long ago for a
// retry, ends the session: somebody has a copy.
func (k *Keeper) ByRefresh(ctx context.Context, value string) (Visitor, session.Pair, error) {
	id, refresh := k.Open(k.Refresh, value)
	if id == "" {
		return Visitor{}, session.Pair{}, ErrSignedOut
	}
	var pair session.Pair
	s, err := k.DB.UpdateSession(ctx, id, func(s *session.Session) (err error) {
		pair, _, err = s.Buy(k.Now(), refresh)
		return err
	})
	switch {
	case errors.Is(err, session.ErrReused):
		k.Log.WarnContext(ctx, "a refresh secret was used twice; the browser is signed out", "session", id)
		if err := k.DB.EndStolenSession(ctx, s); err != nil {
			return Visitor{}, session.Pair{}, err
		}
		return Visitor{}, session.Pair{}, ErrSignedOut
	case errors.Is(err, store.ErrNotFound), errors.Is(err, session.ErrOver):
		return Visitor{}, session.Pair{}, ErrSignedOut
	case err != nil:
		return Visitor{}, session.Pair{}, err
	}
	u, err := k.DB.User(ctx, s.UserID)
	if errors.Is(err, store.ErrNotFound) || err == nil && u.Disabled {
		return Visitor{}, session.Pair{}, ErrSignedOut
	}
	return Visitor{s, u}, pair, err
}

// Replace ends the sessions that the browser had before, also one that was
// idle: nobody is left signed in behind the one who signs in now. session and
// refresh are the values of its cookies, s the session that begins.
func (k *Keeper) Replace(ctx context.Context, sessionValue, refreshValue string, s session.Session) {
	for name, value := range map[string]string{k.Session: sessionValue, k.Refresh: refreshValue} {
		id, _ := k.Open(name, value)
		if id == "" || id == s.ID {
			continue
		}
		if err := k.DB.DropSession(ctx, id); err != nil && !errors.Is(err, store.ErrNotFound) {
			k.Log.ErrorContext(ctx, "ending the session before", "error", err)
		}
	}
}
