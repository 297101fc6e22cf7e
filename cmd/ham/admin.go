package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"hamconnect/server"
)

// adminFlags are those of every command that administers a data folder.
type adminFlags struct {
	data      string
	database  string
	publicURL string
	json      bool
	makes     bool // the command may make the data folder
}

func (f *adminFlags) add(cmd *cobra.Command) {
	f.addPlace(cmd.PersistentFlags())
	cmd.PersistentFlags().BoolVar(&f.json, "json", false, "write JSON to standard output")
	cmd.MarkPersistentFlagDirname("data") //nolint:errcheck // the flag is there
}

// addPlace adds the flags that say where the data are.
func (f *adminFlags) addPlace(flags *pflag.FlagSet) {
	flags.StringVar(&f.data, "data", "", "folder of the database (default: what 'ham serve' uses by itself)")
	flags.StringVar(&f.database, "database", "", "address of the PostgreSQL database that 'ham serve' runs on, in place of --data")
}

// with opens the data for act. It works beside a running server. Only what adds
// something makes a folder that is not there.
func (f *adminFlags) with(ctx context.Context, act func(*server.Admin) error) error {
	if err := f.resolve(); err != nil {
		return err
	}
	if f.database != "" {
		return f.open(ctx, act)
	}
	if _, err := os.Stat(f.data); errors.Is(err, fs.ErrNotExist) && !f.makes {
		return fmt.Errorf("there is no data folder %s; name the one that 'ham serve' runs on with --data", f.data)
	}
	return f.open(ctx, act)
}

// resolve finds where the data are.
func (f *adminFlags) resolve() (err error) {
	if f.database != "" && f.data != "" {
		return usagef("--data and --database do not go together")
	}
	if f.database == "" && f.data == "" {
		f.data, f.database, err = servedData()
	}
	return err
}

func (f *adminFlags) open(ctx context.Context, act func(*server.Admin) error) error {
	admin, err := server.OpenAdmin(ctx, server.Place{DataDir: f.data, Database: f.database}, f.publicURL)
	if err != nil {
		return err
	}
	return errors.Join(act(admin), admin.Close())
}

// servedData is where the data of a ham serve without flags are: in a folder,
// or in a database.
func servedData() (folder, database string, err error) {
	s := serveSettings()
	if err := s.resolve(pflag.NewFlagSet("", pflag.ContinueOnError)); err != nil {
		return "", "", err
	}
	return s.get(setData), s.get(setDatabase), nil
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

// anyFlag reports whether one of the command's own flags was given.
func anyFlag(cmd *cobra.Command) (given bool) {
	cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) { given = given || f.Changed })
	return given
}
