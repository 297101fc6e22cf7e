package clienttest

import (
	"crypto"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
)

func (s *Server) route(r *http.Request) (any, error) {
	key, err := s.proof(r)
	if err != nil {
		return nil, err
	}
	if r.URL.Path == "/app/v1/enroll" {
		return s.enroll(r, key)
	}
	s.mu.Lock()
	me, known := s.devices[key]
	me.Notices = slices.Clone(s.notices[key])
	s.mu.Unlock()
	if !known {
		return nil, fail(pairing.FailNotSignedIn)
	}
	device := pairing.Device{ID: me.DeviceID, UserID: me.UserID, Nickname: me.Nickname}
	path := strings.TrimPrefix(r.URL.Path, "/app/v1/")
	switch parts := strings.Split(path, "/"); {
	case path == "me":
		return me, nil
	case path == "logout":
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.devices, key)
		return nil, nil
	case path == "notices/seen":
		return s.seeNotice(r, key)
	case path == "passkeys/link":
		return s.passkeyLink()
	case path == "apps", path == "apps/revoke":
		return s.account(r, path)
	case path == "events":
		return listening{}, nil
	case path == "pairings/claim":
		return s.claim(r, device)
	case parts[0] == "authorize" && len(parts) == 2:
		return s.authorize(r, parts[1])
	case parts[0] == "pairings" && len(parts) == 2:
		return s.status(r, device, parts[1])
	case parts[0] == "pairings" && len(parts) == 3:
		return s.decide(r, device, parts[1], parts[2])
	}
	return nil, fail(pairing.FailRequest)
}

// proof checks the DPoP header and gives the thumbprint of its key.
func (s *Server) proof(r *http.Request) (string, error) {
	jws, err := jose.ParseSignedCompact(r.Header.Get("DPoP"), []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil {
		return "", fail(pairing.FailProof)
	}
	header := jws.Signatures[0].Protected
	payload, err := jws.Verify(header.JSONWebKey)
	if err != nil || header.ExtraHeaders[jose.HeaderType] != "dpop+jwt" {
		return "", fail(pairing.FailProof)
	}
	var claims struct {
		ID     string `json:"jti"`
		Method string `json:"htm"`
		URL    string `json:"htu"`
		Issued int64  `json:"iat"`
	}
	if json.Unmarshal(payload, &claims) != nil || claims.ID == "" {
		return "", fail(pairing.FailProof)
	}
	if claims.Method != r.Method || claims.URL != s.URL+r.URL.Path {
		return "", fail(pairing.FailProof)
	}
	now := s.now()
	if off := now.Sub(time.Unix(claims.Issued, 0)).Abs(); off > time.Minute {
		return "", failure{pairing.Failure{Code: pairing.FailClock, ServerTime: now.Unix()}}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen[claims.ID] {
		return "", fail(pairing.FailProof)
	}
	s.seen[claims.ID] = true
	print, err := header.JSONWebKey.Thumbprint(crypto.SHA256)
	return base64.RawURLEncoding.EncodeToString(print), err
}

func (s *Server) enroll(r *http.Request, key string) (any, error) {
	e, err := read[pairing.Enroll](r)
	if err != nil {
		return nil, err
	}
	if e.Code != EnrollCode || e.DeviceName == "" {
		return nil, fail(pairing.FailNotFound)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	me := pairing.Me{
		UserID: "user-ada", Nickname: "Ada", IsStudent: true,
		DeviceID: "device-" + strconv.Itoa(len(s.devices)+1), DeviceName: e.DeviceName,
	}
	s.devices[key] = me
	return me, nil
}

func (s *Server) seeNotice(r *http.Request, key string) (any, error) {
	seen, err := read[pairing.SeenNotice](r)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.notices[key])
	s.notices[key] = slices.DeleteFunc(s.notices[key], func(n pairing.Notice) bool { return n.ID == seen.ID })
	if len(s.notices[key]) == before {
		return nil, fail(pairing.FailNotFound)
	}
	return nil, nil
}

func (s *Server) passkeyLink() (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.noPasskey {
		return nil, fail(pairing.FailNoPasskeys)
	}
	s.links++
	code := "PASSKEYPASSKEYPASSKEYPASS" + string(rune('A'+s.links%26))
	return pairing.PasskeyLink{Link: qr.PasskeyLink(s.URL, code), ExpiresIn: 300}, nil
}

func (s *Server) claim(r *http.Request, d pairing.Device) (any, error) {
	c, err := read[pairing.ClaimCode](r)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.Ticket != "" {
		return s.claimTicket(c.Ticket, d)
	}
	id, step, err := s.codes.Open(c.Code)
	p := s.pairings[id]
	if err != nil || p == nil {
		return nil, pairing.ErrNotFound
	}
	if err := p.Scan(s.now(), d, step, Number); err != nil {
		return nil, err
	}
	s.wake()
	asked := asked(p.Request)
	asked.PairingID, asked.Browser, asked.Status = p.ID, &p.Browser, s.statusOf(p)
	return asked, nil
}

func (s *Server) claimTicket(ticket string, d pairing.Device) (any, error) {
	id, err := s.codes.OpenTicket(ticket)
	p := s.pairings[id]
	if err != nil || p == nil {
		return nil, pairing.ErrNotFound
	}
	if err := p.ScanTicket(s.now(), d); err != nil {
		return nil, err
	}
	s.wake()
	return pairing.Asked{
		Kind: p.Kind, PairingID: p.ID, Browser: &p.Browser, Status: s.statusOf(p), Since: &p.Begun, Passphrase: p.Request.Passphrase,
	}, nil
}

func (s *Server) status(r *http.Request, d pairing.Device, id string) (any, error) {
	after, _ := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64)
	wait, _ := strconv.Atoi(r.URL.Query().Get("wait"))
	over := time.After(time.Duration(wait) * time.Second)
	for {
		s.mu.Lock()
		p := s.pairings[id]
		if p == nil || !p.ClaimedBy(d.ID) {
			s.mu.Unlock()
			return nil, pairing.ErrNotFound
		}
		p.Settle(s.now())
		status, changed := s.statusOf(p), s.changed
		s.mu.Unlock()
		if status.Version != after {
			return status, nil
		}
		select {
		case <-changed:
		case <-over:
			return status, nil
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
}

func (s *Server) decide(r *http.Request, d pairing.Device, id, what string) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pairings[id]
	if p == nil {
		return nil, pairing.ErrNotFound
	}
	defer s.wake()
	if what == "deny" {
		if err := p.Deny(s.now(), d); err != nil {
			return nil, err
		}
		return s.statusOf(p), nil
	}
	a, err := read[pairing.Approval](r)
	if err != nil {
		return nil, err
	}
	if err := p.Approve(s.now(), d, a); err != nil {
		return nil, err
	}
	s.grant(p.Request, p.Granted)
	return s.statusOf(p), nil
}

func (s *Server) authorize(r *http.Request, what string) (any, error) {
	a, err := read[pairing.Authorize](r)
	if err != nil {
		return nil, err
	}
	request := Request()
	if a.Parameters["client_id"] != request.ClientID || a.Parameters["redirect_uri"] != request.RedirectURI {
		return nil, fail(pairing.FailClient)
	}
	asked := asked(request)
	switch what {
	case "check":
		return asked, nil
	case "deny":
		return pairing.Redirect{}, nil
	}
	if a.Digest != asked.Shown().Digest() {
		return nil, fail(pairing.FailDigest)
	}
	for _, scope := range a.Scopes {
		if !slices.Contains(request.Scopes, scope) {
			return nil, fail(pairing.FailScopes)
		}
	}
	query := url.Values{"code": {"SECRETCODE"}, "state": {a.Parameters["state"]}}
	return pairing.Redirect{RedirectURL: request.RedirectURI + "?" + query.Encode()}, nil
}

func (s *Server) statusOf(p *pairing.Pairing) pairing.Status {
	return pairing.Status{
		State: p.State, Version: p.Version, ExpiresIn: int((p.Left(s.now()) + time.Second - 1) / time.Second),
		TriesLeft: pairing.MaxTries - p.Claim.Wrong, Contested: p.Claim.Contested, Scopes: p.Granted,
	}
}

func asked(r pairing.Request) pairing.Asked {
	words := map[string][2]string{
		"profile":    {"Nickname and picture", "The app sees your nickname and your picture."},
		"is_student": {"Student status", "The app sees whether you are a student."},
	}
	asked := pairing.Asked{Kind: pairing.KindAuthorize, ClientID: r.ClientID, AppName: r.AppName, IconURL: r.IconURL, Homepage: r.Homepage, RedirectURI: r.RedirectURI}
	for _, name := range r.Scopes {
		w, ok := words[name]
		if !ok {
			w = [2]string{name, "Something made up for a test."}
		}
		asked.Scopes = append(asked.Scopes, pairing.Scope{Name: name, Title: w[0], Reveals: w[1]})
	}
	return asked
}
