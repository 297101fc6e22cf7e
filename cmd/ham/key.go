package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/term"
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

var errNoPassphrase = errors.New("the key of this device is sealed, and there is no terminal to ask for its passphrase on; " +
	"name a file with it in $" + passphraseFile)

// askPassphrase gives the passphrase of a sealed key.
func askPassphrase(cmd *cobra.Command) (string, error) {
	if name := os.Getenv(passphraseFile); name != "" {
		return readPassphrase(name)
	}
	return typePassphrase(cmd, "Passphrase of this device's key: ")
}

// newPassphrase has a new one typed twice.
func newPassphrase(cmd *cobra.Command) (string, error) {
	if name := os.Getenv(passphraseFile); name != "" {
		return readPassphrase(name)
	}
	first, err := typePassphrase(cmd, fmt.Sprintf("New passphrase, %d characters at least: ", client.MinPassphrase))
	if err != nil {
		return "", err
	}
	second, err := typePassphrase(cmd, "The same once more: ")
	if err == nil && first != second {
		err = errors.New("the two are not the same; nothing was changed")
	}
	return first, err
}

// typePassphrase asks without showing what is typed.
func typePassphrase(cmd *cobra.Command, question string) (string, error) {
	in, ok := cmd.InOrStdin().(interface{ Fd() uintptr })
	if !ok || !term.IsTerminal(in.Fd()) || !isTerminal(cmd.ErrOrStderr()) {
		return "", errNoPassphrase
	}
	// Raw before the question is there: what is typed at once is not shown either.
	before, err := term.MakeRaw(in.Fd())
	if err != nil {
		return "", fmt.Errorf("reading the passphrase: %w", err)
	}
	_, err = io.WriteString(cmd.ErrOrStderr(), question)
	typed := ""
	if err == nil {
		typed, err = readHidden(cmd.InOrStdin())
	}
	err = errors.Join(err, term.Restore(in.Fd(), before))
	fmt.Fprintln(cmd.ErrOrStderr()) // Enter was not shown either
	return typed, err
}

// readHidden reads a line from a terminal in raw mode.
func readHidden(in io.Reader) (string, error) {
	var line []byte
	for b := make([]byte, 1); len(line) < 4096; {
		if _, err := in.Read(b); err != nil {
			return "", fmt.Errorf("reading the passphrase: %w", err)
		}
		switch b[0] {
		case '\r', '\n':
			return string(line), nil
		case 0x03, 0x04: // Ctrl-C, Ctrl-D
			return "", context.Canceled
		case 0x15: // Ctrl-U
			line = nil
		case 0x08, 0x7f:
			_, size := utf8.DecodeLastRune(line)
			line = line[:len(line)-size]
		default:
			line = append(line, b[0])
		}
	}
	return "", errors.New("the passphrase is too long")
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
