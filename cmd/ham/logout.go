package main

import (
	"errors"
	"fmt"

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
			"device then stays on the account page until it is removed there.",
		Example: "  ham logout\n  ham logout --force",
		GroupID: groupApp,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			account, err := client.Load(options)
			if err != nil {
				return err
			}
			err = account.Logout(cmd.Context())
			switch {
			case err != nil && force:
				if wipeErr := account.Forget(); wipeErr != nil {
					return wipeErr
				}
				_, err = fmt.Fprintf(e.stdout, "The key is wiped. %s was not told: remove this device on your account page.\n", account.Server)
				return err
			case errors.Is(err, client.ErrUnreachable):
				return fmt.Errorf("%w; nothing was wiped (--force wipes this device's key all the same)", err)
			case err != nil:
				return err
			}
			_, err = fmt.Fprintf(e.stdout, "Signed out of %s.\n", account.Server)
			return err
		},
	}
	addConfigFlag(cmd, &options)
	cmd.Flags().BoolVar(&force, "force", false, "wipe the key even if the server cannot be told")
	return cmd
}
