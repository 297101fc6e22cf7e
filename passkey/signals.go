package passkey

import (
	"encoding/json"

	"github.com/go-webauthn/webauthn/protocol"
)

// AcceptedCredentials gives the JSON for
// PublicKeyCredential.signalAllAcceptedCredentials, by which authenticators
// forget the user's passkeys that are not in the list. So all must be the
// whole list, and only the page of that user, signed in, may see it.
func (rp *RelyingParty) AcceptedCredentials(userID string, all []Credential) (json.RawMessage, error) {
	ids := make([]protocol.URLEncodedBase64, 0, len(all))
	for _, c := range all {
		ids = append(ids, rawID(c.ID))
	}
	return json.Marshal(protocol.SignalAllAcceptedCredentials{
		AllAcceptedCredentialIDs: ids,
		RPID:                     rp.config.RPID,
		UserID:                   []byte(userID),
	})
}

// UnknownCredential gives the JSON for
// PublicKeyCredential.signalUnknownCredential, after a login was refused with
// the reason of that name; credentialID is the refusal's.
func (rp *RelyingParty) UnknownCredential(credentialID string) (json.RawMessage, error) {
	return json.Marshal(protocol.SignalUnknownCredential{CredentialID: rawID(credentialID), RPID: rp.config.RPID})
}
