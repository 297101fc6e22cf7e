package oauth

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// APIToken is what a person has made for a program that acts for them, at
// rest. It names no client, and works until it expires or is taken back.
type APIToken struct {
	ID      string
	UserID  string
	Name    string
	Hash    Hash
	Last4   string // by which the person knows it again
	Scopes  Scopes
	Created time.Time
	Expires time.Time
	Used    time.Time // the latest use, to within a minute; zero before the first
}

// The scopes of API tokens, and their limits.
const (
	ScopeMCP      = "mcp"       // all of the following
	ScopeMCPRead  = "mcp:read"  // see
	ScopeMCPWrite = "mcp:write" // and change

	MaxAPITokens   = 5   // live ones, of one person
	MaxAPITokenAge = 365 // days
)

// APIScopes are all that an API token can have.
var APIScopes = Scopes{ScopeMCP, ScopeMCPRead, ScopeMCPWrite}

// APITokenPrefix lets people, and scanners of what was published by mistake,
// know one by its look.
const APITokenPrefix = "ham_"

const touchAPITokenEvery = time.Minute

// NewAPIToken draws the token of a person. What they chose has been validated.
func NewAPIToken(now time.Time, userID, name string, scopes Scopes, days int) (APIToken, Secret) {
	t := APIToken{ID: NewID(), UserID: userID, Name: name, Scopes: scopes, Created: now}
	return t, t.Renew(now, days)
}

// Renew replaces the token's secret: the one before is worth nothing.
func (t *APIToken) Renew(now time.Time, days int) Secret {
	secret := Secret(APITokenPrefix + NewSecret().Reveal())
	text := secret.Reveal()
	t.Hash, t.Last4 = secret.Hash(), text[len(text)-4:]
	t.Expires, t.Used = now.Add(time.Duration(days)*24*time.Hour), time.Time{}
	return secret
}

// ValidAPIToken reports the first thing that is wrong with what a person chose.
func ValidAPIToken(name string, scopes []string) error {
	if err := ValidName(name); err != nil {
		return fmt.Errorf("name: %w", err)
	}
	if len(scopes) == 0 {
		return fmt.Errorf("scopes: give at least one of %s", strings.Join(APIScopes, ", "))
	}
	for i, s := range scopes {
		if !APIScopes.Has(s) || slices.Contains(scopes[:i], s) {
			return fmt.Errorf("scopes: each must be one of %s, once", strings.Join(APIScopes, ", "))
		}
	}
	return nil
}

// ValidAPITokenAge reports whether a token may live so many days.
func ValidAPITokenAge(days int) error {
	if days < 1 || days > MaxAPITokenAge {
		return fmt.Errorf("ttl_days: from 1 to %d", MaxAPITokenAge)
	}
	return nil
}

// IsAPIToken reports whether a bearer token is one by its look.
func IsAPIToken(s Secret) bool {
	return len(s) == len(APITokenPrefix)+secretChars && strings.HasPrefix(s.Reveal(), APITokenPrefix)
}

// Live reports whether the token of u still works.
func (t APIToken) Live(now time.Time, u User) bool { return now.Before(t.Expires) && u.MayUseApps() }

// MayRead reports whether the token's scopes let it see whose it is.
func (t APIToken) MayRead() bool { return t.Scopes.Has(ScopeMCP) || t.Scopes.Has(ScopeMCPRead) }

// Use reports whether a use at now is worth writing down.
func (t APIToken) Use(now time.Time) bool { return now.Sub(t.Used) >= touchAPITokenEvery }
