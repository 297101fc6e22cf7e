package servertest

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"

	"hamconnect/qr"
	"hamconnect/server"
)

// Device is an app that speaks to the server without tui/client, so that a
// test can sign whatever it likes.
type Device struct {
	Key  ed25519.PrivateKey
	User server.User
	p    *Provider
}

// Proof is a DPoP proof before it is signed. Its fields are those of a good
// one; a test spoils them.
type Proof struct {
	Header map[string]any
	Claims map[string]any
	Key    ed25519.PrivateKey // signs
}

// AddDevice adds a user with one enrolled device.
func (p *Provider) AddDevice(nickname string) *Device {
	p.TB.Helper()
	u, link, err := p.Admin().AddUser(context.Background(), server.User{Nickname: nickname, IsStudent: true})
	if err != nil {
		p.TB.Fatal(err)
	}
	d := p.NewDevice()
	d.User = u
	if a := d.Enroll(link); a.Status != http.StatusOK {
		p.TB.Fatalf("enrolling answered %d %s", a.Status, a.Text("error"))
	}
	return d
}

// NewDevice gives a device with a fresh key that is enrolled nowhere.
func (p *Provider) NewDevice() *Device {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		p.TB.Fatal(err)
	}
	return &Device{Key: key, p: p}
}

// Enroll sends the code of an enrol link with the device's key.
func (d *Device) Enroll(link string) Answer {
	d.p.TB.Helper()
	parsed, err := qr.ParseLink(link)
	if err != nil {
		d.p.TB.Fatal(err)
	}
	return d.Call(http.MethodPost, "/app/v1/enroll", `{"code":"`+parsed.Code+`","device_name":"test device"}`)
}

// Call makes one signed call, with a JSON body unless it is empty.
func (d *Device) Call(method, path, body string) Answer {
	d.p.TB.Helper()
	return d.CallWith(method, path, body, d.Proof(method, path, nil))
}

// CallWith makes a call with DPoP headers of the test's own.
func (d *Device) CallWith(method, path, body string, proofs ...string) Answer {
	d.p.TB.Helper()
	kind := ""
	if body != "" {
		kind = "application/json"
	}
	return d.p.SendBody(method, path, kind, body, http.Header{"Dpop": proofs})
}

// Proof signs a proof for one call, which change may spoil first.
func (d *Device) Proof(method, path string, change func(*Proof)) string {
	d.p.TB.Helper()
	var id [16]byte
	rand.Read(id[:])
	public := d.Key.Public().(ed25519.PublicKey)
	proof := &Proof{
		Key: d.Key,
		Header: map[string]any{
			"typ": "dpop+jwt", "alg": "EdDSA",
			"jwk": map[string]any{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(public)},
		},
		Claims: map[string]any{
			"jti": base64.RawURLEncoding.EncodeToString(id[:]), "htm": method, "htu": d.p.PublicURL() + pathOnly(path), "iat": d.p.Clock.Now().Unix(),
		},
	}
	if change != nil {
		change(proof)
	}
	part := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			d.p.TB.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	signed := part(proof.Header) + "." + part(proof.Claims)
	return signed + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(proof.Key, []byte(signed)))
}

// pathOnly takes the query off: a proof is made for the path (RFC 9449 §4.2).
func pathOnly(path string) string {
	for i, c := range path {
		if c == '?' {
			return path[:i]
		}
	}
	return path
}
