package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

func newPasskeysCommand(e *env) *cobra.Command {
	return newFamily(e, &cobra.Command{
		Use:     "passkeys",
		Short:   "List, add, rename and remove your passkeys",
		Example: "  ham passkeys\n  ham passkeys add --open\n  ham passkeys rename laptop \"work laptop\"",
	}, newPasskeysList, newPasskeysAdd, newPasskeysRename, newPasskeysRemove)
}

// passkeyJSON is an element of ham passkeys list --json; the oldest comes first.
type passkeyJSON struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"` // may be empty
	Since      time.Time  `json:"since"`
	Used       *time.Time `json:"last_used_at,omitempty"`
	Where      string     `json:"where"`      // browser and address of the latest use; may be empty
	Synced     bool       `json:"synced"`     // kept by more than one device
	Suspicious bool       `json:"suspicious"` // it may have been copied
}

// longID is the longest id that fits on a screen. Those of most passkeys do;
// some have hundreds of characters.
const longID = 50

func newPasskeysList(e *env, f *appFlags) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List your passkeys",
		Long:    "list shows your passkeys. Very long ids are cut; --json has them whole.",
		Example: "  ham passkeys list\n  ham passkeys list --json | jq -r '.[] | select(.suspicious).name'",
		Args:    noArguments, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: f.with(func(ctx context.Context, account *client.Account, _ []string) error {
			keys, err := account.Passkeys(ctx)
			if err != nil {
				return err
			}
			out := make([]passkeyJSON, len(keys))
			yields := []int{0}
			for i, k := range keys {
				if out[i] = passkeyJSON(k); len(k.ID) > longID {
					yields = []int{0, 2}
				}
			}
			err = writeList(e, f.json, out, "You have no passkey yet: make one with 'ham passkeys add'.",
				&table{titles: []string{"NAME", "LAST USED", "ID"}, yields: yields}, func(k passkeyJSON) []string {
					return []string{passkeyName(k.Name), minuteOrNever(k.Used), k.ID}
				})
			for _, k := range out {
				if k.Suspicious && !f.json && err == nil {
					_, err = fmt.Fprintf(e.stdout, "! %s may have been copied. If you cannot explain that: ham passkeys remove\n", passkeyName(k.Name))
				}
			}
			return err
		}),
	}
}

func passkeyName(name string) string { return cmp.Or(name, "(no name)") }

func asPasskey(k pairing.Passkey) target {
	return target{id: k.ID, name: k.Name, about: passkeyName(k.Name)}
}

// renamedJSON is the output of ham passkeys rename --json.
type renamedJSON struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Old  string `json:"old_name"`
}

func newPasskeysRename(e *env, f *appFlags) *cobra.Command {
	offer := complete(f, (*client.Account).Passkeys, asPasskey)
	return &cobra.Command{
		Use:     "rename NAME-OR-ID NEW-NAME",
		Short:   "Give a passkey another name",
		Example: "  ham passkeys rename laptop \"work laptop\"",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return errors.New("give the name or id of a passkey, and its new name")
			}
			return nil
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, text string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return offer(cmd, args, text)
		},
		RunE: f.with(func(ctx context.Context, account *client.Account, args []string) error {
			keys, err := account.Passkeys(ctx)
			if err != nil {
				return err
			}
			chosen, err := pick(keys, asPasskey, "a passkey", args[:1])
			if err != nil {
				return err
			}
			old, name := chosen[0], args[1]
			err = account.RenamePasskey(ctx, old.ID, name)
			if isFailure(err, pairing.FailNotFound) {
				return usagef("the passkey %s is gone meanwhile", asPasskey(old))
			}
			switch {
			case err != nil:
				return err
			case f.json:
				return writeJSON(e.stdout, renamedJSON{old.ID, name, old.Name})
			}
			_, err = fmt.Fprintf(e.stdout, "%s is called %s now.\n", passkeyName(old.Name), client.Clean(name))
			return err
		}),
	}
}

func newPasskeysRemove(e *env, f *appFlags) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "remove NAME-OR-ID...",
		Short: "Remove passkeys, say that of a lost laptop",
		Long: "remove has the server forget passkeys, and signs out the browsers that they had signed\n" +
			"in. On a terminal it asks whether you are sure; in a script it wants --yes.",
		Example:           "  ham passkeys remove laptop\n  ham passkeys remove laptop phone --yes --json",
		Args:              atLeastOne("the name or id of a passkey"),
		ValidArgsFunction: complete(f, (*client.Account).Passkeys, asPasskey),
		RunE: f.with(func(ctx context.Context, account *client.Account, args []string) error {
			if err := mayAsk(e, yes); err != nil {
				return err
			}
			keys, err := account.Passkeys(ctx)
			if err != nil {
				return err
			}
			chosen, err := pick(keys, asPasskey, "a passkey", args)
			if err != nil {
				return err
			}
			if err := confirm(ctx, e, yes, fmt.Sprintf("Remove %s?", named(targets(chosen, asPasskey)))); err != nil {
				return err
			}
			done, failed := each(chosen, func(k pairing.Passkey) error { return account.RemovePasskey(ctx, k.ID) })
			return tell(e, f.json, done, failed,
				func(k pairing.Passkey) namedJSON { return namedJSON{k.ID, k.Name} }, removed,
				func(k pairing.Passkey) string {
					return fmt.Sprintf("%s is removed, and the browsers that it had signed in are signed out.", passkeyName(k.Name))
				})
		}),
	}
	addYesFlag(cmd, &yes)
	return cmd
}
