package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/rogpeppe/go-internal/testscript"

	"hamconnect/qr"
	"hamconnect/server/servertest"
)

// TestHamWebInARealBrowser has a page in Chromium do what Ham Web's does, and
// all of it through a proxy such as its.
func TestHamWebInARealBrowser(t *testing.T) {
	hamWebStory(t, startChromium(t))
}

func hamWebStory(t *testing.T, chrome context.Context) {
	page, err := os.ReadFile("testdata/hamweb.html")
	if err != nil {
		t.Fatal(err)
	}
	web := servertest.NewHamWeb(t, string(page))
	p := servertest.Start(t, web.Configure)
	p.URL = p.PublicURL()
	web.Behind(p)
	phone, _ := p.AddPhone("Lin")
	app := p.AddApp(nil)
	b := openTab(t, chrome, `401 \(Unauthorized\)`) // nobody is signed in at first
	key := newAuthenticator(t, b)

	// A passkey, made on the provider's own page.
	link, err := phone.PasskeyLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	key.present(true)
	b.run(chromedp.Navigate(link.Link))
	b.click(testID("add-passkey"))
	b.shown("passkey-added")

	// By the code that the page shows.
	b.run(chromedp.Navigate(web.URL))
	scanned, err := qr.ParseLink(b.shown("ticket"))
	if err != nil {
		t.Fatal(err)
	}
	b.until("PENDING", stateIs("PENDING"))
	ask, err := phone.ClaimTicket(t.Context(), scanned.Code)
	if err != nil {
		t.Fatal(err)
	}
	if ask.Browser.Address != servertest.BrowserAddress || !strings.Contains(ask.Browser.Name, "Chrome") {
		t.Errorf("the app is shown %+v", ask.Browser)
	}
	b.until("SCANNED", stateIs("SCANNED"))
	if got := b.shown("scanner"); got != "Lin" {
		t.Errorf("%q has scanned", got)
	}
	if _, err := phone.Confirm(t.Context(), ask); err != nil {
		t.Fatal(err)
	}
	if got := b.shown("user"); got != "Lin" {
		t.Errorf("%q is signed in", got)
	}

	// An app sends the person here.
	asked := web.URL + "/?" + url.Values{"client_id": {app.ID}, "scope": {"profile"}, "state": {"s"}, "redirect_uri": {app.RedirectURI}}.Encode()
	b.run(chromedp.Navigate(asked))
	if got := b.shown("scopes"); !strings.Contains(got, "Nickname and picture") {
		t.Errorf("it asks for %q", got)
	}
	b.click(testID("allow"))
	code := func() string {
		t.Helper()
		to, err := url.Parse(b.until("the way back", `document.querySelector('[data-testid=state]').innerText.startsWith('https://library.example/callback?') ? document.querySelector('[data-testid=state]').innerText : ''`))
		if err != nil || to.Query().Get("state") != "s" {
			t.Fatalf("led to %v, %v", to, err)
		}
		return to.Query().Get("code")
	}
	if a := p.Exchange(app, code()); a.Status != 200 {
		t.Errorf("the exchange answered %d %s", a.Status, a.Text("error"))
	}

	// By passkey; and what was allowed is not asked again.
	b.click(testID("logout"))
	b.until("PENDING", stateIs("PENDING"))
	b.click(testID("passkey"))
	if got := b.shown("user"); got != "Lin" {
		t.Errorf("%q is signed in", got)
	}
	b.run(chromedp.Navigate(asked))
	if a := p.Exchange(app, code()); a.Status != 200 {
		t.Errorf("the second exchange answered %d %s", a.Status, a.Text("error"))
	}
}

func stateIs(state string) string {
	return `document.querySelector('[data-testid=state]')?.innerText === '` + state + `' ? 'yes' : ''`
}

// hamWebCommand is Ham Web's stand-in, without its page:
//
//	hamweb start        the proxy, which has no backend yet; sets HAM_WEB
//	hamweb behind URL   its backend, as HAM_BACKEND_ORIGIN would say
//	hamweb login        a new browser signs in there with the softkey's last passkey
func hamWebCommand(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg || len(args) == 0, "hamweb start|behind|login")
	s := of(ts)
	switch args[0] {
	case "start":
		s.hamWeb = servertest.NewHamWeb(s.tb, "")
		ts.Setenv("HAM_WEB", s.hamWeb.URL)
	case "behind":
		usage(ts, len(args) != 2, "hamweb behind URL")
		s.hamWeb.Behind(&servertest.Provider{URL: args[1]})
	case "login":
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		b := servertest.NewBrowser(s.hamWeb.URL)
		post := func(path string, message any) (answer struct{ Session, JSON, Nickname string }) {
			status, text, err := b.PostJSON(ctx, path, message)
			ts.Check(err)
			if status != http.StatusOK {
				ts.Fatalf("%s answered %d %s", path, status, text)
			}
			ts.Check(json.Unmarshal(text, &answer))
			return answer
		}
		begun := post("/api/auth/passkey/option", nil)
		signed, err := s.key.Get([]byte(begun.JSON), s.hamWeb.URL)
		ts.Check(err)
		a := post("/api/auth/passkey/login", map[string]string{"session": begun.Session, "assertion_json": string(signed)})
		ts.Setenv("NICKNAME", a.Nickname)
	default:
		ts.Fatalf("hamweb %s is not known", args[0])
	}
}
