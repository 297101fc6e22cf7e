package oauth

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"time"
)

// DefaultGrantAge is how old a person's yes may be that spares them the
// question, unless the operator wants another age.
const DefaultGrantAge = 90 * 24 * time.Hour

// Grant is what a person has allowed an app, and what the app looked like when
// they did. It lives until it is revoked; Covers says when it still spares the
// question.
type Grant struct {
	UserID   string
	ClientID string
	Scopes   Scopes
	Declined Scopes    // asked, and left out, when they were asked last
	Shown    string    // Fingerprint of the app as it was shown
	Given    time.Time // the decision that the oldest of the scopes rests on
	Begun    time.Time // the first one
}

// Fingerprint stands for what a person recognizes an app by: when its name,
// its icon or the host that it goes back to changes, they are asked again.
func Fingerprint(name, icon, redirectURI string) string {
	host := ""
	if u, err := url.Parse(redirectURI); err == nil {
		host = u.Host
	}
	sum := sha256.Sum256([]byte(name + "\x00" + icon + "\x00" + host))
	return hex.EncodeToString(sum[:])
}

// Covers reports whether g answers r without asking: the person has allowed
// all of its scopes, less than age ago, to the app as it is now. They are always
// asked before a token goes to the browser itself: what follows the callback
// there, be it a page that redirects on, is handed the fragment.
func (g Grant) Covers(r Request, now time.Time, age time.Duration) bool {
	if r.Implicit || g.ClientID != r.Client.ID || now.Sub(g.Given) >= age || g.Shown != r.Fingerprint() {
		return false
	}
	for _, s := range r.Scopes {
		if !g.Scopes.Has(s) {
			return false
		}
	}
	return true
}

// Fingerprint is that of the app which makes the request.
func (r Request) Fingerprint() string {
	return Fingerprint(r.Client.Name, r.Client.IconURL, r.RedirectURI)
}

// Decide notes a decision: of the scopes that were asked the allowed ones are
// granted from now on and the others are not. What was not asked stays only
// while it still counts, for the app as it was shown this time; and it gets no
// younger by a decision about something else.
func (g *Grant) Decide(d Decision, allowed Scopes) {
	scopes := Scopes{}
	if g.Shown == d.Shown && d.At.Sub(g.Given) < d.GrantAge {
		for _, s := range g.Scopes {
			if !d.Asked.Has(s) {
				scopes = append(scopes, s)
			}
		}
	}
	if len(scopes) == 0 {
		g.Given = d.At
	}
	g.Scopes, g.Shown = append(scopes, allowed...), d.Shown
	declined := Scopes{}
	for _, s := range slices.Concat(g.Declined, d.Asked) {
		if !g.Scopes.Has(s) && !declined.Has(s) {
			declined = append(declined, s)
		}
	}
	g.Declined = declined
	if g.Begun.IsZero() {
		g.Begun = d.At
	}
}
