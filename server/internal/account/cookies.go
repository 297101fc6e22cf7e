package account

import (
	"crypto/hmac"
	"net/http"
	"strconv"
	"strings"
	"time"

	"hamconnect/server/internal/browser"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/session"
)

// The cookies of a session are those of package browser. Where https is in
// force the names have the prefix __Host-, so that no other host and no plain
// http can plant one; elsewhere one that keeps them apart from those of Ham
// Web, which wants the plain names for itself.
const (
	sessionCookie = "ham_session"
	refreshCookie = "ham_refresh"
	// knownCookie names who was signed in here last. It signs nobody in: it
	// lets the browser ask that person's Ham apps.
	knownCookie = "ham_known"
)

// label stands before everything that is sealed or signed for these pages.
const label = "hamconnect account"

// Keep makes the Keeper of the account page's sessions.
func Keep(k browser.Keeper) *browser.Keeper {
	k.Label, k.Session, k.Refresh = label, cookieName(k.Secure, sessionCookie), cookieName(k.Secure, refreshCookie)
	return &k
}

// knownFor is how long a browser is remembered.
const knownFor = 90 * 24 * time.Hour

// Remembered is the id of who was signed in in this browser last, and did not
// sign out here, and when that was; empty if nobody was. Whether they have had
// their browsers forgotten since, the person's own record says.
func (a *Account) Remembered(r *http.Request) (userID string, since time.Time) {
	c, err := r.Cookie(a.name(knownCookie))
	if err != nil || len(c.Value) > 200 {
		return "", since
	}
	parts := strings.Split(c.Value, ".")
	if len(parts) != 3 || !hmac.Equal([]byte(parts[2]), []byte(a.Keeper.Seal(knownCookie, parts[0], parts[1]))) {
		return "", since
	}
	micros, err := strconv.ParseInt(parts[1], 10, 64)
	since = time.UnixMicro(micros)
	if err != nil || a.Now().Sub(since) >= knownFor {
		return "", since
	}
	return parts[0], since
}

func (a *Account) remember(w http.ResponseWriter, userID string) {
	since := strconv.FormatInt(a.Now().UnixMicro(), 10)
	a.Keeper.Set(w, a.name(knownCookie), userID+"."+since+"."+a.Keeper.Seal(knownCookie, userID, since), int(knownFor.Seconds()))
}

func (a *Account) name(cookie string) string { return cookieName(a.Keeper.Secure, cookie) }

func cookieName(secure bool, cookie string) string {
	if secure {
		return "__Host-" + cookie
	}
	return "account_" + cookie
}

// value is that of a cookie, empty if the browser brings none.
func value(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

func (a *Account) setCookies(w http.ResponseWriter, s session.Session, pair session.Pair) {
	k := a.Keeper
	for name, secret := range map[string]oauth.Secret{k.Session: pair.Secret, k.Refresh: pair.Refresh} {
		k.Set(w, name, k.Value(name, s.ID, secret), int(session.Life.Seconds()))
	}
}

func (a *Account) clearCookies(w http.ResponseWriter) {
	for _, name := range []string{sessionCookie, refreshCookie, knownCookie} {
		a.Keeper.Set(w, a.name(name), "", -1)
	}
}
