package softkey

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Authenticator holds keys. The zero value is a device-bound authenticator
// that verifies its user, counts signatures and knows all three algorithms.
// Its methods may be called by many goroutines; its fields are set before.
type Authenticator struct {
	AAGUID     [16]byte
	Algorithms []Algorithm // those that it knows; all if empty
	Transports []string    // "internal" if empty
	IDLength   int         // bytes of the ids of its keys; 32 if 0

	BackupEligible bool // its keys can be synced (flag BE)
	BackedUp       bool // its keys are synced (flag BS)
	NoCounter      bool // signature counts stay 0, as for synced passkeys
	Absent         bool // nobody touches it (flag UP is missing)
	Unverified     bool // it cannot tell who touches it (flag UV is missing)

	// NotResident makes keys that are found only when the options name them,
	// and that give no user handle back.
	NotResident bool

	mu   sync.Mutex
	held []*held // oldest first; guarded by mu, as are the counts in it
}

type held struct {
	Key
	signer crypto.Signer
}

// Synced gives an authenticator like those of the large platforms: its keys
// are backed up and count nothing.
func Synced() *Authenticator {
	return &Authenticator{BackupEligible: true, BackedUp: true, NoCounter: true, Transports: []string{"internal", "hybrid"}}
}

// What an authenticator can refuse. Browsers say InvalidStateError for the
// first, and NotAllowedError or NotSupportedError for the others.
var (
	ErrExcluded     = errors.New("softkey: there is a key already that the options exclude")
	ErrNoKey        = errors.New("softkey: there is no key that the options ask for")
	ErrNoAlgorithm  = errors.New("softkey: the options ask for no algorithm that it knows")
	ErrNotResident  = errors.New("softkey: the options ask for a resident key, and it keeps none")
	ErrNotReadable  = errors.New("softkey: the options cannot be read")
	errPrivateKey   = errors.New("softkey: the private key is of another kind than its algorithm")
	errNoOptionsFor = errors.New("no publicKey with a challenge")
)

// Key is one key pair with what belongs to it. It can be kept as JSON.
type Key struct {
	ID         []byte    `json:"id"`
	RPID       string    `json:"rp_id"`
	UserHandle []byte    `json:"user_handle"`
	UserName   string    `json:"user_name"`
	Algorithm  Algorithm `json:"algorithm"`
	Private    []byte    `json:"private"` // PKCS #8
	Count      uint32    `json:"count"`   // of the last signature
	Resident   bool      `json:"resident"`
}

// Keys gives all keys, oldest first.
func (a *Authenticator) Keys() []Key {
	a.mu.Lock()
	defer a.mu.Unlock()
	keys := make([]Key, 0, len(a.held))
	for _, h := range a.held {
		keys = append(keys, h.Key)
	}
	return keys
}

// Add puts a key in that another authenticator made, such as a copy.
func (a *Authenticator) Add(k Key) error {
	private, err := x509.ParsePKCS8PrivateKey(k.Private)
	if err != nil {
		return fmt.Errorf("softkey: reading a private key: %w", err)
	}
	signer, ok := private.(crypto.Signer)
	if !ok || !k.Algorithm.fits(signer.Public()) {
		return errPrivateKey
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.held = append(a.held, &held{k, signer})
	return nil
}

// Remove forgets the key with this id, and says whether there was one.
func (a *Authenticator) Remove(id []byte) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	before := len(a.held)
	a.held = slices.DeleteFunc(a.held, func(h *held) bool { return bytes.Equal(h.ID, id) })
	return len(a.held) < before
}

// pick gives the key that the options ask for, the newest if several would
// do, with the count for the next signature.
func (a *Authenticator) pick(rpID string, allowed [][]byte) (*held, uint32, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, h := range slices.Backward(a.held) {
		listed := slices.ContainsFunc(allowed, func(id []byte) bool { return bytes.Equal(id, h.ID) })
		if h.RPID == rpID && (listed || len(allowed) == 0 && h.Resident) {
			if !a.NoCounter {
				h.Count++
			}
			return h, h.Count, nil
		}
	}
	return nil, 0, ErrNoKey
}

// excludes reports whether it has one of the keys.
func (a *Authenticator) excludes(rpID string, ids [][]byte) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.ContainsFunc(a.held, func(h *held) bool {
		return h.RPID == rpID && slices.ContainsFunc(ids, func(id []byte) bool { return bytes.Equal(id, h.ID) })
	})
}

// generate makes a key for the first wanted algorithm that it knows.
func (a *Authenticator) generate(wanted []Algorithm) (*held, error) {
	known := a.Algorithms
	if len(known) == 0 {
		known = []Algorithm{ES256, EdDSA, RS256}
	}
	i := slices.IndexFunc(wanted, func(w Algorithm) bool { return slices.Contains(known, w) })
	if i < 0 {
		return nil, ErrNoAlgorithm
	}
	signer, err := wanted[i].generate()
	if err != nil {
		return nil, fmt.Errorf("softkey: making a key: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(signer)
	if err != nil {
		return nil, fmt.Errorf("softkey: writing a private key: %w", err)
	}
	id := make([]byte, cmp.Or(a.IDLength, 32))
	rand.Read(id) // never fails
	return &held{Key{ID: id, Algorithm: wanted[i], Private: private}, signer}, nil
}
