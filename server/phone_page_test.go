package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"hamconnect/passkey"
	"hamconnect/passkey/softkey"
	"hamconnect/qr/pairing"
	"hamconnect/server"
	"hamconnect/server/internal/store/storetest"
	"hamconnect/server/servertest"
)

var anyRequest = regexp.MustCompile(`<code>[a-z2-7]{20}</code>`)

func TestThePageIsForWhoClaimedAndForNobodyElse(t *testing.T) {
	p := onLocalhost(t)
	app := p.AddApp(nil)
	phone, key, _ := lin(t, p)
	_, meis, _ := lin(t, p)
	s, other := p.Begin(app), p.Begin(app)
	c, foreign := scanned(t, p, s, key), scanned(t, p, other, meis)
	byApp := p.Begin(app).Scan(phone)
	mine := c.form(t)
	origin, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	for what, value := range map[string]string{
		"no cookie":              "",
		"a secret of nobody":     strings.Repeat("A", 43),
		"another claim's":        cookies(foreign.Browser, p.URL)["ham_claim_"+other.Pairing],
		"the desktop's secret":   cookies(s.Browser, p.URL)["ham_pairing_"+s.Pairing],
		"the code of the QR":     servertest.Code(s.Link),
		"the pairing's id":       s.Pairing,
		"a cookie that is empty": `""`,
	} {
		for _, act := range []string{"", "/approve", "/deny"} {
			t.Run(what+" "+act, func(t *testing.T) {
				look := func(id string) string {
					b := servertest.NewBrowser(p.URL)
					if value != "" {
						b.Client.Jar.SetCookies(origin, []*http.Cookie{{Name: "ham_claim_" + id, Value: value, Path: "/"}})
					}
					path := "/Q/pairing/" + id + act
					status, body, err := b.Get(t.Context(), path)
					if act != "" {
						status, body, err = b.Post(t.Context(), path, mine, nil)
					}
					if err != nil {
						t.Fatal(err)
					}
					return fmt.Sprint(status, anyRequest.ReplaceAllString(body, ""))
				}
				known, unknown := look(s.Pairing), look(pairing.NewID())
				if known != unknown || look(byApp.Pairing) != unknown || look("x") != unknown || !strings.HasPrefix(known, "404") {
					t.Errorf("what exists is answered %.200q, what does not %.200q", known, unknown)
				}
			})
		}
	}
	c.page(t, "claimed")
}

func TestAFormThatIsNotThePagesOwnApprovesNothing(t *testing.T) {
	p := onLocalhost(t)
	app := p.AddApp(nil)
	_, key, _ := lin(t, p)
	s := p.Begin(app)
	c := scanned(t, p, s, key)
	other := scanned(t, p, p.Begin(app), key)
	shown := pairing.Shown{Kind: pairing.KindAuthorize, PairingID: s.Pairing, ClientID: app.ID, AppName: "Campus Library", RedirectURI: "https://evil.example/", Scopes: []string{"profile", "is_student"}}
	crossSite := http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}}
	for name, try := range map[string]struct {
		form   url.Values
		header http.Header
		status int
	}{
		"from another site":          {c.form(t), crossSite, 403},
		"from a sibling domain":      {c.form(t), http.Header{"Sec-Fetch-Site": {"same-site"}}, 403},
		"by Origin alone":            {c.form(t), http.Header{"Sec-Fetch-Site": nil, "Origin": {"https://evil.example"}}, 403},
		"without a token":            {c.form(t, "form", ""), nil, 403},
		"with another claim's token": {c.form(t, "form", other.form(t).Get("form")), nil, 403},
		"with its digest changed":    {c.form(t, "digest", strings.Repeat("0", 64)), nil, 409},
		"with another page's digest": {c.form(t, "digest", shown.Digest()), nil, 409},
		"without a digest":           {c.form(t, "digest", ""), nil, 409},
		"with a scope added":         {c.form(t, "scope", "profile is_student email"), nil, 400},
		"with a scope twice":         {c.form(t, "scope", "profile profile"), nil, 400},
		"without a number":           {c.form(t, "number", ""), nil, 400},
		"with a number too long":     {c.form(t, "number", "0"+strconv.Itoa(c.number)), nil, 400},
		"with a word for a number":   {c.form(t, "number", "ten"), nil, 400},
		"with a sign":                {c.form(t, "number", "-9"), nil, 400},
		"larger than forms are":      {c.form(t, "more", strings.Repeat("x", 20<<10)), nil, 403},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := c.send(t, "approve", try.form, try.header)
			if status != try.status {
				t.Errorf("answered %d, want %d: %.300s", status, try.status, body)
			}
			if view, err := s.Poll(t.Context()); err != nil || view.State != "claimed" {
				t.Errorf("the desktop is %s, %v", view.State, err)
			}
		})
	}
	for name, try := range map[string]struct {
		form   url.Values
		header http.Header
	}{
		"from another site": {c.form(t), crossSite}, "without a token": {url.Values{}, nil},
		"with another claim's token": {other.form(t), nil},
	} {
		if status, _ := c.send(t, "deny", try.form, try.header); status != http.StatusForbidden {
			t.Errorf("a refusal %s is answered %d", name, status)
		}
	}
	if status, _, err := c.Get(t.Context(), c.path+"/approve?"+c.form(t).Encode()); err != nil || status != http.StatusMethodNotAllowed {
		t.Errorf("a link approves: %d, %v", status, err)
	}
	for path, body := range map[string]any{"/Q/options": map[string]any{"code": servertest.Code(s.Link)}, "/Q/claim": map[string]any{}} {
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		if a := p.SendBody(http.MethodPost, path, "application/json", string(text), crossSite); a.Status != http.StatusForbidden {
			t.Errorf("%s of another site is answered %d", path, a.Status)
		}
		if a := p.SendBody(http.MethodPost, path, "text/plain", string(text), nil); a.Status != http.StatusBadRequest {
			t.Errorf("%s as a form of any site sends it is answered %d", path, a.Status)
		}
	}
	if c.page(t, "claimed"); strings.Contains(c.page(t, "claimed"), "Tries left") {
		t.Error("something counted as a try")
	}
	c.decide(t, "approve", c.form(t))
}

func TestTheClaimsCookieIsForThisClaimAndNoScript(t *testing.T) {
	for name, c := range map[string]struct {
		start  func(t testing.TB) *servertest.Provider
		prefix string
		secure bool
	}{
		"http":  {onLocalhost, "ham_claim_", false},
		"https": {startHTTPS, "__Host-ham_claim_", true},
	} {
		t.Run(name, func(t *testing.T) {
			p := c.start(t)
			code, id, key := waiting(t, p)
			options := p.SendBody(http.MethodPost, "/Q/options", "application/json", `{"code":"`+code+`"}`, nil)
			var begun begun
			if err := json.Unmarshal([]byte(options.Raw), &begun); err != nil {
				t.Fatal(err)
			}
			if options.Header["Set-Cookie"] != nil {
				t.Error("a cookie is set before anybody has shown who they are")
			}
			assertion, err := key.Get(begun.Options, p.PublicURL())
			if err != nil {
				t.Fatal(err)
			}
			body, err := json.Marshal(map[string]any{"code": code, "ceremony": begun.Ceremony, "answer": json.RawMessage(assertion)})
			if err != nil {
				t.Fatal(err)
			}
			a := p.SendBody(http.MethodPost, "/Q/claim", "application/json", string(body), nil)
			if a.Status != http.StatusOK || a.Header.Get("Cache-Control") != "no-store" {
				t.Fatalf("the claim is answered %d %s", a.Status, a.Text("error"))
			}
			set := (&http.Response{Header: a.Header}).Cookies()
			if len(set) != 1 {
				t.Fatalf("%d cookies are set", len(set))
			}
			k := set[0]
			if k.Name != c.prefix+id || k.Path != "/" || k.Domain != "" || !k.HttpOnly || k.Secure != c.secure ||
				k.SameSite != http.SameSiteStrictMode || k.MaxAge != 600 || len(k.Value) < 22 {
				t.Errorf("the cookie is %q with other attributes", k.Name)
			}
			if strings.Contains(a.Raw, k.Value) {
				t.Error("the secret is told to the script")
			}
			page := p.Send(http.MethodGet, "/Q/pairing/"+id, nil, http.Header{"Cookie": {k.Name + "=" + k.Value}})
			if page.Status != http.StatusOK || strings.Contains(page.Raw, k.Value) {
				t.Errorf("the page answers %d, or holds the secret", page.Status)
			}
			for name, want := range map[string]string{
				"X-Frame-Options": "DENY", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
			} {
				if got := page.Header.Get(name); got != want {
					t.Errorf("%s is %q", name, got)
				}
			}
			if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'none'") || !strings.Contains(policy, "form-action 'self';") {
				t.Errorf("the policy is %s", policy)
			}
		})
	}
}

// waiting begins a pairing by hand, as no browser without TLS could behind an
// https address, and gives its code and id, and a passkey of somebody.
func waiting(t *testing.T, p *servertest.Provider) (code, id string, key *softkey.Authenticator) {
	t.Helper()
	user, _, err := p.Admin().AddUser(t.Context(), server.User{Nickname: "Lin"})
	if err != nil {
		t.Fatal(err)
	}
	db, err := storetest.Open(t, p.DataDir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	config, err := passkey.FromURL(p.PublicURL(), "Ham Connect")
	if err != nil {
		t.Fatal(err)
	}
	rp, err := passkey.New(config, db, db, p.Clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	begun, err := rp.BeginRegistration(t.Context(), "add", passkey.User{ID: user.ID, Name: "Lin", DisplayName: "Lin"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	key = softkey.Synced()
	attestation, err := key.Create(begun.Options, p.PublicURL())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rp.FinishRegistration(t.Context(), passkey.Answer{Ceremony: begun.Ceremony, Purpose: "add", UserID: user.ID, JSON: attestation}); err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(p.Authorize(p.AddApp(nil)), p.URL)
	page := p.Send(http.MethodGet, path, nil, nil)
	id = regexp.MustCompile(`data-pairing="([A-Z2-7]+)"`).FindStringSubmatch(page.Raw)[1]
	link := regexp.MustCompile(`data-link="([^"]+)"`).FindStringSubmatch(page.Raw)[1]
	cookie, _, _ := strings.Cut(page.Header.Get("Set-Cookie"), ";")
	begin := strings.Replace(path, "?", "/pairing?pairing="+id+"&", 1)
	if a := p.Send(http.MethodPost, begin, nil, http.Header{"Cookie": {cookie}}); a.Status != http.StatusOK {
		t.Fatalf("the pairing did not begin: %d", a.Status)
	}
	return servertest.Code(link), id, key
}

func startHTTPS(t testing.TB) *servertest.Provider {
	t.Helper()
	return servertest.Start(t, func(c *server.Config) { c.PublicURL = "https://ham.example" })
}

func TestTheCheckNumberIsInNothingThatThePhoneIsGiven(t *testing.T) {
	p := onLocalhost(t)
	app := p.AddApp(nil)
	_, key, _ := lin(t, p)
	for range 8 { // a number may stand in a page by chance: not eight times
		s := p.Begin(app)
		c := scanned(t, p, s, key)
		said := c.page(t, "claimed")
		wrong := 10 + (c.number-10+1)%90
		_, again := c.send(t, "approve", c.form(t, "number", strconv.Itoa(wrong)), nil)
		said += again
		c.decide(t, "approve", c.form(t))
		said += c.page(t, "approved")
		if !regexp.MustCompile(`\b` + strconv.Itoa(c.number) + `\b`).MatchString(said) {
			return
		}
	}
	t.Error("the pages of eight claims all hold their number")
}
