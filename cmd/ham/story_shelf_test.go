package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"hamconnect/server"
	"hamconnect/server/servertest"
)

// OAuth clients from the shelves, unchanged: each goes through the whole login
// in OpenMaster's dialect, and then refreshes its token twice.

// openMaster registers an app of OpenMaster's dialect, and gives the person
// what such apps see.
func (c *campus) openMaster(t *testing.T) {
	t.Helper()
	c.client = c.AddApp(func(app *server.Client) {
		app.Dialect, app.Scopes, app.RedirectURIs, app.QueryToken = server.OpenMaster, server.OpenMasterScopes(), []string{c.app + "/callback"}, true
	})
	phone, user := c.AddPhone("Lin")
	_, err := c.Admin().UpdateUser(t.Context(), user.ID, func(u *server.User) {
		u.Email, u.Username, u.AvatarURL = "lin@campus.example", "lin", "" // the picture is nowhere
	})
	if err != nil {
		t.Fatal(err)
	}
	c.phone = phone
}

// demoInOpenMaster is ham demo --dialect openmaster, with a person who signs in
// and one who does not want to.
func demoInOpenMaster(t *testing.T, chrome context.Context) {
	demo := startDemo(t, "--dialect", "openmaster")
	b := openTab(t, chrome, "")
	b.signIn(demo.app)
	for _, scope := range []string{"user", "brand"} {
		b.visible(testID("scope-" + scope))
	}
	b.click(testID("cancel"))
	if text := b.shown("error"); !strings.Contains(text, "was cancelled") { // OpenMaster has the app told
		t.Errorf("the app says %q", text)
	}

	b.signIn(demo.app)
	eventually(t, "the socket", func() (string, bool) {
		return demo.output.String(), strings.Count(demo.output.String(), "The page connected") == 2
	})
	link := b.until("the QR code", `document.querySelector('[data-testid=qr]')?.dataset.link ?? ''`)
	phone := scan(t, link, demo.config)
	if !strings.Contains(phone.output.String(), `"username":"lin"`) {
		t.Errorf("ham approve says %s", phone.output.String())
	}
	phone.answer(t, b.number())
	b.greeted("lin")
	if email, name := b.shown("email"), b.shown("username"); email != "lin@campus.example" || name != "lin" {
		t.Errorf("the app shows %s, %s", email, name)
	}
	if output := demo.output.String(); !strings.Contains(output, "The app's server read the person's data") || !strings.Contains(output, "Cancelled on the desktop") {
		t.Errorf("it tells:\n%s", output)
	}
}

// nodePackages is a folder with the packages of testdata/node, which HAM_NODE
// names.
func nodePackages(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("HAM_NODE")
	switch {
	case folder != "":
		return filepath.Join(folder, "node_modules")
	case os.Getenv("CI") != "":
		t.Fatal("HAM_NODE does not say where the packages of testdata/node are, and in CI no story is left out")
	default:
		t.Skip("HAM_NODE does not name a folder where 'npm ci' was run with cmd/ham/testdata/node/package*.json")
	}
	return ""
}

func TestNodeAppsSignInAndRefresh(t *testing.T) {
	node, packages := need(t, "node"), nodePackages(t)
	chrome := startChromium(t)
	for library, script := range map[string]string{"simple-oauth2": "simple.js", "passport-oauth2": "passport.js"} {
		t.Run(library, func(t *testing.T) {
			t.Parallel()
			port, err := freePort()
			if err != nil {
				t.Fatal(err)
			}
			c := &campus{Provider: servertest.Start(t, nil), app: "http://localhost:" + strconv.Itoa(port)}
			c.openMaster(t)
			app := exec.Command(node, filepath.Join("testdata", "node", script))
			app.Env = append(os.Environ(), "NODE_PATH="+packages, "NODE_ENV=development", "PROVIDER="+c.URL,
				"CLIENT_ID="+c.client.ID, "CLIENT_SECRET="+c.client.Secret, "PORT="+strconv.Itoa(port))
			runNode(t, app)

			b := openTab(t, chrome, "")
			b.signIn(c.app)
			ask := c.claim(c.link(b))
			if ask.Username != "lin" {
				t.Errorf("the phone is told of the username %q", ask.Username)
			}
			c.approve(ask, b.number())
			b.greeted("lin")
			if email, life := b.shown("email"), b.shown("expires"); email != "lin@campus.example" || life != "1800000" {
				t.Errorf("the app learned %s, %s", email, life)
			}
			tokens := map[string]bool{b.shown("token"): true}
			for i := 1; i <= 2; i++ {
				b.click(testID("refresh"))
				if name := b.shown(fmt.Sprintf("refreshed-%d", i)); name != "lin" {
					t.Errorf("refreshed, the app greets %s", name)
				}
				tokens[b.shown("token")] = true
			}
			if len(tokens) != 3 {
				t.Errorf("three grants gave %d tokens", len(tokens))
			}
		})
	}
}

// runNode starts an app and waits until it listens.
func runNode(t *testing.T, app *exec.Cmd) {
	t.Helper()
	var said buffer
	app.Stdout, app.Stderr = &said, &said
	endWithUs(app)
	if err := app.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = app.Process.Kill() // it may have ended by itself
		_ = app.Wait()
		if t.Failed() {
			t.Logf("the app said:\n%s", said.String())
		}
	})
	eventually(t, "the app to listen", func() (string, bool) {
		return said.String(), strings.Contains(said.String(), "listening")
	})
}

func TestGoOAuth2SignsInAndRefreshes(t *testing.T) {
	for name, c := range map[string]struct {
		style  oauth2.AuthStyle
		scopes []string
	}{
		"credentials in the header": {oauth2.AuthStyleInHeader, []string{"user", "brand"}}, // it joins them with a space
		"credentials in the body":   {oauth2.AuthStyleInParams, []string{"user,brand"}},
		"whichever the server says": {oauth2.AuthStyleAutoDetect, []string{"user,brand"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			house := &campus{Provider: servertest.Start(t, nil), app: "https://library.example"}
			house.openMaster(t)
			conf := oauth2.Config{
				ClientID: house.client.ID, ClientSecret: house.client.Secret, RedirectURL: house.client.RedirectURI, Scopes: c.scopes,
				Endpoint: oauth2.Endpoint{AuthURL: house.URL + "/oauth/authorize", TokenURL: house.URL + "/oauth/access_token", AuthStyle: c.style},
			}
			verifier := oauth2.GenerateVerifier()
			token, err := conf.Exchange(t.Context(), house.codeFor(conf.AuthCodeURL("of-the-app", oauth2.S256ChallengeOption(verifier)), "of-the-app"), oauth2.VerifierOption(verifier))
			if err != nil {
				t.Fatal(err)
			}
			house.greets(&conf, token, http.StatusOK)

			// It reads the milliseconds as seconds, and so never refreshes in
			// time: the README says what to set.
			if left := time.Until(token.Expiry); left < 20*24*time.Hour || left > 21*24*time.Hour {
				t.Errorf("it thinks that the token lives for %s", left)
			}
			for range 2 {
				before := *token
				house.Clock.Advance(31 * time.Minute)
				house.greets(&conf, token, http.StatusUnauthorized)
				token.Expiry = time.Now().Add(-time.Minute) // what an app does that knows of the 30 minutes
				if token, err = conf.TokenSource(t.Context(), token).Token(); err != nil {
					t.Fatal(err)
				}
				if token.AccessToken == before.AccessToken || token.RefreshToken == before.RefreshToken {
					t.Error("a refresh gives the same token again")
				}
				house.greets(&conf, token, http.StatusOK)
			}
		})
	}
}

// codeFor signs the phone's person in at an address, and gives the code that the app gets.
func (c *campus) codeFor(address, state string) string {
	t := c.TB
	t.Helper()
	answer := c.BeginAt(address).Scan(c.phone).Approve().Land()
	if answer.Get("state") != state {
		t.Fatal("the app gets another state")
	}
	return answer.Get("code")
}

// greets reads /user with a token, by a client of x/oauth2 that does not refresh it.
func (c *campus) greets(conf *oauth2.Config, token *oauth2.Token, want int) {
	t := c.TB
	t.Helper()
	client := oauth2.NewClient(context.Background(), oauth2.StaticTokenSource(token))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimSuffix(conf.Endpoint.TokenURL, "/oauth/access_token")+"/user", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != want {
		t.Errorf("/user answers %d, want %d", response.StatusCode, want)
	}
}
