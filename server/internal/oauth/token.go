package oauth

import "time"

// Token is an access token at rest.
type Token struct {
	Hash     Hash
	CodeHash Hash // the code that gave it: a second use of the code revokes the token
	ClientID string
	UserID   string
	Scopes   Scopes
	Expires  time.Time
}

func newToken(now time.Time, c Code) (Token, Secret) {
	secret := NewSecret()
	return Token{
		Hash: secret.Hash(), CodeHash: c.Hash,
		ClientID: c.ClientID, UserID: c.UserID, Scopes: c.Scopes,
		Expires: now.Add(TokenLifetime),
	}, secret
}

// ErrInvalidToken is the refusal of a token that is not known, expired,
// revoked, or whose user or client is disabled; these are not told apart.
var ErrInvalidToken = refuse(InvalidToken, "The access token is invalid or expired. Authorize again")

// ErrMissingToken is the refusal of a request that brings no token.
var ErrMissingToken = refuse(InvalidToken, "The access token is missing: send it as Authorization: Bearer TOKEN")

// Access is a token together with whose it is, as one look-up finds them.
type Access struct {
	Token  Token
	Client Client
	User   User
}

// Usable reports whether the access holds at now.
func (a Access) Usable(now time.Time) error {
	if !now.Before(a.Token.Expires) || !a.User.MayUseApps() || a.Client.Disabled {
		return ErrInvalidToken
	}
	return nil
}

// Claims are the fields of a userinfo answer (Integration Guide §3.4).
// Pointers are nil where the scope was not granted.
type Claims struct {
	OpenID    string  `json:"open_id"`
	Nickname  *string `json:"nickname,omitempty"`
	AvatarURL *string `json:"avatar_url,omitempty"`
	IsStudent *bool   `json:"is_student,omitempty"`
	Scope     string  `json:"scope"`
}

// Claims gives what the token's scopes allow to see.
func (a Access) Claims(key OpenIDKey) Claims {
	c := Claims{
		OpenID: key.OpenID(a.Token.ClientID, a.Token.UserID),
		Scope:  a.Token.Scopes.String(),
	}
	if a.Token.Scopes.Has(ScopeProfile) {
		c.Nickname, c.AvatarURL = &a.User.Nickname, &a.User.AvatarURL
	}
	if a.Token.Scopes.Has(ScopeIsStudent) {
		c.IsStudent = &a.User.IsStudent
	}
	return c
}
