package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
	"hamconnect/tui"
	"hamconnect/tui/client"
)

// newPasskeyCommand is the short way to ham passkeys add, by its former name.
func newPasskeyCommand(e *env) *cobra.Command {
	f := &appFlags{}
	cmd := newPasskeysAdd(e, f)
	cmd.Use, cmd.Hidden, cmd.GroupID = "passkey", true, groupApp
	cmd.Example = "  ham passkey\n  ham passkey --open\n  ham passkey --json | jq -r .link"
	f.add(cmd)
	return cmd
}

func newPasskeysAdd(e *env, f *appFlags) *cobra.Command {
	var open bool
	cmd := &cobra.Command{
		Use:   "add",
		Short: "Make a link that adds a passkey to a browser",
		Long: "It prints a link to open in the browser that shall hold a passkey of yours, on this\n" +
			"computer or another; on a terminal also as a QR code, for a phone. It works once, for\n" +
			"five minutes, and ends the link that was made before it. Keep it to yourself: whoever\n" +
			"opens it can add a passkey of their own to your account. 'ham passkey' is the same.",
		Example:           "  ham passkeys add\n  ham passkeys add --open\n  ham passkeys add --json | jq -r .link",
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: f.with(func(ctx context.Context, account *client.Account, _ []string) error {
			link, err := account.PasskeyLink(ctx)
			if err != nil {
				return err
			}
			if f.json {
				err = writeJSON(e.stdout, link)
			} else {
				err = writePasskeyLink(e, link)
			}
			if err != nil || !open {
				return err
			}
			if err := tui.OpenBrowser(link.Link); err != nil {
				fmt.Fprintln(e.stderr, "No browser could be opened here: open the link above yourself.")
			}
			return nil
		}),
	}
	cmd.Flags().BoolVar(&open, "open", false, "open the link in this computer's browser too")
	return cmd
}

func writePasskeyLink(e *env, link pairing.PasskeyLink) error {
	lines := []string{
		link.Link,
		fmt.Sprintf("Open it in the browser that shall hold the passkey: once, within %s.", inWords(link.ExpiresIn)),
		"Keep it to yourself: whoever opens it can add a passkey to your account.",
	}
	if code, err := qr.Encode(link.Link); err == nil && fits(e.stdout, code, lines) {
		lines = append([]string{code.Terminal(true)}, lines...)
	}
	_, err := fmt.Fprintln(e.stdout, strings.Join(lines, "\n"))
	return err
}

func inWords(seconds int) string {
	if minutes := seconds / 60; minutes > 1 {
		return fmt.Sprintf("%d minutes", minutes)
	}
	return fmt.Sprintf("%d seconds", seconds)
}

// fits reports whether w is a terminal that shows the code, the lines below it
// and a prompt at once: a code that is broken or scrolled out is of no use.
func fits(w io.Writer, code *qr.Code, lines []string) bool {
	f, ok := w.(interface{ Fd() uintptr })
	if !ok || !term.IsTerminal(f.Fd()) {
		return false
	}
	width, height, err := term.GetSize(f.Fd())
	cols, rows := code.TerminalSize()
	if err != nil || width < cols {
		return false
	}
	for _, line := range lines {
		rows += 1 + (len(line)-1)/width
	}
	return rows < height
}
