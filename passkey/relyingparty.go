package passkey

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Lifetime is how long a ceremony may take.
const Lifetime = 5 * time.Minute

// RelyingParty begins and finishes ceremonies. It holds no state of its own
// and may be used by many goroutines.
type RelyingParty struct {
	config      Config
	ceremonies  CeremonyStore
	credentials CredentialStore
	now         func() time.Time
	library     *webauthn.WebAuthn
}

// New checks the configuration and gives the relying party for it. The clock
// is time.Now where now is nil.
func New(c Config, ceremonies CeremonyStore, credentials CredentialStore, now func() time.Time) (*RelyingParty, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if now == nil {
		now = time.Now
	}
	required := true
	timeout := webauthn.TimeoutConfig{Enforce: true, Timeout: Lifetime, TimeoutUVD: Lifetime}
	library, err := webauthn.New(&webauthn.Config{
		RPID:                  c.RPID,
		RPDisplayName:         c.RPName,
		RPOrigins:             c.web(),
		RPOpaqueOrigins:       c.apps(),
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey:        protocol.ResidentKeyRequirementRequired,
			RequireResidentKey: &required,
			UserVerification:   protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{Login: timeout, Registration: timeout},
		// Some browsers and extensions volunteer outputs that nobody asked for.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil, fmt.Errorf("passkey: %w", err)
	}
	return &RelyingParty{c, ceremonies, credentials, now, library}, nil
}

// Config gives what New was given.
func (rp *RelyingParty) Config() Config { return rp.config }

// With gives the same relying party over other credentials, for a ceremony
// whose answer may only be stored together with something else. What it begins,
// rp can finish, and the other way round.
func (rp *RelyingParty) With(credentials CredentialStore) *RelyingParty {
	other := *rp
	other.credentials = credentials
	return &other
}

// Begun is a ceremony that waits for its answer.
type Begun struct {
	Ceremony string          // its id, to come back with the answer
	Options  json.RawMessage // {"publicKey": …} for the browser, binary fields in base64url
	Expires  time.Time
}

// Answer is what came back.
type Answer struct {
	Ceremony string // the id that Begin gave
	Purpose  string // what the caller is about to do; must be that of Begin
	UserID   string // who the caller takes it to be; must be that of Begin, empty where that was empty
	JSON     []byte // PublicKeyCredential.toJSON(), at most 64 KB
}

type kind string

const (
	loginKind        kind = "login"
	registrationKind kind = "registration"
)

// ceremony is what Ceremony.State says.
type ceremony struct {
	Kind    kind                 `json:"kind"`
	Purpose string               `json:"purpose"`
	UserID  string               `json:"user_id,omitempty"` // whose answer is wanted; empty: whoever's
	Expires time.Time            `json:"expires"`
	Session webauthn.SessionData `json:"session"`
}

const maxPurpose = 256

// begin stores a new ceremony and gives its id with the options.
func (rp *RelyingParty) begin(ctx context.Context, c ceremony, publicKey any) (Begun, error) {
	if c.Purpose == "" || len(c.Purpose) > maxPurpose {
		return Begun{}, fmt.Errorf("passkey: a purpose has 1 to %d bytes, this one %d", maxPurpose, len(c.Purpose))
	}
	c.Expires = rp.now().Add(Lifetime)
	state, err := json.Marshal(c)
	if err != nil {
		return Begun{}, fmt.Errorf("passkey: writing the ceremony: %w", err)
	}
	options, err := json.Marshal(struct {
		PublicKey any `json:"publicKey"`
	}{publicKey})
	if err != nil {
		return Begun{}, fmt.Errorf("passkey: writing the options: %w", err)
	}
	id := rand.Text()
	if err := rp.ceremonies.PutCeremony(ctx, Ceremony{id, string(state), c.Expires}); err != nil {
		return Begun{}, fmt.Errorf("passkey: storing the ceremony: %w", err)
	}
	return Begun{id, options, c.Expires}, nil
}

// take removes the ceremony that a answers, and only then looks whether it is
// the right one: every ceremony gets one answer.
func (rp *RelyingParty) take(ctx context.Context, want kind, a Answer) (ceremony, error) {
	if len(a.JSON) > maxAnswer {
		return ceremony{}, refuse(TooLarge)
	}
	if len(a.Ceremony) != 26 {
		return ceremony{}, refuse(CeremonyUnknown)
	}
	stored, err := rp.ceremonies.TakeCeremony(ctx, a.Ceremony)
	switch {
	case errors.Is(err, CeremonyUsed):
		return ceremony{}, refuse(CeremonyUsed)
	case errors.Is(err, CeremonyUnknown):
		return ceremony{}, refuse(CeremonyUnknown)
	case err != nil:
		return ceremony{}, fmt.Errorf("passkey: taking the ceremony: %w", err)
	}
	var c ceremony
	if err := json.Unmarshal([]byte(stored.State), &c); err != nil {
		return ceremony{}, fmt.Errorf("passkey: reading the ceremony: %w", err)
	}
	switch {
	case c.Kind != want || c.Purpose != a.Purpose:
		return ceremony{}, refuse(WrongPurpose)
	case c.UserID != a.UserID:
		return ceremony{}, refuse(OtherUser)
	case !rp.now().Before(c.Expires):
		return ceremony{}, refuse(CeremonyExpired)
	}
	return c, nil
}
