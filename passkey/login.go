package passkey

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Ask says what an assertion is wanted for.
type Ask struct {
	// Purpose is what the assertion shall count for; required. FinishLogin
	// must name the same.
	Purpose string

	// UserID is whose assertion it must be. It is empty for a login, where
	// the passkey says who it is, and set for a step-up or an approval.
	UserID string

	// Offer are passkeys of UserID to choose from. Without them the browser
	// offers whatever it has for this site. The options name them, so only a
	// person who is signed in as UserID already may see such options.
	Offer []Credential
}

// Login is a checked assertion.
type Login struct {
	UserID     string
	Credential Credential // as it is stored after this login
}

// BeginLogin gives the options for navigator.credentials.get, with a fresh
// challenge, for the button and for autofill alike; each pending get wants its
// own.
func (rp *RelyingParty) BeginLogin(ctx context.Context, ask Ask) (Begun, error) {
	if len(ask.Offer) > 0 && slices.ContainsFunc(ask.Offer, func(c Credential) bool { return c.UserID != ask.UserID || c.UserID == "" }) {
		return Begun{}, errors.New("passkey: only passkeys of the user who is asked can be offered")
	}
	assertion, session, err := rp.library.BeginDiscoverableLogin(webauthn.WithAllowedCredentials(descriptors(ask.Offer)))
	if err != nil {
		return Begun{}, fmt.Errorf("passkey: beginning a login: %w", err)
	}
	return rp.begin(ctx, ceremony{Kind: loginKind, Purpose: ask.Purpose, UserID: ask.UserID, Session: *session}, struct {
		protocol.PublicKeyCredentialRequestOptions
		// There even when empty: not every page expects it to be missing.
		AllowCredentials []protocol.CredentialDescriptor `json:"allowCredentials"`
	}{assertion.Response, assertion.Response.AllowedCredentials})
}

// FinishLogin checks an assertion and says whose it is. Whatever it says, the
// ceremony is over. Whether that user may sign in is for the caller.
func (rp *RelyingParty) FinishLogin(ctx context.Context, a Answer) (Login, error) {
	c, err := rp.take(ctx, loginKind, a)
	if err != nil {
		return Login{}, err
	}
	got, err := parseAssertion(a.JSON)
	if err != nil {
		return Login{}, err
	}
	if e := rp.check(protocol.AssertCeremony, c.Session.Challenge, &got.Response.CollectedClientData, &got.Response.AuthenticatorData); e != nil {
		return Login{}, e.of(got.ID)
	}
	known, err := rp.whose(ctx, c, got)
	if err != nil {
		return Login{}, err
	}
	if err := rp.verify(c.Session, known, got); err != nil {
		return Login{}, err
	}
	return rp.record(ctx, known, got.Response.AuthenticatorData)
}

// whose finds the passkey that answers and checks that it may (WebAuthn Level
// 3 §7.2, steps 5 and 6).
func (rp *RelyingParty) whose(ctx context.Context, c ceremony, got *protocol.ParsedCredentialAssertionData) (*Credential, error) {
	handle, offered := got.Response.UserHandle, c.Session.AllowedCredentialIDs
	if len(handle) == 0 && len(offered) == 0 {
		return nil, refuse(UserHandleMissing).of(got.ID)
	}
	known, err := rp.credentials.Credential(ctx, got.ID)
	switch {
	case errors.Is(err, UnknownCredential):
		return nil, refuse(UnknownCredential).of(got.ID)
	case err != nil:
		return nil, fmt.Errorf("passkey: looking up a credential: %w", err)
	case len(handle) > 0 && string(handle) != known.UserID:
		return nil, refuse(UserHandleMismatch).of(got.ID)
	case c.UserID != "" && c.UserID != known.UserID:
		return nil, refuse(OtherUser).of(got.ID)
	case len(offered) > 0 && !slices.ContainsFunc(offered, func(id []byte) bool { return bytes.Equal(id, got.RawID) }):
		return nil, refuse(NotOffered).of(got.ID)
	}
	return &known, nil
}

// verify lets go-webauthn decide, and names what it refuses.
func (rp *RelyingParty) verify(session webauthn.SessionData, known *Credential, got *protocol.ParsedCredentialAssertionData) error {
	// The offer was checked above, and the passkeys in it may have gone
	// meanwhile: what is left to ask is whether this one signed.
	session.UserID = []byte(known.UserID)
	session.AllowedCredentialIDs = [][]byte{got.RawID}
	_, err := rp.library.ValidateLogin(known.account(), session, got)
	if err == nil {
		return nil
	}
	var lib *protocol.Error
	if errors.As(err, &lib) && lib.Type == protocol.ErrAssertionSignature.Type {
		return refuse(BadSignature).of(known.ID).because(err)
	}
	flags := got.Response.AuthenticatorData.Flags
	if flags.HasBackupState() && !flags.HasBackupEligible() {
		return refuse(BackedUpNotEligible).of(known.ID).because(err)
	}
	if flags.HasBackupEligible() != known.BackupEligible {
		// Only if nothing else is wrong did this person's passkey answer.
		flipped := *known
		flipped.BackupEligible = !known.BackupEligible
		if _, other := rp.library.ValidateLogin(flipped.account(), session, got); other == nil {
			e := refuse(BackupEligibleChanged).of(known.ID).because(err)
			e.UserID = known.UserID
			return e
		}
	}
	return refuse(Refused).of(known.ID).because(err)
}

// record writes what the login changed. The counter is compared with what is
// stored then, not with what was read before: of two logins with the same
// count one is refused, and a passkey that was removed meanwhile stays so.
func (rp *RelyingParty) record(ctx context.Context, known *Credential, device protocol.AuthenticatorData) (Login, error) {
	var after Credential
	var refused error
	err := rp.credentials.UpdateCredential(ctx, known.ID, func(c *Credential) error {
		if c.UserID != known.UserID || !bytes.Equal(c.PublicKey, known.PublicKey) {
			return UnknownCredential
		}
		refused = c.use(rp.now(), device.Counter, device.Flags.HasBackupState())
		after = *c
		return nil
	})
	switch {
	case errors.Is(err, UnknownCredential):
		return Login{}, refuse(UnknownCredential).of(known.ID)
	case err != nil:
		return Login{}, fmt.Errorf("passkey: recording a login: %w", err)
	case refused != nil:
		return Login{}, refused
	}
	return Login{after.UserID, after}, nil
}
