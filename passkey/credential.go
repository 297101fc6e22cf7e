package passkey

import (
	"encoding/base64"
	"slices"
	"strconv"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// MaxPerUser is how many passkeys a user may have.
const MaxPerUser = 20

// User is for whom a passkey is made.
type User struct {
	// ID becomes the user handle, which authenticators keep and give back:
	// 1 to 64 bytes that never change and say nothing about the person.
	ID          string
	Name        string // tells accounts of one person apart, such as an e-mail address
	DisplayName string
}

// Credential is a passkey as it is stored.
type Credential struct {
	ID        string // base64url without padding, as browsers write it
	UserID    string
	PublicKey []byte // COSE_Key
	AAGUID    AAGUID // the authenticator's model, by its own account
	SignCount uint32 // last count seen; 0 for ever where passkeys are synced

	BackupEligible bool // can be synced; never changes
	BackedUp       bool // is synced at the moment

	Transports []string // how it is reached: "internal", "hybrid", "usb", …
	Name       string   // suggested from AAGUID, empty where that is not known; the person may change it
	Created    time.Time
	LastUsed   time.Time // zero until the first login

	// Suspicious is when its counter last went back, zero if it never did.
	// It stays until the caller clears it, once the person has been told.
	Suspicious time.Time
}

// use records a login at now whose signature was checked. If the counter did
// not grow it says so, marks c, and goes on counting from what it saw: see
// the package's section on counters (WebAuthn Level 3 §7.2, step 22).
func (c *Credential) use(now time.Time, count uint32, backedUp bool) error {
	before := c.SignCount
	c.SignCount = count
	if (count != 0 || before != 0) && count <= before {
		c.Suspicious = now
		e := refuse(CounterWentBack).of(c.ID)
		e.Expected = "more than " + strconv.FormatUint(uint64(before), 10)
		e.Got = strconv.FormatUint(uint64(count), 10)
		e.UserID = c.UserID
		return e
	}
	c.BackedUp = backedUp
	c.LastUsed = now
	return nil
}

func encodeID(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// rawID gives the bytes of an id that this package has stored.
func rawID(id string) []byte {
	raw, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil {
		return nil
	}
	return raw
}

func descriptors(cs []Credential) []protocol.CredentialDescriptor {
	ds := make([]protocol.CredentialDescriptor, 0, len(cs))
	for _, c := range cs {
		d := protocol.CredentialDescriptor{Type: protocol.PublicKeyCredentialType, CredentialID: rawID(c.ID)}
		for _, t := range c.Transports {
			d.Transport = append(d.Transport, protocol.AuthenticatorTransport(t))
		}
		ds = append(ds, d)
	}
	return ds
}

// knownTransports keeps what browsers may be told again later; the list comes
// from outside and is not signed.
func knownTransports(got []string) []string {
	known := []string{"ble", "hybrid", "internal", "nfc", "smart-card", "usb"}
	return slices.DeleteFunc(known, func(t string) bool { return !slices.Contains(got, t) })
}

// account shows go-webauthn a user with the one credential that is in
// question, so that it can choose no other.
type account struct {
	user       User
	credential []webauthn.Credential
}

func (a account) WebAuthnID() []byte                         { return []byte(a.user.ID) }
func (a account) WebAuthnName() string                       { return a.user.Name }
func (a account) WebAuthnDisplayName() string                { return a.user.DisplayName }
func (a account) WebAuthnCredentials() []webauthn.Credential { return a.credential }

func (c *Credential) account() account {
	return account{User{ID: c.UserID}, []webauthn.Credential{{
		ID:            rawID(c.ID),
		PublicKey:     c.PublicKey,
		Flags:         webauthn.CredentialFlags{BackupEligible: c.BackupEligible, BackupState: c.BackedUp},
		Authenticator: webauthn.Authenticator{AAGUID: c.AAGUID[:], SignCount: c.SignCount},
	}}}
}
