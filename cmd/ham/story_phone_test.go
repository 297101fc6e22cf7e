package main

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"hamconnect/qr"
	"hamconnect/server"
)

// TestOnAPhone tells what the sign-in page does on a small touch screen.
func TestOnAPhone(t *testing.T) {
	t.Parallel()
	chrome := startChromium(t)
	for name, story := range map[string]func(*testing.T, context.Context){
		"the app is tried once, and the code is a tap away":       phoneWithoutTheApp,
		"the deep link leaves the browser":                        phoneNavigates,
		"the app opens":                                           phoneWithTheApp,
		"back from history, and again":                            phoneComesBack,
		"back from history, where storage is off":                 phoneWithoutStorage,
		"a page that stood open for long":                         phoneStoodOpen,
		"another account is not answered with the app's":          phoneOtherAccount,
		"the code that was asked for stays after it has expired":  phoneCodeExpired,
		"a passkey comes first on the account page":               phoneAccount,
		"without JavaScript there is a link and the plain form":   phoneWithoutJavaScript,
		"a request that no deep link can hold begins at the code": phoneLongState,
		"a desktop shows the code at once and tries nothing":      desktopFirst,
		"a phone that is unfolded shows the code":                 phoneUnfolded,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, chrome)
		})
	}
}

// phoneTab is a tab on a small touch screen that keeps which deep links were
// followed, and holds them back: Chromium would ask in a window of its own
// whether to open another program, and take no more input until it is told.
type phoneTab struct {
	*tab
	mu       sync.Mutex // guards followed
	followed []string
}

func openPhone(t *testing.T, chrome context.Context) *phoneTab {
	t.Helper()
	p := &phoneTab{tab: openTab(t, chrome, "")}
	p.asPhone()
	call(p.tab, runtime.AddBinding, runtime.AddBindingParams{Name: "follow"})
	call(p.tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `addEventListener('click', (e) => {
		const link = e.target.closest?.('a[href^="ham:"]');
		if (!link || e.defaultPrevented) return;
		e.preventDefault();
		window.follow(link.href);
	})`})
	followed := chromedp.Events(p.ctx, runtime.BindingCalled)
	go func() {
		for event, err := range followed {
			if err != nil {
				return // the tab is closed
			}
			p.mu.Lock()
			p.followed = append(p.followed, event.Payload)
			p.mu.Unlock()
		}
	}()
	return p
}

func (p *phoneTab) links() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.followed...)
}

// choices waits until the page lets the person choose.
func (p *phoneTab) choices() {
	p.t.Helper()
	p.until("the choices", `document.getElementById('signin')?.dataset.phone === 'choices' ? 'yes' : ''`)
	p.visible(testID("show-code"))
}

// anotherPairing waits until the page has been made anew.
func (p *phoneTab) anotherPairing(old string) {
	p.t.Helper()
	p.until("another pairing", `(document.getElementById('signin')?.dataset.pairing ?? `+quoted(old)+`) === `+quoted(old)+` ? '' : 'yes'`)
}

// unseen fails the test if an element can be seen.
func (b *tab) unseen(selector string) {
	b.t.Helper()
	if evaluate[bool](b, `!!document.querySelector(`+quoted(selector)+`)?.checkVisibility()`) {
		b.t.Errorf("%s can be seen", selector)
	}
}

// noneBegun fails the test if the page has begun its pairing.
func (c *campus) noneBegun(b *tab) {
	c.TB.Helper()
	id := evaluate[string](b, `document.getElementById('signin').dataset.pairing`)
	if _, err := c.Desktop(c.TB.Context(), id); err == nil {
		c.TB.Error("a pairing has begun that nobody asked for")
	}
}

func phoneWithoutTheApp(t *testing.T, chrome context.Context) {
	c := openCampus(t, nil)
	b := openPhone(t, chrome)
	begun := time.Now()
	b.signIn(c.app)
	// The text is gone after 1.5 s, which a slow machine may miss.
	if said := b.until("word for everybody", `document.querySelector('[data-slot=opening][role=status]')?.textContent ?? ''`); !strings.Contains(said, "Opening the Ham app") && time.Since(begun) < time.Second {
		t.Errorf("the page says %q", said)
	}
	b.choices()
	b.visible(testID("open-app"))
	b.unseen(testID("qr"))
	c.noneBegun(b.tab)
	links := b.links()
	if len(links) != 1 {
		t.Fatalf("the deep link was followed %d times", len(links))
	}
	link, err := qr.ParseLink(links[0])
	if err != nil || link.Kind != qr.KindAuthorize {
		t.Fatalf("the deep link cannot be read: %v", err)
	}
	asked, err := url.Parse(evaluate[string](b.tab, `location.href`))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"client_id": c.client.ID, "scope": "profile is_student", "redirect_uri": c.app + "/callback",
		"state": asked.Query().Get("state"), "code_challenge": asked.Query().Get("code_challenge"), "code_challenge_method": "S256",
	} {
		if got := link.Authorize.Get(name); got != want || want == "" {
			t.Errorf("the deep link has %s=%q, want %q", name, got, want)
		}
	}
	if strings.Contains(links[0], "+") || !strings.Contains(links[0], "scope=profile%20is_student") {
		t.Error("a space is not written in the way that everybody reads")
	}

	// The button follows the same link, and only when it is pressed.
	b.click(testID("open-app"))
	eventually(t, "the second try", func() (string, bool) { return "", len(b.links()) == 2 })
	if again := b.links(); again[1] != again[0] {
		t.Error("the button opens something else")
	}

	// The code is reachable by keyboard, and the pairing goes on as ever.
	b.tabTo("show-code")
	b.run(chromedp.KeyEvent(kb.Enter))
	b.visible(testID("qr"))
	b.until("the focus at the code", `document.querySelector('.panel').contains(document.activeElement) ? 'yes' : ''`)
	ask := c.claim(c.link(b.tab))
	b.state("claimed")
	b.unseen(testID("open-app"))
	c.approve(ask, b.number())
	b.greeted("Lin")
	if n := len(b.links()); n != 2 {
		t.Errorf("the deep link was followed %d times", n)
	}
}

// phoneNavigates lets the deep link go where it leads, and looks from outside.
func phoneNavigates(t *testing.T, chrome context.Context) {
	c := openCampus(t, onLocalhost)
	b := &phoneTab{tab: openTab(t, chrome, `(Failed|Not allowed) to launch 'ham://`)}
	b.asPhone()
	requested := chromedp.Events(b.ctx, page.FrameRequestedNavigation)
	b.signIn(c.app)
	for event, err := range requested {
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(event.URL, "ham://") {
			if want := evaluate[string](b.tab, `document.querySelector('[data-testid=open-app]').href`); event.URL != want {
				t.Errorf("the browser is sent to another link than the button shows")
			}
			break
		}
	}
	b.choices() // the page is still there, and so are its scripts
	b.visible(testID("passkey-button"))
}

// phoneWithTheApp has an app that opens: the page is hidden while it is there.
func phoneWithTheApp(t *testing.T, chrome context.Context) {
	c := openCampus(t, nil)
	b := openPhone(t, chrome)
	call(b.tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `
		{
			let hidden = false;
			Object.defineProperty(document, 'visibilityState', { get: () => hidden ? 'hidden' : 'visible' });
			window.leave = () => { hidden = true; document.dispatchEvent(new Event('visibilitychange')); };
			window.comeBack = () => { hidden = false; document.dispatchEvent(new Event('visibilitychange')); };
			const wait = setTimeout;
			window.setTimeout = (f, ms, ...a) => { if (ms === 1500) window.leave(); return wait(f, ms, ...a); };
		}`})
	b.signIn(c.app)
	eventually(t, "the deep link", func() (string, bool) { return "", len(b.links()) == 1 })
	time.Sleep(2 * time.Second) // longer than the page waits
	if got := evaluate[string](b.tab, `document.getElementById('signin').dataset.phone`); got != "opening" {
		t.Errorf("behind the app the page went on to %q", got)
	}
	evaluate[chromedp.Void](b.tab, `window.comeBack()`)
	b.choices()
	if said := b.until("word", `document.querySelector('[data-slot=opening]').textContent`); !strings.Contains(said, "Did the Ham app not open?") {
		t.Errorf("the page says %q", said)
	}

	// What the link asks is what the app approves, on the same device.
	link, err := qr.ParseLink(b.links()[0])
	if err != nil {
		t.Fatal(err)
	}
	ask, err := c.phone.CheckAuthorize(t.Context(), link.Authorize)
	if err != nil {
		t.Fatal(err)
	}
	back, err := c.phone.ApproveAuthorize(t.Context(), ask, ask.ScopeNames())
	if err != nil {
		t.Fatal(err)
	}
	b.run(chromedp.Navigate(back))
	b.greeted("Lin")
}

func phoneComesBack(t *testing.T, chrome context.Context) {
	c := openCampus(t, nil)
	b := openPhone(t, chrome)
	b.signIn(c.app)
	b.choices()
	b.run(chromedp.Navigate(c.app))
	b.visible(testID("sign-in"))
	b.run(chromedp.NavigateBack())
	b.choices()
	b.run(chromedp.Reload())
	b.choices()
	old := evaluate[string](b.tab, `document.getElementById('signin').dataset.pairing`)
	evaluate[chromedp.Void](b.tab, `location.assign(location.href)`) // as a link to the same request would
	b.anotherPairing(old)
	b.choices()
	b.click(testID("show-code"))
	b.click(testID("cancel"))
	b.state("cancelled")
	b.click(testID("try-again"))
	b.state("waiting")
	b.visible(testID("qr")) // which they had asked for
	b.visible(testID("open-app"))
	if links := b.links(); len(links) != 1 {
		t.Errorf("the app was opened %d times", len(links))
	}

	// Another sign-in is another try.
	b.run(chromedp.Navigate(c.app + "/login"))
	b.choices()
	if links := b.links(); len(links) != 2 || links[0] == links[1] {
		t.Errorf("the second sign-in: %d links", len(links))
	}
}

func phoneWithoutStorage(t *testing.T, chrome context.Context) {
	c := openCampus(t, nil)
	b := openPhone(t, chrome)
	call(b.tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('storage is off'); } })`,
	})
	b.signIn(c.app)
	b.choices()
	b.run(chromedp.Reload())
	b.choices()
	b.run(chromedp.Navigate(c.app))
	b.visible(testID("sign-in"))
	b.run(chromedp.NavigateBack())
	b.choices()
	if links := b.links(); len(links) != 1 {
		t.Errorf("the app was opened %d times", len(links))
	}
}

// phoneStoodOpen asks for the code when the pairing's cookie may be gone: the
// page gets itself another one.
func phoneStoodOpen(t *testing.T, chrome context.Context) {
	c := openCampus(t, nil)
	b := openPhone(t, chrome)
	b.signIn(c.app)
	b.choices()
	old := evaluate[string](b.tab, `document.getElementById('signin').dataset.pairing`)
	evaluate[chromedp.Void](b.tab, `performance.now = () => 10 * 60 * 1000`)
	b.click(testID("show-code"))
	b.anotherPairing(old)
	b.visible(testID("qr"))
	ask := c.claim(c.link(b.tab))
	b.state("claimed")
	c.approve(ask, b.number())
	b.greeted("Lin")
	if links := b.links(); len(links) != 1 {
		t.Errorf("the app was opened %d times", len(links))
	}
}

func phoneOtherAccount(t *testing.T, chrome context.Context) {
	c := openCampus(t, nil)
	b := openPhone(t, chrome)
	b.run(chromedp.Navigate(c.Authorize(c.client, "prompt", "login")))
	b.choices()
	b.visible(testID("open-app"))
	if links := b.links(); len(links) != 0 {
		t.Errorf("the app was opened without being asked: %d", len(links))
	}
	if said := evaluate[string](b.tab, `document.querySelector('[data-slot=opening]').textContent`); said != "" {
		t.Errorf("the page speaks of an app that it did not open: %q", said)
	}
}

func phoneCodeExpired(t *testing.T, chrome context.Context) {
	c := openCampus(t, nil)
	b := openPhone(t, chrome)
	b.signIn(c.app)
	b.choices()
	c.Clock.Advance(4 * time.Minute) // longer than a code on a screen lasts
	b.click(testID("show-code"))
	b.visible(testID("qr"))
	link := c.link(b.tab)
	c.Clock.Advance(4 * time.Minute)
	b.state("expired")
	b.unseen(testID("open-app"))
	b.click(testID("try-again"))
	b.state("waiting")
	b.visible(testID("qr"))
	fresh := c.link(b.tab)
	if fresh == link {
		t.Error("the code is the old one")
	}
	ask := c.claim(fresh)
	b.state("claimed")
	c.approve(ask, b.number())
	b.greeted("Lin")
}

func phoneAccount(t *testing.T, chrome context.Context) {
	c := openCampus(t, onLocalhost)
	b := openPhone(t, chrome)
	b.run(chromedp.Navigate(c.PublicURL() + "/account"))
	b.choices()
	b.visible(testID("passkey-button"))
	b.unseen(testID("qr"))
	if n := evaluate[int](b.tab, `document.querySelectorAll('[data-testid=open-app], a[href^="ham:"]').length`); n != 0 {
		t.Errorf("there are %d deep links", n)
	}
	c.noneBegun(b.tab)
	b.click(testID("show-code"))
	ask := c.claim(c.link(b.tab))
	b.state("claimed")
	c.approve(ask, b.number())
	b.visible(testID("sign-out"))
	if len(b.links()) != 0 {
		t.Error("an app was opened")
	}
}

// onLocalhost lets a provider have passkeys: they want a name.
func onLocalhost(config *server.Config) {
	config.PublicURL = strings.Replace(config.PublicURL, "127.0.0.1", "localhost", 1)
}

func phoneWithoutJavaScript(t *testing.T, chrome context.Context) {
	c := openCampus(t, nil)
	b := openPhone(t, chrome)
	call(b.tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.signIn(c.app)
	b.visible(testID("open-app"))
	b.unseen(testID("show-code"))
	b.unseen(testID("qr"))
	if links := b.links(); len(links) != 0 {
		t.Errorf("the app was opened %d times", len(links))
	}
	link, err := qr.ParseLink(evaluate[string](b.tab, `document.querySelector('[data-testid=open-app]').href`))
	if err != nil || link.Authorize.Get("client_id") != c.client.ID {
		t.Errorf("the link cannot be read: %v", err)
	}
	b.click(testID("plain"))
	b.still("/sso-authorize/plain/")
	b.state("waiting")
	code := b.until("the QR code", `document.querySelector('[data-testid=qr]')?.dataset.link ?? ''`)
	c.followedBy(b.tab)
	ask := c.claim(code)
	b.still("?after=")
	b.state("claimed")
	number := b.number()
	b.reload()
	c.approve(ask, number)
	b.greeted("Lin")
}

func phoneLongState(t *testing.T, chrome context.Context) {
	c := openCampus(t, nil)
	b := openPhone(t, chrome)
	b.run(chromedp.Navigate(c.Authorize(c.client, "state", strings.Repeat("/", 1500)))) // %2F each: too long for the app
	b.visible(testID("qr"))
	b.state("waiting")
	c.claim(c.link(b.tab))
	b.state("claimed")
	if links := b.links(); len(links) != 0 {
		t.Errorf("a deep link that the app would refuse was followed")
	}
}

func desktopFirst(t *testing.T, chrome context.Context) {
	c := openCampus(t, onLocalhost)
	b := openTab(t, chrome, "") // where a try would be complained of
	b.signIn(c.app)
	b.state("waiting")
	b.visible(testID("qr"))
	for _, hidden := range []string{"open-app", "show-code"} {
		b.unseen(testID(hidden))
	}
	c.claim(c.link(b))
	b.state("claimed")
	if got := evaluate[string](b, `document.querySelector('[data-slot=passkey]').parentElement.className`); got != "asks" {
		t.Errorf("the passkey stands in %q", got)
	}
	// A small window of a desktop is no phone.
	call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 390, Height: 844, DeviceScaleFactor: 1})
	b.run(chromedp.Navigate(c.app + "/login"))
	b.visible(testID("qr"))
	b.unseen(testID("open-app"))
}

func phoneUnfolded(t *testing.T, chrome context.Context) {
	c := openCampus(t, nil)
	b := openPhone(t, chrome)
	b.signIn(c.app)
	b.choices()
	call(b.tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 900, Height: 900, DeviceScaleFactor: 1, Mobile: true})
	b.visible(testID("qr"))
	b.unseen(testID("open-app"))
	c.claim(c.link(b.tab))
	b.state("claimed")
	b.asPhone()
	b.visible(testID("check-number"))
}
