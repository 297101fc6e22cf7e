package account

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// pending is an act that waits while the person authenticates again. It waits
// in a cookie, sealed, and is asked about before it is done.
type pending struct {
	UserID  string
	Path    string     // of the form; empty where a script asked
	Fields  url.Values // of the form, which hold no secret
	Section string     // where Path is empty: what to come back to
	Until   time.Time
}

const (
	pendingCookie = "ham_pending"
	pendingLife   = 10 * time.Minute
	maxPending    = 3000 // bytes; browsers take 4096 with the name
)

// stepUp puts an act down and asks the person to authenticate again.
func (a *Account) stepUp(w http.ResponseWriter, r *http.Request, p pending) error {
	if err := a.putDown(w, p); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, "/account/confirm", http.StatusSeeOther)
	return nil
}

// putDown keeps an act for later; one that is too large for a cookie must be
// begun again.
func (a *Account) putDown(w http.ResponseWriter, p pending) error {
	p.Until = a.Now().Add(pendingLife)
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	value := base64.RawURLEncoding.EncodeToString(text)
	if value += "." + a.mac("pending", value); len(value) > maxPending {
		a.setPending(w, "", -1) // nor is one from before taken for it
		return nil
	}
	a.setPending(w, value, int(pendingLife.Seconds()))
	return nil
}

func (a *Account) setPending(w http.ResponseWriter, value string, age int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // not Secure only where the public URL is http on loopback
		Name: a.name(pendingCookie), Value: value, Path: "/", MaxAge: age,
		HttpOnly: true, Secure: a.Keeper.Secure, SameSite: http.SameSiteStrictMode,
	})
}

// takePending gives the act that v put down, once v has authenticated since.
func (a *Account) takePending(w http.ResponseWriter, r *http.Request, v Visitor) (p pending, ok bool) {
	cookie, err := r.Cookie(a.name(pendingCookie))
	if err != nil || !v.Session.IsFresh(a.Now()) {
		return p, false
	}
	a.setPending(w, "", -1)
	value, seal, _ := strings.Cut(cookie.Value, ".")
	if !hmac.Equal([]byte(seal), []byte(a.mac("pending", value))) {
		return p, false
	}
	text, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil || json.Unmarshal(text, &p) != nil {
		return pending{}, false
	}
	_, known := acts[p.Path]
	return p, p.UserID == v.User.ID && a.Now().Before(p.Until) && (known || p.Path == "")
}
