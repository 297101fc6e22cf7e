package pairing

import "time"

// The messages between the Ham app and the server, all JSON; those about the
// account are in account.go. Every request of
// an enrolled app carries a DPoP proof of its device key (RFC 9449) in the
// DPoP header; an enrolment carries the proof of the key that it brings.
//
//	POST /app/v1/enroll                    Enroll       → Me
//	GET  /app/v1/me                                     → Me
//	POST /app/v1/logout                                 → 204
//	POST /app/v1/notices/seen              SeenNotice   → 204
//	POST /app/v1/passkeys/link                          → PasskeyLink
//	POST /app/v1/pairings/claim            ClaimCode    → Asked
//	GET  /app/v1/pairings/{id}?after=V&wait=S           → Status
//	POST /app/v1/pairings/{id}/approve     Approval     → Status
//	POST /app/v1/pairings/{id}/deny                     → Status
//	POST /app/v1/authorize/check           Authorize    → Asked
//	POST /app/v1/authorize/approve         Authorize    → Redirect
//	POST /app/v1/authorize/deny            Authorize    → Redirect
//
// A failure is any other status with a Failure as its body.

// Enroll makes the key of the DPoP proof the key of a device.
type Enroll struct {
	Code       string `json:"code"`        // from the enrol link; single use
	DeviceName string `json:"device_name"` // shown to the person, 1 to 64 characters
}

// Me is who the app is signed in as.
type Me struct {
	UserID     string `json:"user_id"`
	Nickname   string `json:"nickname"`
	AvatarURL  string `json:"avatar_url,omitempty"`
	IsStudent  bool   `json:"is_student"`
	DeviceID   string `json:"device_id"`
	DeviceName string `json:"device_name"`
	Language   string `json:"language,omitempty"` // that the person has chosen; empty: as the browser asks

	// Leaves is when the account, which was deactivated, is deleted.
	Leaves *time.Time `json:"deleted_at,omitempty"`

	// MayBeAsked says that browsers which know the person may ask their Ham
	// apps; Requests are those that do, latest first.
	MayBeAsked bool             `json:"may_be_asked"`
	Requests   []BrowserRequest `json:"requests,omitempty"`

	// Notices are what the person has not seen yet on this device, latest first.
	Notices []Notice `json:"notices,omitempty"`
}

// Notice is something that may be the work of somebody who is taking the
// account over. It stays until it is seen, on each device for itself.
type Notice struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind"` // NoticeDevice, NoticeLeaving or another one of package activity of the server
	Title   string    `json:"title"`
	At      time.Time `json:"at"`
	Browser string    `json:"browser,omitempty"` // by its own account
	Address string    `json:"address,omitempty"`
}

// The kinds of notices that there is special advice for.
const (
	NoticeDevice  = "device_added" // a new Ham app
	NoticeLeaving = "leaving"      // the account was deactivated
)

// SeenNotice says that the person has seen a notice on this device.
type SeenNotice struct {
	ID string `json:"id"`
}

// PasskeyLink is for the browser that shall hold a passkey of the person. It
// works once; a newer one ends it.
type PasskeyLink struct {
	Link      string `json:"link"`
	ExpiresIn int    `json:"expires_in"` // seconds
}

// ClaimCode says that the app read a code from a QR: one of the two.
type ClaimCode struct {
	Code   string `json:"code,omitempty"`
	Ticket string `json:"ticket,omitempty"` // of a ham://qrcode-login link
}

// Scope is one thing that is asked, in plain words.
type Scope struct {
	Name    string `json:"name"`
	Title   string `json:"title"`   // such as "Nickname and picture"
	Reveals string `json:"reveals"` // what the app gets to see, as a sentence

	Values  []string `json:"values,omitempty"`   // the very ones, in words
	Given   bool     `json:"given,omitempty"`    // the person has allowed it before
	LeftOut bool     `json:"left_out,omitempty"` // they left it out when it was asked last
}

// Asked is what the person decides on.
type Asked struct {
	Kind        Kind     `json:"kind"`                 // where it SignsIn the app's fields below are empty
	PairingID   string   `json:"pairing_id,omitempty"` // empty for a deep link
	ClientID    string   `json:"client_id"`
	AppName     string   `json:"app_name"`
	IconURL     string   `json:"icon_url,omitempty"`
	Homepage    string   `json:"homepage,omitempty"`
	RedirectURI string   `json:"redirect_uri"`
	Username    string   `json:"username,omitempty"` // that the app gets beside an id of its own, whatever it asks for; most get none
	Scopes      []Scope  `json:"scopes"`
	Browser     *Browser `json:"browser,omitempty"` // nil for a deep link
	Status      Status   `json:"status"`            // zero for a deep link

	// Since is when the browser began to ask, and Passphrase says that only a
	// key which is sealed with one may approve. Both are for KindTicket, which
	// has no check number: the app shows browser, address and time, and asks
	// for one more confirmation after the first yes.
	Since      *time.Time `json:"since,omitempty"`
	Passphrase bool       `json:"passphrase,omitempty"`
}

// Shown gives what the digest is taken of, from what the app received.
func (a Asked) Shown() Shown {
	names := make([]string, len(a.Scopes))
	for i, s := range a.Scopes {
		names[i] = s.Name
	}
	shown := Shown{
		Kind: a.Kind, PairingID: a.PairingID, ClientID: a.ClientID, AppName: a.AppName,
		RedirectURI: a.RedirectURI, Scopes: names,
	}
	if a.Kind == KindTicket && a.Browser != nil && a.Since != nil {
		shown.Browser, shown.Since = *a.Browser, *a.Since
	}
	return shown
}

// Status is how a pairing stands, as its claimant may see it. The check number
// is never part of it: the person reads that from the desktop.
type Status struct {
	State     State    `json:"state"`
	Version   int64    `json:"version"`          // for ?after=: the answer comes when it has grown, or after ?wait= seconds
	ExpiresIn int      `json:"expires_in"`       // seconds, rounded up
	TriesLeft int      `json:"tries_left"`       // check numbers that may still be typed
	Contested int      `json:"contested"`        // how often another device tried to claim it
	Scopes    []string `json:"scopes,omitempty"` // those granted, once approved
}

// Approval is the person's yes.
type Approval struct {
	Number int      `json:"number,omitempty"` // as typed, 10 to 99; none for KindTicket
	Scopes []string `json:"scopes"`
	Digest string   `json:"digest"` // Shown.Digest

	// Confirmed says, for KindTicket, that the person was asked a second time
	// and said yes again. Sealing is how the app says that it keeps its key:
	// it cannot be checked, so it keeps honest apps honest, and no thief.
	Confirmed bool    `json:"confirmed,omitempty"`
	Sealing   Sealing `json:"sealing,omitempty"`
}

// Sealing is how a device's key is kept.
type Sealing string

// The ways to keep it.
const (
	SealedPlain      Sealing = "plain"      // in a file that only its owner can read
	SealedPassphrase Sealing = "passphrase" // there too, encrypted
	SealedKeyring    Sealing = "keyring"    // by the system's own store of secrets
)

// Authorize is an authorization request that reached the app as a deep link
// (ham://sso-authorize?…). Scopes and Digest are set for an approval.
type Authorize struct {
	Parameters map[string]string `json:"parameters"` // the link's query, as it came
	Scopes     []string          `json:"scopes,omitempty"`
	Digest     string            `json:"digest,omitempty"`
}

// Redirect is where the app sends the system's browser. It is empty after a
// refusal, unless the client wants to be told of those.
type Redirect struct {
	RedirectURL string `json:"redirect_url,omitempty"`
}

// Failure is the body of every answer that is not a success.
type Failure struct {
	Code        FailureCode `json:"error"`
	Description string      `json:"error_description"`     // a sentence that says what to do
	State       State       `json:"state,omitempty"`       // with FailState: the state that forbids the step
	TriesLeft   int         `json:"tries_left,omitempty"`  // with FailNumber
	ServerTime  int64       `json:"server_time,omitempty"` // with FailClock: Unix seconds
}

// FailureCode tells failures apart.
type FailureCode string

// The failures, each with the HTTP status it comes with.
const (
	FailRequest      FailureCode = "invalid_request"    // 400: the message itself is wrong
	FailProof        FailureCode = "invalid_dpop_proof" // 401: no proof, or one that does not hold
	FailClock        FailureCode = "clock_skew"         // 401: the proof's time is too far from the server's
	FailNotSignedIn  FailureCode = "not_signed_in"      // 401: the key is of no device, or of a removed one
	FailUserDisabled FailureCode = "user_disabled"      // 403
	FailUserLeaving  FailureCode = "user_leaving"       // 403: the person has deactivated the account
	FailClient       FailureCode = "invalid_client"     // 400: deep link of an unknown or disabled app, or a wrong redirect_uri
	FailNotFound     FailureCode = "not_found"          // 404: code or pairing unknown, expired or not for this device
	FailClaimed      FailureCode = "already_claimed"    // 409: somebody else scanned it first
	FailState        FailureCode = "wrong_state"        // 409: it has gone on; see State
	FailNumber       FailureCode = "wrong_number"       // 403: see TriesLeft; 0 means denied
	FailDigest       FailureCode = "digest_mismatch"    // 409: the app showed something else
	FailConfirm      FailureCode = "not_confirmed"      // 403: a ticket wants a second yes
	FailSealing      FailureCode = "passphrase_needed"  // 403: the key must be sealed with one
	FailScopes       FailureCode = "invalid_scope"      // 400: not asked, or twice
	FailName         FailureCode = "invalid_name"       // 400: it cannot be shown
	FailPicture      FailureCode = "invalid_picture"    // 400: no picture, or too large
	FailLastWayIn    FailureCode = "last_way_in"        // 409: nothing would be left to sign in with
	FailNoPasskeys   FailureCode = "passkeys_off"       // 404: this server's address can have none
	FailTooMany      FailureCode = "too_many_requests"  // 429, with Retry-After
	FailTooOften     FailureCode = "too_often_open"     // 429: as many of this device wait for news as may
	FailServer       FailureCode = "server_error"       // 500
)
