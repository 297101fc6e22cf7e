package client

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"sync"

	"filippo.io/age"
	"github.com/zalando/go-keyring"

	"hamconnect/qr/pairing"
)

// Sealing is how a device's key is kept.
type Sealing = pairing.Sealing

// The ways to keep it.
const (
	Plain      = pairing.SealedPlain      // in account.json, which only its owner can read
	Passphrase = pairing.SealedPassphrase // there too, encrypted (age, with scrypt)
	Keyring    = pairing.SealedKeyring    // by the system's own store of secrets
)

var (
	// ErrLocked is returned by what needs the key while it is locked.
	ErrLocked = errors.New("the key of this device is locked; its passphrase opens it")
	// ErrPassphrase is returned for a passphrase that does not open the key.
	ErrPassphrase = errors.New("that is not the passphrase of this key")
	// ErrKeyring is returned where the system's store of secrets does not
	// answer, or does not have the key.
	ErrKeyring = errors.New("the system's keyring does not give the key; unlock it, or sign in again with a new enrol link")
)

// MinPassphrase is how many bytes a passphrase has at least.
const MinPassphrase = 8

// workFactor is scrypt's, as a power of two: about a second. Tests take less.
var workFactor = 18

// keyringService is the name under which the system's store shows our keys.
const keyringService = "ham"

// sealed takes the place of the private key in account.json.
type sealed struct {
	Public  []byte `json:"public_key"`        // by which the key is known to be the right one
	Box     []byte `json:"age,omitempty"`     // an age file with the seed, for a passphrase
	Keyring bool   `json:"keyring,omitempty"` // the seed is in the system's store
}

func (s *sealed) valid() bool {
	return len(s.Public) == ed25519.PublicKeySize && (len(s.Box) > 0) != s.Keyring
}

// vault holds the key while it is open.
type vault struct {
	mu      sync.RWMutex // guards the fields below
	key     ed25519.PrivateKey
	sealing Sealing
	sealed  *sealed // nil for Plain
}

// signer gives the key, or ErrLocked.
func (a *Account) signer() (ed25519.PrivateKey, error) {
	a.vault.mu.RLock()
	defer a.vault.mu.RUnlock()
	if a.vault.key == nil {
		return nil, ErrLocked
	}
	return a.vault.key, nil
}

// put fills the vault with what is kept of the account.
func (a *Account) put(kept file) {
	a.vault.mu.Lock()
	defer a.vault.mu.Unlock()
	a.vault.key, a.vault.sealing, a.vault.sealed = nil, Plain, kept.Sealed
	switch {
	case kept.Sealed == nil:
		a.vault.key = ed25519.NewKeyFromSeed(kept.Key)
	case kept.Sealed.Keyring:
		a.vault.sealing = Keyring
	default:
		a.vault.sealing = Passphrase
	}
}

// Sealing tells how the key is kept.
func (a *Account) Sealing() Sealing {
	a.vault.mu.RLock()
	defer a.vault.mu.RUnlock()
	return a.vault.sealing
}

// Locked reports whether the key has to be unlocked before it is used.
func (a *Account) Locked() bool {
	_, err := a.signer()
	return err != nil
}

// Lock forgets a key that Unlock has opened. One that is not sealed with a
// passphrase stays open.
func (a *Account) Lock() {
	a.vault.mu.Lock()
	defer a.vault.mu.Unlock()
	if a.vault.sealing == Passphrase {
		a.vault.key = nil // calls under way may still sign with it
	}
}

// Unlock opens a sealed key. The passphrase counts only for one that is sealed
// with it; a wrong one is ErrPassphrase. It takes about a second, on purpose.
func (a *Account) Unlock(passphrase string) error {
	a.vault.mu.RLock()
	s, open := a.vault.sealed, a.vault.key != nil
	a.vault.mu.RUnlock()
	if open || s == nil {
		return nil
	}
	seed, err := s.open(passphrase)
	if err != nil {
		return err
	}
	key := ed25519.NewKeyFromSeed(seed)
	if !bytes.Equal(key.Public().(ed25519.PublicKey), s.Public) {
		return errors.New("what was unlocked is the key of another device")
	}
	a.vault.mu.Lock()
	defer a.vault.mu.Unlock()
	a.vault.key = key
	return nil
}

func (s *sealed) open(passphrase string) ([]byte, error) {
	if s.Keyring {
		text, err := keyring.Get(keyringService, s.name())
		seed, notText := base64.StdEncoding.DecodeString(text)
		if err = errors.Join(err, notText); err != nil || len(seed) != ed25519.SeedSize {
			return nil, fmt.Errorf("%w (%v)", ErrKeyring, err) //nolint:errorlint // what the store says is for people
		}
		return seed, nil
	}
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, ErrPassphrase // it is empty
	}
	plain, err := age.Decrypt(bytes.NewReader(s.Box), identity)
	if err != nil {
		return nil, ErrPassphrase
	}
	seed, err := io.ReadAll(io.LimitReader(plain, ed25519.SeedSize+1))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, errors.New("the sealed key is damaged; sign in again with a new enrol link")
	}
	return seed, nil
}

// name is what the key is called in the system's store.
func (s *sealed) name() string { return base64.RawURLEncoding.EncodeToString(s.Public) }

// Seal keeps the key encrypted from now on; it must be open. A passphrase that
// is too short is refused.
func (a *Account) Seal(passphrase string) error {
	if len(passphrase) < MinPassphrase {
		return fmt.Errorf("a passphrase has %d characters at least", MinPassphrase)
	}
	key, err := a.signer()
	if err != nil {
		return err
	}
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return fmt.Errorf("sealing the key: %w", err)
	}
	recipient.SetWorkFactor(workFactor)
	var box bytes.Buffer
	w, err := age.Encrypt(&box, recipient)
	if err == nil {
		_, err = w.Write(key.Seed())
		err = errors.Join(err, w.Close())
	}
	if err != nil {
		return fmt.Errorf("sealing the key: %w", err)
	}
	return a.rekeep(&sealed{Public: key.Public().(ed25519.PublicKey), Box: box.Bytes()})
}

// ToKeyring keeps the key in the system's own store from now on; it must be
// open. Where there is no such store it is an error, and nothing changes.
func (a *Account) ToKeyring() error {
	key, err := a.signer()
	if err != nil {
		return err
	}
	s := &sealed{Public: key.Public().(ed25519.PublicKey), Keyring: true}
	return locked(a.dir, func() error {
		if err := keyring.Set(keyringService, s.name(), base64.StdEncoding.EncodeToString(key.Seed())); err != nil {
			return fmt.Errorf("this system has no keyring that takes the key: %w", err)
		}
		seed, err := s.open("")
		if err == nil && !bytes.Equal(seed, key.Seed()) {
			err = ErrKeyring
		}
		if err == nil {
			err = a.rekeepLocked(s)
		}
		if err == nil {
			return nil
		}
		if kept, unread := read(a.dir); unread == nil && (kept.Sealed == nil || !kept.Sealed.Keyring) {
			err = errors.Join(err, s.forget()) // it is kept elsewhere, and not needed here
		}
		return err
	})
}

// Unseal keeps the key in account.json from now on, as at first; it must be open.
func (a *Account) Unseal() error {
	if _, err := a.signer(); err != nil {
		return err
	}
	return a.rekeep(nil)
}

// rekeep writes the account anew, with its key kept in another way. The key
// leaves the place where it was only when it is in the new one.
func (a *Account) rekeep(s *sealed) error {
	return locked(a.dir, func() error { return a.rekeepLocked(s) })
}

func (a *Account) rekeepLocked(s *sealed) error {
	key, err := a.signer()
	if err != nil {
		return err
	}
	kept, err := read(a.dir)
	if err != nil {
		return err
	}
	if !bytes.Equal(kept.public(), key.Public().(ed25519.PublicKey)) {
		return errors.New("another key has taken this one's place meanwhile; nothing was changed")
	}
	before := kept.Sealed
	kept.Key, kept.Sealed = nil, s
	if s == nil {
		kept.Key = key.Seed()
	}
	draft, err := writeAccount(a.dir, kept)
	if err == nil {
		err = keep(a.dir, draft, kept, true)
	}
	if err == nil {
		err = sweepDrafts(a.dir)
	}
	if err != nil {
		return err
	}
	if before != nil && before.Keyring && (s == nil || !s.Keyring) {
		if err := before.forget(); err != nil {
			return fmt.Errorf("the key is kept anew, but %w", err)
		}
	}
	a.vault.mu.Lock()
	defer a.vault.mu.Unlock()
	a.vault.sealed = s
	switch {
	case s == nil:
		a.vault.sealing = Plain
	case s.Keyring:
		a.vault.sealing = Keyring
	default:
		a.vault.sealing = Passphrase
	}
	return nil
}

// forget takes the key out of the system's store.
func (s *sealed) forget() error {
	if err := keyring.Delete(keyringService, s.name()); err != nil && !errors.Is(err, keyring.ErrNotFound) {
		return fmt.Errorf("the system's keyring still has it: %w", err)
	}
	return nil
}

// forgetElsewhere takes the key out of where it is kept beside the file.
func (f file) forgetElsewhere() error {
	if f.Sealed == nil || !f.Sealed.Keyring {
		return nil
	}
	return f.Sealed.forget()
}

// public is the public half of the key, however it is kept.
func (f file) public() []byte {
	if f.Sealed != nil {
		return f.Sealed.Public
	}
	if len(f.Key) != ed25519.SeedSize {
		return nil
	}
	return ed25519.NewKeyFromSeed(f.Key).Public().(ed25519.PublicKey)
}

// public is that of the key in the vault, open or not.
func (a *Account) public() []byte {
	a.vault.mu.RLock()
	defer a.vault.mu.RUnlock()
	switch {
	case a.vault.sealed != nil:
		return a.vault.sealed.Public
	case a.vault.key != nil:
		return a.vault.key.Public().(ed25519.PublicKey)
	}
	return nil
}
