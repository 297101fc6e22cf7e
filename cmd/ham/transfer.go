package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"hamconnect/server"
)

// transferFlags are those of export and import.
type transferFlags struct {
	adminFlags

	keyFile string
	quiet   bool
}

func (f *transferFlags) addTo(cmd *cobra.Command) {
	f.add(cmd)
	cmd.Flags().StringVar(&f.keyFile, "key-file", "", "file of the secret that seals the servers' keys in a database, and in the archive; or the secret itself in $"+keyVariable)
	cmd.Flags().BoolVar(&f.quiet, "quiet", false, "do not show how far it is")
	cmd.MarkFlagFilename("key-file") //nolint:errcheck // the flag is there
}

// transfer is what the flags say, with bar told how far it is.
func (f *transferFlags) transfer(bar *progressBar) (server.Transfer, error) {
	if err := f.resolve(); err != nil {
		return server.Transfer{}, err
	}
	if f.keyFile == "" {
		s := serveSettings()
		if err := s.resolve(pflag.NewFlagSet("", pflag.ContinueOnError)); err != nil {
			return server.Transfer{}, err
		}
		f.keyFile = s.get(setKeyFile)
	}
	secret, err := keySecret(f.keyFile)
	if err != nil {
		return server.Transfer{}, err
	}
	t := server.Transfer{Place: server.Place{DataDir: f.data, Database: f.database}, KeySecret: secret}
	if !f.quiet {
		t.Tell = bar.tell
	}
	return t, nil
}

// transferJSON is the output of both with --json.
type transferJSON struct {
	ID      string      `json:"id"`
	Schema  int64       `json:"schema"`
	Made    time.Time   `json:"made_at"`
	Sealed  bool        `json:"keys_sealed"`
	Rows    int64       `json:"rows"`
	SHA256  string      `json:"sha256"`
	Tables  []tableJSON `json:"tables"`
	Resumed *int64      `json:"resumed_rows,omitempty"`
}

type tableJSON struct {
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
}

func asTransferJSON(a server.Archive) transferJSON {
	t := transferJSON{ID: a.ID, Schema: a.Schema, Made: a.Made, Sealed: a.Sealed, Rows: a.Total.Rows, SHA256: a.Total.SHA256, Tables: []tableJSON{}}
	for _, s := range a.Sums {
		t.Tables = append(t.Tables, tableJSON{s.Table, s.Rows, s.SHA256})
	}
	return t
}

// writeSums shows what an archive holds. The checksums are cut: --json has them
// whole.
func writeSums(w io.Writer, a server.Archive) error {
	const cut = 16
	t := table{titles: []string{"TABLE", "ROWS", "SHA-256"}}
	for _, s := range a.Sums {
		if s.Rows > 0 {
			t.add(s.Table, strconv.FormatInt(s.Rows, 10), s.SHA256[:cut])
		}
	}
	t.add("all", strconv.FormatInt(a.Total.Rows, 10), a.Total.SHA256[:cut])
	return t.write(w)
}

// goOn says what to do about a transfer that was stopped.
func goOn(err error, what string) error {
	if errors.Is(err, server.ErrStopped) {
		return fmt.Errorf("%w; %s", err, what)
	}
	return err
}
