package passkey

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
)

// RelatedOriginsPath is where https://RPID must serve RelatedOrigins, with
// Content-Type application/json.
const RelatedOriginsPath = protocol.WellKnownPathWebAuthn

// RelatedOrigins gives the document that lets pages outside the RPID's domain
// use its passkeys (WebAuthn Level 3 §5.11), as JSON. It is nil where every
// origin lies under the RPID: then none is needed. Browsers read five
// different names at most, so more are an error.
func (c Config) RelatedOrigins() ([]byte, error) {
	related := slices.DeleteFunc(c.web(), c.under)
	if len(related) == 0 {
		return nil, nil
	}
	doc, err := protocol.NewRelatedOrigins(related...)
	if err != nil {
		return nil, fmt.Errorf("passkey: related origins: %w", err)
	}
	return json.Marshal(doc)
}
