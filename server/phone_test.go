package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hamconnect/passkey/softkey"
	"hamconnect/qr/pairing"
	"hamconnect/server"
	"hamconnect/server/servertest"
	"hamconnect/tui/client"
)

// lin gives a person with a Ham app and a passkey.
func lin(t *testing.T, p *servertest.Provider) (*client.Account, *softkey.Authenticator, server.User) {
	t.Helper()
	phone, user := p.AddPhone("Lin")
	key := softkey.Synced()
	addPasskey(t, p, signedIn(t, p, phone), key)
	return phone, key, user
}

// told is what a script was told: a reason with its text, or where to go on.
type told struct {
	Status               int
	Error, Message, Next string
	begun
}

func script(t *testing.T, b *servertest.Browser, path string, body any) (answer told) {
	t.Helper()
	status, text, err := b.PostJSON(t.Context(), path, body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatalf("%s answers no JSON: %.100s", path, text)
	}
	answer.Status = status
	if status != http.StatusOK && (answer.Message == "" || strings.Contains(answer.Message, "passkey.error")) {
		t.Errorf("the refusal %s has no text", answer.Error)
	}
	return answer
}

// claim scans a code with a phone's camera, in a browser, and uses a passkey.
func claim(t *testing.T, p *servertest.Provider, b *servertest.Browser, code string, key *softkey.Authenticator, faults ...softkey.Fault) told {
	t.Helper()
	options := script(t, b, "/Q/options", map[string]any{"code": code})
	if options.Status != http.StatusOK {
		return options
	}
	assertion, err := key.Get(options.Options, p.URL, faults...)
	if err != nil {
		t.Fatal(err)
	}
	return script(t, b, "/Q/claim", map[string]any{"code": code, "ceremony": options.Ceremony, "answer": json.RawMessage(assertion)})
}

// camera is a phone's browser that holds a claim.
type camera struct {
	*servertest.Browser
	path   string // of its page
	number int    // that the desktop shows
}

// scanned has a phone's browser claim what a desktop shows.
func scanned(t *testing.T, p *servertest.Provider, s *servertest.SignIn, key *softkey.Authenticator) camera {
	t.Helper()
	b := servertest.NewBrowser(p.URL)
	answer := claim(t, p, b, servertest.Code(s.Link), key)
	if answer.Status != http.StatusOK || answer.Next != "/Q/pairing/"+s.Pairing {
		t.Fatalf("the claim answered %d %s, next %q", answer.Status, answer.Error, answer.Next)
	}
	view, err := s.Poll(t.Context())
	if err != nil || view.State != "claimed" || view.Number == 0 {
		t.Fatalf("the desktop is %s, %v", view.State, err)
	}
	return camera{b, answer.Next, view.Number}
}

// page loads the claim's page, which must be in a state.
func (c camera) page(t *testing.T, state string) string {
	t.Helper()
	status, body, err := c.Get(t.Context(), c.path)
	if err != nil || status != http.StatusOK || !strings.Contains(body, `data-state="`+state+`"`) {
		t.Fatalf("the page answers %d, not %s; %v: %.600s", status, state, err, body)
	}
	return body
}

var digestMark = regexp.MustCompile(`name="digest" value="([^"]+)"`)

// form is what the page's form sends, all scopes ticked, with the number that
// the desktop shows. more replaces fields; an empty value takes one out.
func (c camera) form(t *testing.T, more ...string) url.Values {
	t.Helper()
	body := c.page(t, "claimed")
	form := url.Values{
		"form": {formToken(t, body)}, "digest": {digestMark.FindStringSubmatch(body)[1]}, "number": {strconv.Itoa(c.number)},
	}
	for _, m := range scopeMark.FindAllStringSubmatch(body, -1) {
		form.Add("scope", m[1])
	}
	for i := 0; i+1 < len(more); i += 2 {
		form[more[i]] = strings.Fields(more[i+1])
	}
	return form
}

var scopeMark = regexp.MustCompile(`name="scope" value="([^"]+)" checked`)

// send posts a form; it gives the status and the page, or where it leads.
func (c camera) send(t *testing.T, what string, form url.Values, header http.Header) (status int, body string) {
	t.Helper()
	status, body, err := c.Post(t.Context(), c.path+"/"+what, form, header)
	if err != nil {
		t.Fatal(err)
	}
	return status, body
}

// decide posts a form that must lead back to the page.
func (c camera) decide(t *testing.T, what string, form url.Values) {
	t.Helper()
	if status, where := c.send(t, what, form, nil); status != http.StatusSeeOther || where != c.path {
		t.Fatalf("%s answered %d %.300s", what, status, where)
	}
}

func TestAPhonesBrowserApprovesAnApp(t *testing.T) {
	p := onLocalhost(t)
	app := p.AddApp(func(c *server.Client) { c.IconURL = "https://library.example/icon.png" })
	_, key, _ := lin(t, p)
	s := p.Begin(app)
	c := scanned(t, p, s, key)
	body := c.page(t, "claimed")
	for _, want := range []string{
		`data-testid="app-name">Campus Library<`, `data-testid="account-name">Lin<`, `data-testid="scope-profile"`,
		`data-testid="scope-is_student"`, "Nickname and picture", "library.example", "Chrome on Linux", "127.0.0.1",
		`src="/pictures/app/` + app.ID + `"`, `inputmode="numeric"`, `autocomplete="off"`, `data-testid="allow"`, `data-testid="cancel"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	if len(scopeMark.FindAllString(body, -1)) != 2 {
		t.Error("the scopes are not all ticked at first")
	}
	view, err := s.Poll(t.Context())
	if err != nil || view.Account == nil || view.Account.Nickname != "Lin" || view.SecondsLeft < 80 || view.SecondsLeft > 90 {
		t.Errorf("the desktop does not show who scanned, or counts %d seconds; %v", view.SecondsLeft, err)
	}
	c.decide(t, "approve", c.form(t, "scope", "profile"))
	if body := c.page(t, "approved"); !strings.Contains(body, `http-equiv="refresh" content="0;url=`+c.path+`?after=`) {
		t.Error("the page does not follow what becomes of it")
	}
	if view, err := s.Socket.Until("approved"); err != nil || !slices.Equal(view.Scopes, []string{"profile"}) {
		t.Errorf("the desktop sees %v, %v", view.Scopes, err)
	}
	token := p.Exchange(app, s.Land().Get("code"))
	if token.Status != http.StatusOK || token.Text("scope") != "profile" {
		t.Errorf("the app was given %d %s", token.Status, token.Text("scope"))
	}
	if body := c.page(t, "finished"); strings.Contains(body, "refresh") {
		t.Error("the page follows what is over")
	}
}

func TestAPhonesBrowserSignsABrowserIn(t *testing.T) {
	p := onLocalhost(t)
	phone, key, _ := lin(t, p)
	b := servertest.NewBrowser(p.URL)
	page, err := b.Open(t.Context(), p.URL+"/account")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := page.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := scanned(t, p, &servertest.SignIn{Page: page}, key)
	body := c.page(t, "claimed")
	if !strings.Contains(body, "It gives no app any data") || strings.Contains(body, `data-testid="app-name"`) || strings.Contains(body, `name="scope"`) {
		t.Error("the page does not say that no app takes part")
	}
	c.decide(t, "approve", c.form(t))
	if location, err := page.Finish(t.Context()); err != nil || location != "/account" {
		t.Fatalf("finished to %q, %v", location, err)
	}
	if body := account(t, b); !strings.Contains(body, "signed in with a phone’s browser and a passkey") {
		t.Error("the account page does not say how this browser was signed in")
	}
	home := signedIn(t, p, phone)
	post(t, home, "/account/passkeys/remove", "passkey", passkeyIDs(t, account(t, home))[0])
	if !isSignedOut(t, b) {
		t.Error("the passkey was removed, and what it signed in is still signed in")
	}
}

func TestWrongNumbersAreCountedAndWhatWasUntickedStays(t *testing.T) {
	p := onLocalhost(t)
	_, key, _ := lin(t, p)
	s := p.Begin(p.AddApp(nil))
	c := scanned(t, p, s, key)
	wrong := strconv.Itoa(10 + (c.number-10+1)%90)
	form := c.form(t, "number", wrong, "scope", "is_student")
	for left := 2; left > 0; left-- {
		status, body := c.send(t, "approve", form, nil)
		if status != http.StatusForbidden || !strings.Contains(body, fmt.Sprintf("Tries left: %d", left)) {
			t.Fatalf("answered %d: %.300s", status, body)
		}
		if got := scopeMark.FindAllStringSubmatch(body, -1); len(got) != 1 || got[0][1] != "is_student" {
			t.Errorf("ticked are now %v", got)
		}
	}
	c.decide(t, "approve", form)
	c.page(t, "denied")
	if view, err := s.Socket.Until("denied"); err != nil || view.State != "denied" {
		t.Error(err)
	}
	form.Set("number", strconv.Itoa(c.number))
	c.decide(t, "approve", form) // the right one comes too late
	c.page(t, "denied")
}

func TestTheNumberMayBeTypedInFullWidth(t *testing.T) {
	p := onLocalhost(t)
	_, key, _ := lin(t, p)
	s := p.Begin(p.AddApp(nil))
	c := scanned(t, p, s, key)
	wide := strings.Map(func(r rune) rune { return r - '0' + '０' }, strconv.Itoa(c.number))
	c.decide(t, "approve", c.form(t, "number", wide))
	c.page(t, "approved")
}

func TestThePageTellsEveryEnd(t *testing.T) {
	p := onLocalhost(t)
	app := p.AddApp(nil)
	_, key, _ := lin(t, p)
	for state, end := range map[string]func(t *testing.T, s *servertest.SignIn, c camera){
		"denied": func(t *testing.T, _ *servertest.SignIn, c camera) {
			form := c.form(t)
			c.decide(t, "deny", form)
			c.decide(t, "deny", form) // a second click
		},
		"cancelled": func(t *testing.T, s *servertest.SignIn, _ camera) {
			if _, err := s.Cancel(t.Context()); err != nil {
				t.Fatal(err)
			}
		},
		"expired": func(t *testing.T, _ *servertest.SignIn, c camera) {
			p.Clock.Advance(pairing.ClaimFor + 5*time.Second)
			c.page(t, "claimed") // a passkey has longer than an app
			p.Clock.Advance(25 * time.Second)
		},
		"approved": func(t *testing.T, _ *servertest.SignIn, c camera) {
			form := c.form(t)
			c.decide(t, "approve", form)
			c.decide(t, "approve", form) // a second click
		},
	} {
		t.Run(state, func(t *testing.T) {
			s := p.Begin(app)
			c := scanned(t, p, s, key)
			form := c.form(t)
			end(t, s, c)
			if body := c.page(t, state); strings.Contains(body, "<form") {
				t.Error("there is still a form")
			}
			if state == "approved" {
				return
			}
			c.decide(t, "approve", form) // it came too late
			c.page(t, state)
			if view, err := s.Poll(t.Context()); err != nil || view.State != state {
				t.Errorf("the desktop is %s, %v", view.State, err)
			}
		})
	}
}

func TestAWordThatCountsNoMoreApprovesNothing(t *testing.T) {
	p := onLocalhost(t)
	app := p.AddApp(nil)
	for what, c := range map[string]struct {
		take func(t *testing.T, home *servertest.Browser, user server.User)
		says string
	}{
		"the passkey was removed": {func(t *testing.T, home *servertest.Browser, _ server.User) {
			post(t, home, "/account/passkeys/remove", "passkey", passkeyIDs(t, account(t, home))[0])
		}, "This passkey has been removed"},
		"the person was disabled": {func(t *testing.T, _ *servertest.Browser, user server.User) {
			if _, err := p.Admin().UpdateUser(t.Context(), user.ID, func(u *server.User) { u.Disabled = true }); err != nil {
				t.Fatal(err)
			}
		}, "This account is disabled"},
		"the person was deleted": {func(t *testing.T, _ *servertest.Browser, user server.User) {
			if err := p.Admin().DeleteUser(t.Context(), user.ID); err != nil {
				t.Fatal(err)
			}
		}, "This passkey has been removed"},
	} {
		t.Run(what+" after the claim", func(t *testing.T) {
			phone, key, user := lin(t, p)
			home, s := signedIn(t, p, phone), p.Begin(app)
			held := scanned(t, p, s, key)
			form := held.form(t)
			c.take(t, home, user)
			if status, body := held.send(t, "approve", form, nil); status != http.StatusForbidden || !strings.Contains(body, c.says) {
				t.Errorf("the approval is answered %d: %.300s", status, body)
			}
			if status, body, err := held.Get(t.Context(), held.path); err != nil || status != http.StatusForbidden || !strings.Contains(body, c.says) {
				t.Errorf("the page is answered %d, %v", status, err)
			}
			if view, err := s.Poll(t.Context()); err != nil || view.State != "claimed" {
				t.Errorf("the desktop is %s, %v", view.State, err)
			}
		})
		t.Run(what+" after the approval", func(t *testing.T) {
			phone, key, user := lin(t, p)
			home, s := signedIn(t, p, phone), p.Begin(app)
			held := scanned(t, p, s, key)
			held.decide(t, "approve", held.form(t))
			c.take(t, home, user)
			if location, err := s.Finish(t.Context()); err == nil {
				t.Errorf("the browser was sent to %.60s", location)
			}
		})
	}
}
