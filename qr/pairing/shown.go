package pairing

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
	"time"
)

// Shown is what an app puts before the person who decides. The app takes the
// digest of what was really on its screen, the server that of what it would
// grant, and an approval counts only where they agree. PairingID is empty
// where the app itself was opened by a deep link and no desktop takes part.
type Shown struct {
	Kind        Kind
	PairingID   string
	ClientID    string
	AppName     string
	RedirectURI string
	Scopes      []string // all that were asked, not only those approved

	// Browser asks since Since. They are set for KindTicket alone, where they
	// take the place of the check number: what the person has confirmed must
	// be what the server knows.
	Browser Browser
	Since   time.Time
}

// Digest is SHA-256 over the fields, each with its length before it, in hex.
func (s Shown) Digest() string {
	h := sha256.New()
	write := func(text string) {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(text))))
		h.Write([]byte(text))
	}
	for _, field := range []string{"hamconnect shown 2", string(s.Kind), s.PairingID, s.ClientID, s.AppName, s.RedirectURI} {
		write(field)
	}
	if s.Kind == KindTicket {
		for _, field := range []string{s.Browser.Name, s.Browser.Address, strconv.FormatInt(s.Since.UnixMicro(), 10)} {
			write(field)
		}
	}
	for _, scope := range s.Scopes {
		write(scope)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Grant gives the chosen scopes in the order in which they were asked. It is
// ErrDigest if digest is not that of s, and ErrScopes if a scope was chosen
// twice or was not asked.
func (s Shown) Grant(chosen []string, digest string) ([]string, error) {
	if subtle.ConstantTimeCompare([]byte(digest), []byte(s.Digest())) != 1 {
		return nil, ErrDigest
	}
	return Choose(s.Scopes, chosen)
}

// Choose gives the chosen scopes in the order in which they were asked, or
// ErrScopes if one was chosen twice or was not asked.
func Choose(asked, chosen []string) ([]string, error) {
	granted := make([]string, 0, len(chosen))
	for _, scope := range asked {
		if slices.Contains(chosen, scope) {
			granted = append(granted, scope)
		}
	}
	if len(granted) != len(chosen) {
		return nil, ErrScopes
	}
	return granted, nil
}
