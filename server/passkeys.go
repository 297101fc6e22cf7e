package server

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"hamconnect/passkey"
)

// relyingParty gives the one that passkeys of this server belong to, or nil
// where its address can have none; then the log says why.
func (s *Server) relyingParty() (*passkey.RelyingParty, error) {
	c := s.config
	config, err := passkey.FromURL(c.PublicURL, "Ham Connect")
	var off *passkey.OffError
	switch {
	case errors.As(err, &off) && c.PasskeyRPID == "":
		c.Log.Warn("passkeys are off", "public_url", c.PublicURL, "why", string(off.Why))
		return nil, nil //nolint:nilnil // off is no fault
	case errors.As(err, &off):
		return nil, fmt.Errorf("the public URL %s cannot have passkeys, whatever the RP id: %s", c.PublicURL, off.Why)
	case err != nil:
		return nil, err
	}
	if c.PasskeyRPID != "" {
		if host := config.RPID; host != c.PasskeyRPID && !strings.HasSuffix(host, "."+c.PasskeyRPID) {
			c.Log.Warn("passkeys belong to another site, which must say that they may be used here",
				"rp_id", c.PasskeyRPID, "document", "https://"+c.PasskeyRPID+passkey.RelatedOriginsPath, "public_url", c.PublicURL)
		}
		config.RPID = c.PasskeyRPID
	}
	config.Origins = append(config.Origins, c.PasskeyOrigins...)
	for _, app := range c.AndroidApps {
		if !slices.Contains(config.Origins, app.origin()) {
			config.Origins = append(config.Origins, app.origin())
		}
	}
	if err := config.Check(); err != nil {
		return nil, fmt.Errorf("the settings of passkeys: %w", err)
	}
	return passkey.New(config, s.db, s.db, c.Now)
}

// relatedOrigins answers GET /.well-known/webauthn, by which browsers let pages
// outside the RP id's own domain use its passkeys (WebAuthn Level 3 §5.11).
func (s *Server) relatedOrigins(w http.ResponseWriter, r *http.Request) error {
	if s.account.Passkeys == nil {
		return &statusError{status: http.StatusNotFound}
	}
	document, err := s.account.Passkeys.Config().RelatedOrigins()
	if err != nil {
		return err
	}
	return writeDocument(w, document)
}
