package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"hamconnect/tui/client"
)

func newAccountsCommand(e *env) *cobra.Command {
	f := &appFlags{}
	cmd := &cobra.Command{
		Use:   "accounts",
		Short: "List the accounts on this device, and choose the one in use",
		Long: "accounts is for a device that is signed in to several accounts: 'ham login --add' adds\n" +
			"one. Commands act for the one in use, or for that which --account or $HAM_ACCOUNT\n" +
			"names. Without a command it lists them.",
		Example: "  ham accounts\n  ham accounts use Lin@ham.example\n  ham whoami --account Lin",
		GroupID: groupApp,
	}
	addFolderFlag(cmd, cmd.PersistentFlags(), &f.Options)
	f.addJSON(cmd)
	family(cmd, newAccountsList(e, f), newAccountsUse(e, f), newAccountsRemove(e, f))
	return cmd
}

// accountJSON is an account on this device: an element of ham accounts list
// --json, and the output of ham accounts use --json.
type accountJSON struct {
	Server     string `json:"server"`
	UserID     string `json:"user_id"`
	Nickname   string `json:"nickname"` // as it was when this device was enrolled
	DeviceID   string `json:"device_id"`
	DeviceName string `json:"device_name"` // as it was then; may be empty
	InUse      bool   `json:"in_use"`
	Folder     string `json:"folder"`
	Damaged    string `json:"damaged,omitempty"` // why it cannot be used; the fields above are empty then
}

func asAccountJSON(k client.Kept) accountJSON {
	out := accountJSON{k.Server, k.UserID, k.Nickname, k.DeviceID, k.DeviceName, k.InUse, k.Folder(), ""}
	if k.Damaged != nil {
		out.Damaged = k.Damaged.Error()
	}
	return out
}

func newAccountsList(e *env, f *appFlags) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the accounts on this device",
		Long:    "list shows the accounts on this device. An asterisk marks the one in use. No server is asked.",
		Example: "  ham accounts list\n  ham accounts list --json | jq -r '.[] | select(.in_use).nickname'",
		Args:    noArguments, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			all, err := client.Accounts(f.Options)
			if err != nil {
				return err
			}
			out := make([]accountJSON, len(all))
			for i, k := range all {
				out[i] = asAccountJSON(k)
			}
			err = writeList(e, f.json, out, "This device is signed in to no account; run: ham login ENROLL-LINK",
				&table{titles: []string{" ", "NICKNAME", "SERVER", "DEVICE", "DEVICE ID"}, yields: []int{1, 2, 3}}, func(a accountJSON) []string {
					if a.Damaged != "" {
						return []string{mark(a.InUse), "(damaged)", "", "", ""}
					}
					return []string{mark(a.InUse), a.Nickname, a.Server, a.DeviceName, a.DeviceID}
				})
			for _, k := range all {
				if k.Damaged != nil && !f.json && err == nil {
					_, err = fmt.Fprintf(e.stdout, "! %s\n", k.Damaged)
				}
			}
			return err
		},
	}
}

func newAccountsUse(e *env, f *appFlags) *cobra.Command {
	return &cobra.Command{
		Use:     "use NAME",
		Short:   "Choose the account that commands act for from now on",
		Long:    "use chooses the account that commands act for from now on. NAME is the nickname,\nnickname@host, or the id of the device or of the user.",
		Example: "  ham accounts use Lin\n  ham accounts use Lin@ham.example",
		Args:    exactlyOne("the name of an account"), ValidArgsFunction: completeAccounts(f),
		RunE: func(_ *cobra.Command, args []string) error {
			account, err := client.Use(f.Options, args[0])
			if err != nil {
				return err
			}
			if name := os.Getenv("HAM_ACCOUNT"); name != "" {
				fmt.Fprintf(e.stderr, "While $HAM_ACCOUNT is set, commands act for %q all the same.\n", name)
			}
			if f.json {
				return writeJSON(e.stdout, asAccountJSON(client.Kept{Account: account, InUse: true}))
			}
			_, err = fmt.Fprintf(e.stdout, "%s on %s is in use now.\n", account.Name(), account.Server)
			return err
		},
	}
}

// signedOutJSON is the output of ham accounts remove --json.
type signedOutJSON struct {
	Removed    accountJSON  `json:"removed"`
	ServerTold bool         `json:"server_told"`      // false: remove the device on the account page
	InUse      *accountJSON `json:"in_use,omitempty"` // the one in use now, if any is left
}

func newAccountsRemove(e *env, f *appFlags) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "remove NAME",
		Short: "Sign this device out of one account and wipe its key",
		Long: "remove is 'ham logout' for the account that it names; the others stay. A damaged one is\n" +
			"named by its folder. If the server cannot be told the key stays, unless --force says\n" +
			"to wipe it all the same.",
		Example: "  ham accounts remove Lin@ham.example",
		Args:    exactlyOne("the name of an account"), ValidArgsFunction: completeAccounts(f),
		RunE: func(cmd *cobra.Command, args []string) error {
			all, err := client.Accounts(f.Options)
			if err != nil {
				return err
			}
			chosen, err := client.Choose(all, args[0])
			if err != nil {
				return err
			}
			told, err := signOut(cmd.Context(), chosen, force)
			if err != nil {
				return err
			}
			left, failed := nowInUse(f.Options)
			if !f.json {
				return errors.Join(saySignedOut(e, chosen, told, left), failed)
			}
			out := signedOutJSON{Removed: asAccountJSON(chosen), ServerTold: told}
			out.Removed.InUse = false
			if left != nil {
				in := asAccountJSON(*left)
				out.InUse = &in
			}
			return errors.Join(writeJSON(e.stdout, out), failed)
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "wipe the key even if the server cannot be told")
	return cmd
}

// signOut has the server forget the device, if it can be told, and wipes the key.
func signOut(ctx context.Context, k client.Kept, force bool) (told bool, err error) {
	switch {
	case k.Damaged != nil && !force:
		return false, fmt.Errorf("%w; or wipe what is left of it with 'ham accounts remove %s --force'", k.Damaged, quote(k.Folder()))
	case k.Damaged == nil:
		err = k.Logout(ctx)
		told = err == nil
	}
	switch {
	case told:
		return true, nil
	case force:
		return false, k.Forget()
	case errors.Is(err, client.ErrUnreachable):
		return false, fmt.Errorf("%w; nothing was wiped (--force wipes this device's key all the same)", err)
	}
	return false, err
}

// nowInUse gives the account that commands act for, or nil.
func nowInUse(o client.Options) (*client.Kept, error) {
	all, err := client.Accounts(o)
	if i := slices.IndexFunc(all, func(k client.Kept) bool { return k.InUse }); err == nil && i >= 0 {
		return &all[i], nil
	}
	return nil, err
}

func saySignedOut(e *env, was client.Kept, told bool, left *client.Kept) error {
	text := fmt.Sprintf("Signed out of %s.\n", was.Server)
	switch {
	case was.Damaged != nil:
		text = "The damaged account is wiped. Its server was not told: remove this device on your account page.\n"
	case !told:
		text = fmt.Sprintf("The key is wiped. %s was not told: remove this device on your account page.\n", was.Server)
	}
	switch {
	case left == nil:
	case left.Damaged != nil:
		text += "What is in use now is damaged: see 'ham accounts'.\n"
	default:
		text += fmt.Sprintf("%s on %s is in use now.\n", left.Name(), left.Server)
	}
	_, err := fmt.Fprint(e.stdout, text)
	return err
}

func completeAccounts(f *appFlags) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return accountNames(f.Options), cobra.ShellCompDirectiveNoFileComp
	}
}

// accountNames are what a shell offers as the name of an account.
func accountNames(o client.Options) (names []cobra.Completion) {
	all, err := client.Accounts(o)
	if err != nil {
		return nil
	}
	for _, k := range all {
		text := k.DeviceID
		for _, name := range []string{k.Handle(), k.Nickname} {
			if found, err := client.Choose(all, name); err == nil && found.Folder() == k.Folder() {
				text = name
			}
		}
		if k.Damaged == nil {
			names = append(names, cobra.CompletionWithDesc(text, k.Server))
		}
	}
	return names
}
