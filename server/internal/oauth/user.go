package oauth

import (
	"fmt"
	"time"
)

// User is the resource owner.
type User struct {
	ID        string
	Nickname  string
	AvatarURL string
	IsStudent bool
	Disabled  bool
	Created   time.Time
}

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
