package main

import (
	"context"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"hamconnect/tui/client"
)

// addConfigFlag gives a command of the app its --config and --account.
func addConfigFlag(cmd *cobra.Command, o *client.Options) {
	o.Passphrase = func() (string, error) { return askPassphrase(cmd) }
	addFolderFlag(cmd, cmd.Flags(), o)
	addAccountFlag(cmd, cmd.Flags(), o)
}

func addFolderFlag(cmd *cobra.Command, flags *pflag.FlagSet, o *client.Options) {
	flags.StringVar(&o.Dir, "config", "", "folder of the accounts (default: $HAM_CONFIG, or ham in your configuration folder)")
	cobra.MarkFlagDirname(flags, "config") //nolint:errcheck // the flag is there
}

func addAccountFlag(cmd *cobra.Command, flags *pflag.FlagSet, o *client.Options) {
	flags.StringVar(&o.Account, "account", os.Getenv("HAM_ACCOUNT"),
		"which account there: nickname, nickname@host, or id of its device or user (default: $HAM_ACCOUNT, or the one in use)")
	cmd.RegisterFlagCompletionFunc("account", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) { //nolint:errcheck // the flag is there
		return accountNames(*o), cobra.ShellCompDirectiveNoFileComp
	})
}

// appFlags are those of a command about the person's account, and of the
// commands below it.
type appFlags struct {
	client.Options
	json bool
}

// add gives them to a command and to all below it.
func (f *appFlags) add(cmd *cobra.Command) {
	addFolderFlag(cmd, cmd.PersistentFlags(), &f.Options)
	addAccountFlag(cmd, cmd.PersistentFlags(), &f.Options)
	f.addJSON(cmd)
}

func (f *appFlags) addJSON(cmd *cobra.Command) {
	if cmd.Long == "" {
		cmd.Long = cmd.Short + "."
	}
	cmd.Long += "\n\nThe exit codes are those that 'ham approve --help' lists."
	cmd.PersistentFlags().BoolVar(&f.json, "json", false, "print JSON; 'ham schema' describes it")
}

// with is a command's RunE that acts for the account that the flags name.
func (f *appFlags) with(act func(ctx context.Context, account *client.Account, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		options := f.Options // those that complete uses ask nothing
		options.Passphrase = func() (string, error) { return askPassphrase(cmd) }
		account, err := client.Load(options)
		if err != nil {
			return err
		}
		return act(cmd.Context(), account, args)
	}
}

// newFamily makes of cmd a command about the person's account, with those below
// it that share its flags.
func newFamily(e *env, cmd *cobra.Command, alone func(*env, *appFlags) *cobra.Command, others ...func(*env, *appFlags) *cobra.Command) *cobra.Command {
	f := &appFlags{}
	cmd.GroupID = groupApp
	f.add(cmd)
	below := make([]*cobra.Command, len(others))
	for i, other := range others {
		below[i] = other(e, f)
	}
	family(cmd, alone(e, f), below...)
	return cmd
}

// family puts commands below cmd, which does by itself what the first of them does.
func family(cmd, alone *cobra.Command, others ...*cobra.Command) {
	cmd.AddCommand(alone)
	cmd.AddCommand(others...)
	cmd.RunE = alone.RunE
	cmd.SuggestionsMinimumDistance = 2
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(cmd, args[0])
		}
		return nil
	}
}

// completeWithin bounds how long a shell waits for what the server knows.
const completeWithin = 2 * time.Second

// complete offers what the server lists, by name where that is enough.
func complete[T any](f *appFlags, list func(*client.Account, context.Context) ([]T, error), as func(T) target) cobra.CompletionFunc {
	return func(cmd *cobra.Command, given []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		account, err := client.Load(f.Options)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx := cmd.Context()
		if ctx == nil {
			ctx = context.Background()
		}
		ctx, cancel := context.WithTimeout(ctx, completeWithin)
		defer cancel()
		items, err := list(account, ctx)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return offered(targets(items, as), given), cobra.ShellCompDirectiveNoFileComp
	}
}
