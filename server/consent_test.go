package server_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"hamconnect/server"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/servertest"
)

var nonceMark = regexp.MustCompile(`name="nonce" value="([^"]+)"`)

// consentPage opens an authorization request in a browser that is signed in,
// and gives the nonce of the page.
func consentPage(t testing.TB, b *servertest.Browser, address string) (nonce, body string) {
	t.Helper()
	status, body, err := b.Get(t.Context(), strings.TrimPrefix(address, origin(address)))
	if err != nil || status != http.StatusOK {
		t.Fatalf("the request answered %d, %v", status, err)
	}
	m := nonceMark.FindStringSubmatch(body)
	if m == nil {
		t.Fatal("this is no consent page")
	}
	return m[1], body
}

func origin(address string) string {
	u, _ := url.Parse(address)
	return u.Scheme + "://" + u.Host
}

func answerConsent(t testing.TB, b *servertest.Browser, nonce, answer string, scopes ...string) (status int, where string) {
	t.Helper()
	status, where, err := b.Post(t.Context(), "/sso-authorize/consent", url.Values{"nonce": {nonce}, "answer": {answer}, "scope": scopes}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return status, where
}

func codeIn(t testing.TB, location string) string {
	t.Helper()
	u, err := url.Parse(location)
	if err != nil || u.Query().Get("code") == "" {
		t.Fatal("there is no code in the redirect")
	}
	return u.Query().Get("code")
}

func TestASignedInBrowserIsAskedAndGoesOn(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	nonce, body := consentPage(t, b, p.Authorize(app))
	for _, want := range []string{`data-testid="account-name">Lin<`, `data-testid="app-name">Campus Library<`, "<bdi>Lin</bdi>", `data-testid="scope-is_student"`, `data-testid="other-account"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not show %s", want)
		}
	}
	status, where := answerConsent(t, b, nonce, "allow", "profile")
	if status != http.StatusSeeOther || !strings.HasPrefix(where, app.RedirectURI+"?") || !strings.Contains(where, "state=xY7Kq9fZ2pLmN8vB") {
		t.Fatalf("answered %d to %s", status, origin(where))
	}
	token := p.Exchange(app, codeIn(t, where))
	if token.Text("scope") != "profile" {
		t.Errorf("granted %q, want what was ticked", token.Text("scope"))
	}
}

func TestWhatWasAllowedBeforeIsNotAskedAgain(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	nonce, _ := consentPage(t, b, p.Authorize(app))
	answerConsent(t, b, nonce, "allow", "profile", "is_student")

	address := strings.TrimPrefix(p.Authorize(app), p.URL)
	status, where, err := b.Get(t.Context(), address)
	if err != nil || status != http.StatusSeeOther {
		t.Fatalf("asked again: %d, %v", status, err)
	}
	if token := p.Exchange(app, codeIn(t, where)); token.Status != http.StatusOK {
		t.Errorf("the silent code answers %d", token.Status)
	}
	for name, change := range map[string]func(){
		"the app wants it": func() { address += "&prompt=consent" },
		"the name changed": func() {
			address = strings.TrimSuffix(address, "&prompt=consent")
			if _, err := p.Admin().UpdateClient(t.Context(), app.ID, func(c *server.Client) { c.Name = "Campus Bank" }); err != nil {
				t.Fatal(err)
			}
		},
	} {
		change()
		if status, _, err := b.Get(t.Context(), address); err != nil || status != http.StatusOK {
			t.Errorf("%s: not asked: %d, %v", name, status, err)
		}
	}
}

func TestAnAnswerInTheAppCountsForTheBrowserToo(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	if _, err := p.Begin(app).Scan(phone).Approve().Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := signedIn(t, p, phone)
	if status, _, err := b.Get(t.Context(), strings.TrimPrefix(p.Authorize(app), p.URL)); err != nil || status != http.StatusSeeOther {
		t.Errorf("asked again: %d, %v", status, err)
	}
	p.Clock.Advance(oauth.DefaultGrantAge)
	b = signedIn(t, p, phone)
	if status, _, err := b.Get(t.Context(), strings.TrimPrefix(p.Authorize(app), p.URL)); err != nil || status != http.StatusOK {
		t.Errorf("an old yes still counts: %d, %v", status, err)
	}
}

func TestWhatIsUntickedIsAskedTheNextTime(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	nonce, _ := consentPage(t, b, p.Authorize(app))
	answerConsent(t, b, nonce, "allow", "profile", "is_student")
	nonce, _ = consentPage(t, b, p.Authorize(app)+"&prompt=consent")
	answerConsent(t, b, nonce, "allow", "profile")
	if _, body := consentPage(t, b, p.Authorize(app)); strings.Count(body, "allowed before") != 1 {
		t.Error("the page does not tell what is new from what was allowed")
	} else if strings.Count(body, ` checked`) != 1 || !strings.Contains(body, `value="is_student">`) {
		t.Error("what was left out is ticked by itself")
	}
}

func TestCancelSharesNothing(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	nonce, _ := consentPage(t, b, p.Authorize(p.AddApp(nil)))
	if status, body := answerConsent(t, b, nonce, "cancel", "profile"); status != http.StatusOK || !strings.Contains(body, "cancelled") || !strings.Contains(body, `data-testid="try-again" href="/sso-authorize?`) {
		t.Errorf("cancelling answered %d", status)
	}
	told := p.AddApp(func(c *server.Client) { c.RedirectErrors = true })
	nonce, _ = consentPage(t, b, p.Authorize(told))
	if status, where := answerConsent(t, b, nonce, "cancel"); status != http.StatusSeeOther || !strings.Contains(where, "error=access_denied") || !strings.Contains(where, "state=") {
		t.Errorf("cancelling for an app that wants to be told answered %d", status)
	}
}

func TestAConsentPageIsAnsweredOnceByTheSessionItWasShownTo(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	lin, _ := p.AddPhone("Lin")
	mei, _ := p.AddPhone("Mei")
	b := signedIn(t, p, lin)
	for name, answer := range map[string]func(nonce string) int{
		"by another person": func(nonce string) int {
			status, _ := answerConsent(t, signedIn(t, p, mei), nonce, "allow", "profile")
			return status
		},
		"by another browser of the person": func(nonce string) int {
			status, _ := answerConsent(t, signedIn(t, p, lin), nonce, "allow", "profile")
			return status
		},
		"a second time": func(nonce string) int {
			answerConsent(t, b, nonce, "cancel")
			status, _ := answerConsent(t, b, nonce, "allow", "profile")
			return status
		},
		"without a nonce": func(string) int {
			status, _ := answerConsent(t, b, "", "allow", "profile")
			return status
		},
		"with a scope that was not asked": func(nonce string) int {
			status, _ := answerConsent(t, b, nonce, "allow", "profile", "admin")
			return status
		},
		"with a scope twice": func(nonce string) int {
			status, _ := answerConsent(t, b, nonce, "allow", "profile", "profile")
			return status
		},
		"after the app changed its name": func(nonce string) int {
			if _, err := p.Admin().UpdateClient(t.Context(), app.ID, func(c *server.Client) { c.Name += "!" }); err != nil {
				t.Fatal(err)
			}
			status, _ := answerConsent(t, b, nonce, "allow", "profile")
			return status
		},
	} {
		t.Run(name, func(t *testing.T) {
			nonce, _ := consentPage(t, b, p.Authorize(app)+"&prompt=consent")
			if status := answer(nonce); status != http.StatusConflict {
				t.Errorf("answered %d", status)
			}
		})
	}
	t.Run("too late", func(t *testing.T) {
		nonce, _ := consentPage(t, b, p.Authorize(app)+"&prompt=consent")
		p.Clock.Advance(10 * time.Minute)
		if status, _ := answerConsent(t, b, nonce, "allow", "profile"); status != http.StatusConflict {
			t.Errorf("answered %d", status)
		}
	})
	t.Run("from another site", func(t *testing.T) {
		nonce, _ := consentPage(t, b, p.Authorize(app)+"&prompt=consent")
		status, _, err := b.Post(t.Context(), "/sso-authorize/consent", url.Values{"nonce": {nonce}, "answer": {"allow"}}, http.Header{"Sec-Fetch-Site": {"cross-site"}})
		if err != nil || status != http.StatusForbidden {
			t.Errorf("answered %d, %v", status, err)
		}
	})
}

func TestRaceOneConsentPageGivesOneCode(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	nonce, _ := consentPage(t, b, p.Authorize(p.AddApp(nil)))
	var (
		mu      sync.Mutex
		seen    = map[string]int{}
		running sync.WaitGroup
	)
	for range 50 {
		running.Go(func() {
			status, where, err := b.Post(t.Context(), "/sso-authorize/consent", url.Values{"nonce": {nonce}, "answer": {"allow"}, "scope": {"profile"}}, nil)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			switch {
			case status == http.StatusSeeOther && strings.Contains(where, "code="):
				seen["a code"]++
			case status == http.StatusSeeOther && strings.HasPrefix(where, "/sso-authorize?"):
				seen["asked again"]++
			}
		})
	}
	running.Wait()
	if seen["a code"] != 1 || seen["asked again"] != 49 {
		t.Errorf("the answers were %v", seen)
	}
}

func TestPromptAndMaxAge(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	silent, told := p.AddApp(nil), p.AddApp(func(c *server.Client) { c.RedirectErrors = true })
	b, nobody := signedIn(t, p, phone), servertest.NewBrowser(p.URL)
	p.Clock.Advance(10 * time.Minute)
	signInPage := func(body string) bool { return strings.Contains(body, `data-testid="qr"`) }
	for name, c := range map[string]struct {
		browser *servertest.Browser
		app     servertest.App
		more    []string
		status  int
		check   func(string) bool
	}{
		"none, nobody signed in":          {nobody, told, []string{"prompt", "none"}, 303, func(to string) bool { return strings.Contains(to, "error=login_required") }},
		"none, nobody, not to be told":    {nobody, silent, []string{"prompt", "none"}, 400, func(body string) bool { return strings.Contains(body, "login_required") }},
		"none, not allowed before":        {b, told, []string{"prompt", "none"}, 303, func(to string) bool { return strings.Contains(to, "error=consent_required") }},
		"login, though signed in":         {b, told, []string{"prompt", "login"}, 200, signInPage},
		"consent, nobody signed in":       {nobody, told, []string{"prompt", "consent"}, 200, signInPage},
		"too old for max_age":             {b, told, []string{"max_age", "599"}, 200, signInPage},
		"young enough for max_age":        {b, told, []string{"max_age", "601"}, 200, func(body string) bool { return nonceMark.MatchString(body) }},
		"max_age=0 and none":              {b, told, []string{"max_age", "0", "prompt", "none"}, 303, func(to string) bool { return strings.Contains(to, "error=login_required") }},
		"an unknown prompt":               {b, told, []string{"prompt", "create"}, 303, func(to string) bool { return strings.Contains(to, "error=invalid_request") }},
		"none beside another":             {b, told, []string{"prompt", "none login"}, 303, func(to string) bool { return strings.Contains(to, "error=invalid_request") }},
		"a max_age that is no number":     {b, told, []string{"max_age", "soon"}, 303, func(to string) bool { return strings.Contains(to, "error=invalid_request") }},
		"a max_age before the big bang":   {b, told, []string{"max_age", "-1"}, 303, func(to string) bool { return strings.Contains(to, "error=invalid_request") }},
		"a max_age beyond every calendar": {b, told, []string{"max_age", "99999999999999999999"}, 303, func(to string) bool { return strings.Contains(to, "error=invalid_request") }},
	} {
		t.Run(name, func(t *testing.T) {
			status, body, err := c.browser.Get(t.Context(), strings.TrimPrefix(p.Authorize(c.app, c.more...), p.URL))
			if err != nil || status != c.status || !c.check(body) {
				t.Errorf("answered %d, %v", status, err)
			}
		})
	}
}

func TestASecondClickGoesOnWithoutHarm(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	nonce, _ := consentPage(t, b, p.Authorize(app, "prompt", "consent"))
	answerConsent(t, b, nonce, "allow", "profile", "is_student")
	status, where := answerConsent(t, b, nonce, "allow", "profile", "is_student")
	if status != http.StatusSeeOther || !strings.HasPrefix(where, "/sso-authorize?") || strings.Contains(where, "prompt") {
		t.Fatalf("the second click answered %d %s", status, origin(where))
	}
	if status, where, err := b.Get(t.Context(), where); err != nil || status != http.StatusSeeOther || p.Exchange(app, codeIn(t, where)).Status != http.StatusOK {
		t.Errorf("and then %d, %v", status, err)
	}
}

func TestAnOldYesIsNotCarriedToAChangedApp(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	for name, change := range map[string]func(servertest.App){
		"another name": func(app servertest.App) {
			if _, err := p.Admin().UpdateClient(t.Context(), app.ID, func(c *server.Client) { c.Name = "Evil Bank" }); err != nil {
				t.Fatal(err)
			}
		},
		"an old yes": func(servertest.App) { p.Clock.Advance(oauth.DefaultGrantAge) },
	} {
		t.Run(name, func(t *testing.T) {
			app := p.AddApp(nil)
			b := signedIn(t, p, phone)
			nonce, _ := consentPage(t, b, p.Authorize(app))
			answerConsent(t, b, nonce, "allow", "profile", "is_student")
			change(app)
			b = signedIn(t, p, phone)
			nonce, _ = consentPage(t, b, p.Authorize(app, "scope", ""))
			answerConsent(t, b, nonce, "allow")
			if status, _, err := b.Get(t.Context(), strings.TrimPrefix(p.Authorize(app), p.URL)); err != nil || status != http.StatusOK {
				t.Errorf("the full request is answered without asking: %d, %v", status, err)
			}
		})
	}
}

func TestRaceNoSilentCodeOutlivesARevocation(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	app := p.AddApp(nil)
	b := signedIn(t, p, phone)
	for range 5 {
		nonce, _ := consentPage(t, b, p.Authorize(app))
		answerConsent(t, b, nonce, "allow", "profile", "is_student")
		form := url.Values{"form": {formToken(t, account(t, b))}, "client": {app.ID}}
		var (
			mu      sync.Mutex
			codes   []string
			running sync.WaitGroup
		)
		for range 16 {
			running.Go(func() {
				_, where, err := b.Get(t.Context(), strings.TrimPrefix(p.Authorize(app), p.URL))
				if u, _ := url.Parse(where); err == nil && u != nil && u.Query().Has("code") {
					mu.Lock()
					defer mu.Unlock()
					codes = append(codes, u.Query().Get("code"))
				}
			})
		}
		running.Go(func() {
			if _, _, err := b.Post(t.Context(), "/account/apps/revoke", form, nil); err != nil {
				t.Error(err)
			}
		})
		running.Wait()
		for _, code := range codes {
			if a := p.Exchange(app, code); a.Status == http.StatusOK {
				t.Fatal("a code that was minted before the revocation, or after it, is good")
			}
		}
	}
}

func TestHeadMintsNothing(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	app := p.AddApp(nil)
	b := signedIn(t, p, phone)
	nonce, _ := consentPage(t, b, p.Authorize(app))
	answerConsent(t, b, nonce, "allow", "profile", "is_student")
	response, err := b.Client.Head(p.Authorize(app))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK || response.Header.Get("Location") != "" {
		t.Errorf("HEAD answered %d", response.StatusCode)
	}
}

func TestOneSessionCannotFillTheDatabaseWithPages(t *testing.T) {
	p := servertest.Start(t, func(c *server.Config) { c.Limits = server.Limits{} })
	phone, _ := p.AddPhone("Lin")
	b := signedIn(t, p, phone)
	address := strings.TrimPrefix(p.Authorize(p.AddApp(nil)), p.URL)
	seen := map[int]int{}
	for range 60 {
		status, _, err := b.Get(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		seen[status]++
	}
	if seen[http.StatusTooManyRequests] == 0 || seen[http.StatusOK] < 30 {
		t.Errorf("the answers were %v", seen)
	}
}

func TestTheOperatorSaysHowLongAYesCounts(t *testing.T) {
	p := servertest.Start(t, func(c *server.Config) { c.GrantAge = time.Hour })
	phone, _ := p.AddPhone("Lin")
	everything := func(app servertest.App) int {
		status, _, err := signedIn(t, p, phone).Get(t.Context(), strings.TrimPrefix(p.Authorize(app), p.URL))
		if err != nil {
			t.Fatal(err)
		}
		return status
	}
	for name, allowProfile := range map[string]func(app servertest.App){
		"on the consent page": func(app servertest.App) {
			b := signedIn(t, p, phone)
			nonce, _ := consentPage(t, b, p.Authorize(app, "scope", "profile", "prompt", "consent"))
			answerConsent(t, b, nonce, "allow", "profile")
		},
		"by a scan": func(app servertest.App) {
			p.Begin(app, "scope", "profile").Scan(phone).Approve().Land()
		},
		"by a deep link": func(app servertest.App) {
			parameters := url.Values{"client_id": {app.ID}, "redirect_uri": {app.RedirectURI}, "scope": {"profile"}}
			ask, err := phone.CheckAuthorize(t.Context(), parameters)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := phone.ApproveAuthorize(t.Context(), ask, ask.ScopeNames()); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			app := p.AddApp(nil)
			p.Begin(app).Scan(phone).Approve().Land()
			p.Clock.Advance(59 * time.Minute)
			allowProfile(app)
			if status := everything(app); status != http.StatusSeeOther {
				t.Fatalf("within the hour it is asked again: %d", status)
			}
			p.Clock.Advance(time.Minute)
			if status := everything(app); status != http.StatusOK {
				t.Errorf("an old yes still counts: %d", status)
			}
			allowProfile(app) // which must not make the other scope any younger
			if status := everything(app); status != http.StatusOK {
				t.Errorf("an old yes is carried on by a new one: %d", status)
			}
		})
	}
}

func TestAgesOfGrantsThatMakeNoSenseAreRefusedAtTheStart(t *testing.T) {
	for age, want := range map[time.Duration]string{
		-time.Hour:                "-1h0m0s, is out of range",
		time.Second:               "a minute (1m) at least",
		10*365*24*time.Hour + 1:   "ten years (87600h) at most",
		time.Duration(1<<63 - 1):  "ten years (87600h) at most",
		time.Duration(-1 << 63):   "out of range",
		time.Minute - 1:           "out of range",
		time.Minute:               "",
		10 * 365 * 24 * time.Hour: "",
	} {
		s, err := server.Open(t.Context(), server.Config{DataDir: t.TempDir() + "/data", PublicURL: "http://localhost:1", GrantAge: age})
		if err == nil {
			s.Close()
		}
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", age, err)
		}
	}
}
