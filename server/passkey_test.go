package server_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"hamconnect/passkey/softkey"
	"hamconnect/server"
	"hamconnect/server/servertest"
)

// begun is what the server tells a page's script to ask the authenticator.
type begun struct {
	Ceremony string          `json:"ceremony"`
	Options  json.RawMessage `json:"options"`
}

// ask sends a script's request and expects a success.
func ask(t testing.TB, b *servertest.Browser, path string, body any) (answer begun) {
	t.Helper()
	status, text, err := b.PostJSON(t.Context(), path, body)
	if err != nil || status != http.StatusOK {
		t.Fatalf("%s answered %d %s, %v", path, status, text, err)
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// onLocalhost starts a provider that can have passkeys: they want a name.
func onLocalhost(t testing.TB) *servertest.Provider {
	t.Helper()
	p := servertest.Start(t, func(c *server.Config) { c.PublicURL = strings.Replace(c.PublicURL, "127.0.0.1", "localhost", 1) })
	p.URL = p.PublicURL()
	return p
}

// addPasskey adds a passkey on the account page of a browser that is signed in.
func addPasskey(t testing.TB, p *servertest.Provider, b *servertest.Browser, key *softkey.Authenticator) {
	t.Helper()
	form := formToken(t, account(t, b))
	begun := ask(t, b, "/account/passkeys/options", map[string]any{"form": form})
	attestation, err := key.Create(begun.Options, p.URL)
	if err != nil {
		t.Fatal(err)
	}
	ask(t, b, "/account/passkeys", map[string]any{"form": form, "ceremony": begun.Ceremony, "answer": json.RawMessage(attestation)})
}

// tryPasskey signs in with a passkey and gives what the server says.
func tryPasskey(t testing.TB, b *servertest.Browser, origin string, key *softkey.Authenticator, faults ...softkey.Fault) (status int, reason string) {
	t.Helper()
	begun := ask(t, b, "/passkeys/login/options", nil)
	assertion, err := key.Get(begun.Options, origin, faults...)
	if err != nil {
		t.Fatal(err)
	}
	return sendPasskey(t, b, begun.Ceremony, assertion)
}

func sendPasskey(t testing.TB, b *servertest.Browser, ceremony string, assertion []byte) (status int, reason string) {
	t.Helper()
	status, text, err := b.PostJSON(t.Context(), "/passkeys/login", map[string]any{"ceremony": ceremony, "answer": json.RawMessage(assertion)})
	if err != nil {
		t.Fatal(err)
	}
	var refusal struct{ Error, Message string }
	if err := json.Unmarshal(text, &refusal); err != nil {
		t.Fatalf("the answer is no JSON: %v", err)
	}
	if status != http.StatusOK && (refusal.Message == "" || strings.Contains(refusal.Message, "passkey.error")) {
		t.Errorf("the refusal %s has no text", refusal.Error)
	}
	return status, refusal.Error
}

func TestAPasskeyThatWasAddedSignsIn(t *testing.T) {
	p := onLocalhost(t)
	phone, _ := p.AddPhone("Lin")
	for name, key := range map[string]*softkey.Authenticator{
		"ES256":  {Algorithms: []softkey.Algorithm{softkey.ES256}},
		"EdDSA":  {Algorithms: []softkey.Algorithm{softkey.EdDSA}},
		"RS256":  {Algorithms: []softkey.Algorithm{softkey.RS256}},
		"synced": softkey.Synced(),
	} {
		t.Run(name, func(t *testing.T) {
			addPasskey(t, p, signedIn(t, p, phone), key)
			fresh := servertest.NewBrowser(p.URL)
			if status, reason := tryPasskey(t, fresh, p.URL, key); status != http.StatusOK {
				t.Fatalf("refused: %d %s", status, reason)
			}
			if body := account(t, fresh); !strings.Contains(body, ">Lin<") || !strings.Contains(body, "signed in with a passkey") || !strings.Contains(body, "· 127.0.0.1</bdi>") {
				t.Error("the account page does not show who signed in, how, or where the passkey was used")
			}
		})
	}
}

func TestAPasskeyLeadsToTheConsentPageAndOn(t *testing.T) {
	p := onLocalhost(t)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")
	key := softkey.Synced()
	addPasskey(t, p, signedIn(t, p, phone), key)
	b := servertest.NewBrowser(p.URL)
	page, err := b.Open(t.Context(), p.Authorize(app, "prompt", "login"))
	if err != nil || !strings.Contains(page.HTML, `data-testid="passkey-button"`) {
		t.Fatalf("the sign-in page offers no passkey, %v", err)
	}
	next := regexp.MustCompile(`data-next="([^"]+)"`).FindStringSubmatch(page.HTML)
	if next == nil || !strings.HasPrefix(next[1], "/sso-authorize?") || strings.Contains(next[1], "prompt") {
		t.Errorf("the way on is %q", next)
	}
	if status, reason := tryPasskey(t, b, p.URL, key); status != http.StatusOK {
		t.Fatalf("refused: %d %s", status, reason)
	}
	nonce, _ := consentPage(t, b, p.Authorize(app))
	status, where := answerConsent(t, b, nonce, "allow", "profile")
	if status != http.StatusSeeOther || p.Exchange(app, codeIn(t, where)).Status != http.StatusOK {
		t.Errorf("answered %d", status)
	}
}

func TestACeremonyIsGoodOnceAndForFiveMinutes(t *testing.T) {
	p := onLocalhost(t)
	phone, user := p.AddPhone("Lin")
	key := softkey.Synced()
	addPasskey(t, p, signedIn(t, p, phone), key)
	b := servertest.NewBrowser(p.URL)
	begun := ask(t, b, "/passkeys/login/options", nil)
	assertion, err := key.Get(begun.Options, p.URL)
	if err != nil {
		t.Fatal(err)
	}
	if status, reason := sendPasskey(t, b, begun.Ceremony, assertion); status != http.StatusOK {
		t.Fatalf("the first time: %d %s", status, reason)
	}
	if status, reason := sendPasskey(t, servertest.NewBrowser(p.URL), begun.Ceremony, assertion); status != http.StatusForbidden || reason != "ceremony_unknown" {
		t.Errorf("the second time: %d %s", status, reason)
	}
	begun = ask(t, b, "/passkeys/login/options", nil)
	if assertion, err = key.Get(begun.Options, p.URL); err != nil {
		t.Fatal(err)
	}
	p.Clock.Advance(5*time.Minute + time.Second)
	if status, reason := sendPasskey(t, b, begun.Ceremony, assertion); status != http.StatusForbidden || reason != "ceremony_expired" {
		t.Errorf("too late: %d %s", status, reason)
	}
	if _, err := p.Admin().UpdateUser(t.Context(), user.ID, func(u *server.User) { u.Disabled = true }); err != nil {
		t.Fatal(err)
	}
	if status, reason := tryPasskey(t, servertest.NewBrowser(p.URL), p.URL, key); status != http.StatusForbidden || reason != "disabled" {
		t.Errorf("a disabled person: %d %s", status, reason)
	}
}

func TestRaceOneAssertionSignsInOneBrowser(t *testing.T) {
	p := onLocalhost(t)
	phone, _ := p.AddPhone("Lin")
	key := softkey.Synced()
	addPasskey(t, p, signedIn(t, p, phone), key)
	begun := ask(t, servertest.NewBrowser(p.URL), "/passkeys/login/options", nil)
	assertion, err := key.Get(begun.Options, p.URL)
	if err != nil {
		t.Fatal(err)
	}
	var (
		mu      sync.Mutex
		seen    = map[int]int{}
		running sync.WaitGroup
	)
	for range 50 {
		running.Go(func() {
			status, _ := sendPasskey(t, servertest.NewBrowser(p.URL), begun.Ceremony, assertion)
			mu.Lock()
			defer mu.Unlock()
			seen[status]++
		})
	}
	running.Wait()
	if seen[http.StatusOK] != 1 || seen[http.StatusForbidden] != 49 {
		t.Errorf("the answers were %v", seen)
	}
}

func TestAddingAPasskeyWantsItsOwnFreshSession(t *testing.T) {
	p := onLocalhost(t)
	lin, _ := p.AddPhone("Lin")
	mei, _ := p.AddPhone("Mei")
	b, other := signedIn(t, p, lin), signedIn(t, p, mei)
	form := formToken(t, account(t, b))
	refused := func(b *servertest.Browser, path string, body map[string]any, want string) {
		t.Helper()
		status, text, err := b.PostJSON(t.Context(), path, body)
		if err != nil || status != http.StatusForbidden || !bytes.Contains(text, []byte(`"`+want+`"`)) {
			t.Errorf("%s answered %d %s, want %s; %v", path, status, text, want, err)
		}
	}
	refused(servertest.NewBrowser(p.URL), "/account/passkeys/options", map[string]any{"form": form}, "step_up")
	refused(other, "/account/passkeys/options", map[string]any{"form": form}, "form")

	begun := ask(t, b, "/account/passkeys/options", map[string]any{"form": form})
	attestation, err := softkey.Synced().Create(begun.Options, p.URL)
	if err != nil {
		t.Fatal(err)
	}
	answer := func(form string) map[string]any {
		return map[string]any{"form": form, "ceremony": begun.Ceremony, "answer": json.RawMessage(attestation)}
	}
	refused(other, "/account/passkeys", answer(formToken(t, account(t, other))), "wrong_purpose")
	refused(b, "/account/passkeys", answer(form), "ceremony_unknown") // it was taken by the attempt above

	p.Clock.Advance(6 * time.Minute)
	refused(b, "/account/passkeys/options", map[string]any{"form": form}, "step_up")
}

func TestPasskeysAreRenamedAndRemovedByTheirOwner(t *testing.T) {
	p := onLocalhost(t)
	lin, _ := p.AddPhone("Lin")
	mei, _ := p.AddPhone("Mei")
	b, key := signedIn(t, p, lin), softkey.Synced()
	addPasskey(t, p, b, key)
	id := passkeyIDs(t, account(t, b))[0]
	post(t, signedIn(t, p, mei), "/account/passkeys/rename", "passkey", id, "name", "mine now")
	post(t, signedIn(t, p, mei), "/account/passkeys/remove", "passkey", id)
	form := url.Values{"form": {formToken(t, account(t, b))}, "passkey": {id}, "name": {"   "}}
	if status, body, err := b.Post(t.Context(), "/account/passkeys/rename", form, nil); err != nil || status != http.StatusBadRequest || !strings.Contains(body, "cannot be used") || !strings.Contains(body, `href="/account"`) {
		t.Errorf("an empty name is answered %d, %v", status, err)
	}
	post(t, b, "/account/passkeys/rename", "passkey", id, "name", "Lin's laptop")
	if body := account(t, b); !strings.Contains(body, "Lin&#39;s laptop") {
		t.Error("the name did not change, or somebody else changed it")
	}
	post(t, b, "/account/passkeys/remove", "passkey", id)
	if status, reason := tryPasskey(t, servertest.NewBrowser(p.URL), p.URL, key); status != http.StatusForbidden || reason != "unknown_credential" {
		t.Errorf("a removed passkey: %d %s", status, reason)
	}
}

// TestTheHamAppManagesAPasskeyWithTheLongestID of WebAuthn.
func TestTheHamAppManagesAPasskeyWithTheLongestID(t *testing.T) {
	p := onLocalhost(t)
	lin, _ := p.AddPhone("Lin")
	key := softkey.Synced()
	key.IDLength = 1023
	addPasskey(t, p, signedIn(t, p, lin), key)
	keys, err := lin.Passkeys(t.Context())
	if err != nil || len(keys) != 1 || len(keys[0].ID) != 1364 {
		t.Fatalf("the list is %d passkeys, %v", len(keys), err)
	}
	if err := lin.RenamePasskey(t.Context(), keys[0].ID, "key ring"); err != nil {
		t.Error(err)
	}
	if keys, err := lin.Passkeys(t.Context()); err != nil || keys[0].Name != "key ring" {
		t.Errorf("renamed: %v", err)
	}
	if err := lin.RemovePasskey(t.Context(), keys[0].ID); err != nil {
		t.Error(err)
	}
	if keys, err := lin.Passkeys(t.Context()); err != nil || len(keys) != 0 {
		t.Errorf("removed: %d left, %v", len(keys), err)
	}
}

func passkeyIDs(t *testing.T, body string) (ids []string) {
	t.Helper()
	for part := range strings.SplitSeq(body, `name="passkey" value="`) {
		if id, _, ok := strings.Cut(part, `"`); ok && !strings.HasPrefix(part, "<!doctype") {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		t.Fatal("there is no passkey on the page")
	}
	return ids
}

func TestOnABareAddressPasskeysAreOffAndNotOffered(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	page, err := servertest.NewBrowser(p.URL).Open(t.Context(), p.Authorize(p.AddApp(nil)))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(page.HTML, "passkey") || strings.Contains(account(t, signedIn(t, p, phone)), "add-passkey") {
		t.Error("a page offers passkeys")
	}
	if status, _, err := servertest.NewBrowser(p.URL).PostJSON(t.Context(), "/passkeys/login/options", nil); err != nil || status != http.StatusNotFound {
		t.Errorf("the options answered %d, %v", status, err)
	}
}

func TestASiteWithSeveralNamesSharesItsPasskeys(t *testing.T) {
	p := servertest.Start(t, func(c *server.Config) {
		c.PublicURL = "https://login.campus.example"
		c.PasskeyRPID = "campus.example"
		c.PasskeyOrigins = []string{"https://campus.example", "https://other.example"}
	})
	b := servertest.NewBrowser(p.URL)
	begun := ask(t, b, "/passkeys/login/options", nil)
	if !strings.Contains(string(begun.Options), `"rpId":"campus.example"`) {
		t.Error("the options name another RP id")
	}
	status, body, err := b.Get(t.Context(), "/.well-known/webauthn")
	if err != nil || status != http.StatusOK || !strings.Contains(body, "https://other.example") {
		t.Errorf("the related origins answer %d %s, %v", status, body, err)
	}
	if status, _, err := servertest.NewBrowser(onLocalhost(t).URL).Get(t.Context(), "/.well-known/webauthn"); err != nil || status != http.StatusNotFound {
		t.Errorf("where there is only one name the related origins answer %d, %v", status, err)
	}
}

func TestPasskeySettingsThatCannotWorkAreRefusedAtTheStart(t *testing.T) {
	for name, change := range map[string]func(*server.Config){
		"a name of another site": func(c *server.Config) {
			c.PublicURL, c.PasskeyRPID = "https://login.campus.example", "elsewhere.example/x"
		},
		"an RP id on a bare address": func(c *server.Config) { c.PublicURL, c.PasskeyRPID = "https://192.0.2.1", "campus.example" },
		"an origin that is no origin": func(c *server.Config) {
			c.PublicURL, c.PasskeyOrigins = "https://login.campus.example", []string{"campus"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := server.Config{DataDir: t.TempDir() + "/data"}
			change(&c)
			if s, err := server.Open(t.Context(), c); err == nil {
				s.Close()
				t.Error("it started")
			}
		})
	}
}
