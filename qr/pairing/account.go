package pairing

import "time"

// The messages about the person's account: what the Ham app lists, and what
// can be done about it. They go the same way as those of wire.go.
//
//	GET  /app/v1/apps?after=CURSOR               → Page[AppGrant]
//	POST /app/v1/apps/revoke            Named    → 204
//	GET  /app/v1/devices                         → Page[HamApp]
//	POST /app/v1/devices/remove         Named    → 204
//	GET  /app/v1/passkeys                        → Page[Passkey]
//	POST /app/v1/passkeys/rename        Renamed  → 204
//	POST /app/v1/passkeys/remove        Named    → 204
//	GET  /app/v1/sessions                        → Page[BrowserSession]
//	POST /app/v1/sessions/end           Named    → 204
//	GET  /app/v1/activity?after=CURSOR           → Page[Event]
//	POST /app/v1/profile                Profile  → 204
//	GET  /app/v1/picture                         → image/png, or 404
//	POST /app/v1/picture                image/…  → 204
//	POST /app/v1/picture/remove                  → 204
//	POST /app/v1/account/export                  → everything that is kept, as JSON
//	POST /app/v1/account/leave                   → Left
//	POST /app/v1/account/stay                    → 204
//	POST /app/v1/requests/allow         AllowRequests → 204
//	POST /app/v1/requests/{id}/answer            → Asked
//	POST /app/v1/requests/{id}/report            → 204
//	GET  /app/v1/events                 WebSocket of News

// Page is a part of a list.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"` // for ?after=; empty at the end
}

// AppGrant is a third-party app that knows the person.
type AppGrant struct {
	ClientID string    `json:"client_id"`
	Name     string    `json:"name"`
	Host     string    `json:"host,omitempty"` // of its homepage
	Scopes   []Scope   `json:"scopes"`         // what it may see
	Since    time.Time `json:"since"`
	Used     time.Time `json:"last_used_at"`
}

// HamApp is a device that is signed in for the person.
type HamApp struct {
	ID    string     `json:"id"`
	Name  string     `json:"name"`
	Since time.Time  `json:"since"`
	Used  *time.Time `json:"last_used_at,omitempty"` // to within five minutes; nil before the first call
	This  bool       `json:"this"`                   // the one that asks
}

// Passkey is a passkey of the person.
type Passkey struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"` // may be empty
	Since      time.Time  `json:"since"`
	Used       *time.Time `json:"last_used_at,omitempty"`
	Where      string     `json:"where,omitempty"` // browser and address of the latest use
	Synced     bool       `json:"synced"`          // kept by more than one device
	Suspicious bool       `json:"suspicious"`      // its counter went back: it may have been copied
}

// BrowserSession is a browser that is signed in.
type BrowserSession struct {
	ID      string    `json:"id"`
	Browser string    `json:"browser"` // by its own account
	Address string    `json:"address"`
	Method  string    `json:"method"` // how it signed in: app, passkey, phone or recovery
	Since   time.Time `json:"since"`
	Used    time.Time `json:"last_used_at"`
	ByThis  bool      `json:"by_this"` // this device signed it in
}

// Event is something that happened to the account.
type Event struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind"` // as in package activity of the server
	Title   string    `json:"title"`
	At      time.Time `json:"at"`
	How     string    `json:"how,omitempty"` // how somebody signed in, in words
	Browser string    `json:"browser,omitempty"`
	Address string    `json:"address,omitempty"`
	Times   int       `json:"times"`  // within the same minute
	Notice  bool      `json:"notice"` // it may be the work of somebody who takes the account over
}

// Named says what an act is about.
type Named struct {
	ID string `json:"id"`
}

// Renamed gives a passkey another name.
type Renamed struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Profile is what the person changes about themselves. What is nil stays as it
// is: two devices that change one thing each undo nothing of one another.
type Profile struct {
	Nickname *string `json:"nickname,omitempty"`
	Language *string `json:"language,omitempty"` // en, zh or ja; empty: as the browser asks
}

// BrowserRequest is a sign-in that a browser asks the person to look at, without
// a code: it knows them.
type BrowserRequest struct {
	ID           string  `json:"id"` // of the pairing
	Kind         Kind    `json:"kind"`
	AppName      string  `json:"app_name,omitempty"`
	RedirectHost string  `json:"redirect_host,omitempty"`
	Browser      Browser `json:"browser"`
	ExpiresIn    int     `json:"expires_in"` // seconds
}

// AllowRequests turns on, or off, that browsers may ask.
type AllowRequests struct {
	Allow bool `json:"allow"`
}

// Left says when a deactivated account is deleted.
type Left struct {
	Leaves time.Time `json:"deleted_at"`
}

// News says that the account looks different than before, and nothing else:
// the app asks for what it shows. One comes at once, and one whenever the app
// may have missed something.
type News struct {
	Changed bool `json:"changed"`
}

// The codes with which the server closes a WebSocket of News, besides those of
// RFC 6455 §7.4.1.
const (
	CloseSignedOut = 4401 // the device is no longer signed in
)
