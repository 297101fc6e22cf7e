package main

import (
	"cmp"
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"hamconnect/server"
)

func newUserSetPassword(e *env, f *adminFlags) *cobra.Command {
	var stdin bool
	cmd := &cobra.Command{
		Use:   "set-password USER_ID",
		Short: "Give a person a password, for apps of the openmaster dialect",
		Long: "set-password gives a person a password. Only apps of the openmaster dialect can use\n" +
			"it, by grant_type=password and POST /authorizations; Ham's own sign-in never asks for\n" +
			"one. What an earlier password has given ends. The password is typed twice, or read as\n" +
			"the first line of standard input; it is never an argument, which others could see.",
		Example: "  ham user set-password 7hq…\n  ham user set-password 7hq… --stdin < password.txt",
		Args:    exactlyOne("a user id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.with(cmd.Context(), func(a *server.Admin) error {
				if _, err := a.User(cmd.Context(), args[0]); err != nil { // before somebody types for nothing
					return noUser(err, args[0])
				}
				text, err := newPassword(cmd, e, stdin)
				if err != nil {
					return err
				}
				err = a.SetPassword(cmd.Context(), args[0], text)
				if errors.Is(err, server.ErrNoEmail) {
					return usagef("a password goes with an email address, and this person has none: ham user update %s --email ADDRESS", args[0])
				}
				if err != nil {
					return noUser(err, args[0])
				}
				return said(e, f, args[0], "user_id", "The password is set.")
			})
		},
	}
	cmd.Flags().BoolVar(&stdin, "stdin", false, "read the password from standard input")
	return cmd
}

func newPassword(cmd *cobra.Command, e *env, stdin bool) (string, error) {
	if stdin {
		text, err := io.ReadAll(io.LimitReader(e.stdin, 4096))
		line, _, _ := strings.Cut(string(text), "\n")
		if line = strings.TrimSuffix(line, "\r"); err == nil && line == "" {
			err = errors.New("standard input holds no password")
		}
		return line, err
	}
	text, err := typeTwice(cmd, "New password, 8 characters at least: ")
	if errors.Is(err, errNoTerminal) {
		return "", usagef("there is no terminal to ask on: give the password with --stdin")
	}
	return text, err
}

func newUserRemovePassword(e *env, f *adminFlags) *cobra.Command {
	return &cobra.Command{
		Use: "remove-password USER_ID", Short: "Take a person's password away, with all that it has given",
		Example: "  ham user remove-password 7hq…", Args: exactlyOne("a user id"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.with(cmd.Context(), func(a *server.Admin) error {
				if _, err := a.User(cmd.Context(), args[0]); err != nil {
					return noUser(err, args[0])
				}
				if has, err := a.HasPassword(cmd.Context(), args[0]); err != nil || !has {
					return cmp.Or(err, errors.New("this person has no password"))
				}
				if err := a.RemovePassword(cmd.Context(), args[0]); err != nil {
					return noUser(err, args[0])
				}
				return said(e, f, args[0], "user_id", "The password is gone.")
			})
		},
	}
}
