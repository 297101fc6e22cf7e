package oauth

import (
	"crypto/cipher"
	"encoding/json"
	"time"
)

// How long what lives. OpenMaster's document says nothing of it.
const (
	RefreshLife  = 30 * 24 * time.Hour // a refresh token, from its making
	RefreshGrace = 10 * time.Second    // a used one, for the retry of a request whose answer was lost
	ReuseKnown   = 7 * 24 * time.Hour  // a used one is told from one that never was
)

// Issued is what a client gets: an access token and, in OpenMaster's dialect, a
// refresh token beside it.
type Issued struct {
	Token         Token
	Secret        Secret
	Refresh       Refresh // zero in Ham's dialect
	RefreshSecret Secret
}

// Refresh is a refresh token at rest. All that follow one another since a
// person agreed are a family; of these one at a time is not spent.
type Refresh struct {
	Hash     Hash
	Family   string
	CodeHash Hash // of the code that began the family
	ClientID string
	UserID   string
	Scopes   Scopes
	Method   string // how the person agreed, as for Code
	Expires  time.Time
	Spent    time.Time // zero until it is
	Sealed   []byte    // the answer to its use, under a key made of it, until that was used itself
}

// issue gives what c stands for.
func (c Code) issue(now time.Time, d Dialect) (i Issued) {
	i.Token, i.Secret = c.newToken(now, d)
	if d != OpenMaster {
		return i
	}
	i.RefreshSecret = d.newToken()
	i.Refresh = Refresh{
		Hash: i.RefreshSecret.Hash(), Family: NewID(), CodeHash: c.Hash, ClientID: c.ClientID, UserID: c.UserID,
		Scopes: c.Scopes, Method: c.Method, Expires: now.Add(RefreshLife),
	}
	i.Token.Family = i.Refresh.Family
	return i
}

// Direct gives what a client gets at once where a person agrees to it by
// their password, without a browser; and the code, spent, that stands at its
// beginning. It is no decision that could spare them a question later: nobody
// has shown them anything.
func Direct(client Client, a Agreement) (Code, Issued) {
	code, _ := NewCode(a.At, Code{ClientID: client.ID, UserID: a.UserID, Scopes: a.Granted, Method: a.Method})
	code.Spent = true
	if len(client.RedirectURIs) > 0 {
		code.RedirectURI = client.RedirectURIs[0]
	}
	return code, code.issue(a.At, client.Dialect)
}

// ErrRefreshUnknown is the refusal of a refresh token that is not known,
// expired, or another client's; these are not told apart.
var ErrRefreshUnknown = refuse(InvalidGrant, "The refresh token is invalid or expired. Send the person to authorize again")

// ErrRefreshReused is the refusal of a refresh token that was used before:
// somebody has a copy. Whoever gets it ends the family and tells the person
// (RFC 9700 §4.14.2).
var ErrRefreshReused = refuse(InvalidGrant, "The refresh token was used before. All that came of it has been revoked; send the person to authorize again")

// Use spends r for the client, whose secret text r is the hash of, and gives
// what follows. scope, if not empty, narrows the access token (RFC 6749 §6). It
// changes r only where it is spent; the caller makes it one atomic step, in
// which the answers that earlier tokens of the family hold are forgotten.
//
// The same request again within RefreshGrace is answered as the first time, and
// nothing changes: the first answer may have been lost. Once what it gave was
// used itself it was not, and Sealed is nil.
func (r *Refresh) Use(now time.Time, client Client, text Secret, scope string) (issued Issued, again bool, err error) {
	switch {
	case r.ClientID != client.ID:
		return Issued{}, false, ErrRefreshUnknown
	case !r.Spent.IsZero() && now.Sub(r.Spent) < RefreshGrace && r.Sealed != nil:
		issued, err = r.unseal(text)
		if err == nil && scope != "" && !sameScopes(ParseScopes(scope, r.Scopes), issued.Token.Scopes) {
			return Issued{}, false, ErrRefreshReused
		}
		return issued, true, err
	case !r.Spent.IsZero():
		return Issued{}, false, ErrRefreshReused
	case !now.Before(r.Expires):
		return Issued{}, false, ErrRefreshUnknown
	}
	still := r.Scopes.within(client.Scopes)
	scopes := still
	if scope != "" {
		if scopes, err = narrow(scope, still); err != nil {
			return Issued{}, false, err
		}
	}
	next := Code{Hash: r.CodeHash, ClientID: r.ClientID, UserID: r.UserID, Scopes: scopes, Method: r.Method}
	issued = next.issue(now, client.Dialect)
	issued.Refresh.Scopes = still
	issued.Refresh.Family, issued.Token.Family = r.Family, r.Family
	if r.Sealed, err = seal(text, issued); err != nil {
		return Issued{}, false, err
	}
	r.Spent, r.Expires = now, now.Add(ReuseKnown)
	return issued, false, nil
}

func (s Scopes) within(allowed Scopes) Scopes { return ParseScopes(s.String(), allowed) }

func sameScopes(a, b Scopes) bool { return a.String() == b.String() }

// narrow gives the scopes that text names, all of which must be granted.
func narrow(text string, granted Scopes) (Scopes, error) {
	scopes := ParseScopes(text, granted)
	if len(scopes) != len(splitScopes(text)) {
		return nil, refuse(InvalidScope, "scope names something that the refresh token does not stand for, or names it twice")
	}
	return scopes, nil
}

// sealed is the answer that a spent refresh token gave.
type sealed struct {
	Token, Refresh string
	Scopes         Scopes
}

// answerSealer gives the AEAD whose key is made of the refresh token itself,
// which is stored nowhere.
func answerSealer(text Secret) (cipher.AEAD, error) {
	return text.Sealer("hamconnect refresh answer 1")
}

func seal(text Secret, i Issued) ([]byte, error) {
	aead, err := answerSealer(text)
	if err != nil {
		return nil, err
	}
	plain, err := json.Marshal(sealed{i.Secret.Reveal(), i.RefreshSecret.Reveal(), i.Token.Scopes})
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, nil, plain, nil), nil //nolint:gosec // it draws its nonce itself
}

func (r *Refresh) unseal(text Secret) (i Issued, err error) {
	aead, err := answerSealer(text)
	if err != nil {
		return i, err
	}
	plain, err := aead.Open(nil, nil, r.Sealed, nil)
	if err != nil {
		return i, err
	}
	var s sealed
	if err := json.Unmarshal(plain, &s); err != nil {
		return i, err
	}
	i.Secret, i.RefreshSecret = Secret(s.Token), Secret(s.Refresh)
	i.Token = Token{Hash: i.Secret.Hash(), ClientID: r.ClientID, UserID: r.UserID, Scopes: s.Scopes, Family: r.Family}
	i.Refresh = Refresh{Hash: i.RefreshSecret.Hash(), Family: r.Family, ClientID: r.ClientID, UserID: r.UserID}
	return i, nil
}
