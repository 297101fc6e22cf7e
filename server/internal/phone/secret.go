package phone

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/oauth"
)

const cookieLife = 10 * time.Minute // longer than a pairing can last

// deviceID is what a pairing knows a browser by: the hash of its secret. No
// Ham app has an id like it.
func deviceID(secret oauth.Secret) string {
	hash := secret.Hash()
	return "browser " + hex.EncodeToString(hash[:])
}

func (p *Phone) cookieName(id string) string {
	if p.Secure {
		return "__Host-ham_claim_" + id
	}
	return "ham_claim_" + id
}

func (p *Phone) setSecret(w http.ResponseWriter, id string, secret oauth.Secret) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // not Secure only where the public URL is http on loopback
		Name: p.cookieName(id), Value: secret.Reveal(), Path: "/", MaxAge: int(cookieLife.Seconds()),
		HttpOnly: true, Secure: p.Secure, SameSite: http.SameSiteStrictMode,
	})
}

// mine gives pairing id as it is now, and the secret, if this browser claimed
// it. Without a cookie, with another's, and where there is no such pairing, it
// is the same pairing.ErrNotFound.
func (p *Phone) mine(r *http.Request, id string) (pairing.Pairing, oauth.Secret, error) {
	if !pairing.ValidID(id) {
		return pairing.Pairing{}, "", pairing.ErrNotFound
	}
	cookie, err := r.Cookie(p.cookieName(id))
	if err != nil || cookie.Value == "" {
		return pairing.Pairing{}, "", pairing.ErrNotFound
	}
	secret := oauth.Secret(cookie.Value)
	claimed, err := p.DB.Pairing(r.Context(), id)
	if err != nil {
		return pairing.Pairing{}, "", err
	}
	if !claimed.ClaimedBy(deviceID(secret)) {
		return pairing.Pairing{}, "", pairing.ErrNotFound
	}
	claimed.Settle(p.Now())
	return claimed, secret, nil
}

// formToken is what the forms of a claim carry. It is made of the secret, which
// no other site and no script can read.
func formToken(id string, secret oauth.Secret) string {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte("hamconnect phone form\x00" + id))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
