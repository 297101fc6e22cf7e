package account

import (
	"crypto/rand"
	"errors"
	"net/http"
	"strings"

	"hamconnect/server/internal/ceremony"
	"hamconnect/server/internal/limit"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/session"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/web"
)

// recoveryCodes is how many a person gets at a time.
const recoveryCodes = 10

// makeRecovery gives new recovery codes and shows them, this once.
func (a *Account) makeRecovery(w http.ResponseWriter, r *http.Request, v Visitor) error {
	codes, hashes := make([]string, recoveryCodes), make([]oauth.Hash, recoveryCodes)
	for i := range codes {
		code := rand.Text() // 26 characters of base32: 130 bits
		codes[i] = code[:5] + "-" + code[5:10] + "-" + code[10:15] + "-" + code[15:20] + "-" + code[20:]
		hashes[i] = oauth.Secret(code).Hash()
	}
	if err := a.DB.SetRecoveryCodes(r.Context(), v.User.ID, v.Session.ID, hashes); err != nil {
		return err
	}
	a.Log.InfoContext(r.Context(), "recovery codes made", "user", v.User.Nickname)
	return a.Pages.RecoveryCodes(w, r, codes)
}

// RecoverPage answers GET /account/recover: a field for a recovery code.
func (a *Account) RecoverPage(w http.ResponseWriter, r *http.Request) error {
	return a.Pages.Recover(w, r, http.StatusOK, web.RecoverPage{})
}

// Recover answers POST /account/recover: a code signs the browser in, once.
// Nothing is asked for beside it, so that no answer tells who has an account.
func (a *Account) Recover(w http.ResponseWriter, r *http.Request) error {
	if !a.Recoveries.Allow(limit.AddressKey(limit.Address(r))) {
		return ErrTooMany
	}
	if err := r.ParseForm(); err != nil {
		return ErrForm
	}
	code := readCode(r.PostForm.Get("code"))
	var s session.Session
	var pair session.Pair
	u, err := a.DB.UseRecoveryCode(r.Context(), code.Hash(), func(u oauth.User) (session.Session, error) {
		if u.Disabled {
			return session.Session{}, ceremony.Disabled
		}
		s, pair = session.Begin(a.Now(), u.ID, session.ByRecovery, "", session.BrowserName(r.UserAgent()), limit.Address(r))
		return s, nil
	})
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, ceremony.Disabled):
		a.Log.WarnContext(r.Context(), "recovery code refused", "address", limit.Address(r))
		return a.Pages.Recover(w, r, http.StatusForbidden, web.RecoverPage{Wrong: true})
	case err != nil:
		return err
	}
	a.SignedIn(w, r, s, pair)
	a.Log.WarnContext(r.Context(), "signed in with a recovery code", "user", u.Nickname, "browser", s.Browser, "address", s.Address)
	return back(w, r, "")
}

// readCode takes a code as people type it: with or without dashes and spaces,
// in any case, with the digits that look like its letters.
func readCode(typed string) oauth.Secret {
	return oauth.Secret(strings.Map(func(r rune) rune {
		switch {
		case r == '0':
			return 'O'
		case r == '1':
			return 'I'
		case r == '8':
			return 'B'
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '2' && r <= '7':
			return r
		}
		return -1
	}, typed[:min(len(typed), 100)]))
}
