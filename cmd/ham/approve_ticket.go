package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"hamconnect/tui/client"
)

// A ticket's browser shows no number. What takes its place is a second yes to
// which browser asks, from where and since when: of a person on this terminal,
// or of a script that knows where its browser is.
var (
	errNoBrowser = errors.New("the sign-in is claimed, but its browser shows no number, and there is no terminal to ask a second time on; " +
		"within a minute run the same command again with --browser and the address that the browser asks from")
	errOtherBrowser = errors.New("another browser asks than --browser says, so nothing was approved")
)

// parseBrowser reads what --browser is given: an address or a network.
func parseBrowser(text string) (netip.Prefix, error) {
	network, err := netip.ParsePrefix(text)
	if err == nil {
		return network.Masked(), nil
	}
	address, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, usagef("--browser takes the address that the browser asks from, or a network such as 192.0.2.0/24")
	}
	return netip.PrefixFrom(address.Unmap(), address.Unmap().BitLen()), nil
}

// confirmTicket asks the second time, and approves.
func (a *approval) confirmTicket(ctx context.Context, ask *client.Ask) error {
	switch {
	case a.browser != "":
		network, err := parseBrowser(a.browser)
		if err != nil {
			return err
		}
		address, err := netip.ParseAddr(ask.Browser.Address)
		if err != nil || !network.Contains(address.Unmap()) {
			return fmt.Errorf("%w: it asks from %s", errOtherBrowser, ask.Browser.Address)
		}
	case a.env.interactive:
		yes, err := askAgain(ctx, a.env, ask)
		if err != nil {
			return err
		}
		if !yes {
			if _, err := a.account.Deny(ctx, ask); err != nil {
				return err
			}
			return a.out.denied("")
		}
	default:
		return errNoBrowser
	}
	if _, err := a.account.Confirm(ctx, ask); err != nil {
		return err
	}
	return a.out.approved(ask, nil, "")
}

// askAgain is the second question about a ticket.
func askAgain(ctx context.Context, e *env, ask *client.Ask) (bool, error) {
	_, err := fmt.Fprintf(e.stderr, "This browser shows no number, so nothing but your eyes tells it from a stranger's:\n  %s at %s, asking since %s\n",
		ask.Browser.Name, ask.Browser.Address, sinceWhen(*ask.Since))
	if err != nil {
		return false, err
	}
	return askYesNo(ctx, e, "Is it before you, and did you open it yourself just now?")
}

// sinceWhen is a moment of today for the person at this clock.
func sinceWhen(at time.Time) string { return strings.TrimSpace(at.Local().Format("15:04:05")) }
