package main

import (
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

func newPasskeyCommand(e *env) *cobra.Command {
	var options client.Options
	var asJSON, open bool
	cmd := &cobra.Command{
		Use:   "passkey",
		Short: "Make a link that adds a passkey to a browser",
		Long: "passkey prints a link to open in the browser that shall hold a passkey of yours, on this\n" +
			"computer or another; on a terminal also as a QR code, for a phone. It works once, for\n" +
			"five minutes, and ends the link that was made before it. Keep it to yourself: whoever\n" +
			"opens it can add a passkey of their own to your account.",
		Example: "  ham passkey\n  ham passkey --open\n  ham passkey --json | jq -r .link",
		GroupID: groupApp,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			account, err := client.Load(options)
			if err != nil {
				return err
			}
			link, err := account.PasskeyLink(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
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
		},
	}
	addConfigFlag(cmd, &options)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
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
