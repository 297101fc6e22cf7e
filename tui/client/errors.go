package client

import (
	"errors"
	"fmt"
	"time"

	"hamconnect/qr/pairing"
)

var (
	// ErrUnreachable: the server gave no answer, or a gateway answered for it.
	ErrUnreachable = errors.New("the server cannot be reached")

	// ErrNotSignedIn: there is no account on this device, or the server has
	// removed the device; a Failure that says so matches it too.
	ErrNotSignedIn = errors.New("this device is not signed in")
)

// Failure is the server's refusal of a call.
type Failure struct {
	pairing.Failure
	Status     int           // the HTTP status it came with
	Skew       time.Duration // with FailClock: how far this clock is ahead, negative when behind
	RetryAfter time.Duration // with FailTooMany, if the server said it

	listed    bool // it is about a thing of a list
	enrolling bool // an enrol link is meant, not a code on a desktop
}

// Is makes a Failure of a removed device match ErrNotSignedIn.
func (f *Failure) Is(target error) bool {
	return target == ErrNotSignedIn && f.Code == pairing.FailNotSignedIn
}

// Error says what to do. The server's own words are used only where this
// package has none.
func (f *Failure) Error() string {
	switch f.Code {
	case pairing.FailClock:
		return clockText(f.Skew)
	case pairing.FailNotSignedIn:
		return "the server no longer knows this device; sign in again with a new enrol link"
	case pairing.FailUserDisabled:
		return "this account is disabled; ask the people who run the server"
	case pairing.FailNoPasskeys:
		return "this server takes no passkeys: its address is no name that they could belong to"
	case pairing.FailUserLeaving:
		return "this account is deactivated and signs in to no app; to keep it: ham account keep, or the account page in a browser"
	case pairing.FailNotFound:
		if f.enrolling {
			return "this enrol link is not known, has run out or was used; ask for a new one"
		}
		if f.listed {
			return "it is not in your account any more; load the list again"
		}
		return "the code is not known, or has run out; scan the one that is on the desktop now"
	case pairing.FailClaimed:
		return "another device scanned this code first; if that was not you, start again on the desktop"
	case pairing.FailState:
		return stateText(f.State)
	case pairing.FailNumber:
		switch f.TriesLeft {
		case 0:
			return "wrong number, and no try is left: the sign-in was refused; start again on the desktop"
		case 1:
			return "wrong number; one try is left"
		}
		return fmt.Sprintf("wrong number; %d tries are left", f.TriesLeft)
	case pairing.FailName:
		return "a name has 1 to 64 characters, and each of them can be seen"
	case pairing.FailPicture:
		return "this is no picture that can be used: PNG, JPEG, GIF or WebP, up to 6 MB and 16 million pixels"
	case pairing.FailLastWayIn:
		return "this is your last way to sign in; add a passkey or another Ham app first"
	case pairing.FailDigest:
		return "what was asked has changed since it was shown here, so nothing was approved; start again on the desktop"
	case pairing.FailConfirm:
		return "this browser shows no number, and the server wants a second yes, which this app did not ask for; update the app"
	case pairing.FailSealing:
		return "this server lets only an app whose key has a passphrase sign in a browser that shows no number; run: ham key seal"
	case pairing.FailTooMany:
		if f.RetryAfter > 0 {
			return "the server wants a pause; try again in " + inWords(f.RetryAfter)
		}
		return "the server wants a pause; try again in a minute"
	case pairing.FailTooOften:
		return "the app is open too often on this device; close one of them: until then what is new comes late to this one"
	case pairing.FailProof:
		return "the server did not accept this device's signature; sign in again with a new enrol link if that stays"
	case pairing.FailRequest, pairing.FailClient, pairing.FailScopes, pairing.FailServer:
	}
	if f.Description != "" {
		return "the server says: " + f.Description
	}
	return fmt.Sprintf("the server refused (%s, status %d)", f.Code, f.Status)
}

// Span is a length of time as people say it: how many, and of what: seconds,
// minutes or hours. What is short is exact to the second.
func Span(d time.Duration) (n int, unit string) {
	switch d = d.Round(time.Second); {
	case d < 2*time.Minute && d != time.Minute:
		return int(d / time.Second), "seconds"
	case d < 2*time.Hour && d != time.Hour:
		return int(d.Round(time.Minute) / time.Minute), "minutes"
	}
	return int(d.Round(time.Hour) / time.Hour), "hours"
}

func inWords(d time.Duration) string {
	n, unit := Span(d)
	if n == 1 {
		unit = unit[:len(unit)-1]
	}
	return fmt.Sprintf("%d %s", n, unit)
}

func clockText(skew time.Duration) string {
	way := "ahead of"
	if skew < 0 {
		way, skew = "behind", -skew
	}
	return fmt.Sprintf("this computer's clock is %s %s the server's; set it right and try again", inWords(skew), way)
}

func stateText(s pairing.State) string {
	switch s {
	case pairing.Denied:
		return "this sign-in was refused; start again on the desktop"
	case pairing.Cancelled:
		return "this sign-in was cancelled on the desktop"
	case pairing.Expired:
		return "the time for this sign-in has run out; start again on the desktop"
	case pairing.Approved, pairing.Finished:
		return "this sign-in was approved already; the code cannot be used twice"
	case pairing.Waiting, pairing.Claimed:
	}
	return "this sign-in does not stand where that is possible; start again on the desktop"
}

// AnswerError says that what answered does not speak as the Ham server does:
// a wrong address, a proxy in between, or a hostile server. Nothing of such an
// answer is used.
type AnswerError struct {
	Server string // the origin that was asked
	Reason string
}

func (e *AnswerError) Error() string {
	return fmt.Sprintf("the answer of %s cannot be used: %s", e.Server, e.Reason)
}

// HostError says that a link belongs to another server than the one that the
// device is enrolled with.
type HostError struct {
	Link     string // origin of the link
	Enrolled string // origin of the account
}

func (e *HostError) Error() string {
	return fmt.Sprintf("this link is of %s, but you are signed in to %s; only links of that server are used", e.Link, e.Enrolled)
}

// LooseError says that a file or folder of the account is open to others.
type LooseError struct {
	Path string
	Mend string // the command that closes it
}

func (e *LooseError) Error() string {
	return fmt.Sprintf("%s is open to other users of this computer, so it is not used; close it with: %s", e.Path, e.Mend)
}

// unreachable tells why there was no answer, and matches ErrUnreachable.
type unreachable struct {
	server string
	err    error
}

func (e *unreachable) Error() string {
	return fmt.Sprintf("cannot reach %s: %v", e.server, e.err)
}
func (e *unreachable) Unwrap() error        { return e.err }
func (e *unreachable) Is(target error) bool { return target == ErrUnreachable }
