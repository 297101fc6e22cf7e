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

// HamScopes are those of the guide, which an app may ask for unless its
// registration says otherwise.
var HamScopes = Scopes{ScopeProfile, ScopeIsStudent}

// HamRegistry is the registry of the Ham dialect. The scopes of API tokens, by
// which programs act for people at services of the operator's, an app may ask
// for only if it is registered for them by name.
var HamRegistry = slices.Concat(HamScopes, APIScopes)

// The scopes that OpenMaster's document names; operators define further ones.
const (
	ScopeUser  = "user"  // read and write profile info
	ScopeBrand = "brand" // in the document without an explanation
)

// OpenMasterScopes are those that need no definition.
var OpenMasterScopes = Scopes{ScopeUser, ScopeBrand}

// CustomScope is one that an operator has defined, with what people are told
// about it in each language.
type CustomScope struct {
	Name string
	En   string
	Zh   string
	Ja   string
}

// Validate reports the first thing that a definition must not hold.
func (s CustomScope) Validate() error {
	switch {
	case s.Name == "" || len(s.Name) > 40 || strings.Trim(s.Name, "abcdefghijklmnopqrstuvwxyz0123456789_:.-") != "":
		return fmt.Errorf("the name must have 1 to 40 characters of a-z, 0-9, and _ : . -")
	case OpenMasterScopes.Has(s.Name) || HamScopes.Has(s.Name):
		return fmt.Errorf("the scope %q is there already", s.Name)
	}
	for language, text := range map[string]string{"English": s.En, "Chinese": s.Zh, "Japanese": s.Ja} {
		if err := ValidName(text); err != nil {
			return fmt.Errorf("the %s text %w", language, err)
		}
	}
	return nil
}

// ParseScopes reads what a client wrote, separated by commas (the guide) or
// spaces (RFC 6749 §3.3), and keeps only what is in allowed, each once and in
// allowed's order. What is not known is dropped in silence.
func ParseScopes(text string, allowed Scopes) Scopes {
	asked := splitScopes(text)
	scopes := Scopes{}
	for _, s := range allowed {
		if slices.Contains(asked, s) {
			scopes = append(scopes, s)
		}
	}
	return scopes
}

func splitScopes(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

// String joins with spaces, the form of answers.
func (s Scopes) String() string { return strings.Join(s, " ") }

// Commas joins with commas, as OpenMaster's document writes scopes.
func (s Scopes) Commas() string { return strings.Join(s, ",") }

// Has reports whether scope is among s.
func (s Scopes) Has(scope string) bool { return slices.Contains(s, scope) }

// RegistryScopes reads the scopes that a client shall be registered for. Here
// an unknown one is a mistake, and said.
func RegistryScopes(text string, registry Scopes) (Scopes, error) {
	for _, s := range splitScopes(text) {
		if !registry.Has(s) {
			return nil, fmt.Errorf("scope %q is not known; there are: %s", s, strings.Join(registry, ", "))
		}
	}
	return ParseScopes(text, registry), nil
}
