package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"hamconnect/tui/client"
)

func newAccountCommand(e *env) *cobra.Command {
	f := &appFlags{}
	cmd := &cobra.Command{
		Use:     "account",
		Short:   "Export, deactivate or keep your account",
		Long:    "account is for what concerns your account as a whole. The accounts on this device are\nlisted by 'ham accounts'.",
		Example: "  ham account export -o me.json\n  ham account deactivate",
		GroupID: groupApp,
	}
	f.add(cmd)
	cmd.AddCommand(newAccountExport(e, f), newAccountDeactivate(e, f), newAccountKeep(e, f))
	return cmd
}

// exportedJSON is the output of ham account export --json with -o FILE.
type exportedJSON struct {
	File  string `json:"file"` // its absolute path
	Bytes int    `json:"bytes"`
}

func newAccountExport(e *env, f *appFlags) *cobra.Command {
	var out string
	var force bool
	cmd := &cobra.Command{
		Use:   "export [-o FILE]",
		Short: "Write all that the server keeps about you",
		Long: "export writes all that the server keeps about you, as JSON, to standard output or into\n" +
			"a file that only you can read. It overwrites no file unless --force is given. The\n" +
			"server notes the export in your activity.",
		Example: "  ham account export -o me.json\n  ham account export | jq .activity",
		Args:    noArguments, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: f.with(func(ctx context.Context, account *client.Account, _ []string) error {
			toFile := out != "-"
			if out == "" { // a script's variable that is not set
				return usagef("--output takes the name of a file, or - for standard output")
			}
			if _, err := os.Lstat(out); toFile && !force && !errors.Is(err, fs.ErrNotExist) {
				return existsAlready(out) // before the server is asked, which notes it
			}
			all, err := account.Export(ctx)
			if err != nil {
				return err
			}
			all = append(harmless(all), '\n')
			if !toFile {
				_, err := e.stdout.Write(all)
				return err
			}
			if err := writePrivate(out, all, force); err != nil {
				return err
			}
			path, err := filepath.Abs(out)
			switch {
			case err != nil:
				return err
			case f.json:
				return writeJSON(e.stdout, exportedJSON{path, len(all)})
			}
			_, err = fmt.Fprintf(e.stdout, "Written to %s, which only you can read.\n", out)
			return err
		}),
	}
	cmd.Flags().StringVarP(&out, "output", "o", "-", "file to write, or - for standard output")
	cmd.Flags().BoolVar(&force, "force", false, "overwrite the file if it is there")
	cmd.MarkFlagFilename("output", "json") //nolint:errcheck // the flag is there
	return cmd
}

func existsAlready(path string) error {
	return usagef("%s is there already; name another file, or give --force", path)
}

// harmless writes what a terminal would obey, and what is not seen, as JSON
// escapes: the value stays the same.
func harmless(text []byte) []byte {
	var out bytes.Buffer
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1:
			out.WriteString(`\ufffd`) // as whoever reads it takes it
		case r < utf8.RuneSelf && r != 0x7f, unicode.IsGraphic(r):
			out.Write(text[:size])
		case r > 0xffff:
			fmt.Fprintf(&out, `\u%04x\u%04x`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
		text = text[size:]
	}
	return out.Bytes()
}

// writePrivate writes a file of mode 0600, whole or not at all.
func writePrivate(path string, text []byte, overwrite bool) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".export-*") // has mode 0600
	if err != nil {
		return fmt.Errorf("writing the export: %w", err)
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	switch {
	case err != nil:
	case overwrite:
		if err = os.Rename(f.Name(), path); err == nil {
			return nil
		}
	default:
		err = os.Link(f.Name(), path) // unlike a rename it overwrites nothing
		if err != nil && !errors.Is(err, fs.ErrExist) {
			err = writeNew(path, text) // a disk without links
		}
	}
	err = errors.Join(err, os.Remove(f.Name()))
	if errors.Is(err, fs.ErrExist) && !overwrite {
		return existsAlready(path)
	}
	if err != nil {
		return fmt.Errorf("writing the export: %w", err)
	}
	return nil
}

func writeNew(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the person names the file
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// leftJSON is the output of ham account deactivate --json.
type leftJSON struct {
	Deleted time.Time `json:"deleted_at"`
}

func newAccountDeactivate(e *env, f *appFlags) *cobra.Command {
	var yes string
	cmd := &cobra.Command{
		Use:   "deactivate",
		Short: "Leave: apps lose what they had at once, and later all is deleted",
		Long: "deactivate ends at once what apps may see of you, and signs out all browsers. After a\n" +
			"time that the server says all of it is deleted; until then 'ham account keep' takes it\n" +
			"back. On a terminal it asks for your nickname; a script gives it with --yes.",
		Example:           "  ham account deactivate\n  ham account deactivate --yes Lin --json",
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.RunE = f.with(func(ctx context.Context, account *client.Account, _ []string) error {
		given := cmd.Flags().Changed("yes")
		if !given && !e.interactive {
			return usagef("there is no terminal to ask on; if you mean it, give --yes NICKNAME")
		}
		me, err := account.Me(ctx)
		if err != nil {
			return err
		}
		name := cmp.Or(me.Nickname, me.UserID)
		switch {
		case me.Leaves != nil: // nothing is left to ask
		case given && yes != name:
			return usagef("--yes %q is not your nickname, %q; nothing was changed", yes, name)
		case !given:
			if err := askForName(ctx, e, name); err != nil {
				return err
			}
		}
		deleted, err := account.Deactivate(ctx)
		switch {
		case err != nil:
			return err
		case f.json:
			return writeJSON(e.stdout, leftJSON{deleted})
		}
		_, err = fmt.Fprintf(e.stdout, "Your account is deactivated. It is deleted on %s, unless you keep it: ham account keep\n", minute(deleted))
		return err
	})
	cmd.Flags().StringVar(&yes, "yes", "", "your nickname: do not ask for it")
	cmd.RegisterFlagCompletionFunc("yes", cobra.NoFileCompletions) //nolint:errcheck // the flag is there
	return cmd
}

func askForName(ctx context.Context, e *env, name string) error {
	answer, err := prompt(ctx, e, fmt.Sprintf("Apps lose at once what they have of you, and all browsers are signed out.\n"+
		"Later everything is deleted. If you mean it, type your nickname (%s): ", name))
	if err != nil && !errors.Is(err, errNoAnswer) {
		return err
	}
	if answer != name {
		return errKept
	}
	return nil
}

// keptJSON is the output of ham account keep --json.
type keptJSON struct {
	UserID   string `json:"user_id"`
	Nickname string `json:"nickname"`
	Kept     bool   `json:"kept"` // true
}

func newAccountKeep(e *env, f *appFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "keep",
		Short:   "Keep an account that was deactivated",
		Long:    "keep takes a deactivation back. What apps could see they have to ask for again. It is\nno error if the account was not deactivated.",
		Example: "  ham account keep",
		Args:    noArguments, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: f.with(func(ctx context.Context, account *client.Account, _ []string) error {
			if err := account.Keep(ctx); err != nil {
				return err
			}
			me, err := account.Me(ctx)
			switch {
			case err != nil:
				return err
			case f.json:
				return writeJSON(e.stdout, keptJSON{me.UserID, me.Nickname, true})
			}
			_, err = fmt.Fprintf(e.stdout, "The account of %s is kept.\n", cmp.Or(me.Nickname, me.UserID))
			return err
		}),
	}
}
