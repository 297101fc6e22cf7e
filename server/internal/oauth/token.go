package oauth

import "time"

// Token is an access token at rest.
type Token struct {
	Hash     Hash
	CodeHash Hash   // the code that gave it: a second use of the code revokes the token
	Family   string // id that it shares with the refresh tokens beside it; empty where there are none
	ClientID string
	UserID   string
	Scopes   Scopes
	Expires  time.Time
}

// newToken gives the token that c stands for.
func (c Code) newToken(now time.Time, d Dialect) (Token, Secret) {
	secret := d.newToken()
	return Token{
		Hash: secret.Hash(), CodeHash: c.Hash,
		ClientID: c.ClientID, UserID: c.UserID, Scopes: c.Scopes,
		Expires: now.Add(d.TokenLife()),
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

// Usable reports whether the access holds at now, at the endpoints of dialect d.
func (a Access) Usable(now time.Time, d Dialect) error {
	if a.Client.Dialect != d || !now.Before(a.Token.Expires) || !a.User.MayUseApps() || a.Client.Disabled {
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

// Profile is OpenMaster's answer about a person. Email is nil where the scope
// user was not granted, and for those who have none: an app must not take them
// for one another.
type Profile struct {
	Email    *string `json:"email,omitempty"`
	Username string  `json:"username"`
	UUID     string  `json:"uuid"`
	ClientID string  `json:"client_id"`
}

// Profile gives what the token's scopes allow to see.
func (a Access) Profile(key OpenIDKey) Profile {
	uuid := key.OpenID(a.Token.ClientID, a.Token.UserID)
	p := Profile{Username: a.User.NameFor(uuid), UUID: uuid, ClientID: a.Token.ClientID}
	if a.Token.Scopes.Has(ScopeUser) && a.User.Email != "" {
		p.Email = &a.User.Email
	}
	return p
}
