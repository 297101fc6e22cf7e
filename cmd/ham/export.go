package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newExportCommand(e *env) *cobra.Command {
	f := &transferFlags{}
	cmd := &cobra.Command{
		Use:   "export FILE",
		Short: "Write all data into one archive, for 'ham import'",
		Long: `export writes everything that a provider keeps into one archive, which 'ham import'
reads into another folder or database. The archive holds the data as they are at one
moment. Servers may run meanwhile, but what they store then stays behind: to move, stop
them first.

With --key-file the server's keys are sealed in the archive; a database needs it anyway.
Without, the archive holds them in the open. Everything else in it is as in the database:
hashes of passwords and tokens, names, addresses. FILE is made with mode 0600 and has its
name once it is whole; - is standard output.`,
		Example: `  ham export --data /var/lib/ham --key-file ham.key ham.export
  ham export --database postgres://ham@db.example/ham --key-file ham.key - | ssh other ham import --data /var/lib/ham --key-file ham.key -`,
		GroupID: groupServer,
		Args:    exactlyOne("the archive to write"),
		RunE: func(cmd *cobra.Command, args []string) error {
			toFile := args[0] != "-"
			if !toFile && f.json {
				return usagef("--json and an archive on standard output do not go together")
			}
			if !toFile && isTerminal(e.stdout) {
				return usagef("an archive is nothing for a terminal; name a file, or pipe it into another program")
			}
			bar := newProgressBar(e.stderr)
			t, err := f.transfer(bar)
			if err != nil {
				return err
			}
			if !toFile {
				archive, err := t.Export(cmd.Context(), e.stdout)
				bar.end()
				if err != nil {
					return goOn(err, "what was written is not whole")
				}
				fmt.Fprintf(e.stderr, "Exported %d rows.\n", archive.Total.Rows)
				return nil
			}
			archive, err := t.ExportFile(cmd.Context(), args[0])
			bar.end()
			if err != nil {
				return goOn(err, "no archive was written; call the same command again to begin anew")
			}
			if !archive.Sealed {
				fmt.Fprintf(e.stderr, "ham: %s holds the server's keys in the open: keep it like the data themselves, or export with --key-file\n", args[0])
			}
			if f.json {
				return writeJSON(e.stdout, asTransferJSON(archive))
			}
			fmt.Fprintf(e.stdout, "Exported to %s, which only you can read.\n\n", args[0])
			return writeSums(e.stdout, archive)
		},
	}
	f.addTo(cmd)
	return cmd
}
