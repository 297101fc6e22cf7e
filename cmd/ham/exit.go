package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"hamconnect/qr"
	"hamconnect/qr/capture"
	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

// The exit codes; scripts depend on them.
const (
	exitDone        = 0
	exitOther       = 1
	exitUsage       = 2
	exitNotSignedIn = 3
	exitLink        = 4 // not a link, not ours, not known, expired or used
	exitRefused     = 5 // by the other side, or the number was wrong
	exitUnreachable = 6
	exitNoNumber    = 7 // claimed, but there was no number and nobody to ask
)

const exitHelp = `Exit codes:
  0  done
  1  anything not listed here
  2  wrong usage
  3  not signed in
  4  the link is not known, expired or used, not of your server, or there
     is no link or code in what was given
  5  refused by the other side, or number or --browser were wrong
  6  the server cannot be reached
  7  claimed, but no number was given, or no --browser, and there is no
     terminal to ask on`

// usageError says that the command line itself is wrong.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

// reworded is err for errors.Is and As, in words that fit the command better.
type reworded struct {
	text string
	err  error
}

func (e *reworded) Error() string { return e.text }
func (e *reworded) Unwrap() error { return e.err }

// errNoNumber is the end of an approval that somebody has to go on with.
var errNoNumber = errors.New("the sign-in is claimed, but there is no number and no terminal to ask on; " +
	"within a minute run the same command again with --number and the number that the desktop shows")

// exitCode is the one table from errors to codes.
func exitCode(err error) int {
	if err == nil {
		return exitDone
	}
	if f, ok := errors.AsType[*client.Failure](err); ok {
		return failureCode(f)
	}
	switch {
	case is[*usageError](err), is[*client.NameError](err):
		return exitUsage
	case errors.Is(err, client.ErrNotSignedIn):
		return exitNotSignedIn
	case is[*qr.LinkError](err), is[*qr.PictureError](err), is[*client.HostError](err), is[*capture.Error](err), errors.Is(err, qr.ErrNoCode):
		return exitLink
	case errors.Is(err, client.ErrUnreachable):
		return exitUnreachable
	case errors.Is(err, errNoNumber), errors.Is(err, errNoBrowser):
		return exitNoNumber
	case errors.Is(err, errDenied), errors.Is(err, errOtherBrowser):
		return exitRefused
	}
	return exitOther
}

func failureCode(f *client.Failure) int {
	switch f.Code {
	case pairing.FailNotSignedIn:
		return exitNotSignedIn
	case pairing.FailNotFound, pairing.FailClaimed, pairing.FailClient:
		return exitLink
	case pairing.FailState:
		if f.State == pairing.Denied || f.State == pairing.Cancelled {
			return exitRefused
		}
		return exitLink
	case pairing.FailNumber, pairing.FailUserDisabled, pairing.FailUserLeaving, pairing.FailDigest, pairing.FailLastWayIn, pairing.FailConfirm, pairing.FailSealing:
		return exitRefused
	case pairing.FailScopes, pairing.FailName, pairing.FailPicture:
		return exitUsage
	case pairing.FailRequest, pairing.FailProof, pairing.FailClock, pairing.FailTooMany, pairing.FailTooOften, pairing.FailServer, pairing.FailNoPasskeys:
	}
	return exitOther
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func isFailure(err error, code pairing.FailureCode) bool {
	f, ok := errors.AsType[*client.Failure](err)
	return ok && f.Code == code
}

// report writes an error for the person: what is wrong and what to do.
func report(w io.Writer, cmd *cobra.Command, err error) {
	text := strings.TrimSpace(err.Error())
	switch {
	case errors.Is(err, context.Canceled):
		text = "stopped"
	case errors.Is(err, client.ErrNotSignedIn) && !is[*client.Failure](err):
		text = "this device is not signed in; run: ham login ENROLL-LINK"
	case is[*client.HostError](err):
		text += "; or name another account with --account or --config"
	case isFailure(err, pairing.FailUserLeaving):
		text += "; or run 'ham account keep'"
	case errors.Is(err, client.ErrUnreachable):
		text += "; check the network, and that the server runs"
	}
	fmt.Fprintf(w, "ham: %s\n", text) // nobody is left to tell if that fails
	if is[*usageError](err) {
		fmt.Fprintf(w, "see '%s --help'\n", cmd.CommandPath())
	}
}

// exactlyOne and atMostOne are cobra's checks in words that say what is missing.
func exactlyOne(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("give %s, and nothing else", what)
		}
		return nil
	}
}

func atMostOne(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) > 1 {
			return fmt.Errorf("give at most %s", what)
		}
		return nil
	}
}
