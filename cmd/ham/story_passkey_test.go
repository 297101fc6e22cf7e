package main

import (
	"context"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// TestPasskeysInARealBrowser tells the stories of the second door in Chromium,
// with its own virtual authenticator.
func TestPasskeysInARealBrowser(t *testing.T) {
	t.Parallel()
	chrome := startChromium(t)
	for name, story := range map[string]func(*testing.T, context.Context){
		"added, used by button, asked once, revoked": passkeyByButton,
		"by autofill": passkeyByAutofill,
		"somebody who is not verified, and a passkey that was removed": passkeyRefused,
		"cancelled in the browser":                                     passkeyCancelled,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, chrome)
		})
	}
}

// authenticator is Chromium's virtual one, in one tab.
type authenticator struct {
	b  *tab
	id webauthn.AuthenticatorID
}

func newAuthenticator(t *testing.T, b *tab) authenticator {
	t.Helper()
	call(b, webauthn.Enable, webauthn.EnableParams{})
	answer, err := chromedp.Call(b.ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
		Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return authenticator{b, answer.AuthenticatorID}
}

// present says whether the person touches it when it asks.
func (a authenticator) present(yes bool) {
	a.b.t.Helper()
	call(a.b, webauthn.SetAutomaticPresenceSimulation, webauthn.SetAutomaticPresenceSimulationParams{AuthenticatorID: a.id, Enabled: yes})
}

func (a authenticator) verified(yes bool) {
	a.b.t.Helper()
	call(a.b, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: a.id, IsUserVerified: yes})
}

// atHome is a demo whose person is signed in on their account page with one
// passkey, in a browser that stands at the account page.
type atHome struct {
	demo demoProcess
	b    *tab
	key  authenticator
}

// newHome gives one. allowed is what the console may complain of.
func newHome(t *testing.T, chrome context.Context, allowed string) atHome {
	t.Helper()
	demo := startDemo(t)
	b := openTab(t, chrome, allowed)
	h := atHome{demo, b, newAuthenticator(t, b)}
	h.signInByPhone(t)
	h.key.present(true)
	b.click(testID("add-passkey"))
	b.visible(testID("passkey-row"))
	b.click(testID("add-passkey"))
	if got := b.shown("passkey-error"); !strings.Contains(got, "has a passkey for this account already") {
		t.Errorf("adding it twice says %q", got)
	}
	h.key.present(false)
	return h
}

// signInByPhone signs the browser in to the account by scanning.
func (h atHome) signInByPhone(t *testing.T) {
	t.Helper()
	h.b.run(chromedp.Navigate(h.demo.provider + "/account"))
	h.b.state("waiting")
	link := h.b.until("the link", `document.querySelector('[data-testid=qr]')?.dataset.link ?? ''`)
	phone := scan(t, link, h.demo.config)
	phone.answer(t, h.b.number())
	h.b.visible(testID("sign-out"))
}

// withoutAutofill leaves the button alone: the virtual authenticator would
// answer autofill the moment that somebody is present.
func (h atHome) withoutAutofill() atHome {
	h.b.t.Helper()
	call(h.b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `PublicKeyCredential.isConditionalMediationAvailable = async () => false`,
	})
	return h
}

func (h atHome) signOut() {
	h.b.t.Helper()
	h.b.click(testID("sign-out"))
	h.b.state("waiting")
}

func passkeyByButton(t *testing.T, chrome context.Context) {
	h := newHome(t, chrome, "").withoutAutofill()
	b := h.b
	h.signOut()
	b.signIn(h.demo.app)
	h.key.present(true)
	b.click(testID("passkey-button"))
	if got := b.shown("account-name"); got != "Lin" {
		t.Errorf("the consent page says that %q is signed in", got)
	}
	b.click(testID("scope-is_student") + " input")
	b.click(testID("allow"))
	b.greeted("Lin")
	if got := b.shown("student"); got != "you did not share it" {
		t.Errorf("the app was told of a scope that was left out: %q", got)
	}

	// What was left out is asked again, and what was allowed is marked.
	b.run(chromedp.Navigate(h.demo.app + "/login"))
	if got := b.shown("scope-profile"); !strings.Contains(got, "allowed before") {
		t.Errorf("the page does not tell what was allowed before: %q", got)
	}
	if evaluate[bool](b, `document.querySelector('[data-testid=scope-is_student] input').checked`) {
		t.Error("what was left out is ticked by itself")
	}
	b.click(testID("scope-is_student") + " input")
	b.click(testID("allow"))
	b.greeted("Lin")

	// All is allowed now: no page, straight back to the app.
	b.run(chromedp.Navigate(h.demo.app + "/login"))
	b.greeted("Lin")
	if got := b.shown("student"); got != "yes" {
		t.Errorf("the app is told %q", got)
	}

	// Taken back on the account page, it is asked again.
	b.run(chromedp.Navigate(h.demo.provider + "/account"))
	b.click(`[data-testid^="revoke-"]`)
	b.until("the app to be gone", `document.querySelector('[data-testid^="grant-"]') ? '' : 'gone'`)
	b.run(chromedp.Navigate(h.demo.app + "/login"))
	if got := b.shown("scope-profile"); strings.Contains(got, "allowed before") {
		t.Errorf("a revoked grant still counts: %q", got)
	}
	b.click(testID("cancel"))
	b.says("body", "Sign-in cancelled")
}

func passkeyByAutofill(t *testing.T, chrome context.Context) {
	h := newHome(t, chrome, "")
	h.signOut()
	h.key.present(true)
	h.b.signInQuietly(h.demo.app)
	h.b.shown("account-name")
	h.b.click(testID("allow"))
	h.b.greeted("Lin")
}

// signInQuietly goes to the app's sign-in; autofill may be faster than the page.
func (b *tab) signInQuietly(app string) {
	b.t.Helper()
	b.run(chromedp.Navigate(app))
	b.click(testID("sign-in"))
}

func passkeyRefused(t *testing.T, chrome context.Context) {
	h := newHome(t, chrome, `403 \(Forbidden\).*/passkeys/login`).withoutAutofill()
	b := h.b
	h.signOut()
	h.key.verified(false)
	h.key.present(true)
	b.click(testID("passkey-button"))
	b.shown("passkey-error")
	h.key.verified(true)
	b.click(testID("passkey-button"))
	b.visible(testID("sign-out"))

	// With the Ham app as another way in, the passkey may go; the
	// authenticator still has it.
	h.key.present(false)
	b.click(testID("passkey-row") + ` [action$="remove"] button`)
	b.click(testID("sure"))
	b.visible(testID("sign-out"))
	b.until("the passkey to be gone", `document.querySelector('[data-testid=passkey-row]') ? '' : 'gone'`)
	h.signOut()
	h.key.present(true)
	b.click(testID("passkey-button"))
	if got := b.shown("passkey-error"); !strings.Contains(got, "does not know this passkey") {
		t.Errorf("the page says %q", got)
	}
	eventually(t, "the authenticator to forget it", func() (string, bool) {
		left, err := chromedp.Call(b.ctx, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: h.key.id})
		return "it keeps it", err == nil && len(left.Credentials) == 0
	})
}

func passkeyCancelled(t *testing.T, chrome context.Context) {
	h := newHome(t, chrome, "").withoutAutofill()
	b := h.b
	h.signOut()
	call(b, webauthn.ClearCredentials, webauthn.ClearCredentialsParams{AuthenticatorID: h.key.id})
	h.key.present(true)
	b.click(testID("passkey-button"))
	if got := b.shown("passkey-error"); !strings.Contains(got, "scan the code") {
		t.Errorf("the page says %q", got)
	}
	// The other door is still open.
	link := b.until("the link", `document.querySelector('[data-testid=qr]')?.dataset.link ?? ''`)
	phone := scan(t, link, h.demo.config)
	phone.answer(t, b.number())
	b.visible(testID("sign-out"))
}
