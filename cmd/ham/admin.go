package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"hamconnect/server"
)

// adminFlags are those of every command that administers a data folder.
type adminFlags struct {
	data      string
	publicURL string
	json      bool
}

func (f *adminFlags) add(cmd *cobra.Command) {
	cmd.PersistentFlags().StringVar(&f.data, "data", envOr("HAM_DATA", defaultDataDir()), "folder of the database, as given to 'ham serve'")
	cmd.PersistentFlags().BoolVar(&f.json, "json", false, "write JSON to standard output")
	cmd.MarkPersistentFlagDirname("data") //nolint:errcheck // the flag is there
}

// with opens the data folder for act. It works beside a running server.
func (f *adminFlags) with(ctx context.Context, act func(*server.Admin) error) error {
	admin, err := server.OpenAdmin(ctx, f.data, f.publicURL)
	if err != nil {
		return err
	}
	return errors.Join(act(admin), admin.Close())
}

// notFound words server.ErrNotFound for what the person asked for.
func notFound(err error, what, id, list string) error {
	if errors.Is(err, server.ErrNotFound) {
		return &reworded{fmt.Sprintf("there is no %s %q here; see: %s", what, id, list), err}
	}
	return err
}

func writeJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}
