package main

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"hamconnect/cmd/ham/library"
	"hamconnect/server"
	"hamconnect/server/servertest"
	"hamconnect/tui/client"
)

// TestInARealBrowser tells its stories in one Chromium; each has a profile of
// its own. Every one of them fails too when the browser's console shows an
// error or the content security policy was violated.
func TestInARealBrowser(t *testing.T) {
	t.Parallel()
	chrome := startChromium(t)
	for name, story := range map[string]func(*testing.T, context.Context){
		"a screenshot is scanned, and the app greets its reader": scanAScreenshot,
		"the demo in OpenMaster's dialect":                       demoInOpenMaster,
		"without JavaScript":                                     withoutJavaScript,
		"without JavaScript, cancelled":                          cancelWithoutJavaScript,
		"a proxy refuses WebSockets":                             withoutSockets(http.StatusBadRequest),
		"a proxy swallows WebSockets":                            withoutSockets(0),
		"cancelled on the page":                                  cancelOnThePage,
		"not me":                                                 notMe,
		"refused in the app":                                     refusedInTheApp,
		"what has expired rests until a click":                   expiredRests,
		"the server restarts while the page waits":               serverRestarts,
		"two tabs of one browser":                                twoTabs,
		"with the keyboard alone":                                keyboardAlone,
		"without cookies":                                        withoutCookies,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, chrome)
		})
	}
}

func startChromium(t *testing.T, more ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(need(t, "chromium")),
		chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()),
		chromedp.WindowSize(1280, 900),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Env("LANG=en_US.UTF-8", "LANGUAGE=en"),
		chromedp.Flag("lang", "en-US"),
		chromedp.WSURLReadTimeout(time.Minute),
	)
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), append(options, more...)...)
	chrome, closeChrome := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		_ = chromedp.Cancel(chrome) // waits for the process; what it says of its end is of no interest
		closeChrome()
		cancel()
	})
	if err := chromedp.Do(chrome); err != nil {
		t.Fatalf("starting Chromium: %v", err)
	}
	return chrome
}

// tab is one tab of the browser.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex // guards problems
	problems []string   // of the console
}

// openTab opens a tab in a new profile, or in that of parent.
func openTab(t *testing.T, parent context.Context, allowed string) *tab {
	t.Helper()
	var options []chromedp.ContextOption
	if c := chromedp.FromContext(parent); c.BrowserContextID == "" {
		options = append(options, chromedp.WithNewBrowserContext())
	}
	ctx, closeTab := chromedp.NewContext(parent, options...)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	b := &tab{t: t, ctx: ctx}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the page at the end:\n%s", b.describe())
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		fine := regexp.MustCompile(allowed)
		for _, problem := range b.problems {
			if allowed == "" || !fine.MatchString(problem) {
				t.Errorf("the console shows: %s", problem)
			}
		}
		cancel()
		closeTab()
	})
	go b.listen(chromedp.Console(ctx))
	call(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `addEventListener('securitypolicyviolation', (e) => console.error('CSP violated: ' + e.violatedDirective + ' by ' + e.blockedURI), true)`,
	})
	return b
}

// listen keeps what the console complains of.
func (b *tab) listen(console iter.Seq2[chromedp.ConsoleMessage, error]) {
	for m, err := range console {
		if err != nil {
			return // the tab is closed
		}
		switch m.Type {
		case chromedp.ConsoleWarning, chromedp.ConsoleError, chromedp.ConsoleException:
			b.mu.Lock()
			b.problems = append(b.problems, m.String()+" ("+m.URL+")")
			b.mu.Unlock()
		case chromedp.ConsoleLog, chromedp.ConsoleDebug, chromedp.ConsoleInfo:
		}
	}
}

// call sends a command of the DevTools protocol.
func call[P, R any](b *tab, command cdp.Command[P, R], parameters P) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, command, parameters); err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// evaluate gives the value of an expression.
func evaluate[T any](b *tab, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatal(err)
	}
	return value
}

// until polls an expression until it gives a text that is not empty. While the
// page changes under it there is no answer; then it asks again.
func (b *tab) until(what, expression string) (text string) {
	b.t.Helper()
	eventually(b.t, what, func() (string, bool) {
		ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
		defer cancel()
		var err error
		if text, err = chromedp.Run(ctx, chromedp.Evaluate[string](expression)); err != nil {
			return err.Error(), false
		}
		if text != "" {
			return "", true
		}
		return b.describe(), false
	})
	return text
}

// describe is what a person would say of the page.
func (b *tab) describe() string {
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + '\n' + document.body?.innerText`))
	if err != nil {
		return err.Error()
	}
	return text
}

const stateOf = `(document.querySelector('[data-testid=pairing-state]')?.dataset.state ?? '')`

// state waits until the pairing on the page is in a state.
func (b *tab) state(want string) {
	b.t.Helper()
	b.until("the page to show "+want, fmt.Sprintf(`%s === %q ? 'yes' : ''`, stateOf, want))
}

// shown is the text of the element that a test id names, once there is any.
func (b *tab) shown(id string) string {
	b.t.Helper()
	return b.until(id, fmt.Sprintf(`[...document.querySelectorAll('[data-testid=%q]')].find((e) => e.checkVisibility())?.innerText ?? ''`, id))
}

// says waits for a text within the element that a selector finds. A page that
// comes in pieces may have said something else before.
func (b *tab) says(selector, text string) {
	b.t.Helper()
	b.until(text, fmt.Sprintf(`document.querySelector(%q)?.innerText.includes(%q) ? 'yes' : ''`, selector, text))
}

func (b *tab) visible(selector string) {
	b.t.Helper()
	b.until(selector, fmt.Sprintf(`document.querySelector(%q)?.checkVisibility() ? 'yes' : ''`, selector))
}

func (b *tab) number() int {
	b.t.Helper()
	n, err := strconv.Atoi(b.shown("check-number"))
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

// click presses the mouse on what a selector finds; it moves there as a person does.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.visible(selector)
	b.run(chromedp.Click(chromedp.CSS(selector)))
}

// A page that follows without scripts is always loading what comes next, and
// DevTools are told nothing of it until that has come. So it is looked at only
// while it is still; reloaded, it follows again.

// still waits until the page at an address like that has come, and keeps it.
func (b *tab) still(address string) {
	b.t.Helper()
	b.stillAt(address, ".asks")
}

// stillAt is still for any page; whole is what comes last on it.
func (b *tab) stillAt(address, whole string) {
	b.t.Helper()
	eventually(b.t, "the page at "+address, func() (string, bool) {
		history, err := chromedp.Call(b.ctx, page.GetNavigationHistory, cdp.Empty{})
		if err != nil {
			return err.Error(), false
		}
		at := history.Entries[history.CurrentIndex].URL
		if !strings.Contains(at, address) {
			return at, false
		}
		time.Sleep(100 * time.Millisecond) // what has come in half is stopped too
		if _, err := chromedp.Call(b.ctx, page.StopLoading, cdp.Empty{}); err != nil {
			return err.Error(), false // it changes at this very moment
		}
		ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
		defer cancel()
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`!!document.querySelector(`+quoted(whole)+`)`))
		if err != nil {
			return err.Error(), false
		}
		if !is {
			b.reload()
		}
		return at + ", in part", is
	})
}

func (b *tab) reload() {
	b.t.Helper()
	call(b, page.Reload, page.ReloadParams{})
}

func testID(id string) string { return fmt.Sprintf("[data-testid=%q]", id) }

// screenshot saves what the screen shows now.
func (b *tab) screenshot() string {
	b.t.Helper()
	picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	path := filepath.Join(b.t.TempDir(), "screenshot.png")
	if err := os.WriteFile(path, picture, 0o600); err != nil {
		b.t.Fatal(err)
	}
	return path
}

// signIn goes to the app and presses its button, as everybody begins.
func (b *tab) signIn(app string) {
	b.t.Helper()
	b.run(chromedp.Navigate(app))
	b.click(testID("sign-in"))
	b.until("the sign-in page", stateOf)
}

// greeted waits until the app greets its reader.
func (b *tab) greeted(name string) {
	b.t.Helper()
	if got := b.shown("nickname"); got != name {
		b.t.Errorf("the app greets %q, not %s", got, name)
	}
}

// demoProcess is a running ham demo.
type demoProcess struct {
	*process
	app, provider, config string
}

var demoWelcome = regexp.MustCompile(`Open +(\S+)[\s\S]*ham approve LINK --config (\S+)[\s\S]*The provider is (\S+)\.`)

func startDemo(t *testing.T, args ...string) demoProcess {
	t.Helper()
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	appPort, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	p, err := startProcess(os.Environ(), t.TempDir(), "ham", append([]string{"demo", "--port", strconv.Itoa(port), "--app-port", strconv.Itoa(appPort)}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		code, err := p.end(syscall.SIGTERM, 10*time.Second)
		if err != nil || code != 0 {
			t.Errorf("the demo ended with %d, %v", code, err)
		}
		if t.Failed() {
			t.Logf("the demo said:\n%s", p.output.String())
		}
	})
	var said []string
	eventually(t, "the demo's welcome", func() (string, bool) {
		said = demoWelcome.FindStringSubmatch(p.output.String())
		return p.output.String(), said != nil
	})
	d := demoProcess{process: p, app: said[1], config: said[2], provider: said[3]}
	if err := p.ready(d.provider); err != nil {
		t.Fatal(err)
	}
	return d
}

// scan gives a picture or link to ham approve, and waits until it is claimed.
// The process then waits for the number on its standard input.
func scan(t *testing.T, linkOrPicture, config string) *process {
	t.Helper()
	p, err := startProcess(os.Environ(), t.TempDir(), "ham", "approve", linkOrPicture, "--number", "-", "--json", "--config", config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	eventually(t, "the claim", func() (string, bool) {
		select {
		case <-p.ended:
			t.Fatalf("ham approve ended: %s", p.output.String())
		default:
		}
		return p.output.String(), strings.Contains(p.output.String(), `"state":"claimed"`)
	})
	return p
}

// answer types the number.
func (p *process) answer(t *testing.T, number int) {
	t.Helper()
	if _, err := fmt.Fprintln(p.stdin, number); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.ended:
	case <-time.After(patience):
		t.Fatal("ham approve does not end")
	}
	if p.err != nil || !strings.Contains(p.output.String(), `"state":"approved"`) {
		t.Fatalf("ham approve: %v: %s", p.err, p.output.String())
	}
}

// campus is a provider and Campus Library in this process, so that a story can
// move the clock, stop the server and be the phone. They are on two sites.
type campus struct {
	*servertest.Provider
	app    string
	client servertest.App
	phone  *client.Account
}

func openCampus(t *testing.T, change func(*server.Config)) *campus {
	t.Helper()
	return openCampusOn(t, servertest.Start(t, change))
}

func openCampusOn(t *testing.T, p *servertest.Provider) *campus {
	t.Helper()
	c := &campus{Provider: p}
	web := httptest.NewUnstartedServer(nil)
	c.app = "http://localhost" + web.Listener.Addr().String()[strings.LastIndex(web.Listener.Addr().String(), ":"):]
	c.client = c.AddApp(func(app *server.Client) {
		app.RedirectURIs = []string{c.app + "/callback"}
		app.IconURL, app.Homepage = c.app+"/icon.png", c.app
	})
	c.phone = c.newPhone(t)
	web.Config.Handler = library.New(library.Config{Provider: c.PublicURL(), Dialect: library.Ham{}, ClientID: c.client.ID, ClientSecret: c.client.Secret, URL: c.app}).Handler()
	web.Start()
	t.Cleanup(web.Close)
	return c
}

// link is what the QR code says, once the pairing has begun: the page begins
// it a moment after it is shown.
func (c *campus) link(b *tab) string {
	c.TB.Helper()
	id := b.until("the pairing", `document.getElementById('signin').dataset.pairing`)
	eventually(c.TB, "the pairing to begin", func() (string, bool) {
		_, err := c.Desktop(c.TB.Context(), id)
		return fmt.Sprint(err), err == nil
	})
	return b.until("the QR code", `document.querySelector('[data-testid=qr]')?.dataset.link ?? ''`)
}

// followedBy reloads a page without scripts that was kept still, and waits until
// it follows again.
func (c *campus) followedBy(b *tab) {
	c.TB.Helper()
	before := c.Followed()
	b.reload()
	eventually(c.TB, "the page to follow", func() (string, bool) { return "it does not ask", c.Followed() > before })
}

func (c *campus) claim(link string) *client.Ask {
	c.TB.Helper()
	ask, err := c.phone.Claim(c.TB.Context(), servertest.Code(link))
	if err != nil {
		c.TB.Fatal(err)
	}
	return ask
}

func (c *campus) approve(ask *client.Ask, number int) {
	c.TB.Helper()
	if _, err := c.phone.Approve(c.TB.Context(), ask, number, ask.ScopeNames()); err != nil {
		c.TB.Fatal(err)
	}
}

func scanAScreenshot(t *testing.T, chrome context.Context) {
	demo := startDemo(t)
	b := openTab(t, chrome, "")
	b.signIn(demo.app)
	b.state("waiting")
	if name := b.shown("app-name"); !strings.Contains(name, "Campus Library") {
		t.Errorf("the page names the app %q", name)
	}
	for _, scope := range []string{"profile", "is_student"} {
		b.visible(testID("scope-" + scope))
	}
	if number := b.until("the number's place", `document.querySelector('[data-testid=check-number]')?.innerText ?? 'nowhere'`); number != "nowhere" {
		t.Errorf("before the claim the page has a place for the number, with %q", number)
	}
	b.until("the script to be at work", `document.querySelector('.panel [data-action=copy]:not([hidden])') ? 'yes' : ''`)
	b.until("the app's icon", `document.querySelector('.icon img')?.naturalWidth ? 'yes' : ''`)

	eventually(t, "the socket", func() (string, bool) {
		return demo.output.String(), strings.Contains(demo.output.String(), "The page connected")
	})
	phone := scan(t, b.screenshot(), demo.config)
	b.state("claimed")
	if name := b.shown("account-name"); !strings.Contains(name, "Lin") {
		t.Errorf("the page names %q", name)
	}
	b.until("the person's picture", `document.querySelector('.avatar img')?.naturalWidth ? 'yes' : ''`)
	phone.answer(t, b.number())
	b.greeted("Lin")
	if student := b.shown("student"); student != "yes" {
		t.Errorf("the app says of student: %s", student)
	}
	if history := evaluate[int](b, `history.length`); history > 4 {
		t.Errorf("%d pages are in the history: the way back leads through the sign-in", history)
	}
}

func withoutJavaScript(t *testing.T, chrome context.Context) {
	c := openCampus(t, nil)
	b := openTab(t, chrome, "")
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.signIn(c.app)
	b.click(testID("plain"))
	b.still("/sso-authorize/plain/")
	b.state("waiting")
	b.visible(testID("qr"))
	picture := b.screenshot()
	c.followedBy(b)
	link, err := client.Find(t.Context(), picture)
	if err != nil {
		t.Fatal(err)
	}
	ask, err := c.phone.Claim(t.Context(), link.Code)
	if err != nil {
		t.Fatal(err)
	}
	b.still("?after=") // it has followed by itself
	b.state("claimed")
	if name := b.shown("account-name"); !strings.Contains(name, "Lin") {
		t.Errorf("the page names %q", name)
	}
	number := b.number()
	b.reload()
	c.approve(ask, number)
	b.greeted("Lin")
}

func cancelWithoutJavaScript(t *testing.T, chrome context.Context) {
	c := openCampus(t, nil)
	b := openTab(t, chrome, "")
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.signIn(c.app)
	b.click(testID("plain"))
	b.still("/sso-authorize/plain/")
	b.state("waiting")
	b.click(testID("cancel"))
	b.state("cancelled")
	b.click(testID("try-again"))
	b.visible(testID("plain"))
}

// withoutSockets puts a proxy before the provider that refuses upgrades, or
// never answers them.
func withoutSockets(status int) func(*testing.T, context.Context) {
	return func(t *testing.T, chrome context.Context) {
		var target *url.URL
		refused := make(chan struct{}, 100)
		quit := make(chan struct{})
		proxy := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Upgrade") == "" {
				(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
					p.SetURL(target)
					p.Out.Host = p.In.Host
				}}).ServeHTTP(w, r)
				return
			}
			refused <- struct{}{}
			if status == 0 {
				select {
				case <-r.Context().Done():
				case <-quit:
				}
				return
			}
			http.Error(w, "no upgrades here", status)
		}))
		proxy.Start()
		t.Cleanup(proxy.Close)
		t.Cleanup(func() { close(quit) })
		c := openCampus(t, func(config *server.Config) {
			target, _ = url.Parse(config.PublicURL)
			config.PublicURL = proxy.URL
		})
		b := openTab(t, chrome, "WebSocket connection to")
		b.signIn(c.app)
		b.state("waiting")
		ask := c.claim(c.link(b))
		b.state("claimed")
		b.until("no complaint", `document.querySelector('[data-slot=lost]').hidden ? 'yes' : ''`)
		c.approve(ask, b.number())
		b.greeted("Lin")
		if len(refused) == 0 {
			t.Error("no socket was tried, so this shows nothing")
		}
	}
}

func cancelOnThePage(t *testing.T, chrome context.Context) {
	c := openCampus(t, nil)
	b := openTab(t, chrome, "")
	b.signIn(c.app)
	link := c.link(b)
	b.click(testID("cancel"))
	b.state("cancelled")
	if _, err := c.phone.Claim(t.Context(), servertest.Code(link)); exitCode(err) != exitRefused {
		t.Errorf("the phone is told: %v", err)
	}
	b.click(testID("try-again"))
	b.state("waiting")
	ask := c.claim(c.link(b))
	b.state("claimed")
	b.click(testID("cancel"))
	b.state("cancelled")
	if _, err := c.phone.Approve(t.Context(), ask, 42, nil); exitCode(err) != exitRefused {
		t.Errorf("the phone is told: %v", err)
	}
}

func notMe(t *testing.T, chrome context.Context) {
	c := openCampus(t, nil)
	b := openTab(t, chrome, "")
	b.signIn(c.app)
	ask := c.claim(c.link(b))
	b.state("claimed")
	// The page goes on a second after the approval. A person has that second;
	// a test machine may be slower, so the press is prepared beforehand.
	evaluate[chromedp.Void](b, `new MutationObserver(() => {
		if (`+stateOf+` === 'approved') document.querySelector('[data-testid=cancel]').click();
	}).observe(document.querySelector('[data-testid=pairing-state]'), { attributes: true, childList: true, subtree: true })`)
	c.approve(ask, b.number())
	b.state("cancelled")
	status, err := c.phone.Status(t.Context(), ask.PairingID, 0, 0)
	if err != nil || status.State != "cancelled" {
		t.Errorf("the phone sees %v, %v", status.State, err)
	}
	// And it stays: no navigation is still on its way.
	time.Sleep(1500 * time.Millisecond)
	b.state("cancelled")
	b.visible(testID("try-again"))
}

func refusedInTheApp(t *testing.T, chrome context.Context) {
	c := openCampus(t, nil)
	b := openTab(t, chrome, "")
	b.signIn(c.app)
	ask := c.claim(c.link(b))
	b.state("claimed")
	if _, err := c.phone.Deny(t.Context(), ask); err != nil {
		t.Fatal(err)
	}
	b.state("denied")
	b.visible(testID("try-again"))
	b.click(`.actions a[href="` + c.app + `"]`) // back to the app
	b.visible(testID("sign-in"))
}

func expiredRests(t *testing.T, chrome context.Context) {
	c := openCampus(t, nil)
	b := openTab(t, chrome, "")
	b.signIn(c.app)
	first := c.link(b)
	// After 30 s there is another code, by itself.
	c.Clock.Advance(31 * time.Second)
	b.until("another code", fmt.Sprintf(`(document.querySelector('[data-testid=qr]')?.dataset.link ?? %q) !== %[1]q ? 'yes' : ''`, first))
	c.Clock.Advance(3 * time.Minute)
	b.state("expired")
	// It rests: nothing is asked of the server any more.
	evaluate[chromedp.Void](b, `performance.clearResourceTimings()`)
	time.Sleep(2 * time.Second)
	if asked := b.until("the count", `String(performance.getEntriesByType('resource').length)`); asked != "0" {
		t.Errorf("%s requests were made at rest", asked)
	}
	b.state("expired")
	b.click(testID("try-again"))
	b.state("waiting")
	c.phone = c.newPhone(t)
	ask := c.claim(c.link(b))
	b.state("claimed")
	c.Clock.Advance(61 * time.Second) // a claim has a minute of its own
	b.state("expired")
	if _, err := c.phone.Approve(t.Context(), ask, 42, nil); exitCode(err) != exitLink {
		t.Errorf("the phone is told: %v", err)
	}
}

// newPhone enrols one more phone of a new person.
func (c *campus) newPhone(t *testing.T) *client.Account {
	t.Helper()
	phone, user := c.AddPhone("Lin")
	if _, err := c.Admin().UpdateUser(t.Context(), user.ID, func(u *server.User) { u.AvatarURL = c.app + "/people/lin.png" }); err != nil {
		t.Fatal(err)
	}
	return phone
}

func serverRestarts(t *testing.T, chrome context.Context) {
	c := openCampus(t, nil)
	b := openTab(t, chrome, "WebSocket connection to|Failed to load resource: net::ERR_")
	lost := `document.querySelector('[data-slot=lost]').checkVisibility()`
	b.signIn(c.app)
	b.state("waiting")
	c.link(b) // the socket is open
	c.Stop()
	b.until("a notice", lost+` ? 'yes' : ''`)
	c.Restart()
	b.until("no notice", lost+` ? '' : 'yes'`)
	ask := c.claim(c.link(b))
	b.state("claimed")
	number := b.number()
	c.Restart()
	b.state("claimed")
	if b.number() != number {
		t.Error("the number is another one after the restart")
	}
	c.approve(ask, number)
	b.greeted("Lin")
}

func twoTabs(t *testing.T, chrome context.Context) {
	c := openCampus(t, nil)
	one := openTab(t, chrome, "")
	two := openTab(t, one.ctx, "status of 400") // Campus Library knows no such state
	for _, b := range []*tab{one, two} {
		b.run(chromedp.Navigate(c.Authorize(c.client, "state", "of no session")))
		b.state("waiting")
	}
	first, second := c.link(one), c.link(two)
	if first == second {
		t.Fatal("two tabs show one code")
	}
	ask := c.claim(second)
	two.state("claimed")
	one.state("waiting")
	one.click(testID("cancel"))
	one.state("cancelled")
	two.state("claimed")
	c.approve(ask, two.number())
	two.until("the app", fmt.Sprintf(`location.href.startsWith(%q) ? 'yes' : ''`, c.app+"/callback?code="))
	one.state("cancelled")
}

// focused is the test id, or the action, of what has the focus.
const focused = `(document.activeElement.dataset.testid ?? document.activeElement.dataset.action ?? document.activeElement.tagName)`

// tabTo presses Tab until the focus is where it is wanted, and that can be seen.
func (b *tab) tabTo(want string) {
	b.t.Helper()
	var passed []string
	for range 12 {
		b.run(chromedp.KeyEvent(kb.Tab))
		at := evaluate[string](b, focused)
		if at == want {
			if evaluate[string](b, `getComputedStyle(document.activeElement).outlineStyle`) == "none" {
				b.t.Errorf("the focus on %s cannot be seen", want)
			}
			return
		}
		passed = append(passed, at)
	}
	b.t.Fatalf("Tab does not lead to %s, but to %v", want, passed)
}

func keyboardAlone(t *testing.T, chrome context.Context) {
	c := openCampus(t, nil)
	b := openTab(t, chrome, "")
	b.run(chromedp.Navigate(c.app))
	b.tabTo("sign-in")
	b.run(chromedp.KeyEvent(kb.Enter))
	b.state("waiting")
	b.visible(".panel [data-action=copy]")
	b.tabTo("copy")
	label := b.until("the button", `document.activeElement.innerText`)
	b.run(chromedp.KeyEvent(kb.Enter))
	b.until("word that it was copied", fmt.Sprintf(`document.activeElement.innerText !== %q ? 'yes' : ''`, label))
	if said := b.until("word for screen readers", `document.querySelector('[data-slot=announce]').innerText`); said != "Copied" {
		t.Errorf("screen readers hear %q", said)
	}
	b.tabTo("cancel")
	// A change of state keeps the focus in the panel.
	ask := c.claim(c.link(b))
	b.state("claimed")
	b.until("the focus in the panel", `document.querySelector('.panel').contains(document.activeElement) ? 'yes' : ''`)
	if said := b.until("word for screen readers", `document.querySelector('[data-slot=announce]').innerText`); !strings.Contains(said, "Lin") || !strings.Contains(said, strconv.Itoa(b.number())) {
		t.Errorf("screen readers hear %q", said)
	}
	b.tabTo("cancel")
	b.run(chromedp.KeyEvent(kb.Enter))
	b.state("cancelled")
	b.tabTo("try-again")
	b.run(chromedp.KeyEvent(kb.Enter))
	b.state("waiting")
	if _, err := c.phone.Approve(t.Context(), ask, 42, nil); exitCode(err) != exitRefused {
		t.Errorf("the phone is told: %v", err)
	}
}

func withoutCookies(t *testing.T, chrome context.Context) {
	c := openCampus(t, nil)
	b := openTab(t, chrome, "WebSocket connection to|status of 403")
	// Every cookie is dropped on its way, as by a browser that blocks them.
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		target, _ := url.Parse(c.URL)
		(&httputil.ReverseProxy{
			Rewrite:        func(p *httputil.ProxyRequest) { p.SetURL(target); p.Out.Host = p.In.Host },
			ModifyResponse: func(r *http.Response) error { r.Header.Del("Set-Cookie"); return nil },
		}).ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	b.run(chromedp.Navigate(strings.Replace(c.Authorize(c.client), c.URL, proxy.URL, 1)))
	b.visible("[data-slot=stuck]")
}
