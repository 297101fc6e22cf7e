package main

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// TestAPhonesBrowserInARealBrowser tells the stories of who scans with an
// ordinary camera: two browsers, one as small as a phone, with a passkey.
func TestAPhonesBrowserInARealBrowser(t *testing.T) {
	t.Parallel()
	chrome := startChromium(t)
	for name, story := range map[string]func(*testing.T, context.Context){
		"signs in to an app, with a scope left out":            pocketApproves,
		"signs a desktop in to its account, and is signed out": pocketSignsIn,
		"decides without JavaScript":                           pocketWithoutJavaScript,
		"hears that the desktop has cancelled":                 pocketHearsOfCancel,
		"has no passkey, and one that is not verified":         pocketRefused,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, chrome)
		})
	}
}

// pocket is a phone whose browser is signed in with a passkey, and a desktop.
type pocket struct {
	atHome  // the phone's
	desktop *tab
}

func newPocket(t *testing.T, chrome context.Context, allowed string) pocket {
	t.Helper()
	h := newHome(t, chrome, allowed).withoutAutofill()
	h.b.asPhone()
	h.key.present(true)
	return pocket{h, openTab(t, chrome, "")}
}

// asPhone makes a tab as small as a phone, and touched by fingers.
func (b *tab) asPhone() {
	b.t.Helper()
	call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 390, Height: 844, DeviceScaleFactor: 2, Mobile: true})
	call(b, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: true})
}

// scan opens with the camera what the desktop shows.
func (p pocket) scan() {
	p.b.t.Helper()
	p.desktop.state("waiting")
	p.desktop.visible(".panel [data-action=copy]") // the page's script is at work: the pairing begins
	link := p.desktop.until("the link", `document.querySelector('[data-testid=qr]')?.dataset.link ?? ''`)
	p.b.run(chromedp.Navigate(link))
	p.b.visible(testID("claim"))
}

// claim presses the button of the page behind the link.
func (p pocket) claim() {
	p.b.t.Helper()
	p.scan()
	p.b.click(testID("claim"))
	p.b.state("claimed")
	p.desktop.state("claimed")
}

// types puts a number into the page's field.
func (p pocket) types(number int) {
	p.b.t.Helper()
	p.b.click(testID("number"))
	p.b.run(chromedp.SendKeys(chromedp.CSS(testID("number")), strconv.Itoa(number)))
}

func pocketApproves(t *testing.T, chrome context.Context) {
	p := newPocket(t, chrome, "403 .Forbidden")
	p.desktop.signIn(p.demo.app)
	p.claim()
	if got := p.desktop.shown("account-name"); got != "Lin" {
		t.Errorf("the desktop says that %q has scanned", got)
	}
	p.desktop.says(".panel", "on your phone") // that is where the number goes
	if got := p.b.shown("app-name") + " for " + p.b.shown("account-name"); got != "Campus Library for Lin" {
		t.Errorf("the phone asks for %s", got)
	}
	p.b.click(testID("scope-is_student") + " label")
	number := p.desktop.number()
	p.types(10 + (number-9)%90)
	p.b.click(testID("allow"))
	if got := p.b.shown("wrong-number"); !strings.Contains(got, "Tries left: 2") {
		t.Errorf("a wrong number is answered %q", got)
	}
	p.types(number)
	p.b.click(testID("allow"))
	p.desktop.greeted("Lin")
	if got := p.desktop.shown("student"); got != "you did not share it" {
		t.Errorf("the app was told of a scope that was left out: %q", got)
	}
	p.b.state("finished") // by reloading itself
}

func pocketSignsIn(t *testing.T, chrome context.Context) {
	p := newPocket(t, chrome, "")
	p.b.run(chromedp.Navigate(p.demo.provider + "/account"))
	p.signOut()
	p.desktop.run(chromedp.Navigate(p.demo.provider + "/account"))
	p.claim()
	p.b.says("main", "gives no app any data")
	p.types(p.desktop.number())
	p.b.click(testID("allow"))
	p.desktop.visible(testID("sign-out"))
	p.desktop.says("body", "signed in with a phone’s browser and a passkey")
	p.b.state("finished")
	// The phone's own browser stays as it was: signed out.
	p.b.run(chromedp.Navigate(p.demo.provider + "/account"))
	p.b.state("waiting")
}

func pocketWithoutJavaScript(t *testing.T, chrome context.Context) {
	p := newPocket(t, chrome, "")
	p.desktop.signIn(p.demo.app)
	p.claim()
	call(p.b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	p.b.run(chromedp.Reload())
	p.b.state("claimed")
	p.types(p.desktop.number())
	p.b.click(testID("allow"))
	p.desktop.greeted("Lin")
	p.b.state("finished")
}

func pocketHearsOfCancel(t *testing.T, chrome context.Context) {
	p := newPocket(t, chrome, "")
	p.desktop.signIn(p.demo.app)
	p.claim()
	p.desktop.click(testID("cancel"))
	p.b.state("cancelled")

	p.desktop.click(testID("try-again"))
	p.claim()
	p.b.click(testID("cancel"))
	p.b.state("denied")
	p.desktop.state("denied")
}

func pocketRefused(t *testing.T, chrome context.Context) {
	p := newPocket(t, chrome, `403 \(Forbidden\).*/Q/claim`)
	p.desktop.signIn(p.demo.app)
	p.scan()
	p.key.verified(false)
	p.b.click(testID("claim"))
	p.b.shown("passkey-error")
	p.desktop.state("waiting")

	p.key.verified(true)
	call(p.b, webauthn.ClearCredentials, webauthn.ClearCredentialsParams{AuthenticatorID: p.key.id})
	p.b.click(testID("claim"))
	if got := p.b.shown("passkey-error"); !strings.Contains(got, "account page") || !strings.Contains(got, "Ham app") {
		t.Errorf("without a passkey the page says %q", got)
	}
	p.desktop.state("waiting")
}
