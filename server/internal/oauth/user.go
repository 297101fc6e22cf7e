package oauth

import (
	"fmt"
	"net/mail"
	"strings"
	"time"
)

// User is the resource owner.
type User struct {
	ID         string
	Nickname   string
	AvatarURL  string
	IsStudent  bool
	Disabled   bool
	Created    time.Time
	Email      string    // verified by the operator; empty, or of one user alone
	Username   string    // empty, or of one user alone; for OpenMaster's dialect
	Language   string    // that pages speak to them: en, zh, ja; empty: what the browser asks for
	Asks       bool      // browsers that know them may ask their Ham apps
	KnownSince time.Time // browsers that knew them before know them no more
	Leaves     time.Time // when their deactivated account is deleted; zero while it is active
}

// NameFor is what an app of OpenMaster's dialect calls u, whom it knows by
// openID. Who has no username is called by the beginning of that: a nickname is
// not unique, and an app may take the username for the name of an account.
func (u User) NameFor(openID string) string {
	if u.Username != "" {
		return u.Username
	}
	return madeUp + openID[:min(len(openID), 12)]
}

// madeUp is how names begin that nobody has chosen.
const madeUp = "user-"

// MayUseApps reports whether u may sign in to apps, and what apps hold still
// counts. Whoever has deactivated their account may sign in to that alone, to
// change their mind.
func (u User) MayUseApps() bool { return !u.Disabled && u.Leaves.IsZero() }

// Validate reports the first thing that a user's data must not hold.
func (u User) Validate() error {
	if err := ValidName(u.Nickname); err != nil {
		return fmt.Errorf("nickname: %w", err)
	}
	if err := ValidLink(u.AvatarURL); err != nil {
		return fmt.Errorf("avatar URL: %w", err)
	}
	if u.Email != "" {
		if err := ValidEmail(u.Email); err != nil {
			return fmt.Errorf("email: %w", err)
		}
	}
	if u.Username != "" {
		if err := ValidUsername(u.Username); err != nil {
			return fmt.Errorf("username: %w", err)
		}
	}
	return nil
}

// ValidEmail accepts one plain address, such as lin@campus.example.
func ValidEmail(email string) error {
	parsed, err := mail.ParseAddress(email)
	switch {
	case len(email) > 254:
		return fmt.Errorf("is longer than 254 characters")
	case err != nil || parsed.Address != email || parsed.Name != "" ||
		strings.ContainsFunc(email, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '"' || r == ':' }):
		return fmt.Errorf("must be one plain address, such as lin@campus.example")
	}
	return nil
}

// ValidUsername accepts 1 to 39 characters that look alike to nobody, unless
// they could be what NameFor makes for somebody else.
func ValidUsername(name string) error {
	if strings.HasPrefix(name, madeUp) {
		return fmt.Errorf("must not begin with %s, as those do that stand for people without one", madeUp)
	}
	if name == "" || len(name) > 39 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_.-") != "" || strings.Trim(name, "_.-") == "" {
		return fmt.Errorf("must have 1 to 39 characters of a-z, 0-9, and _ . -")
	}
	return nil
}
