package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/muesli/cancelreader"
	"github.com/spf13/cobra"

	"hamconnect/server"
)

func newImportCommand(e *env) *cobra.Command {
	f := &transferFlags{}
	var restart bool
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Fill a new folder or database with an archive of 'ham export'",
		Long: `import fills a folder or database that is new with an archive of 'ham export'. People,
apps, tokens, sessions and every open_id stay what they were. It checks the archive before
it begins, and compares what is stored with it at the end; until then no server starts
there. An import that was interrupted goes on when it is called again with the same
archive; with --restart it begins anew.

An archive whose keys are sealed wants the --key-file that it was exported with, and so
does a database, for its own. Only one that is sealed shows that nobody without the key
file has changed it. - is standard input; such an archive can be checked only while it is
stored.`,
		Example: `  ham import --database postgres://ham@db.example/ham --key-file ham.key ham.export
  ham import --data /var/lib/ham --key-file ham.key ham.export`,
		GroupID: groupServer,
		Args:    exactlyOne("the archive to read"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] == "-" && isTerminal(e.stdin) {
				return usagef("there is no archive on standard input; name a file")
			}
			bar := newProgressBar(e.stderr)
			t, err := f.transfer(bar)
			if err != nil {
				return err
			}
			done, err := importFrom(cmd.Context(), e, t, args[0], restart)
			bar.end()
			if errors.Is(err, server.ErrStoppedMidway) {
				return goOn(err, "call the same command again to go on; until it is done no server starts there")
			}
			if err != nil {
				return goOn(err, "call the same command again, before a server starts there")
			}
			if len(t.KeySecret) > 0 && !done.Sealed { // the key file would have shown a change
				fmt.Fprintf(e.stderr, "ham: %s is not sealed by the key file: whoever could write to it may have made it what it is; start a server on this only if you know where it comes from\n", args[0])
			}
			if f.json {
				out := asTransferJSON(done.Summary)
				out.Resumed = &done.Resumed
				return writeJSON(e.stdout, out)
			}
			if done.Resumed > 0 {
				fmt.Fprintf(e.stdout, "Went on after %d rows that were there already.\n", done.Resumed)
			}
			fmt.Fprint(e.stdout, "Imported. What is stored has the archive's counts and checksums.\n\n")
			return writeSums(e.stdout, done.Summary)
		},
	}
	f.addTo(cmd)
	cmd.Flags().BoolVar(&restart, "restart", false, "remove what an unfinished import has left, and begin anew")
	return cmd
}

func importFrom(ctx context.Context, e *env, t server.Transfer, from string, restart bool) (server.Imported, error) {
	if from != "-" {
		return t.ImportFile(ctx, from, restart)
	}
	in := e.stdin
	if pipe, err := cancelreader.NewReader(in); err == nil { // one that nothing comes from can be stopped, too
		defer pipe.Close()
		defer context.AfterFunc(ctx, func() { pipe.Cancel() })()
		in = pipe
	}
	return t.Import(ctx, in, restart)
}
