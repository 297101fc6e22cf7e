package pairing

import (
	"crypto/sha256"
	"crypto/subtle"
	"slices"
	"time"
)

// How long each part of a pairing may take.
const (
	OfferFor   = 10 * time.Minute // from when a page was made until its pairing has begun
	WaitFor    = 3 * time.Minute  // from the beginning until an app claims it
	ClaimFor   = 60 * time.Second // from the claim until the person has decided
	PasskeyFor = 90 * time.Second // the same, where a browser claims with a passkey
	FinishFor  = 60 * time.Second // from the approval until the browser finishes
	CodeEvery  = 30 * time.Second // a code is replaced this often
	CodeGrace  = 5 * time.Second  // and stays good this long after it was replaced
	MaxTries   = 3                // wrong check numbers until the pairing is denied
)

// State is where a pairing stands. Its text is part of the wire format.
type State string

// The states; doc.go draws the ways between them.
const (
	Waiting   State = "waiting"
	Claimed   State = "claimed"
	Approved  State = "approved"
	Denied    State = "denied"
	Expired   State = "expired"
	Cancelled State = "cancelled"
	Finished  State = "finished"
)

// Over reports whether nothing can follow s.
func (s State) Over() bool {
	return s == Denied || s == Expired || s == Cancelled || s == Finished
}

// Kind is what a pairing is for. Its text is part of the wire format.
type Kind string

// The kinds. All rules are the same for each; they differ in what the person
// is shown and in what the finish gives.
const (
	KindAuthorize Kind = "authorize" // sign in to a third-party app: the finish mints a code
	KindSignIn    Kind = "sign_in"   // sign this browser in to the person's own account
	KindTicket    Kind = "ticket"    // the same, asked for by a front end that has no place for a check number
)

// SignsIn reports whether a browser is signed in to the person's own account,
// and no app gets anything.
func (k Kind) SignsIn() bool { return k == KindSignIn || k == KindTicket }

// Request is what the third-party app asked for, frozen when the pairing
// begins: later changes to the client do not reach a pairing under way.
type Request struct {
	ClientID      string
	AppName       string
	IconURL       string
	Homepage      string
	RedirectURI   string
	Scopes        []string // those the client is registered for, in order of the registry
	State         string   // the app's own, returned as it came
	CodeChallenge string   // PKCE S256, empty when the app sent none

	RedirectErrors bool // the app wants to be told of a refusal, by redirect

	Passphrase bool `json:",omitempty"` // of KindTicket: the app's key must be sealed with one

	Dialect  string `json:",omitempty"` // that the app speaks: ham, openmaster
	Implicit bool   `json:",omitempty"` // the answer is a token and no code
}

// Browser is how the asking browser is shown to the person with the app.
type Browser struct {
	Name    string `json:"name"`    // such as "Chromium on Linux"
	Address string `json:"address"` // the network address that the server saw
}

// Claim is who scanned the code, and what they must type.
type Claim struct {
	UserID    string
	DeviceID  string
	PasskeyID string // set where a phone's own browser claimed: the passkey that it brought
	Nickname  string
	AvatarURL string
	Step      int  // which code was scanned; a retry must bring the same
	Number    int  // the check number, 10 to 99; made at the claim, shown on the desktop only
	Wrong     int  // wrong numbers typed so far
	Hinted    bool `json:",omitempty"` // nobody is named to the browser before the approval
	Contested int  // other accounts and devices that tried to claim it since
}

// Pairing is one attempt to sign in. The zero value is not usable: see Begin.
type Pairing struct {
	ID   string
	Kind Kind

	// Version grows by one with every change. Who stores a pairing must write
	// it only where the stored version is still the one that was read: then of
	// two steps that race one wins, and the other reads again.
	Version int64

	State       State
	BrowserHash [sha256.Size]byte // of the browser secret, which itself is kept nowhere
	Request     Request           // zero for KindSignIn, and almost so for KindTicket
	Browser     Browser
	Begun       time.Time // when its codes began to run: with its page, which may have waited before it was stored
	Deadline    time.Time // when the present state expires; of no meaning once it is Over
	Claim       Claim     // zero until State leaves Waiting by a claim
	Granted     []string  // what the person allowed, once approved; a subset of Request.Scopes
}

// BeginSignIn gives a waiting pairing that signs the browser itself in.
func BeginSignIn(now time.Time, id, secret string, browser Browser) Pairing {
	p := Begin(now, id, secret, Request{}, browser)
	p.Kind = KindSignIn
	return p
}

// BeginTicket is BeginSignIn for a front end that shows a ticket, which stays
// the same while the pairing waits, and no number. passphrase says that only an
// app whose key is sealed with one may approve it.
func BeginTicket(now time.Time, id, secret string, browser Browser, passphrase bool) Pairing {
	p := Begin(now, id, secret, Request{Passphrase: passphrase}, browser)
	p.Kind = KindTicket
	return p
}

// Begin gives a waiting pairing for the browser that holds secret, to sign in
// to the app that request names.
func Begin(now time.Time, id, secret string, request Request, browser Browser) Pairing {
	return Pairing{
		ID:          id,
		Kind:        KindAuthorize,
		Version:     1,
		State:       Waiting,
		BrowserHash: sha256.Sum256([]byte(secret)),
		Request:     request,
		Browser:     browser,
		Begun:       now,
		Deadline:    now.Add(WaitFor),
	}
}

// HeldBy reports whether secret is that of the browser which began p, in
// constant time.
func (p *Pairing) HeldBy(secret string) bool {
	sum := sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(sum[:], p.BrowserHash[:]) == 1
}

// Named reports whether the browser may know who claimed p.
func (p *Pairing) Named() bool {
	return p.Claim.DeviceID != "" && (!p.Claim.Hinted || p.State == Approved || p.State == Finished)
}

// ByPasskey reports whether a phone's own browser claimed p, and no app.
func (p *Pairing) ByPasskey() bool { return p.Claim.PasskeyID != "" }

// ClaimedBy reports whether the device is the one that claimed p.
func (p *Pairing) ClaimedBy(deviceID string) bool {
	return deviceID != "" && p.Claim.DeviceID == deviceID
}

// Settle expires p if its time has run out. Every transition does it first;
// who only reads calls it to see the state that holds now.
func (p *Pairing) Settle(now time.Time) {
	if !p.State.Over() && !now.Before(p.Deadline) {
		p.become(Expired)
	}
}

// Left is how long the present state may still last at now; never negative.
func (p *Pairing) Left(now time.Time) time.Duration {
	if p.State.Over() {
		return 0
	}
	return max(0, p.Deadline.Sub(now))
}

func (p *Pairing) become(s State) {
	p.State = s
	p.Version++
}

// Shown is what the app must have put before the person who approves.
func (p *Pairing) Shown() Shown {
	shown := Shown{
		Kind:        p.Kind,
		PairingID:   p.ID,
		ClientID:    p.Request.ClientID,
		AppName:     p.Request.AppName,
		RedirectURI: p.Request.RedirectURI,
		Scopes:      slices.Clone(p.Request.Scopes),
	}
	if p.Kind == KindTicket {
		shown.Browser, shown.Since = p.Browser, p.Begun
	}
	return shown
}
