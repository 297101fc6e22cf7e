package web

import (
	"html/template"
	"net/http"
	"time"
)

// AccountPage is the person's own page.
type AccountPage struct {
	Nickname string
	Student  bool
	Form     string // what each form must carry
	Sessions []AccountSession
	Passkeys bool // this server can have them
	Keys     []AccountKey
	Devices  []AccountDevice
	Apps     []AccountApp
}

// AccountSession is a browser that is signed in.
type AccountSession struct {
	ID, Browser, Address string
	Method               string // how it was signed in: app, passkey or phone
	Begun, Seen          time.Time
	This                 bool // the one that shows the page
}

// AccountKey is a passkey.
type AccountKey struct {
	ID, Name      string
	Created, Used time.Time // Used is zero before the first time
	Synced        bool
	Suspicious    bool // its counter went back
}

// AccountDevice is a Ham app that is signed in.
type AccountDevice struct {
	ID, Name string
	Since    time.Time
}

// AccountApp is a third-party app that holds tokens.
type AccountApp struct {
	ClientID, Name, Homepage string
	Scopes                   []Scope
	Since, Used              time.Time
}

// Account writes the person's own page.
func (p *Pages) Account(w http.ResponseWriter, r *http.Request, page AccountPage) error {
	texts := p.Texts(r)
	for i := range page.Apps {
		for j, s := range page.Apps[i].Scopes {
			page.Apps[i].Scopes[j] = texts.Scope(s)
		}
	}
	return p.write(w, r, http.StatusOK, "account", needs{script: page.Passkeys, forms: true}, accountPage{texts, page})
}

type accountPage struct {
	Texts
	AccountPage
}

func (p accountPage) Title() string          { return p.Get("account.title") }
func (p accountPage) Refresh() (none string) { return "" }

// Others reports whether another browser than this one is signed in.
func (p accountPage) Others() bool { return len(p.Sessions) > 1 }

// When writes a moment in UTC, in the one order that every language reads.
func (p accountPage) When(t time.Time) template.HTML {
	t = t.UTC()
	return template.HTML(`<time datetime="` + t.Format(time.RFC3339) + `">` + t.Format("2006-01-02 15:04") + ` UTC</time>`) //nolint:gosec // digits only
}
