package softkey

import (
	"encoding/binary"
	"errors"
)

// Create makes a key as navigator.credentials.create would on a page with
// this origin, and gives its attestation (format "none").
func (a *Authenticator) Create(creationOptions []byte, origin string, faults ...Fault) ([]byte, error) {
	o, err := read(creationOptions)
	if err != nil {
		return nil, err
	}
	if a.excludes(o.RP.ID, ids(o.ExcludeCredentials)) {
		return nil, ErrExcluded
	}
	resident := !a.NotResident
	if !resident && o.AuthenticatorSelection.ResidentKey == "required" {
		return nil, ErrNotResident
	}
	var wanted []Algorithm
	for _, p := range o.PubKeyCredParams {
		wanted = append(wanted, p.Alg)
	}
	h, err := a.generate(wanted)
	if err != nil {
		return nil, err
	}
	h.RPID, h.UserHandle, h.UserName, h.Resident = o.RP.ID, o.User.ID, o.User.Name, resident
	public, err := h.Algorithm.cose(h.signer.Public())
	if err != nil {
		return nil, err
	}

	d := a.draft("webauthn.create", o.Challenge, origin, h)
	d.flags |= flagAT
	d.attested = append(d.attested, a.AAGUID[:]...)
	d.attested = binary.BigEndian.AppendUint16(d.attested, uint16(len(h.ID)))
	d.attested = append(append(d.attested, h.ID...), public...)
	for _, f := range faults {
		f(&d)
	}
	client, auth, _, err := d.sign(h.Algorithm, h.signer)
	if err != nil {
		return nil, err
	}
	statement, err := canonical.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": auth})
	if err != nil {
		return nil, err
	}
	der, err := spki(h.signer.Public())
	if err != nil {
		return nil, err
	}
	outputs := map[string]any{}
	if o.Extensions.CredProps {
		outputs["credProps"] = map[string]any{"rk": d.rk}
	}
	transports := a.Transports
	if len(transports) == 0 {
		transports = []string{"internal"}
	}
	answer, err := d.write(map[string]any{
		"clientDataJSON":     base64url(client),
		"attestationObject":  base64url(statement),
		"authenticatorData":  base64url(auth),
		"publicKey":          der,
		"publicKeyAlgorithm": h.Algorithm,
		"transports":         transports,
	}, outputs)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.held = append(a.held, h)
	return answer, nil
}

// Get signs as navigator.credentials.get would on a page with this origin,
// and gives the assertion.
func (a *Authenticator) Get(requestOptions []byte, origin string, faults ...Fault) ([]byte, error) {
	o, err := read(requestOptions)
	if err != nil {
		return nil, err
	}
	var choice draft // only for a key that is chosen by Using
	for _, f := range faults {
		f(&choice)
	}
	allowed := ids(o.AllowCredentials)
	if choice.using != nil {
		allowed = [][]byte{choice.using}
	}
	h, count, err := a.pick(o.RPID, allowed)
	if err != nil {
		return nil, err
	}
	d := a.draft("webauthn.get", o.Challenge, origin, h)
	d.count = count
	for _, f := range faults {
		f(&d)
	}
	client, auth, signature, err := d.sign(h.Algorithm, h.signer)
	if err != nil {
		return nil, errors.Join(errors.New("softkey: signing"), err)
	}
	var handle any // null where there is none
	if d.handle != nil {
		handle = base64url(d.handle)
	}
	return d.write(map[string]any{
		"clientDataJSON":    base64url(client),
		"authenticatorData": base64url(auth),
		"signature":         base64url(signature),
		"userHandle":        handle,
	}, map[string]any{})
}

// draft is an answer with nothing wrong.
func (a *Authenticator) draft(what string, challenge []byte, origin string, h *held) draft {
	d := draft{
		page:     page{Type: what, Challenge: challenge, Origin: origin},
		rpID:     h.RPID,
		id:       h.ID,
		rawID:    h.ID,
		rk:       h.Resident,
		attached: "platform",
	}
	if h.Resident {
		d.handle = h.UserHandle
	}
	for flag, on := range map[byte]bool{flagUP: !a.Absent, flagUV: !a.Unverified, flagBE: a.BackupEligible, flagBS: a.BackedUp} {
		if on {
			d.flags |= flag
		}
	}
	return d
}
