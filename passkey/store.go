package passkey

import (
	"context"
	"time"
)

// Ceremony is a ceremony under way, as its store keeps it. Nothing in it is
// secret, but who could change it could sign in as anybody.
type Ceremony struct {
	ID      string    // 26 characters, random
	State   string    // JSON text, to be given back as it came
	Expires time.Time // from then on it is refused, and may be swept
}

// CeremonyStore keeps ceremonies between their beginning and their end.
type CeremonyStore interface {
	// PutCeremony stores a new ceremony.
	PutCeremony(ctx context.Context, c Ceremony) error

	// TakeCeremony gives the ceremony with this id and removes it, in one
	// atomic step: of two callers only one gets it. The other, and whoever
	// asks for an id that is not there, gets an error that is CeremonyUnknown,
	// or CeremonyUsed if the store remembers what was taken. Ceremonies that
	// are over may be given back: their age is checked here.
	TakeCeremony(ctx context.Context, id string) (Ceremony, error)
}

// CredentialStore keeps the passkeys.
type CredentialStore interface {
	// Credential gives the passkey with this id, or an error that is
	// UnknownCredential.
	Credential(ctx context.Context, id string) (Credential, error)

	// AddCredential stores a new passkey. In the same atomic step it checks
	// that the id is new (else an error that is AlreadyRegistered, whosever
	// it is) and that the user has fewer than MaxPerUser (else TooMany).
	AddCredential(ctx context.Context, c Credential) error

	// UpdateCredential reads the passkey with this id, lets change alter it,
	// and writes it back, in one atomic step: of two updates that race, the
	// later one sees what the earlier one wrote. It may call change again if
	// it must start over. An error of change is given back and nothing is
	// written. A passkey that is not there is UnknownCredential.
	UpdateCredential(ctx context.Context, id string, change func(*Credential) error) error
}
