package passkey

import (
	"fmt"
	"strings"
	"unicode"
)

// Reason says why an answer was refused. Its value is stable and may be used
// as a key for a message in the person's language; as an error it says in
// English what happened and what to do.
type Reason string

// About the ceremony. The way out of all of them is to begin again.
const (
	CeremonyUnknown Reason = "ceremony_unknown" // never begun, used already, or swept
	CeremonyUsed    Reason = "ceremony_used"    // only from stores that remember what was taken
	CeremonyExpired Reason = "ceremony_expired"
	WrongPurpose    Reason = "wrong_purpose" // begun for another purpose, or as the other kind of ceremony
)

// About the form of the answer.
const (
	TooLarge   Reason = "too_large"
	Malformed  Reason = "malformed"
	IDMismatch Reason = "id_mismatch" // id, rawId and the attested id are not the same
)

// About what the browser says of the page (client data).
const (
	WrongType      Reason = "wrong_type"
	WrongChallenge Reason = "wrong_challenge"
	WrongOrigin    Reason = "wrong_origin"
	CrossOrigin    Reason = "cross_origin"
)

// About what the authenticator says (authenticator data and signature).
const (
	WrongRPID             Reason = "wrong_rp_id"
	NotPresent            Reason = "user_not_present"
	NotVerified           Reason = "user_not_verified"
	BadSignature          Reason = "bad_signature"
	CounterWentBack       Reason = "counter_went_back"
	BackupEligibleChanged Reason = "backup_eligible_changed"
	BackedUpNotEligible   Reason = "backed_up_not_eligible"
)

// About whose passkey it is.
const (
	UnknownCredential  Reason = "unknown_credential"
	NotOffered         Reason = "not_offered" // the user's own, but not one of those that were asked for
	OtherUser          Reason = "other_user"
	UserHandleMissing  Reason = "user_handle_missing"
	UserHandleMismatch Reason = "user_handle_mismatch"
)

// About registration alone.
const (
	TooMany            Reason = "too_many"
	AlreadyRegistered  Reason = "already_registered"
	UnsupportedKey     Reason = "unsupported_key"
	NotDiscoverable    Reason = "not_discoverable"
	AttestationRefused Reason = "attestation_refused"
)

// Refused is what the library refuses and no other reason names.
const Refused Reason = "refused"

var texts = map[Reason]string{
	CeremonyUnknown: "this attempt is not known: it was used already or is long over; begin again",
	CeremonyUsed:    "this attempt was used already; begin again",
	CeremonyExpired: "this attempt took longer than five minutes; begin again",
	WrongPurpose:    "this attempt was begun for something else; begin again where it is asked for",

	TooLarge:   "the browser's answer is larger than 64 KB; begin again, with another browser or passkey if it stays so",
	Malformed:  "the browser's answer cannot be read; begin again, with another browser or passkey if it stays so",
	IDMismatch: "the answer names two different passkeys; begin again, with another browser or passkey if it stays so",

	WrongType:      "the answer belongs to the other kind of ceremony; begin again",
	WrongChallenge: "the answer belongs to another attempt; begin again and answer the newest request",
	WrongOrigin:    "the answer was made on a page with another address; open the address that is expected, or let the operator add this one as an origin",
	CrossOrigin:    "the answer was made in a frame of another site; open the page by itself",

	WrongRPID:             "the passkey was used for another site's name; open the address that the passkey belongs to, or let the operator check the RP ID",
	NotPresent:            "the authenticator did not see a person; touch it when it asks",
	NotVerified:           "the authenticator did not check who you are; use your PIN, fingerprint or face, or a passkey that asks for it",
	BadSignature:          "the passkey's signature is not valid; begin again, and remove the passkey if it stays so",
	CounterWentBack:       "the passkey's counter went back, so there may be a copy of it; this login is refused, the next one may pass: remove the passkey unless you know why",
	BackupEligibleChanged: "the passkey now says something else about being synced than when it was added; sign in with the app, remove it and add it again",
	BackedUpNotEligible:   "the passkey says that it is backed up and that it cannot be; use another one or update the authenticator",

	UnknownCredential:  "this passkey is not known here, perhaps it was removed; use another one or sign in with the app",
	NotOffered:         "this passkey is not one of those that were asked for; begin again and choose one that is offered",
	OtherUser:          "this belongs to another account than the one that is asked for; choose a passkey of that account",
	UserHandleMissing:  "the passkey does not say whose it is; use one that was saved as a passkey on its device",
	UserHandleMismatch: "the passkey names another account than the one it was added to; use another one, and remove it",

	TooMany:            "the account has 20 passkeys already; remove one first",
	AlreadyRegistered:  "this passkey was added already; use it, or remove it before you add it again",
	UnsupportedKey:     "the passkey's key is of a kind that is not accepted (ES256, EdDSA with Ed25519, RS256 of 2048 to 4096 bits); use another authenticator",
	NotDiscoverable:    "the authenticator did not keep the passkey, so it could not be found at sign-in; use another authenticator, or free space on this one",
	AttestationRefused: "what the authenticator says about itself is not valid; use another authenticator",

	Refused: "the answer does not follow the WebAuthn rules; begin again, with another browser or passkey if it stays so",
}

func (r Reason) Error() string { return "passkey: " + texts[r] }

// Error is a refused ceremony. Which fields are set depends on the reason.
type Error struct {
	Reason   Reason
	Expected string // origins, RP ID, type or count that would have been right
	Got      string // what came instead; from outside, so show it as text only

	// CredentialID is the passkey that answered, in base64url, as
	// PublicKeyCredential.signalUnknownCredential wants it.
	CredentialID string

	// UserID is set only once the passkey has proven itself by its signature:
	// this person is to be told.
	UserID string

	cause error // for the log
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Reason.Error())
	if e.Expected != "" {
		fmt.Fprintf(&b, " (expected %s, got %q)", e.Expected, e.Got)
	}
	if e.cause != nil {
		fmt.Fprintf(&b, ": %v", e.cause)
	}
	return b.String()
}

// Unwrap gives the reason and the cause, for errors.Is and errors.As.
func (e *Error) Unwrap() []error {
	if e.cause == nil {
		return []error{e.Reason}
	}
	return []error{e.Reason, e.cause}
}

func refuse(r Reason) *Error { return &Error{Reason: r} }

func (e *Error) because(cause error) *Error {
	e.cause = cause
	return e
}

func (e *Error) of(credentialID string) *Error {
	e.CredentialID = credentialID
	return e
}

// instead records what was expected and what came. The latter is cut and
// freed of control and formatting characters: it ends in logs and on pages.
func (e *Error) instead(expected, got string) *Error {
	const most = 200
	got = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return unicode.ReplacementChar
		}
		return r
	}, got)
	if len(got) > most {
		got = strings.ToValidUTF8(got[:most], "") + "…"
	}
	e.Expected, e.Got = expected, got
	return e
}
