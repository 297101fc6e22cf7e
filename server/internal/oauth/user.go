package oauth

import (
	"fmt"
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
	Language   string    // that pages speak to them: en, zh, ja; empty: what the browser asks for
	Asks       bool      // browsers that know them may ask their Ham apps
	KnownSince time.Time // browsers that knew them before know them no more
	Leaves     time.Time // when their deactivated account is deleted; zero while it is active
}

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
	return nil
}
