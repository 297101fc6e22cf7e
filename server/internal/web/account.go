package web

import (
	"html/template"
	"net/http"
	"time"
)

// AccountPage is the person's own page.
type AccountPage struct {
	Nickname string
	Picture  string // a path on this origin, or empty; another picture has another
	Student  bool
	Language string    // the person's setting; empty: what the browser asks for
	Leaves   time.Time // when the deactivated account is deleted; zero while it is active
	Form     string    // what each form must carry
	Notices  []AccountNotice
	Apps     []AccountApp
	Passkeys bool // this server can have them
	Keys     []AccountKey
	Devices  []AccountDevice
	Recovery int // codes that are left
	Sessions []AccountSession
	Tokens   []AccountToken
	Events   []AccountEvent // the latest
}

// AccountSession is a browser that is signed in.
type AccountSession struct {
	ID, Browser, Address string
	Method               string // how it was signed in: a key below account.method
	Begun, Seen          time.Time
	This                 bool // the one that shows the page
}

// AccountToken is an API token that works.
type AccountToken struct {
	ID, Name      string
	Last4         string // what its secret ends with
	Scopes        []Scope
	Used, Expires time.Time // Used is zero before the first time
}

// AccountKey is a passkey.
type AccountKey struct {
	ID, Name      string
	Created, Used time.Time // Used is zero before the first time
	Where         string    // it was used last
	Synced        bool
	Suspicious    bool // its counter went back
	This          bool // it signed this browser in
}

// AccountDevice is a Ham app that is signed in.
type AccountDevice struct {
	ID, Name    string
	Since, Used time.Time // Used is zero before the first time
	This        bool      // it signed this browser in
}

// AccountApp is a third-party app that holds tokens.
type AccountApp struct {
	App
	ClientID    string
	Scopes      []Scope
	Since, Used time.Time
}

// AccountEvent is something that happened.
type AccountEvent struct {
	ID               string
	Kind, Method     string // keys below activity and activity.method
	Name             string // of the app, device or passkey
	Browser, Address string
	At               time.Time
	Times            int
}

// AccountNotice is an event that stays until it is seen.
type AccountNotice struct {
	AccountEvent
	Held bool // it cannot be put away from here
}

// Account writes the person's own page.
func (p *Pages) Account(w http.ResponseWriter, r *http.Request, page AccountPage) error {
	texts := p.Texts(r)
	for i := range page.Apps {
		for j, s := range page.Apps[i].Scopes {
			page.Apps[i].Scopes[j] = texts.Scope(s)
		}
	}
	for i := range page.Tokens {
		for j, s := range page.Tokens[i].Scopes {
			page.Tokens[i].Scopes[j] = texts.Scope(s)
		}
	}
	return p.write(w, r, http.StatusOK, "account", needs{script: true, forms: true}, accountPage{texts, page, p.languages()})
}

type accountPage struct {
	Texts
	AccountPage
	Languages []Language // to choose from
}

func (p accountPage) Title() string { return p.Get("account.title") }

// Others reports whether another browser than this one is signed in.
func (p accountPage) Others() bool { return len(p.Sessions) > 1 }

// OtherDevices reports whether there is another Ham app than the one that
// signed this browser in.
func (p accountPage) OtherDevices() bool {
	for _, d := range p.Devices {
		if d.This {
			return len(p.Devices) > 2
		}
	}
	return false
}

// eventRow is what happened besides an event's title.
type eventRow struct {
	Texts
	Event AccountEvent
}

// Row gives the small print of an event.
func (t Texts) Row(e AccountEvent) eventRow { return eventRow{t, e} }

// Event is an event in words. A name in it is set apart.
func (t Texts) Event(e AccountEvent) template.HTML {
	return t.sentence("activity."+e.Kind, bdi(t.thing(e.Name)))
}

// EventTitle says what happened, as plain text. kind is a key below activity.
func (t Texts) EventTitle(kind, name string) string {
	return t.Get("activity."+kind, t.thing(name))
}

// thing is a name as it is shown. Only passkeys have none.
func (t Texts) thing(name string) string {
	if name == "" {
		return t.Get("account.passkeys.unnamed")
	}
	return tidy(name)
}

// How says how somebody signed in, or nothing.
func (r eventRow) How() string {
	return r.EventHow(r.Event.Method)
}

// EventHow says how somebody signed in, or nothing. method is a key below
// activity.method.
func (t Texts) EventHow(method string) string {
	if key := "activity.method." + method; t.Has(key) {
		return t.Get(key)
	}
	return ""
}

// ActivityPage is all that is remembered, a page at a time.
type ActivityPage struct {
	Events []AccountEvent
	Older  string // where the next page is, a path on this origin; empty at the end
}

// Activity writes what happened to an account.
func (p *Pages) Activity(w http.ResponseWriter, r *http.Request, page ActivityPage) error {
	return p.write(w, r, http.StatusOK, "activity", needs{script: true}, activityPage{p.Texts(r), page})
}

type activityPage struct {
	Texts
	ActivityPage
}

func (p activityPage) Title() string { return p.Get("account.activity.title") }
