// Package passkey runs WebAuthn ceremonies: it registers passkeys and checks
// that a person holds one. It knows no HTTP and no SQL; what it must keep goes
// through two small interfaces, [CeremonyStore] and [CredentialStore], and
// time comes from a clock that is passed in.
//
//	browser                     caller                        this package
//	   │  "sign me in"             │                                │
//	   ├──────────────────────────▶│ BeginLogin(Ask{Purpose})       │
//	   │                           ├───────────────────────────────▶│ PutCeremony
//	   │  ceremony id, options     │                                │
//	   │◀──────────────────────────┤                                │
//	   │ navigator.credentials.get │                                │
//	   │  ceremony id, assertion   │                                │
//	   ├──────────────────────────▶│ FinishLogin(Answer)            │
//	   │                           ├───────────────────────────────▶│ TakeCeremony: gone, whatever follows
//	   │                           │                                │ purpose, user, 5 minutes
//	   │                           │                                │ type, challenge, origin, frame,
//	   │                           │                                │ RP ID, presence, verification
//	   │                           │                                │ Credential: known? whose?
//	   │                           │                                │ signature (go-webauthn), backup flags
//	   │                           │                                │ UpdateCredential: counter, backup state
//	   │                           │  Login{UserID, Credential}     │
//	   │      session              │◀───────────────────────────────┤
//	   │◀──────────────────────────┤ is the user enabled?           │
//
// Registration has the same shape: BeginRegistration, navigator.credentials.create,
// FinishRegistration, and at its end AddCredential.
//
// # What a ceremony is bound to
//
// Every ceremony has a purpose, a text that the caller chooses ("login",
// "step-up", "pairing:ID"), and perhaps a user. Finish names both again and is
// refused when they differ, so an assertion made for one thing never counts
// for another. A caller that wants a ceremony to belong to one browser puts a
// hash of that browser's cookie into the purpose.
//
// # Single use
//
// A ceremony is taken out of its store before anything about the answer is
// looked at. go-webauthn by itself would accept the same assertion twice.
//
// # Counters
//
// Most passkeys are synced and count 0 for ever; then nothing is compared.
// Where a counter is in use and does not grow, the login is refused with
// [CounterWentBack], the credential is marked in its field Suspicious, and the
// count just seen becomes the stored one: so one login is refused, and the
// next one whose count grows from there passes. Keeping the higher count
// would shut out an authenticator that was reset, for hundreds of logins, and
// would not stop who copied the key: a copy can count as it likes. What helps
// is the notice that the caller gives the person, with the offer to remove the
// passkey. The mark stays until the caller clears it.
//
// # Backup eligibility
//
// Whether a passkey can be synced is fixed when it is made, yet some real ones
// change it. Such a login is refused with [BackupEligibleChanged] and nothing
// is written: the person signs in through the app, removes the passkey and
// adds it again.
//
// # Errors
//
// Every refusal is an [*Error] with a [Reason]; a Reason is itself an error
// and can be asked for with errors.Is. Any other error comes from a store and
// is no fault of the person.
//
// # What it does not do
//
// It does not know whether a user is enabled, does not limit rates, sets no
// cookies, and does not ask for attestation: the AAGUID, and so the suggested
// name, is what the authenticator says of itself and proves nothing.
package passkey
