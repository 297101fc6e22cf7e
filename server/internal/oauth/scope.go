package oauth

import (
	"fmt"
	"slices"
	"strings"
)

// Scopes are permissions in the order of their registry.
type Scopes []string

// The scopes of Ham Connect (Integration Guide §1.3).
const (
	ScopeProfile   = "profile"    // nickname, avatar_url
	ScopeIsStudent = "is_student" // is_student
)

// HamScopes is the registry of the Ham dialect.
var HamScopes = Scopes{ScopeProfile, ScopeIsStudent}

// ParseScopes reads what a client wrote, separated by commas (the guide) or
// spaces (RFC 6749 §3.3), and keeps only what is in allowed, each once and in
// allowed's order. What is not known is dropped in silence.
func ParseScopes(text string, allowed Scopes) Scopes {
	asked := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
	scopes := Scopes{}
	for _, s := range allowed {
		if slices.Contains(asked, s) {
			scopes = append(scopes, s)
		}
	}
	return scopes
}

// String joins with spaces, the form of answers.
func (s Scopes) String() string { return strings.Join(s, " ") }

// Has reports whether scope is among s.
func (s Scopes) Has(scope string) bool { return slices.Contains(s, scope) }

// RegistryScopes reads the scopes that a client shall be registered for. Here
// an unknown one is a mistake, and said.
func RegistryScopes(text string) (Scopes, error) {
	for _, s := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		if !HamScopes.Has(s) {
			return nil, fmt.Errorf("scope %q is not known; there are: %s", s, strings.Join(HamScopes, ", "))
		}
	}
	return ParseScopes(text, HamScopes), nil
}
