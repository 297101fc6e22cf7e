package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"hamconnect/qr"
	"hamconnect/tui/client"
)

func newLoginCommand(e *env) *cobra.Command {
	var options client.Options
	cmd := &cobra.Command{
		Use:   "login ENROLL-LINK",
		Short: "Sign this device in with an enrol link",
		Long: "login makes a key on this device and has the server accept it. The link, from\n" +
			"who runs the server ('ham user add', 'ham user enroll'), works once. It may also\n" +
			"be a picture of its QR code. Where somebody is signed in already, --add keeps that account\n" +
			"and uses the new one ('ham accounts' lists them), and --replace gives it up; without one\n" +
			"of them a key that still works is never replaced.",
		Example: "  ham login https://ham.example/enroll/CODE\n  ham login --add enroll.png\n  ham login --config ./ada enroll.png",
		GroupID: groupApp,
		Args:    exactlyOne("an enrol link"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return login(cmd.Context(), e, args[0], options)
		},
	}
	addConfigFlag(cmd, &options)
	cmd.Flags().BoolVar(&options.Add, "add", false, "keep the accounts that are signed in here, and use the new one")
	cmd.Flags().BoolVar(&options.Replace, "replace", false, "give up the account that is signed in here already")
	cmd.MarkFlagsMutuallyExclusive("add", "replace")
	cmd.Flags().StringVar(&options.DeviceName, "device-name", "", "what your account page calls this device (default: the computer's name)")
	return cmd
}

func login(ctx context.Context, e *env, text string, options client.Options) error {
	link, err := client.Find(ctx, text)
	if err != nil {
		return err
	}
	if link.Kind != qr.KindEnroll {
		return usagef("this link asks to sign in somewhere: use 'ham approve'; an enrol link looks like https://HOST/enroll/CODE")
	}
	var replaced *client.Account
	if options.Replace {
		if replaced, err = client.Load(options); err != nil && !errors.Is(err, client.ErrNotSignedIn) {
			return err
		}
	}
	account, err := client.Enroll(ctx, link, options)
	if old, ok := errors.AsType[*client.SignedInError](err); ok {
		// Only a key that no longer opens anything is given up in silence.
		if _, gone := old.Account.Me(ctx); !errors.Is(gone, client.ErrNotSignedIn) {
			return fmt.Errorf("this device is signed in to %s as %s already: keep that account too with --add, give it up with --replace or 'ham logout', or use another --config folder",
				old.Account.Server, old.Account.Name())
		}
		options.Replace = true
		account, err = client.Enroll(ctx, link, options)
	}
	if twice, ok := errors.AsType[*client.TwiceError](err); ok {
		return fmt.Errorf("%w; use it with 'ham accounts use %s'", err, twice.Account.DeviceID)
	}
	if err != nil {
		return err
	}
	if replaced != nil {
		if err := replaced.Leave(ctx); err != nil {
			fmt.Fprintf(e.stderr, "ham: %s could not be told to forget the account that was here (%v); remove that device on its account page\n", replaced.Server, err)
		}
	}
	_, err = fmt.Fprintf(e.stdout, "Signed in to %s as %s.\n", account.Server, account.Name())
	return err
}
