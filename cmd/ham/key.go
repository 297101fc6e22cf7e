package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"hamconnect/tui/client"
)

func newKeyCommand(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "key",
		Short: "Seal this device's key with a passphrase, or put it into the system's keyring",
		Long: "key says how this device's key is kept, and changes it. At first it lies in the\n" +
			"configuration folder, where only you can read it. Sealed, it is encrypted with a\n" +
			"passphrase, which every command then asks for; a script names a file with it in\n" +
			"$HAM_PASSPHRASE_FILE. The app forgets a sealed key after ten idle minutes.",
		Example: "  ham key show\n  ham key seal\n  ham key keyring\n  ham key unseal",
		GroupID: groupApp,
	}
	cmd.AddCommand(
		keyCommand(e, "show", "Say how the key is kept", func(*cobra.Command, *client.Account) error { return nil }),
		keyCommand(e, "seal", "Encrypt the key with a passphrase, or with another one", func(cmd *cobra.Command, a *client.Account) error {
			passphrase, err := newPassphrase(cmd)
			if err != nil {
				return err
			}
			return a.Seal(passphrase)
		}),
		keyCommand(e, "keyring", "Put the key into the system's keyring", func(_ *cobra.Command, a *client.Account) error { return a.ToKeyring() }),
		keyCommand(e, "unseal", "Keep the key in the configuration folder, as at first", func(_ *cobra.Command, a *client.Account) error { return a.Unseal() }),
	)
	return cmd
}

// keyCommand does something with the key and says how it is kept now.
func keyCommand(e *env, name, short string, do func(*cobra.Command, *client.Account) error) *cobra.Command {
	var options client.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use: name, Short: short, Args: cobra.NoArgs, Example: "  ham key " + name,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if name == "show" {
				options.Passphrase = nil // the answer is known without
			}
			account, err := client.Load(options)
			if err == nil {
				err = do(cmd, account)
			}
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(e.stdout, keyJSON{account.Handle(), account.DeviceID, string(account.Sealing())})
			}
			_, err = fmt.Fprintf(e.stdout, "The key of %s is kept %s.\n", account.Handle(), keptHow[account.Sealing()])
			return err
		},
	}
	addConfigFlag(cmd, &options)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

var keptHow = map[client.Sealing]string{
	client.Plain:      "in the configuration folder, where only you can read it",
	client.Passphrase: "sealed with a passphrase",
	client.Keyring:    "in the system's keyring",
}

// keyJSON is the output of ham key … --json.
type keyJSON struct {
	Account  string `json:"account"`
	DeviceID string `json:"device_id"`
	Kept     string `json:"kept"` // plain, passphrase or keyring
}

// passphraseFile names a file whose first line is the passphrase.
const passphraseFile = "HAM_PASSPHRASE_FILE"

var (
	errNoPassphrase = errors.New("the key of this device is sealed, and there is no terminal to ask for its passphrase on; " +
		"name a file with it in $" + passphraseFile)
	errNoNewPassphrase = errors.New("there is no terminal to type a new passphrase on; name a file with it in $" + passphraseFile)
)

// askPassphrase gives the passphrase of a sealed key.
func askPassphrase(cmd *cobra.Command) (string, error) {
	if name := os.Getenv(passphraseFile); name != "" {
		return readPassphrase(name)
	}
	typed, err := typeHidden(cmd, "Passphrase of this device's key: ")
	return typed, withoutTerminal(err, errNoPassphrase)
}

// newPassphrase has a new one typed twice.
func newPassphrase(cmd *cobra.Command) (string, error) {
	if name := os.Getenv(passphraseFile); name != "" {
		return readPassphrase(name)
	}
	typed, err := typeTwice(cmd, fmt.Sprintf("New passphrase, %d characters at least: ", client.MinPassphrase))
	return typed, withoutTerminal(err, errNoNewPassphrase)
}

func withoutTerminal(err, instead error) error {
	if errors.Is(err, errNoTerminal) {
		return instead
	}
	return err
}

func readPassphrase(name string) (string, error) {
	f, err := os.Open(name) //nolint:gosec // the person says where it is
	if err != nil {
		return "", fmt.Errorf("reading the passphrase: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("%s must be a file that only you can read: chmod 600 %s", name, quote(name))
	}
	text, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return "", fmt.Errorf("reading the passphrase: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSuffix(line, "\r"), nil
}
