package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
	"hamconnect/tui"
	"hamconnect/tui/client"
)

// approval is a run of ham approve.
type approval struct {
	env     *env
	account *client.Account
	out     approveOutput
	browse  func(url string) error // opens the system's browser

	scopes    []string
	scopesSet bool // --scopes was given; none is a choice too
	deny, yes bool
	from      string // where to look for a code; the argument if empty
	number    string // digits, "-" for standard input, or empty
	browser   string // where the browser of a ticket must ask from, or empty
}

func newApproveCommand(e *env) *cobra.Command {
	var options client.Options
	var asJSON bool
	a := approval{env: e, browse: tui.OpenBrowser}
	cmd := &cobra.Command{
		Use:   "approve [LINK-OR-PICTURE]",
		Short: "Look at a sign-in and approve or refuse it",
		Long: `approve takes the link below a QR code, a picture of the code (PNG, JPEG, GIF,
WebP), or a ham:// link, prints what is asked, and answers.

On a terminal it asks yes or no, and for the number that the desktop shows.
Giving --number is a yes in itself, and so is --yes. Without a terminal and
without a number the sign-in is claimed only (exit code 7): call again with
the same link and --number within a minute.

All scopes that are asked are approved unless --scopes names fewer; --scopes ""
approves none, and the app gets nothing but an id of you. A ham:// link needs no
number, but without a terminal it needs --yes.

A link of an account page signs that browser in to your account ("kind" is
"sign_in" in --json): there are no scopes then, and --scopes is refused.

A ham://qrcode-login link, or the code of a page that shows no number ("kind" is
"ticket"), signs a browser in likewise. On a terminal you are asked a second
time, with which browser asks, from where and since when; --yes answers the
first question only. A script gives --browser with the address, or network, that
its browser asks from: that is a yes in itself, and counts only for a browser
there. Without either the sign-in is claimed only (exit code 7).

Instead of a link or picture, --from clipboard, --from screen or --from
camera:SOURCE says where to look for the code; SOURCE is as in 'ham app
--camera', and may be left out.

With --json each step is one JSON object on standard output.

` + exitHelp,
		Example: `  ham approve https://ham.example/Q/CODE
  ham approve screenshot.png --number 42 --scopes profile
  read-number-from-page | ham approve screenshot.png --number - --json
  ham approve screenshot.png --deny
  ham approve --from screen`,
		GroupID: groupApp,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case a.from != "" && len(args) > 0:
				return errors.New("give a link or a picture, or --from, and not both")
			case a.from != "":
				return nil
			}
			return exactlyOne("a link or a picture")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			a.scopesSet = cmd.Flags().Changed("scopes")
			if err := a.checkFlags(cmd.Flags().Changed("number")); err != nil {
				return err
			}
			a.out = newApproveOutput(e, asJSON)
			var err error
			if a.account, err = client.Load(options); err != nil {
				return err
			}
			return a.run(cmd.Context(), strings.Join(args, ""))
		},
	}
	addConfigFlag(cmd, &options)
	flags := cmd.Flags()
	flags.StringSliceVar(&a.scopes, "scopes", nil, "approve these of the scopes, separated by commas (default: all)")
	flags.BoolVar(&a.deny, "deny", false, "refuse")
	flags.StringVar(&a.number, "number", "", "the number that the desktop shows, or - to read it from standard input")
	flags.StringVar(&a.browser, "browser", "", "approve a browser that shows no number, if it asks from this address or network")
	flags.BoolVarP(&a.yes, "yes", "y", false, "do not ask yes or no")
	flags.StringVar(&a.from, "from", "", "look for the code in the clipboard, on the screen, or with a camera:SOURCE")
	flags.BoolVar(&asJSON, "json", false, "print one JSON object per step")
	for _, other := range []string{"scopes", "number", "yes", "browser"} {
		cmd.MarkFlagsMutuallyExclusive("deny", other)
	}
	cmd.MarkFlagsMutuallyExclusive("number", "browser")
	return cmd
}

// checkFlags looks at the values. A number that was given but is empty, say by
// a script's variable that is not set, is no number.
func (a *approval) checkFlags(numberGiven bool) error {
	a.scopes = slices.DeleteFunc(a.scopes, func(s string) bool { return s == "" })
	if kind, _, _ := strings.Cut(a.from, ":"); a.from != "" && kind != "camera" && a.from != "clipboard" && a.from != "screen" {
		return usagef("--from takes clipboard, screen, or camera:SOURCE")
	}
	if a.browser != "" {
		if _, err := parseBrowser(a.browser); err != nil {
			return err
		}
	}
	if numberGiven && a.number != "-" {
		if _, ok := tui.CheckNumber(a.number); !ok {
			return usagef("--number takes the number that the desktop shows, 10 to 99, or - to read it from standard input")
		}
	}
	return nil
}

func (a *approval) run(ctx context.Context, text string) error {
	link, err := a.find(ctx, text)
	if err != nil {
		return err
	}
	if link.Kind == qr.KindEnroll {
		return usagef("this is an enrol link, which signs this device in: use 'ham login'")
	}
	if err := a.account.Check(link); err != nil {
		return err
	}
	var ask *client.Ask
	switch link.Kind {
	case qr.KindAuthorize:
		ask, err = a.account.CheckAuthorize(ctx, link.Authorize)
	case qr.KindLogin:
		ask, err = a.account.ClaimTicket(ctx, link.Code)
	case qr.KindPairing, qr.KindEnroll:
		ask, err = a.account.Claim(ctx, link.Code)
	}
	if err != nil {
		return err
	}
	if err := a.out.asked(a.account, ask); err != nil {
		return err
	}
	scopes, err := a.chosen(ask)
	if err != nil {
		return err
	}
	yes, err := a.consent(ctx, ask)
	switch {
	case err != nil:
		return err
	case !yes && ask.IsPairing():
		if _, err := a.account.Deny(ctx, ask); err != nil {
			return err
		}
		return a.out.denied("")
	case !yes:
		redirect, err := a.account.DenyAuthorize(ctx, ask)
		if err != nil {
			return err
		}
		return a.goOn(redirect, a.out.denied)
	case ask.IsTicket():
		return a.confirmTicket(ctx, ask)
	case ask.IsPairing():
		return a.approve(ctx, ask, scopes)
	}
	redirect, err := a.account.ApproveAuthorize(ctx, ask, scopes)
	if err != nil {
		return err
	}
	return a.goOn(redirect, func(redirect string) error { return a.out.approved(ask, scopes, redirect) })
}

// chosen gives the scopes to approve, in the order in which they were asked.
func (a *approval) chosen(ask *client.Ask) ([]string, error) {
	asked := ask.ScopeNames()
	switch {
	case ask.IsTicket() && a.number != "":
		return nil, usagef("this browser shows no number: give --browser with the address that it asks from")
	case !ask.IsTicket() && a.browser != "":
		return nil, usagef("--browser is for a page that shows no number; this one shows one: give --number")
	}
	if ask.IsSignIn() && a.scopesSet {
		return nil, usagef("this would sign a browser in to your own account, with all that you can do there; --scopes is for apps. Leave it out if you mean it")
	}
	if !a.scopesSet {
		return asked, nil
	}
	for _, s := range a.scopes {
		if !slices.Contains(asked, s) {
			return nil, usagef("%q is not asked for; what is: %s", s, strings.Join(asked, ", "))
		}
	}
	return slices.DeleteFunc(asked, func(s string) bool { return !slices.Contains(a.scopes, s) }), nil
}

// consent is the person's yes or no, by flag or on the terminal.
func (a *approval) consent(ctx context.Context, ask *client.Ask) (bool, error) {
	switch {
	case a.deny:
		return false, nil
	case a.yes, a.number != "", a.browser != "":
		return true, nil
	case a.env.interactive:
		return askYesNo(ctx, a.env, "Approve?")
	case ask.IsTicket():
		return false, errNoBrowser
	case ask.IsPairing():
		return false, errNoNumber
	}
	return false, usagef("there is no terminal to ask on: give --yes or --deny")
}

// approve sends the number, and on a terminal asks again while tries are left.
func (a *approval) approve(ctx context.Context, ask *client.Ask, scopes []string) error {
	for {
		number, err := a.readNumber(ctx)
		if err != nil {
			return err
		}
		status, err := a.account.Approve(ctx, ask, number, scopes)
		wrong, ok := errors.AsType[*client.Failure](err)
		switch {
		case err == nil:
			return a.out.approved(ask, status.Scopes, "")
		case ok && wrong.Code == pairing.FailNumber && wrong.TriesLeft > 0 && a.number == "":
			fmt.Fprintf(a.env.stderr, "That is a %s.\n", wrong)
		default:
			return err
		}
	}
}

func (a *approval) readNumber(ctx context.Context) (int, error) {
	switch {
	case a.number == "-":
		line, err := readLine(ctx, a.env.stdin)
		switch {
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case err != nil:
			return 0, errNoNumber
		}
		n, ok := tui.CheckNumber(line)
		if !ok {
			return 0, usagef("standard input did not hold the two digits that the desktop shows")
		}
		return n, nil
	case a.number != "":
		n, _ := tui.CheckNumber(a.number)
		return n, nil
	case !a.env.interactive:
		return 0, errNoNumber
	}
	return askNumber(ctx, a.env)
}

// goOn opens the browser where a deep link's answer leads, if somebody sits
// before this terminal; the address is printed in any case.
func (a *approval) goOn(redirect string, printed func(redirect string) error) error {
	if err := printed(redirect); err != nil || redirect == "" || !a.env.interactive {
		return err
	}
	if err := a.browse(redirect); err != nil {
		fmt.Fprintln(a.env.stderr, "No browser could be opened here: open the address above yourself.")
	}
	return nil
}
