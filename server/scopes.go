package server

import (
	"context"
	"fmt"
	"slices"

	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store"
)

// CustomScope is a scope of OpenMaster's dialect that an operator has defined.
type CustomScope = oauth.CustomScope

// ScopeInUse is returned where a scope cannot be removed, because a client is
// registered for it.
type ScopeInUse = store.InUseError

// HamScopes and OpenMasterScopes are those that need no definition.
func HamScopes() []string        { return slices.Clone(oauth.HamScopes) }
func OpenMasterScopes() []string { return slices.Clone(oauth.OpenMasterScopes) }

// ParseScopes reads a comma- or space-separated list of the scopes of Ham's
// dialect, and refuses unknown ones.
func ParseScopes(text string) (oauth.Scopes, error) {
	return oauth.RegistryScopes(text, oauth.HamRegistry)
}

// ParseScopes is the same for OpenMaster's dialect, whose scopes are in the
// database.
func (a *Admin) ParseScopes(ctx context.Context, text string) (oauth.Scopes, error) {
	registry, err := a.registry(ctx)
	if err != nil {
		return nil, err
	}
	return oauth.RegistryScopes(text, registry)
}

func (a *Admin) registry(ctx context.Context) (oauth.Scopes, error) {
	defined, err := a.db.Scopes(ctx)
	if err != nil {
		return nil, err
	}
	registry := slices.Clone(oauth.OpenMasterScopes)
	for _, s := range defined {
		registry = append(registry, s.Name)
	}
	return registry, nil
}

// known refuses a client of OpenMaster's dialect whose scopes nobody defined.
func (a *Admin) known(ctx context.Context, c Client) error {
	if c.Dialect != oauth.OpenMaster {
		return nil
	}
	_, err := a.ParseScopes(ctx, c.Scopes.String())
	return err
}

// SetScope defines a scope, or changes what people are told about it.
func (a *Admin) SetScope(ctx context.Context, s CustomScope) error {
	if err := s.Validate(); err != nil {
		return err
	}
	all, err := a.db.Scopes(ctx)
	if err != nil {
		return err
	}
	const most = 100
	if len(all) >= most && !slices.ContainsFunc(all, func(o CustomScope) bool { return o.Name == s.Name }) {
		return fmt.Errorf("there are %d scopes already, which is as many as there may be", most)
	}
	return a.db.SetScope(ctx, s)
}

// CustomScopes gives all that were defined, by name.
func (a *Admin) CustomScopes(ctx context.Context) ([]CustomScope, error) { return a.db.Scopes(ctx) }

// RemoveScope forgets a scope that no client is registered for.
func (a *Admin) RemoveScope(ctx context.Context, name string) error {
	return a.db.DeleteScope(ctx, name)
}
