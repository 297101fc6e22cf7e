package account

import (
	"net/http"
	"strings"

	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/session"
)

// The cookies of a session. Each holds the session's id and a secret, joined
// by a dot. Where https is in force the names have the prefix __Host-, so that
// no other host and no plain http can plant one.
const (
	sessionCookie = "ham_session"
	refreshCookie = "ham_refresh"
)

func (a *Account) name(cookie string) string {
	if a.Secure {
		return "__Host-" + cookie
	}
	return cookie
}

// cookie gives the id and the secret in a cookie; the id is empty if there is
// none, or it makes no sense.
func (a *Account) cookie(r *http.Request, name string) (id string, secret oauth.Secret) {
	c, err := r.Cookie(a.name(name))
	if err != nil || len(c.Value) > 200 {
		return "", ""
	}
	id, text, ok := strings.Cut(c.Value, ".")
	if !ok || id == "" || text == "" {
		return "", ""
	}
	return id, oauth.Secret(text)
}

func (a *Account) setCookies(w http.ResponseWriter, s session.Session, pair session.Pair) {
	a.setCookie(w, sessionCookie, s.ID+"."+pair.Secret.Reveal(), int(session.Life.Seconds()))
	a.setCookie(w, refreshCookie, s.ID+"."+pair.Refresh.Reveal(), int(session.Life.Seconds()))
}

func (a *Account) clearCookies(w http.ResponseWriter) {
	a.setCookie(w, sessionCookie, "", -1)
	a.setCookie(w, refreshCookie, "", -1)
}

// setCookie sets one. The session cookie lives as long as the refresh cookie:
// whether it still opens anything is decided here, not by the browser.
func (a *Account) setCookie(w http.ResponseWriter, name, value string, age int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // not Secure only where the public URL is http on loopback
		Name: a.name(name), Value: value, Path: "/", MaxAge: age,
		HttpOnly: true, Secure: a.Secure, SameSite: http.SameSiteLaxMode,
	})
}
