// Package activity says what is remembered about an account for its owner: who
// signed in where and with what, what was refused, and what changed. Some of
// it is a notice, which stays before the person's eyes until they have seen it
// on each of their devices.
//
// It knows no HTTP and no SQL.
package activity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// Kept is how long an event is remembered.
const Kept = 90 * 24 * time.Hour

// Kind is what happened. Its text is stored, and is a key of the texts below
// "activity.".
type Kind string

// The kinds. Subject and Name say of what.
const (
	AppSignIn     Kind = "app_sign_in"     // a code was given to the client Subject
	AppRefused    Kind = "app_refused"     // a sign-in to the client Subject was refused
	AppRevoked    Kind = "app_revoked"     // the client Subject lost what it had
	TokenEnded    Kind = "token_ended"     // one that the person had made for the client Subject by their password
	BrowserSignIn Kind = "browser_sign_in" // the session Subject began
	SignInRefused Kind = "sign_in_refused" // a browser's own sign-in was refused
	DeviceAdded   Kind = "device_added"    // the Ham app Subject was enrolled
	DeviceRemoved Kind = "device_removed"
	PasskeyAdded  Kind = "passkey_added"
	PasskeyGone   Kind = "passkey_removed"
	PasskeyBad    Kind = "passkey_refused"     // the passkey Subject answered and was refused
	CounterBack   Kind = "counter_back"        // so was this one: its counter went back
	BrowserEnded  Kind = "browser_signed_out"  // one of them
	BrowsersEnded Kind = "browsers_signed_out" // by the session that did it
	SessionReused Kind = "session_reused"      // a used refresh secret of the session Subject came again
	RefreshReused Kind = "refresh_reused"      // a used refresh token of the client Subject came again
	RecoveryMade  Kind = "recovery_made"       // new recovery codes
	RecoveryUsed  Kind = "recovery_used"
	TokenMade     Kind = "token_made" // the API token Subject, or its new secret
	TokenGone     Kind = "token_removed"
	AsksOn        Kind = "asks_on"      // browsers that know the person may ask
	AsksOff       Kind = "asks_off"     // and no longer
	AskReported   Kind = "ask_reported" // the source Name asks no more
	Profile       Kind = "profile_changed"
	Username      Kind = "username_changed" // by the client Subject
	Exported      Kind = "exported"
	Leaving       Kind = "leaving" // the account was deactivated
	Stayed        Kind = "stayed"  // and activated again
)

// Kinds are all of them, for who must have a text for each.
var Kinds = []Kind{
	AppSignIn, AppRefused, AppRevoked, TokenEnded, BrowserSignIn, BrowserEnded, BrowsersEnded, SignInRefused, DeviceAdded, DeviceRemoved,
	PasskeyAdded, PasskeyGone, PasskeyBad, CounterBack, SessionReused, RefreshReused, RecoveryMade, RecoveryUsed,
	TokenMade, TokenGone, AsksOn, AsksOff, AskReported, Profile, Username, Exported, Leaving, Stayed,
}

// IsNotice reports whether the person must see it: it can be the work of
// somebody who is taking the account over.
func (k Kind) IsNotice() bool {
	switch k {
	case DeviceAdded, DeviceRemoved, PasskeyAdded, PasskeyGone, CounterBack, SessionReused, RefreshReused, RecoveryMade, RecoveryUsed, Username, TokenMade, Leaving:
		return true
	default:
		return false
	}
}

// Event is one thing that happened.
type Event struct {
	ID      string // given by Settle
	UserID  string
	At      time.Time
	Kind    Kind
	Method  string // how, for sign-ins: a method of package session, "silent" or "link"
	Subject string // id of what it happened to
	Name    string // of that, as the person knows it
	Origin
	Times  int  // how often within the same minute
	Notice bool // it must be seen

	// Expected is set for what would be a notice, but is no news: the first
	// way in of an account, a Ham app that signs itself out.
	Expected bool
}

// Origin is where a request came from.
type Origin struct {
	Browser string // by its own account
	Address string // as the server saw it
}

// String gives browser and address as a person reads them; empty if neither is
// known.
func (o Origin) String() string {
	if o.Browser == "" || o.Address == "" {
		return o.Browser + o.Address
	}
	return o.Browser + " · " + o.Address
}

// maxName bounds a name, in characters.
const maxName = 64

// Settle completes an event before it is stored. The same thing within a minute
// has the same id, and is counted rather than listed again: a loop fills no
// list. Something new is always listed: its news is not folded into news that
// was seen.
func (e *Event) Settle() {
	if name := []rune(e.Name); len(name) > maxName {
		e.Name = string(name[:maxName])
	}
	e.Notice = e.Kind.IsNotice() && !e.Expected
	if e.Notice && e.Kind != CounterBack && e.Kind != SessionReused && e.Kind != RefreshReused {
		e.ID = rand.Text()
		return
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{
		e.UserID, string(e.Kind), e.Method, e.Subject, e.Name, e.Browser, e.Address, strconv.FormatInt(e.At.Unix()/60, 10),
	}, "\x00")))
	e.ID = base64.RawURLEncoding.EncodeToString(sum[:16])
}

type originKey struct{}

// From gives a context that says where its request comes from. origin is asked
// only when something is worth remembering.
func From(ctx context.Context, origin func() Origin) context.Context {
	return context.WithValue(ctx, originKey{}, origin)
}

// OriginOf gives what From was given, or nothing where there was no request.
func OriginOf(ctx context.Context) Origin {
	origin, ok := ctx.Value(originKey{}).(func() Origin)
	if !ok {
		return Origin{}
	}
	return origin()
}
