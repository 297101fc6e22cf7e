package appapi_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"hamconnect/server/servertest"
)

func TestACallIsTakenWithAProofThatHoldsAndWithNoOther(t *testing.T) {
	p := servertest.Start(t, nil)
	d, stranger := p.AddDevice("Lin"), p.NewDevice()
	const path = "/app/v1/me"
	claim := func(name string, value any) func(*servertest.Proof) {
		return func(q *servertest.Proof) { q.Claims[name] = value }
	}
	head := func(name string, value any) func(*servertest.Proof) {
		return func(q *servertest.Proof) { q.Header[name] = value }
	}
	now := p.Clock.Now().Unix()
	for what, c := range map[string]struct {
		spoil func(*servertest.Proof)
		code  string
	}{
		"as it should be":           {func(*servertest.Proof) {}, ""},
		"made 50 seconds ago":       {claim("iat", now-50), ""},
		"with a claim nobody knows": {claim("x", 1), ""},
		"without htm":               {claim("htm", ""), "invalid_dpop_proof"},
		"for POST":                  {claim("htm", "POST"), "invalid_dpop_proof"},
		"for get":                   {claim("htm", "get"), "invalid_dpop_proof"},
		"for another path":          {claim("htu", p.URL+"/app/v1/logout"), "invalid_dpop_proof"},
		"for a path below":          {claim("htu", p.URL+path+"/"), "invalid_dpop_proof"},
		"for the path with a query": {claim("htu", p.URL+path+"?x=1"), "invalid_dpop_proof"},
		"for another host":          {claim("htu", "https://evil.example"+path), "invalid_dpop_proof"},
		"for another scheme":        {claim("htu", strings.Replace(p.URL, "http", "https", 1)+path), "invalid_dpop_proof"},
		"without htu":               {claim("htu", ""), "invalid_dpop_proof"},
		"without jti":               {claim("jti", ""), "invalid_dpop_proof"},
		"with a short jti":          {claim("jti", "123456789012345"), "invalid_dpop_proof"},
		"with a jti of 129":         {claim("jti", strings.Repeat("x", 129)), "invalid_dpop_proof"},
		"with a number as jti":      {claim("jti", 12345678901234567), "invalid_dpop_proof"},
		"with iat as a text":        {claim("iat", "1"), "invalid_dpop_proof"},
		"with iat of a fraction":    {claim("iat", 1.5), "invalid_dpop_proof"},
		"without iat":               {claim("iat", 0), "clock_skew"},
		"from the end of time":      {claim("iat", int64(1)<<62), "clock_skew"},
		"from before all time":      {claim("iat", -int64(1)<<62), "clock_skew"},
		"of another type":           {head("typ", "JWT"), "invalid_dpop_proof"},
		"without a type":            {head("typ", nil), "invalid_dpop_proof"},
		"with alg none":             {head("alg", "none"), "invalid_dpop_proof"},
		"with alg HS256":            {head("alg", "HS256"), "invalid_dpop_proof"},
		"with alg ES256":            {head("alg", "ES256"), "invalid_dpop_proof"},
		"with alg eddsa":            {head("alg", "eddsa"), "invalid_dpop_proof"},
		"without a jwk":             {func(q *servertest.Proof) { delete(q.Header, "jwk") }, "invalid_dpop_proof"},
		"with jwk null":             {head("jwk", nil), "invalid_dpop_proof"},
		"with a kid in place of it": {func(q *servertest.Proof) { delete(q.Header, "jwk"); q.Header["kid"] = "x" }, "invalid_dpop_proof"},
		"with a secret as jwk":      {head("jwk", map[string]any{"kty": "oct", "k": "AAAA"}), "invalid_dpop_proof"},
		"with a critical extension": {func(q *servertest.Proof) { q.Header["crit"] = []string{"x"}; q.Header["x"] = 1 }, "invalid_dpop_proof"},
		"with its private key": {func(q *servertest.Proof) {
			q.Header["jwk"].(map[string]any)["d"] = base64.RawURLEncoding.EncodeToString(d.Key.Seed())
		}, "invalid_dpop_proof"},
		"with a short key":      {func(q *servertest.Proof) { q.Header["jwk"].(map[string]any)["x"] = "AAAA" }, "invalid_dpop_proof"},
		"signed by another key": {func(q *servertest.Proof) { q.Key = stranger.Key }, "invalid_dpop_proof"},
		"by a key of no device": {func(q *servertest.Proof) {
			q.Key = stranger.Key
			q.Header["jwk"].(map[string]any)["x"] = base64.RawURLEncoding.EncodeToString(stranger.Key.Public().(ed25519.PublicKey))
		}, "not_signed_in"},
	} {
		t.Run(what, func(t *testing.T) {
			a := d.CallWith(http.MethodGet, path, "", d.Proof(http.MethodGet, path, c.spoil))
			want := http.StatusUnauthorized
			if c.code == "" {
				want = http.StatusOK
			}
			if a.Status != want || a.Text("error") != c.code {
				t.Errorf("answered %d %s", a.Status, a.Text("error"))
			}
			if a.Header.Get("Cache-Control") != "no-store" {
				t.Error("the answer may be kept")
			}
		})
	}
}

func TestTheProofIsOneHeaderOfOneSignedText(t *testing.T) {
	p := servertest.Start(t, nil)
	d := p.AddDevice("Lin")
	fresh := func() string { return d.Proof(http.MethodGet, "/app/v1/me", nil) }
	spoiled := func(change func(parts []string) []string) string {
		return strings.Join(change(strings.Split(fresh(), ".")), ".")
	}
	hs256 := func() string {
		q := d.Proof(http.MethodGet, "/app/v1/me", func(q *servertest.Proof) { q.Header["alg"] = "HS256" })
		signed := q[:strings.LastIndex(q, ".")]
		mac := hmac.New(sha256.New, d.Key.Public().(ed25519.PublicKey)) // the public key as the secret
		mac.Write([]byte(signed))
		return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	for what, proofs := range map[string][]string{
		"none":                         nil,
		"an empty one":                 {""},
		"two":                          {fresh(), fresh()},
		"two in one line":              {fresh() + ", " + fresh()},
		"with the word DPoP before it": {"DPoP " + fresh()},
		"no JWS":                       {"abc"},
		"two dots and nothing":         {".."},
		"without its signature":        {spoiled(func(s []string) []string { return []string{s[0], s[1], ""} })},
		"without the signature's part": {spoiled(func(s []string) []string { return s[:2] })},
		"with a fourth part":           {spoiled(func(s []string) []string { return append(s, "x") })},
		"with another payload":         {spoiled(func(s []string) []string { return []string{s[0], s[1] + "A", s[2]} })},
		"with a bit of it flipped": {spoiled(func(s []string) []string {
			first := "A"
			if s[2][0] == 'A' {
				first = "Q"
			}
			return []string{s[0], s[1], first + s[2][1:]}
		})},
		"as JSON":                       {`{"payload":"e30","signatures":[]}`},
		"signed with the key as secret": {hs256()},
		"of 5 KB":                       {d.Proof(http.MethodGet, "/app/v1/me", func(q *servertest.Proof) { q.Claims["x"] = strings.Repeat("x", 5000) })},
		"of 60 KB":                      {d.Proof(http.MethodGet, "/app/v1/me", func(q *servertest.Proof) { q.Claims["x"] = strings.Repeat("x", 60000) })},
	} {
		if a := d.CallWith(http.MethodGet, "/app/v1/me", "", proofs...); a.Status != http.StatusUnauthorized || a.Text("error") != "invalid_dpop_proof" {
			t.Errorf("%s: %d %s", what, a.Status, a.Text("error"))
		}
	}
}

func TestAProofIsUsedOnceEvenAfterARestartAndAtTheEndOfItsTime(t *testing.T) {
	p := servertest.Start(t, nil)
	d := p.AddDevice("Lin")
	const path = "/app/v1/me"
	ahead := p.Clock.Now().Unix() + 55 // as long in the window as can be
	proof := d.Proof(http.MethodGet, path, func(q *servertest.Proof) { q.Claims["iat"] = ahead })
	if a := d.CallWith(http.MethodGet, path, "", proof); a.Status != http.StatusOK {
		t.Fatalf("at first: %d %s", a.Status, a.Text("error"))
	}
	for _, later := range []time.Duration{0, time.Minute, 50 * time.Second} {
		p.Clock.Advance(later)
		p.Restart()
		if a := d.CallWith(http.MethodGet, path, "", proof); a.Status != http.StatusUnauthorized || a.Text("error") != "invalid_dpop_proof" {
			t.Errorf("%s later: %d %s", later, a.Status, a.Text("error"))
		}
	}
	other := p.AddDevice("Mei")
	jti := func(q *servertest.Proof) { q.Claims["jti"] = "the-same-id-for-both-devices" }
	for i, device := range []*servertest.Device{d, other} {
		if a := device.CallWith(http.MethodGet, path, "", device.Proof(http.MethodGet, path, jti)); a.Status != http.StatusOK {
			t.Errorf("device %d with the other's jti: %d", i, a.Status)
		}
	}
}

func TestAClockThatIsOffIsToldByHowMuchAndWhichWay(t *testing.T) {
	p := servertest.Start(t, nil)
	d := p.AddDevice("Lin")
	for off, want := range map[time.Duration]string{
		59 * time.Second: "", -55 * time.Second: "",
		62 * time.Second: "ahead of", -62 * time.Second: "behind",
		10 * time.Minute: "10m0s ahead of", -10 * time.Minute: "behind",
	} {
		at := p.Clock.Now().Add(off).Unix()
		a := d.CallWith(http.MethodGet, "/app/v1/me", "", d.Proof(http.MethodGet, "/app/v1/me", func(q *servertest.Proof) { q.Claims["iat"] = at }))
		if want == "" {
			if a.Status != http.StatusOK {
				t.Errorf("%s: %d %s", off, a.Status, a.Text("error"))
			}
			continue
		}
		server, _ := a.Fields["server_time"].(float64)
		if diff := int64(server) - p.Clock.Now().Unix(); a.Status != 401 || a.Text("error") != "clock_skew" || diff < -2 || diff > 2 {
			t.Errorf("%s: %d %s, server time off by %d", off, a.Status, a.Text("error"), diff)
		}
		// The time has whole seconds, and some of one goes by: 10m0s or 9m59s.
		if text := strings.ReplaceAll(a.Text("error_description"), "9m59s", "10m0s"); !strings.Contains(text, want) {
			t.Errorf("%s: %q", off, a.Text("error_description"))
		}
	}
}

func TestADeviceThatWasRemovedOrWhoseUserIsDisabledDoesNothing(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, user := p.AddPhone("Lin")
	s := p.Begin(app).Scan(phone)
	if _, err := p.Admin().UpdateUser(t.Context(), user.ID, disable); err != nil {
		t.Fatal(err)
	}
	if _, err := phone.Approve(t.Context(), s.Ask, s.Number, nil); code(err) != "user_disabled" {
		t.Errorf("disabled: %v", err)
	}
	d := p.AddDevice("Mei")
	if a := d.Call(http.MethodPost, "/app/v1/logout", "{}"); a.Status != http.StatusNoContent {
		t.Fatalf("logout: %d", a.Status)
	}
	s = p.Begin(app)
	for path, body := range map[string]string{
		"/app/v1/pairings/claim":                     `{"code":"` + servertest.Code(s.Link) + `"}`,
		"/app/v1/pairings/" + s.Pairing + "/approve": `{"number":42,"scopes":[],"digest":"x"}`,
		"/app/v1/logout":                             "{}",
	} {
		if a := d.Call(http.MethodPost, path, body); a.Status != http.StatusUnauthorized || a.Text("error") != "not_signed_in" {
			t.Errorf("%s after the logout: %d %s", path, a.Status, a.Text("error"))
		}
	}
}
