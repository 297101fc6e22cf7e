package appapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/server"
	"hamconnect/server/servertest"
)

// claimed brings a device to the question: the claim's answer, and the number
// on the desktop.
func claimed(t *testing.T, p *servertest.Provider, app servertest.App, d *servertest.Device) (asked pairing.Asked, number int, page *servertest.SignIn) {
	t.Helper()
	s := p.Begin(app)
	a := d.Call(http.MethodPost, "/app/v1/pairings/claim", `{"code":"`+servertest.Code(s.Link)+`"}`)
	if a.Status != http.StatusOK || json.Unmarshal([]byte(a.Raw), &asked) != nil {
		t.Fatalf("the claim: %d %s", a.Status, a.Text("error"))
	}
	view, err := s.Socket.Until("claimed")
	if err != nil {
		t.Fatal(err)
	}
	return asked, view.Number, s
}

func approval(t *testing.T, v pairing.Approval) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAnApprovalCountsForWhatWasShownAndAskedAlone(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	d, other := p.AddDevice("Lin"), p.AddDevice("Mallory")
	asked, number, s := claimed(t, p, app, d)
	elsewhere, _, _ := claimed(t, p, app, d)
	digest := asked.Shown().Digest()
	swapped := func(change func(*pairing.Shown)) string {
		shown := asked.Shown()
		change(&shown)
		return shown.Digest()
	}
	path := "/app/v1/pairings/" + asked.PairingID + "/approve"
	all := []string{"profile", "is_student"}
	for what, c := range map[string]struct {
		by     *servertest.Device
		v      pairing.Approval
		status int
		code   string
	}{
		"another redirect was shown":      {d, pairing.Approval{Number: number, Scopes: all, Digest: swapped(func(s *pairing.Shown) { s.RedirectURI = "https://good.example/" })}, 409, "digest_mismatch"},
		"another app was shown":           {d, pairing.Approval{Number: number, Scopes: all, Digest: swapped(func(s *pairing.Shown) { s.AppName = "Your Bank" })}, 409, "digest_mismatch"},
		"fewer scopes were shown":         {d, pairing.Approval{Number: number, Scopes: all, Digest: swapped(func(s *pairing.Shown) { s.Scopes = s.Scopes[:1] })}, 409, "digest_mismatch"},
		"another pairing was shown":       {d, pairing.Approval{Number: number, Scopes: all, Digest: elsewhere.Shown().Digest()}, 409, "digest_mismatch"},
		"no digest":                       {d, pairing.Approval{Number: number, Scopes: all}, 409, "digest_mismatch"},
		"the digest in upper case":        {d, pairing.Approval{Number: number, Scopes: all, Digest: strings.ToUpper(digest)}, 409, "digest_mismatch"},
		"a scope that was not asked":      {d, pairing.Approval{Number: number, Scopes: []string{"profile", "admin"}, Digest: digest}, 400, "invalid_scope"},
		"a scope twice":                   {d, pairing.Approval{Number: number, Scopes: []string{"profile", "profile"}, Digest: digest}, 400, "invalid_scope"},
		"another device, with everything": {other, pairing.Approval{Number: number, Scopes: all, Digest: digest}, 404, "not_found"},
	} {
		if a := c.by.Call(http.MethodPost, path, approval(t, c.v)); a.Status != c.status || a.Text("error") != c.code {
			t.Errorf("%s: %d %s", what, a.Status, a.Text("error"))
		}
	}
	for _, path := range []string{"/app/v1/pairings/" + asked.PairingID, "/app/v1/pairings/" + pairing.NewID(), "/app/v1/pairings/x"} {
		if a := other.Call(http.MethodGet, path, ""); a.Status != 404 || a.Text("error") != "not_found" {
			t.Errorf("another device asks for %d characters: %d %s", len(path), a.Status, a.Text("error"))
		}
	}
	if a := other.Call(http.MethodPost, "/app/v1/pairings/"+asked.PairingID+"/deny", "{}"); a.Status != 404 {
		t.Errorf("another device refuses: %d", a.Status)
	}
	if v, err := s.Poll(t.Context()); err != nil || v.State != "claimed" {
		t.Fatalf("after all that it is %s (%v)", v.State, err)
	}
	if a := d.Call(http.MethodPost, path, approval(t, pairing.Approval{Number: number, Digest: digest})); a.Status != 200 {
		t.Fatalf("none of the scopes: %d %s", a.Status, a.Text("error"))
	}
	if token := p.Exchange(app, s.Land().Get("code")); token.Status != 200 || token.Fields["scope"] != "" {
		t.Errorf("the token: %d for %v", token.Status, token.Fields["scope"])
	}
}

func TestThreeWrongNumbersRefuseTheSignIn(t *testing.T) {
	p := servertest.Start(t, nil)
	d := p.AddDevice("Lin")
	asked, number, s := claimed(t, p, p.AddApp(nil), d)
	path := "/app/v1/pairings/" + asked.PairingID + "/approve"
	wrongs := []int{-number, 0, number + 100}
	for i, wrong := range wrongs {
		a := d.Call(http.MethodPost, path, approval(t, pairing.Approval{Number: wrong, Digest: asked.Shown().Digest()}))
		left, _ := a.Fields["tries_left"].(float64)
		if a.Status != 403 || a.Text("error") != "wrong_number" || int(left) != len(wrongs)-1-i {
			t.Fatalf("wrong number %d: %d %s, %v left", i+1, a.Status, a.Text("error"), left)
		}
	}
	a := d.Call(http.MethodPost, path, approval(t, pairing.Approval{Number: number, Digest: asked.Shown().Digest()}))
	if a.Status != 409 || a.Text("error") != "wrong_state" || a.Text("state") != "denied" {
		t.Errorf("the right one after them: %d %s %s", a.Status, a.Text("error"), a.Text("state"))
	}
	if v, err := s.Socket.Until("denied"); err != nil || v.Number != 0 {
		t.Errorf("the desktop: %s (%v)", v.State, err)
	}
}

func TestABodyIsTheOneJSONValueThatTheCallTakes(t *testing.T) {
	p := servertest.Start(t, nil)
	d := p.AddDevice("Lin")
	s := p.Begin(p.AddApp(nil))
	good := `{"code":"` + servertest.Code(s.Link) + `"}`
	const path = "/app/v1/pairings/claim"
	for what, body := range map[string]string{
		"nothing":             " ",
		"a field more":        strings.Replace(good, "{", `{"x":1,`, 1),
		"two values":          good + good,
		"something behind it": good + "x",
		"cut off":             good[:len(good)-1],
		"a list":              "[" + good + "]",
		"a number as code":    `{"code":1}`,
		"a list as code":      `{"code":["x"]}`,
		"deep nesting":        strings.Repeat("[", 15000),
		"deep objects":        strings.Repeat(`{"code":`, 1500),
		"17 KB":               `{"code":"` + strings.Repeat("A", 17<<10) + `"}`,
		"1 MB":                `{"code":"` + strings.Repeat("A", 1<<20) + `"}`,
	} {
		if a := d.Call(http.MethodPost, path, body); a.Status != 400 || a.Text("error") != "invalid_request" {
			t.Errorf("%s: %d %s", what, a.Status, a.Text("error"))
		}
	}
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"} {
		proof := d.Proof(http.MethodPost, path, nil)
		if a := p.SendBody(http.MethodPost, path, kind, good, http.Header{"Dpop": {proof}}); a.Status != 400 {
			t.Errorf("a body of kind %q: %d", kind, a.Status)
		}
	}
	for what, body := range map[string]string{
		"null": "null", "an empty object": "{}", "an empty code": `{"code":""}`, "an unknown code": `{"code":"` + strings.Repeat("A", 42) + `"}`,
	} {
		if a := d.Call(http.MethodPost, path, body); a.Status != 404 || a.Text("error") != "not_found" {
			t.Errorf("%s: %d %s", what, a.Status, a.Text("error"))
		}
	}
	if v, err := s.Poll(t.Context()); err != nil || v.State != "waiting" {
		t.Errorf("after all that it is %s (%v)", v.State, err)
	}
}

func TestAnEnrolLinkWorksOnceForFifteenMinutesForAKeyOfItsOwn(t *testing.T) {
	p := servertest.Start(t, nil)
	add := func() (server.User, string) {
		t.Helper()
		u, link, err := p.Admin().AddUser(t.Context(), server.User{Nickname: "Lin"})
		if err != nil {
			t.Fatal(err)
		}
		return u, link
	}
	user, link := add()
	first := p.NewDevice()
	if a := first.Enroll(link); a.Status != 200 || a.Text("user_id") != user.ID {
		t.Fatalf("at first: %d %s", a.Status, a.Text("error"))
	}
	if a := p.NewDevice().Enroll(link); a.Status != 404 || a.Text("error") != "not_found" {
		t.Errorf("a second time: %d %s", a.Status, a.Text("error"))
	}
	_, late := add()
	_, used := add()
	if a := first.Enroll(used); a.Status != 400 {
		t.Errorf("a key that is signed in already: %d %s", a.Status, a.Text("error"))
	}
	if a := p.NewDevice().Enroll(used); a.Status != 200 {
		t.Errorf("the refusal of that key spent the link: %d", a.Status)
	}
	p.Clock.Advance(server.EnrollLifetime)
	if a := p.NewDevice().Enroll(late); a.Status != 404 {
		t.Errorf("after 15 minutes: %d %s", a.Status, a.Text("error"))
	}

	user, link = add()
	if _, err := p.Admin().UpdateUser(t.Context(), user.ID, disable); err != nil {
		t.Fatal(err)
	}
	device := p.NewDevice()
	if a := device.Enroll(link); a.Status != 403 || a.Text("error") != "user_disabled" {
		t.Errorf("for a disabled user: %d %s", a.Status, a.Text("error"))
	}
	if _, err := p.Admin().UpdateUser(t.Context(), user.ID, enable); err != nil {
		t.Fatal(err)
	}
	if a := device.Call(http.MethodGet, "/app/v1/me", ""); a.Status != 401 {
		t.Errorf("the device that was refused is signed in: %d", a.Status)
	}
	if a := device.Enroll(link); a.Status != 200 {
		t.Errorf("the refusal spent the link: %d", a.Status)
	}
	for _, name := range []string{"", " ", "a\x1b[2J", "\u202e", strings.Repeat("x", 65)} {
		_, link := add()
		body, err := json.Marshal(pairing.Enroll{Code: servertest.Code(link), DeviceName: name})
		if err != nil {
			t.Fatal(err)
		}
		if a := p.NewDevice().Call(http.MethodPost, "/app/v1/enroll", string(body)); a.Status != 400 {
			t.Errorf("a device named %q: %d", name, a.Status)
		}
	}
}

func TestLimitsHoldBeforeAnythingIsWritten(t *testing.T) {
	p := servertest.Start(t, func(c *server.Config) {
		c.Limits.Calls = server.Rate{Every: time.Hour, Burst: 3}
		c.Limits.Enrols = server.Rate{Every: time.Hour, Burst: 4}
	})
	d, other := p.AddDevice("Lin"), p.AddDevice("Mei")
	for i := range 3 {
		if a := d.Call(http.MethodGet, "/app/v1/me", ""); a.Status != 200 {
			t.Fatalf("call %d: %d", i, a.Status)
		}
	}
	// A refused call does not spend its proof: it was not written anywhere.
	proof := d.Proof(http.MethodGet, "/app/v1/me", nil)
	for range 2 {
		a := d.CallWith(http.MethodGet, "/app/v1/me", "", proof)
		if a.Status != 429 || a.Text("error") != "too_many_requests" || a.Header.Get("Retry-After") == "" {
			t.Errorf("past its limit: %d %s", a.Status, a.Text("error"))
		}
	}
	if a := other.Call(http.MethodGet, "/app/v1/me", ""); a.Status != 200 {
		t.Errorf("another device: %d", a.Status)
	}
	for i, want := range []int{404, 404, 429} {
		if a := p.NewDevice().Enroll(p.URL + "/enroll/" + fmt.Sprint("ABCDEFGHIJKLMNOPQRSTUVWXY", i+2)); a.Status != want {
			t.Errorf("enrolment %d: %d", i, a.Status)
		}
	}
}
