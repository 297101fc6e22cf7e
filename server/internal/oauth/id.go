package oauth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"strings"
)

// NewID gives a public identifier: 100 random bits as 20 characters, a-z and
// 2-7. It is no secret.
func NewID() string {
	var b [13]byte
	rand.Read(b[:])
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))[:20]
}

// OpenIDKey is the server's key for open_ids. Losing it changes every open_id.
type OpenIDKey [32]byte

// OpenID gives the identifier of a user within one client: the same for the
// same pair, different across clients, and not to be turned back. HMAC-SHA-256
// in hex, 64 characters.
func (k OpenIDKey) OpenID(clientID, userID string) string {
	mac := hmac.New(sha256.New, k[:])
	mac.Write([]byte(clientID + "\x00" + userID))
	return hex.EncodeToString(mac.Sum(nil))
}
