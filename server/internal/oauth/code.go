package oauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"time"
)

// Lifetimes (Integration Guide §3.5).
const (
	CodeLifetime  = 5 * time.Minute
	TokenLifetime = 2 * time.Hour
)

// Code is an authorization code at rest. It is bound to everything that was
// approved, and is spent once.
type Code struct {
	Hash          Hash
	ClientID      string
	UserID        string
	RedirectURI   string
	Scopes        Scopes
	CodeChallenge string
	Expires       time.Time
	Spent         bool

	// Method is how the person agreed, for their account's history. It is not
	// stored with the code.
	Method string

	// Opener is what the person was signed in by when they agreed.
	Opener Opener

	// Token is what the code has given already at its making, as in the
	// implicit grant; then the code is spent. It is nil otherwise.
	Token *Token

	// Decision is what the person decided; storing the code notes it. It is
	// nil where nothing was asked. Then Covers must say at the moment of
	// storing that what they have allowed before is enough.
	Decision *Decision
	Covers   func(Grant) bool
}

// Opener is what signed a person in: a method of package session, and the Ham
// app or passkey, empty where there was none.
type Opener struct{ Method, ID string }

// Decision is a person's answer to what an app asked.
type Decision struct {
	Asked    Scopes
	Shown    string // Fingerprint of the app
	At       time.Time
	GrantAge time.Duration // how old an earlier decision may be that still counts beside this one
}

// NewCode mints the code for an approved request.
func NewCode(now time.Time, c Code) (Code, Secret) {
	secret := NewSecret()
	c.Hash = secret.Hash()
	c.Expires = now.Add(CodeLifetime)
	return c, secret
}

// Redemption is what a client's server brings to the token endpoint. The
// client has been authenticated.
type Redemption struct {
	Client       Client
	RedirectURI  string // optional; when sent it must be the one authorized
	CodeVerifier string
}

// ErrCodeReused is the refusal of a code that was spent before: whoever
// redeems must then revoke what the first use gave (RFC 6749 §4.1.2).
var ErrCodeReused = refuse(InvalidGrant, "The authorization code was used before. What it gave has been revoked; authorize again")

// ErrCodeUnknown is the refusal of a code that is not known, expired, or
// another client's; these are not told apart.
var ErrCodeUnknown = refuse(InvalidGrant, "The authorization code is invalid or expired. Authorize again")

// Redeem spends c and gives what its client gets for it. It changes c only on
// success; the caller makes reading, redeeming and storing one atomic step.
func (c *Code) Redeem(now time.Time, with Redemption) (Issued, error) {
	switch {
	case c.ClientID != with.Client.ID:
		return Issued{}, ErrCodeUnknown
	case c.Spent:
		return Issued{}, ErrCodeReused
	case !now.Before(c.Expires):
		return Issued{}, ErrCodeUnknown
	case with.RedirectURI != "" && with.RedirectURI != c.RedirectURI:
		return Issued{}, refuse(InvalidGrant, "redirect_uri is not the one that was authorized")
	}
	if err := verify(c.CodeChallenge, with.CodeVerifier); err != nil {
		return Issued{}, err
	}
	c.Spent = true
	return c.issue(now, with.Client.Dialect), nil
}

// verify compares a PKCE verifier with the challenge (RFC 7636 §4.6). A
// verifier without a challenge is refused as well: it shows that the client
// meant to use PKCE and somebody took the challenge out (RFC 9700 §2.1.1).
func verify(challenge, verifier string) error {
	switch {
	case challenge == "" && verifier == "":
		return nil
	case challenge == "":
		return refuse(InvalidGrant, "code_verifier is sent, but the authorization request had no code_challenge")
	case verifier == "":
		return refuse(InvalidRequest, "code_verifier is missing: the authorization request had a code_challenge")
	case len(verifier) < 43 || len(verifier) > 128:
		return refuse(InvalidGrant, "code_verifier must have 43 to 128 characters")
	}
	sum := sha256.Sum256([]byte(verifier))
	if subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) != 1 {
		return refuse(InvalidGrant, "code_verifier does not match the code_challenge")
	}
	return nil
}
