package account

import (
	"crypto/hmac"
	"net/http"
	"strconv"
	"strings"
	"time"

	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/session"
)

// The cookies of a session. Each holds the session's id, a secret, and the
// server's seal over both, joined by dots. Where https is in force the names have the prefix __Host-, so that
// no other host and no plain http can plant one.
const (
	sessionCookie = "ham_session"
	refreshCookie = "ham_refresh"

	// knownCookie names who was signed in here last. It signs nobody in: it
	// lets the browser ask that person's Ham apps.
	knownCookie = "ham_known"
)

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
	if len(parts) != 3 || !hmac.Equal([]byte(parts[2]), []byte(a.seal(knownCookie, parts[0], parts[1]))) {
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
	a.setCookie(w, knownCookie, userID+"."+since+"."+a.seal(knownCookie, userID, since), int(knownFor.Seconds()))
}

func (a *Account) name(cookie string) string {
	if a.Secure {
		return "__Host-" + cookie
	}
	return cookie
}

// cookie gives the id and the secret in a cookie that this server made; the id
// is empty if there is none. So nobody who only knows an id, which is no
// secret, can make it look as if a secret of the session was used twice.
func (a *Account) cookie(r *http.Request, name string) (id string, secret oauth.Secret) {
	c, err := r.Cookie(a.name(name))
	if err != nil || len(c.Value) > 200 {
		return "", ""
	}
	parts := strings.Split(c.Value, ".")
	if len(parts) != 3 || !hmac.Equal([]byte(parts[2]), []byte(a.seal(name, parts[0], parts[1]))) {
		return "", ""
	}
	return parts[0], oauth.Secret(parts[1])
}

func (a *Account) seal(name, id, secret string) string {
	return a.mac("cookie", name, id, secret)[:22] // 128 bits
}

func (a *Account) setCookies(w http.ResponseWriter, s session.Session, pair session.Pair) {
	for name, secret := range map[string]string{sessionCookie: pair.Secret.Reveal(), refreshCookie: pair.Refresh.Reveal()} {
		a.setCookie(w, name, s.ID+"."+secret+"."+a.seal(name, s.ID, secret), int(session.Life.Seconds()))
	}
}

func (a *Account) clearCookies(w http.ResponseWriter) {
	a.setCookie(w, sessionCookie, "", -1)
	a.setCookie(w, refreshCookie, "", -1)
	a.setCookie(w, knownCookie, "", -1)
}

// setCookie sets one. The session cookie lives as long as the refresh cookie:
// whether it still opens anything is decided here, not by the browser.
func (a *Account) setCookie(w http.ResponseWriter, name, value string, age int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // not Secure only where the public URL is http on loopback
		Name: a.name(name), Value: value, Path: "/", MaxAge: age,
		HttpOnly: true, Secure: a.Secure, SameSite: http.SameSiteLaxMode,
	})
}
