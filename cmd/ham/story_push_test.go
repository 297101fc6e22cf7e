//go:build unix

package main

import (
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestABrowserAsksTheApp: a browser in which Lin was signed in sends the request
// to her Ham app, in place of being scanned.
func TestABrowserAsksTheApp(t *testing.T) {
	need(t, "tmux")
	chrome := startChromium(t)
	c := openCampus(t, onLocalhost)
	c.URL = c.PublicURL()
	b := openTab(t, chrome, "")
	term := openTerminal(t, 80, 24)
	term.run("LANG=C.UTF-8 ham app --config " + c.phone.Folder())
	term.shows("Scan a code")

	// It is turned on in the app.
	term.types("8")
	term.shows("Browsers may ask this app off")
	term.keys("Down", "Enter")
	term.shows("Browsers may ask this app on", "three times an hour")
	term.keys("Escape")
	term.shows("Scan a code")

	// Lin was signed in in this browser, which has lost its session since.
	b.run(chromedp.Navigate(c.URL + "/account"))
	b.state("waiting")
	ask := c.claim(c.link(b))
	b.state("claimed")
	c.approve(ask, b.number())
	b.visible(testID("sign-out"))

	// Where she still is, an app that wants her anew offers it too.
	b.run(chromedp.Navigate(c.app + "/login?prompt=login"))
	b.state("waiting")
	if got := b.shown("ask-phone"); got != "Ask Lin’s phone" {
		t.Errorf("the button says %q", got)
	}
	b.loseSession(c.URL)

	// One press, and the app has it. A thing that she did not begin is silenced.
	b.signIn(c.app)
	b.state("waiting")
	c.link(b) // the pairing has begun
	if got := b.shown("ask-phone"); got != "Ask Lin’s phone" {
		t.Errorf("the button says %q", got)
	}
	b.click(testID("ask-phone"))
	if said := b.shown("asked"); !strings.Contains(said, "shows the request now") {
		t.Errorf("the page says %q", said)
	}
	term.shows("Campus Library wants to sign you in", "Chrome on Linux · 127.0.0.1", "f4 look at it")
	term.keys("F4")
	term.shows("Number on the desktop", "Nickname: Lin", "Student status")
	b.state("claimed")
	term.keys("Escape") // no link would lead back
	term.shows("Campus Library waits for your answer", "enter go on with it")
	term.keys("Enter")
	term.shows("Number on the desktop", "Nickname: Lin", "Student status")
	term.types(strconv.Itoa(b.number()))
	term.keys("Enter")
	term.shows("Approved")
	b.greeted("Lin")
	term.shows("Signed in")
	term.keys("Enter")
	term.shows("Scan a code")
	term.gone("wants to sign you in")

	b.run(chromedp.Navigate(c.app + "/login"))
	b.state("waiting")
	c.link(b)
	b.click(testID("ask-phone"))
	term.shows("Campus Library wants to sign you in")
	term.keys("F8")
	term.shows("It was reported")
	term.gone("wants to sign you in")
	b.run(chromedp.Navigate(c.app + "/login"))
	b.state("waiting")
	c.link(b)
	b.click(testID("ask-phone"))
	if said := b.shown("asked"); !strings.Contains(said, "shows the request now") {
		t.Errorf("who was silenced is told %q", said)
	}
	term.shows("It was reported") // and nothing new
	if me, err := c.phone.Me(t.Context()); err != nil || len(me.Requests) != 0 {
		t.Errorf("%d requests, %v", len(me.Requests), err)
	}
	term.keys("C-c")
	term.ended(0)
}
