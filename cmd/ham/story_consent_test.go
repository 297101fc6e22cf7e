package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"hamconnect/server"
)

// TestASignedInBrowser tells what happens to who is signed in in their browser:
// on the consent page, with a passkey that is not accepted any more, and in a
// page that stood open for long.
func TestASignedInBrowser(t *testing.T) {
	t.Parallel()
	chrome := startChromium(t)
	for name, story := range map[string]func(*testing.T, context.Context){
		"two tabs with one request":      consentInTwoTabs,
		"the back button":                consentAndBack,
		"passkeys that are refused":      passkeysRefused,
		"autofill in a page that is old": autofillRenewed,
		"another account":                anotherAccount,
		"a sensitive act goes on":        actGoesOn,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, chrome)
		})
	}
}

// resident is a person who is signed in at home, with one passkey that does
// not answer before it is told to.
type resident struct {
	*campus
	b    *tab
	key  authenticator
	user string
}

func moveIn(t *testing.T, chrome context.Context, allowed string) resident {
	t.Helper()
	c := openCampus(t, onLocalhost)
	c.URL = c.PublicURL()
	b := openTab(t, chrome, allowed)
	r := resident{campus: c, b: b, key: newAuthenticator(t, b)}
	me, err := c.phone.Me(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.user = me.UserID
	r.signIn()
	r.key.present(true)
	b.click(testID("add-passkey"))
	b.visible(testID("passkey-row"))
	r.key.present(false)
	return r
}

// signIn signs the browser in by the phone.
func (r resident) signIn() {
	r.TB.Helper()
	r.b.run(chromedp.Navigate(r.URL + "/account/confirm"))
	r.b.state("waiting")
	ask := r.claim(r.link(r.b))
	r.b.state("claimed")
	r.approve(ask, r.b.number())
	r.b.visible(testID("sign-out"))
}

// credential is the one that the authenticator holds.
func (r resident) credential() *webauthn.Credential {
	r.TB.Helper()
	held, err := chromedp.Call(r.b.ctx, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: r.key.id})
	if err != nil || len(held.Credentials) != 1 {
		r.TB.Fatalf("the authenticator holds another number of passkeys than one: %v", err)
	}
	return held.Credentials[0]
}

func consentInTwoTabs(t *testing.T, chrome context.Context) {
	r := moveIn(t, chrome, "")
	second := openTab(t, r.b.ctx, "")
	r.b.run(chromedp.Navigate(r.app + "/login"))
	r.b.visible(testID("allow"))
	second.run(chromedp.Navigate(evaluate[string](r.b, `location.href`)))
	second.visible(testID("allow"))
	r.b.click(testID("allow"))
	r.b.greeted("Lin")
	second.click(testID("allow")) // its page is as good as the first one's
	second.greeted("Lin")
}

func consentAndBack(t *testing.T, chrome context.Context) {
	r := moveIn(t, chrome, "")
	b := r.b
	b.run(chromedp.Navigate(r.app))
	b.click(testID("sign-in"))
	b.click(testID("allow"))
	b.greeted("Lin")
	history, err := chromedp.Call(b.ctx, page.GetNavigationHistory, cdp.Empty{})
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range history.Entries {
		if strings.Contains(entry.URL, "code=") && strings.Contains(entry.URL, r.URL) {
			t.Error("a code stands in the history of the provider")
		}
	}
	// Back on the page where everything was asked: it is allowed now.
	evaluate[bool](b, `(history.back(), true)`)
	b.greeted("Lin")
}

func passkeysRefused(t *testing.T, chrome context.Context) {
	r := moveIn(t, chrome, `403 \(Forbidden\).*/passkeys/login`)
	b := r.b
	call(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `{
			PublicKeyCredential.isConditionalMediationAvailable = async () => false;
			const get = fetch;
			window.fetch = async (path, ...a) => {
				if (String(path).endsWith('/passkeys/login') && window.held) { window.held = 'now'; await new Promise((go) => { window.go = go; }); }
				return get(path, ...a);
			};
		}`,
	})
	key := r.credential()
	// properties changes what the authenticator says of the passkey.
	properties := func(change func(*webauthn.SetCredentialPropertiesParams)) {
		t.Helper()
		p := webauthn.SetCredentialPropertiesParams{AuthenticatorID: r.key.id, CredentialID: key.CredentialID}
		change(&p)
		call(b, webauthn.SetCredentialProperties, p)
	}
	tries := func(want string) {
		t.Helper()
		b.run(chromedp.Navigate(r.URL + "/account"))
		r.key.present(true)
		b.click(testID("passkey-button"))
		if got := b.shown("passkey-error"); !strings.Contains(got, want) {
			t.Errorf("the page says %q, not %q", got, want)
		}
		r.key.present(false)
	}
	b.click(testID("sign-out"))
	b.state("waiting")

	// Time runs out while the answer is on its way.
	b.run(chromedp.Navigate(r.URL + "/account"))
	evaluate[bool](b, `window.held = true`)
	r.key.present(true)
	b.click(testID("passkey-button"))
	b.until("the answer", `window.held === 'now' && window.go ? 'yes' : ''`)
	r.Clock.Advance(6 * time.Minute)
	evaluate[bool](b, `(window.go(), true)`)
	if got := b.shown("passkey-error"); !strings.Contains(got, "five minutes") {
		t.Errorf("after six minutes the page says %q", got)
	}
	r.key.present(false)

	disable := func(disabled bool) {
		t.Helper()
		if _, err := r.Admin().UpdateUser(t.Context(), r.user, func(u *server.User) { u.Disabled = disabled }); err != nil {
			t.Fatal(err)
		}
	}
	disable(true)
	tries("This account is disabled")
	disable(false)

	low, high := 1.0, 50.0
	properties(func(p *webauthn.SetCredentialPropertiesParams) { p.SignCount = &high })
	b.run(chromedp.Navigate(r.URL + "/account"))
	r.key.present(true)
	b.click(testID("passkey-button"))
	b.click(testID("sign-out"))
	b.state("waiting")
	r.key.present(false)
	properties(func(p *webauthn.SetCredentialPropertiesParams) { p.SignCount = &low })
	tries("counter of this passkey went back")

	yes := true
	properties(func(p *webauthn.SetCredentialPropertiesParams) { p.SignCount, p.BackupEligibility = &high, &yes })
	tries("has changed how it is stored")

	// The way out: the app signs in, and the page tells of it and removes it.
	r.signIn()
	if got := b.until("the notices", `[...document.querySelectorAll('[data-testid=notice-row]')].map((n) => n.dataset.kind).join(' ')`); !strings.Contains(got, "counter_back") {
		t.Errorf("the account page has the notices %q", got)
	}
	b.click(testID("passkey-row") + ` [action$="remove"] button`)
	b.click(testID("sure"))
	b.until("the passkey to be gone", `document.querySelector('[data-testid=sign-out]') && !document.querySelector('[data-testid=passkey-row]') ? 'gone' : ''`)
}

// autofillRenewed shortens the four minutes after which the page asks for a
// new challenge; the authenticator answers the second one.
func autofillRenewed(t *testing.T, chrome context.Context) {
	r := moveIn(t, chrome, "")
	b := r.b
	b.click(testID("sign-out"))
	b.state("waiting")
	call(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `{
		const wait = setTimeout, get = fetch;
		window.asked = 0;
		window.setTimeout = (f, ms, ...a) => wait(f, ms === 4 * 60 * 1000 ? 400 : ms, ...a);
		window.fetch = (path, ...a) => { if (String(path).endsWith('/passkeys/login/options')) window.asked++; return get(path, ...a); };
	}`})
	b.run(chromedp.Navigate(r.URL + "/account"))
	b.until("several challenges", `window.asked > 2 ? 'yes' : ''`)
	if shown := evaluate[bool](b, `!document.querySelector('[data-testid=passkey-error]').hidden`); shown {
		t.Error("the page complains of its own renewal")
	}
	r.key.present(true)
	b.visible(testID("sign-out"))
}

func anotherAccount(t *testing.T, chrome context.Context) {
	r := moveIn(t, chrome, "")
	b := r.b
	b.run(chromedp.Navigate(r.app + "/login"))
	if got := b.shown("account-name"); got != "Lin" {
		t.Errorf("the page says that %q is signed in", got)
	}
	b.click(testID("other-account"))
	b.state("waiting")
	ask, err := r.newPhone(t).Claim(t.Context(), r.code(b))
	if err != nil || ask == nil {
		t.Fatalf("another person cannot scan: %v", err)
	}
	b.state("claimed")
}

// code is that of the QR on the page.
func (c *campus) code(b *tab) string {
	c.TB.Helper()
	link := c.link(b)
	return link[strings.LastIndex(link, "/")+1:]
}

// actGoesOn removes a Ham app after the sign-in has grown old.
func actGoesOn(t *testing.T, chrome context.Context) {
	r := moveIn(t, chrome, "")
	b := r.b
	second := r.AnotherPhone(server.User{ID: r.user})
	r.Clock.Advance(6 * time.Minute)
	b.run(chromedp.Navigate(r.URL + "/account"))
	b.click(`[data-testid=device-row]:last-child [action$="remove"] button`)
	b.state("waiting")
	r.key.present(true) // a passkey this time, by autofill or by the button
	b.until("the question", `document.querySelector('[data-testid=sure]') || (document.querySelector('[data-testid=passkey-button]')?.click(), '') ? 'yes' : ''`)
	if got := b.until("what is asked", `document.querySelector('h1').innerText`); !strings.Contains(got, "Remove test phone?") {
		t.Errorf("the page asks %q", got)
	}
	b.click(testID("sure"))
	b.visible(testID("sign-out"))
	if _, err := second.Me(t.Context()); err == nil {
		t.Error("the Ham app is still signed in")
	}
}
