package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"hamconnect/server"
	"hamconnect/server/servertest"
)

// TestEveryPageInEveryState walks through all pages and looks at each: nothing
// is wider than a narrow phone, and axe-core finds nothing that keeps somebody
// out, in light and in dark. HAM_AXE names axe-core's axe.min.js. With
// HAM_SCREENSHOTS, a folder, each look is kept as a picture too.
func TestEveryPageInEveryState(t *testing.T) {
	chrome := startChromium(t)
	axe := readAxe(t)
	folder := os.Getenv("HAM_SCREENSHOTS")
	if folder != "" {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, lang := range []string{"en", "zh", "ja"} {
		t.Run(lang, func(t *testing.T) {
			if lang != "en" && axe == "" && folder == "" {
				t.Skip("the other languages are walked through with HAM_AXE or HAM_SCREENSHOTS")
			}
			t.Parallel()
			g := openGallery(t, chrome, lang, axe, folder)
			g.signingIn()
			g.problems()
			g.account()
			g.consenting()
			g.byCamera()
			g.onPhone()
			g.askingThePhone()
			g.withoutScripts()
		})
	}
}

func readAxe(t *testing.T) string {
	t.Helper()
	path := os.Getenv("HAM_AXE")
	if path == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("HAM_AXE does not say where axe-core is, and in CI no check is left out")
		}
		t.Log("HAM_AXE does not say where axe-core is: pages are not checked with it")
		return ""
	}
	script, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(script)
}

// gallery is a browser that looks at pages.
type gallery struct {
	*campus
	t                 *testing.T
	b                 *tab
	key               authenticator
	lang, axe, folder string
}

func openGallery(t *testing.T, chrome context.Context, lang, axe, folder string) *gallery {
	t.Helper()
	c := openCampus(t, onLocalhost)
	c.URL = c.PublicURL()
	g := &gallery{campus: c, t: t, b: openTab(t, chrome, ".*"), lang: lang, axe: axe, folder: folder}
	call(g.b, network.Enable, network.EnableParams{})
	call(g.b, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": lang}})
	// A page must stay on "approved" while it is looked at, and the virtual
	// authenticator would answer autofill by itself.
	call(g.b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `{ const wait = setTimeout; window.setTimeout = (f, ms, ...a) => ms === 1000 ? 0 : wait(f, ms, ...a); }
			PublicKeyCredential.isConditionalMediationAvailable = async () => false;`,
	})
	g.key = newAuthenticator(t, g.b)
	g.key.present(true)
	return g
}

// looks are how a page is seen. The pictures of the last ones are kept only.
var looks = []struct {
	name, scheme  string
	width, height int64
	checked       bool // with axe
}{
	{"light", "light", 1280, 800, true},
	{"dark", "dark", 1280, 800, true},
	{"phone", "light", 320, 640, true},
	{"phone-dark", "dark", 320, 640, false},
	{"4k", "light", 3840, 2160, false},
}

// look looks at the page as it stands.
func (g *gallery) look(name string) {
	g.t.Helper()
	g.lookAs(name, "")
}

// lookAs takes only those looks whose names begin so.
func (g *gallery) lookAs(name, only string) {
	g.t.Helper()
	for _, look := range looks {
		if !look.checked && g.folder == "" || !strings.HasPrefix(look.name, only) {
			continue
		}
		call(g.b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look.scheme}},
		})
		call(g.b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: look.width, Height: look.height, DeviceScaleFactor: 1})
		if wider := evaluate[int](g.b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wider > 0 {
			g.t.Errorf("%s, %s: the page is %d pixels wider than its window", name, look.name, wider)
		}
		if raw := evaluate[string](g.b, `document.body.innerText.match(/\{\d\}|\b(account|activity|ask|problem|passkey|signin)\.[a-z_]+\b/)?.[0] ?? ''`); raw != "" {
			g.t.Errorf("%s: the page shows %q", name, raw)
		}
		if g.axe != "" && look.checked && (g.lang == "en" || look.name == "light") {
			g.check(name + ", " + look.name)
		}
		if g.folder != "" {
			g.photograph(name + "-" + g.lang + "-" + look.name)
		}
	}
	call(g.b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
	if only != "" {
		return
	}
	call(g.b, emulation.ClearDeviceMetricsOverride, cdp.Empty{})
	// What is pressed next must lie where it is going to be pressed.
	evaluate[bool](g.b, `(window.laid = '', requestAnimationFrame(() => requestAnimationFrame(() => { window.laid = innerWidth > 1000 ? 'out' : ''; })), true)`)
	g.b.until("the window to be wide again", `window.laid || (requestAnimationFrame(() => { window.laid = innerWidth > 1000 ? 'out' : ''; }), '')`)
}

func (g *gallery) photograph(name string) {
	g.t.Helper()
	picture, err := chromedp.Run(g.b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		g.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(g.folder, name+".png"), picture, 0o600); err != nil {
		g.t.Fatal(err)
	}
}

// check asks axe-core for whatever breaks WCAG 2.2 AA or good practice.
func (g *gallery) check(name string) {
	g.t.Helper()
	evaluate[bool](g.b, `typeof axe === 'object' || !!(0, eval)(`+quoted(g.axe)+`, true)`)
	evaluate[bool](g.b, `(window.found = '', axe.run(document, {
		runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
	}).then((r) => { window.found = JSON.stringify(r.violations.map((v) => v.id + ': ' + v.help + ': ' + v.nodes.map((n) => n.html.slice(0, 200) + ' ' + n.failureSummary).join(' | '))); },
		(e) => { window.found = JSON.stringify([String(e)]); }), true)`)
	var violations []string
	if err := json.Unmarshal([]byte(g.b.until("axe", `window.found`)), &violations); err != nil {
		g.t.Fatal(err)
	}
	g.report(fmt.Sprintf("axe-core finds %d on %s, %s", len(violations), g.lang, name))
	for _, v := range violations {
		g.t.Errorf("%s: %s", name, v)
	}
}

// report says what axe-core found, also where a test that passes is not heard:
// in the file that HAM_AXE_REPORT names.
func (g *gallery) report(line string) {
	g.t.Helper()
	g.t.Log(line)
	path := os.Getenv("HAM_AXE_REPORT")
	if path == "" {
		return
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		g.t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString(line + "\n"); err != nil {
		g.t.Fatal(err)
	}
}

// quoted is a text as JavaScript writes it.
func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string
	}
	return string(b)
}

// open loads a page of the provider and waits for an element of it.
func (g *gallery) open(path, selector string) {
	g.t.Helper()
	g.b.run(chromedp.Navigate(g.URL + path))
	g.b.visible(selector)
}

// begin opens Campus Library's sign-in page.
func (g *gallery) begin() {
	g.t.Helper()
	g.b.run(chromedp.Navigate(g.app + "/login"))
	g.b.state("waiting")
	g.b.visible(".panel [data-action=copy]")
}

func (g *gallery) signingIn() {
	g.t.Helper()
	b := g.b
	g.b.run(chromedp.Navigate(g.app))
	b.visible(testID("sign-in"))
	g.look("library")
	g.begin()
	g.look("waiting")
	link := g.link(b)
	ask := g.claim(link)
	b.state("claimed")
	g.look("claimed")
	if _, err := g.newPhone(g.t).Claim(g.t.Context(), servertest.Code(link)); err == nil {
		g.t.Error("a second phone could claim")
	}
	b.visible("[data-slot=contested]")
	g.look("contested")
	if _, err := g.phone.Approve(g.t.Context(), ask, b.number(), []string{"profile"}); err != nil {
		g.t.Fatal(err)
	}
	b.state("approved")
	g.look("approved")
	b.click(testID("cancel"))
	b.state("cancelled")
	g.look("cancelled")
	g.begin()
	if _, err := g.phone.Deny(g.t.Context(), g.claim(g.link(b))); err != nil {
		g.t.Fatal(err)
	}
	b.state("denied")
	g.look("denied")
	g.begin()
	g.Stop()
	b.visible("[data-slot=lost]")
	g.look("lost")
	g.Restart()
	b.until("no notice", `document.querySelector('[data-slot=lost]').hidden ? 'yes' : ''`)
	evaluate[bool](b, `document.querySelector('[data-slot=stuck]').hidden = !(document.querySelector('[data-slot=panel]').hidden = true)`)
	g.look("stuck")
	g.begin()
	ask = g.claim(g.link(b))
	b.state("claimed")
	g.approve(ask, b.number())
	b.state("approved")
	evaluate[string](b, `location.href = document.querySelector('[data-slot=finish]').href`)
	b.greeted("Lin")
	g.look("library-signed-in")
	b.run(chromedp.Navigate(g.app + "/callback?state=forged"))
	g.look("library-error")
	g.begin()
	g.Clock.Advance(4 * time.Minute)
	b.state("expired")
	g.look("expired")
}

// loseSession takes from a browser what signs it in, as time does. It goes on
// knowing who was signed in.
func (b *tab) loseSession(origin string) {
	b.t.Helper()
	for _, name := range []string{"account_ham_session", "account_ham_refresh"} {
		call(b, network.DeleteCookies, network.DeleteCookiesParams{Name: name, URL: origin})
	}
}

// askingThePhone is the page of a browser in which Lin was signed in.
func (g *gallery) askingThePhone() {
	g.t.Helper()
	if err := g.phone.AllowRequests(g.t.Context(), true); err != nil {
		g.t.Fatal(err)
	}
	g.b.loseSession(g.URL)
	g.begin()
	g.b.visible(testID("ask-phone"))
	g.look("ask-phone")
	g.link(g.b)
	g.b.click(testID("ask-phone"))
	g.b.visible(testID("asked"))
	g.look("asked")
}

// problems are the pages on which nobody can go on, and those for who is lost.
func (g *gallery) problems() {
	g.t.Helper()
	for name, path := range map[string]string{
		"home": "/", "not-found": "/nothing", "unknown-app": "/sso-authorize?client_id=x", "app-link": "/Q/ABCDEFGHIJKLMNOPQRSTUVWXYZ",
		"enroll-link": "/enroll/ABCDEFGHIJKLMNOPQRSTUVWXYZ", "over": "/sso-authorize/finish?pairing=AAAAAAAAAAAAAAAA",
		"wrong-redirect": "/sso-authorize?client_id=" + g.client.ID + "&redirect_uri=https%3A%2F%2Fevil.example%2F",
		"link-over":      "/passkey/ABCDEFGHIJKLMNOPQRSTUVWXYZ",
	} {
		g.open(path, "main h1")
		g.look(name)
	}
	g.open("/account/recover", testID("recovery-code"))
	g.look("recover")
	g.b.run(chromedp.SendKeys(chromedp.CSS(testID("recovery-code")), "AAAAA\r"))
	g.b.visible(testID("recovery-error"))
	g.look("recover-wrong")
}

// signInHere signs the browser in to the person's account.
func (g *gallery) signInHere() {
	g.t.Helper()
	g.b.state("waiting")
	ask := g.claim(g.link(g.b))
	g.b.state("claimed")
	g.look("here-claimed")
	g.approve(ask, g.b.number())
	g.b.state("approved")
	evaluate[string](g.b, `location.href = document.querySelector('[data-slot=finish]').href`)
}

func (g *gallery) account() {
	g.t.Helper()
	b := g.b
	g.open("/account", testID("qr"))
	g.look("here-waiting")
	g.signInHere()
	b.visible(testID("sign-out"))
	b.click(testID("add-passkey"))
	b.visible(testID("passkey-row"))
	g.newestFriend()
	b.run(chromedp.Navigate(g.URL + "/account"))
	b.visible(testID("notice-row"))
	evaluate[bool](b, `document.querySelector('[data-testid=passkey-row] details').open = true`)
	g.look("account")
	g.open("/account/activity", testID("activity-row"))
	g.look("activity")
	for _, act := range []struct{ name, form, then string }{
		{"ask-remove-device", `[action="/account/devices/remove"] button`, testID("sure")},
		{"ask-remove-passkey", `[action="/account/passkeys/remove"] button`, testID("sure")},
		{"ask-leave", testID("leave"), testID("sure")},
		{"ask-recovery", testID("make-recovery"), testID("sure")},
		{"connect", testID("connect-device"), testID("link")},
	} {
		g.open("/account", act.form)
		b.click(act.form)
		b.visible(act.then)
		g.look(act.name)
	}
	g.open("/account", testID("make-recovery"))
	b.click(testID("make-recovery"))
	b.click(testID("sure"))
	b.visible(testID("recovery-code"))
	g.look("recovery-codes")
	g.addByLink()
	g.open("/account", testID("leave"))
	b.click(testID("leave"))
	b.click(testID("sure"))
	b.visible(testID("stay"))
	g.look("leaving")
	b.click(testID("stay"))
	b.visible(testID("leave"))
}

// newestFriend connects one more Ham app: that is news.
func (g *gallery) newestFriend() {
	g.t.Helper()
	me, err := g.phone.Me(g.t.Context())
	if err != nil {
		g.t.Fatal(err)
	}
	g.AnotherPhone(server.User{ID: me.UserID})
}

// addByLink looks at the page behind a link for a passkey.
func (g *gallery) addByLink() {
	g.t.Helper()
	d := g.AddDevice("Mei")
	answer := d.Call(http.MethodPost, "/app/v1/passkeys/link", "")
	g.open(strings.TrimPrefix(answer.Text("link"), g.URL), testID("add-passkey"))
	g.look("add-passkey")
	g.b.click(testID("add-passkey"))
	g.b.visible(testID("passkey-added"))
	g.look("passkey-added")
}

func (g *gallery) consenting() {
	g.t.Helper()
	b := g.b
	b.run(chromedp.Navigate(g.Authorize(g.client, "prompt", "consent")))
	b.visible(testID("allow"))
	g.look("consent")
	b.click(testID("cancel"))
	b.until("the end", `document.querySelector('[data-testid=allow]') ? '' : 'yes'`)
	g.look("consent-cancelled")
}

func (g *gallery) withoutScripts() {
	g.t.Helper()
	g.scripts(false)
	g.b.run(chromedp.Navigate(g.Authorize(g.client, "prompt", "login")))
	g.b.visible(testID("plain"))
	g.scripts(true) // for who looks; the page has been read without
	g.look("noscript")
	g.scripts(false)
	g.b.click(testID("plain"))
	g.b.still("/sso-authorize/plain/")
	g.b.visible(testID("qr"))
	g.scripts(true)
	g.look("plain-waiting")
}

func (g *gallery) scripts(on bool) {
	g.t.Helper()
	call(g.b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
}

// byCamera approves another browser's sign-in with what the camera opens.
func (g *gallery) byCamera() {
	g.t.Helper()
	b := g.b
	scan := func() *servertest.Page {
		desktop, err := servertest.NewBrowser(g.URL).Open(g.t.Context(), g.Authorize(g.client))
		if err != nil {
			g.t.Fatal(err)
		}
		if _, err := desktop.Begin(g.t.Context()); err != nil {
			g.t.Fatal(err)
		}
		b.run(chromedp.Navigate(strings.Replace(strings.ToUpper(desktop.Link), strings.ToUpper(g.URL), g.URL, 1)))
		b.visible(testID("claim"))
		return desktop
	}
	claim := func() int {
		desktop := scan()
		b.click(testID("claim"))
		b.state("claimed")
		view, err := desktop.Poll(g.t.Context())
		if err != nil {
			g.t.Fatal(err)
		}
		return view.Number
	}
	answer := func(number int) {
		b.click(testID("number"))
		b.run(chromedp.SendKeys(chromedp.CSS(testID("number")), strconv.Itoa(number)))
		b.click(testID("allow"))
	}
	scan()
	g.look("camera")
	g.key.verified(false)
	b.click(testID("claim"))
	b.shown("passkey-error")
	g.look("camera-refused")
	g.key.verified(true)
	number := claim()
	g.look("camera-claimed")
	answer(10 + (number-9)%90)
	b.visible(testID("wrong-number"))
	g.look("camera-wrong-number")
	answer(number)
	b.stillAt("/Q/pairing/", testID("pairing-state"))
	g.look("camera-approved")
	claim()
	b.click(testID("cancel"))
	b.state("denied")
	g.look("camera-denied")
}

// onPhone signs in on the phone itself: first the Ham app, then the rest.
func (g *gallery) onPhone() {
	g.t.Helper()
	b := g.b
	b.asPhone()
	b.until("fingers", `matchMedia('(pointer: coarse) and (max-width: 40rem)').matches ? 'yes' : ''`)
	b.run(chromedp.Navigate(g.Authorize(g.client, "prompt", "login", "state", "phone")))
	b.visible(testID("show-code"))
	g.lookAs("phone-choices", "phone") // wider, it would show the code
	b.click(testID("show-code"))
	b.visible(testID("qr"))
	g.lookAs("phone-code", "phone")
	call(b, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{})
	call(b, emulation.ClearDeviceMetricsOverride, cdp.Empty{})
}
