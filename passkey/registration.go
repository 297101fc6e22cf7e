package passkey

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"
)

// BeginRegistration gives the options for navigator.credentials.create. The
// user's existing passkeys are excluded, so that no authenticator gets a
// second one.
func (rp *RelyingParty) BeginRegistration(ctx context.Context, purpose string, user User, existing []Credential) (Begun, error) {
	if len(existing) >= MaxPerUser {
		return Begun{}, refuse(TooMany)
	}
	if slices.ContainsFunc(existing, func(c Credential) bool { return c.UserID != user.ID }) {
		return Begun{}, errors.New("passkey: the existing passkeys are those of another user")
	}
	creation, session, err := rp.library.BeginRegistration(account{user: user},
		webauthn.WithExclusions(descriptors(existing)),
		webauthn.WithCredentialParameters([]protocol.CredentialParameter{
			{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
			{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgEdDSA},
			{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
		}),
		webauthn.WithExtensions(webauthn.WithExtensionCredProps()),
	)
	if err != nil {
		return Begun{}, fmt.Errorf("passkey: beginning a registration: %w", err)
	}
	return rp.begin(ctx, ceremony{Kind: registrationKind, Purpose: purpose, UserID: user.ID, Session: *session}, struct {
		protocol.PublicKeyCredentialCreationOptions
		// There even when empty: not every page expects it to be missing.
		ExcludeCredentials []protocol.CredentialDescriptor `json:"excludeCredentials"`
	}{creation.Response, creation.Response.CredentialExcludeList})
}

// FinishRegistration checks a new passkey, stores it and gives it back.
// Whatever it says, the ceremony is over.
func (rp *RelyingParty) FinishRegistration(ctx context.Context, a Answer) (Credential, error) {
	c, err := rp.take(ctx, registrationKind, a)
	if err != nil {
		return Credential{}, err
	}
	got, discoverable, err := parseAttestation(a.JSON)
	if err != nil {
		return Credential{}, err
	}
	device := got.Response.AttestationObject.AuthData
	if e := rp.check(protocol.CreateCeremony, c.Session.Challenge, &got.Response.CollectedClientData, &device); e != nil {
		return Credential{}, e.of(got.ID)
	}
	switch {
	case !bytes.Equal(got.RawID, device.AttData.CredentialID):
		return Credential{}, refuse(IDMismatch).of(got.ID)
	case device.Flags.HasBackupState() && !device.Flags.HasBackupEligible():
		return Credential{}, refuse(BackedUpNotEligible).of(got.ID)
	case !discoverable:
		return Credential{}, refuse(NotDiscoverable).of(got.ID)
	}
	if err := checkKey(device.AttData.CredentialPublicKey); err != nil {
		return Credential{}, refuse(UnsupportedKey).of(got.ID).because(err)
	}
	made, err := rp.library.CreateCredential(account{user: User{ID: c.UserID}}, c.Session, got)
	if err != nil {
		return Credential{}, refuse(refusedAttestation(err)).of(got.ID).because(err)
	}
	fresh := Credential{
		ID:             encodeID(made.ID),
		UserID:         c.UserID,
		PublicKey:      made.PublicKey,
		SignCount:      made.Authenticator.SignCount,
		BackupEligible: made.Flags.BackupEligible,
		BackedUp:       made.Flags.BackupState,
		Transports:     knownTransports(got.Raw.AttestationResponse.Transports),
		Created:        rp.now(),
	}
	copy(fresh.AAGUID[:], made.Authenticator.AAGUID)
	fresh.Name = fresh.AAGUID.Provider()
	err = rp.credentials.AddCredential(ctx, fresh)
	switch {
	case errors.Is(err, AlreadyRegistered):
		return Credential{}, refuse(AlreadyRegistered).of(fresh.ID)
	case errors.Is(err, TooMany):
		return Credential{}, refuse(TooMany).of(fresh.ID)
	case err != nil:
		return Credential{}, fmt.Errorf("passkey: storing a credential: %w", err)
	}
	return fresh, nil
}

// refusedAttestation names what go-webauthn refused about an authenticator's
// statement on itself. None is asked for, yet some come with one.
func refusedAttestation(err error) Reason {
	var lib *protocol.Error
	if errors.As(err, &lib) {
		switch lib.Type {
		case protocol.ErrInvalidAttestation.Type, protocol.ErrAttestation.Type, protocol.ErrAttestationCertificate.Type:
			return AttestationRefused
		}
	}
	return Refused
}
