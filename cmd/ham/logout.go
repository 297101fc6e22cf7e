package main

import (
	"errors"

	"github.com/spf13/cobra"

	"hamconnect/tui/client"
)

func newLogoutCommand(e *env) *cobra.Command {
	var options client.Options
	var force bool
	cmd := &cobra.Command{
		Use:   "logout",
		Short: "Sign this device out and wipe its key",
		Long: "logout has the server forget this device and then wipes the key. If the server\n" +
			"cannot be reached the key stays, unless --force says to wipe it all the same; the\n" +
			"device then stays on the account page until it is removed there. Other accounts on\n" +
			"this device stay, and one of them is in use then.",
		Example: "  ham logout\n  ham logout --force",
		GroupID: groupApp,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			account, err := client.Load(options)
			if err != nil {
				return err
			}
			was := client.Kept{Account: account}
			told, err := signOut(cmd.Context(), was, force)
			if err != nil {
				return err
			}
			left, failed := nowInUse(client.Options{Dir: options.Dir})
			return errors.Join(saySignedOut(e, was, told, left), failed)
		},
	}
	addConfigFlag(cmd, &options)
	cmd.Flags().BoolVar(&force, "force", false, "wipe the key even if the server cannot be told")
	return cmd
}
