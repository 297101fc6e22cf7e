package store

import (
	"context"
	"fmt"

	"github.com/pressly/goose/v3"
)

// bringUp brings the tables up to date. Those of a newer ham are left alone:
// what an older one writes may not be what they want.
func bringUp(ctx context.Context, provider *goose.Provider) error {
	have, know, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("looking at the tables: %w", err)
	}
	if have > know {
		return errNewer
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrating: %w", err)
	}
	return nil
}
