package oauth

import (
	"crypto/rand"
	"encoding/hex"
	"time"
)

// Dialect is the set of endpoints and wire formats that a client speaks. A
// client speaks one, and is refused at the other's endpoints.
type Dialect string

// The dialects.
const (
	Ham        Dialect = "ham"        // Ham Connect's Integration Guide
	OpenMaster Dialect = "openmaster" // OpenMaster's OAuth document
)

// AuthorizePath is where an authorization request begins, a path on the
// provider's origin.
func (d Dialect) AuthorizePath() string {
	if d == OpenMaster {
		return "/oauth/authorize"
	}
	return "/sso-authorize"
}

// TokenPath is where a code is swapped for a token.
func (d Dialect) TokenPath() string {
	if d == OpenMaster {
		return "/oauth/access_token"
	}
	return "/oauth/token"
}

// TokenLife is how long an access token lives. OpenMaster's document answers
// "1800000" and names no unit: milliseconds make sense beside a refresh token.
func (d Dialect) TokenLife() time.Duration {
	if d == OpenMaster {
		return 1_800_000 * time.Millisecond
	}
	return TokenLifetime
}

// OpenMasterExpiresIn is that life as the document writes it: a string.
const OpenMasterExpiresIn = "1800000"

// newToken draws a token in the dialect's form.
func (d Dialect) newToken() Secret {
	if d == OpenMaster {
		return NewHexSecret()
	}
	return NewSecret()
}

// NewHexSecret draws 160 bits from crypto/rand, in 40 characters of lower-case
// hex: the form of OpenMaster's tokens.
func NewHexSecret() Secret {
	var b [20]byte
	rand.Read(b[:])
	return Secret(hex.EncodeToString(b[:]))
}
