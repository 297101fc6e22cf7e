package web

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func TestSignInShowsEveryStateInEveryLanguage(t *testing.T) {
	p := newPages(t)
	for _, lang := range []string{"en", "zh-Hans", "ja"} {
		for _, plain := range []bool{false, true} {
			for _, state := range allStates {
				name := lang + " " + state
				if plain {
					name += " plain"
				}
				t.Run(name, func(t *testing.T) {
					page := sample(state)
					page.Plain = plain
					_, doc := signIn(t, p, lang, page)
					cleanOfInline(t, doc)
					noRawKeys(t, p, doc)
					if got := doc.all("html")[0].attr["lang"]; got != lang {
						t.Errorf("lang is %q", got)
					}
					if got := doc.one(t, "pairing-state").attr["data-state"]; got != state {
						t.Errorf("data-state is %q", got)
					}
					if got := doc.one(t, "app-name").text; got != "Campus Library" {
						t.Errorf("app-name is %q", got)
					}
					doc.one(t, "scope-profile")
					doc.one(t, "scope-is_student")
					over := state != "waiting" && state != "claimed" && state != "approved"
					for hook, want := range map[string]bool{
						"qr": state == "waiting", "check-number": state == "claimed",
						"account-name": state == "claimed" || state == "approved",
						"cancel":       !over, "try-again": over,
					} {
						if got := len(doc.byTestID(hook)) == 1; got != want {
							t.Errorf("%s is there: %v, want %v", hook, got, want)
						}
					}
				})
			}
		}
	}
}

func TestCheckNumberIsInNoPageButTheClaimed(t *testing.T) {
	p := newPages(t)
	for _, state := range allStates {
		page := sample(state)
		w, doc := signIn(t, p, "en", page)
		if state == "claimed" {
			if got := doc.one(t, "check-number").text; got != "47" {
				t.Errorf("check-number is %q", got)
			}
			continue
		}
		if strings.Contains(w.Body.String(), `data-testid="check-number"`) {
			t.Errorf("%s: the page has an element for the check number", state)
		}
		page.View.Number = 86 // a View that says too much
		if w, _ := signIn(t, p, "en", page); regexp.MustCompile(`>\s*86\s*<`).MatchString(w.Body.String()) {
			t.Errorf("%s: the check number is on the page", state)
		}
	}
}

func TestWaitingPageHoldsTheCode(t *testing.T) {
	_, doc := signIn(t, newPages(t), "en", sample("waiting"))
	qr := doc.one(t, "qr")
	if qr.attr["data-link"] != "HTTPS://HAM.EXAMPLE/Q/ABC" || qr.attr["viewBox"] != "-4 -4 29 29" {
		t.Errorf("qr has %v", qr.attr)
	}
	paper, ink := qr.all("rect")[0], qr.all("path")[0]
	if paper.attr["fill"] != "#fff" || ink.attr["fill"] != "#000" || ink.attr["d"] != "M0 0h7v7h-7z" {
		t.Errorf("the code is drawn with %v on %v", ink.attr, paper.attr)
	}
	if !strings.Contains(doc.text, "2:41") {
		t.Error("the countdown is missing")
	}
}

func TestPageCarriesTheRequestOn(t *testing.T) {
	_, doc := signIn(t, newPages(t), "en", sample("waiting"))
	main := doc.all("main")[0]
	if main.attr["data-pairing"] != "ABCDEFGHIJKLMNOP" || main.attr["data-query"] != "client_id=abc&state=x%26y" {
		t.Errorf("main has %v", main.attr)
	}
	form := doc.all("noscript")[0].all("form")[0]
	if got, want := form.attr["action"], "/sso-authorize/plain?pairing=ABCDEFGHIJKLMNOP&client_id=abc&state=x%26y&pairing_try=1"; got != want {
		t.Errorf("the form goes to %q, want %q", got, want)
	}
	_, doc = signIn(t, newPages(t), "en", sample("expired"))
	if got, want := doc.one(t, "try-again").attr["href"], "/sso-authorize?client_id=abc&state=x%26y"; got != want {
		t.Errorf("try again goes to %q, want %q", got, want)
	}
}

func TestPlainPageWorksWithoutScripts(t *testing.T) {
	p := newPages(t)
	for state, refresh := range map[string]string{
		"waiting": "0;url=/follow?after=1&x=2", "claimed": "0;url=/follow?after=1&x=2", "approved": "0;url=/follow?after=1&x=2",
		"denied": "", "expired": "", "cancelled": "", "finished": "",
	} {
		t.Run(state, func(t *testing.T) {
			page := sample(state)
			page.Plain, page.Follow = true, "/follow?after=1&x=2"
			w, doc := signIn(t, p, "en", page)
			got := ""
			for _, m := range doc.all("meta") {
				if m.attr["http-equiv"] == "refresh" {
					got = m.attr["content"]
				}
			}
			if got != refresh {
				t.Errorf("refresh is %q, want %q", got, refresh)
			}
			for _, name := range []string{"script", "template", "noscript"} {
				if len(doc.all(name)) != 0 {
					t.Errorf("there is a <%s>", name)
				}
			}
			if csp := w.Header().Get("Content-Security-Policy"); strings.Contains(csp, "script-src") || strings.Contains(csp, "connect-src") {
				t.Errorf("the policy allows too much: %s", csp)
			}
			for _, f := range doc.all("form") {
				if f.attr["method"] != "post" || f.attr["action"] != "/sso-authorize/pairing/ABCDEFGHIJKLMNOP/cancel" {
					t.Errorf("the form has %v", f.attr)
				}
			}
			if state == "approved" {
				if links := doc.all("a"); len(links) != 1 || links[0].attr["href"] != page.View.Finish {
					t.Errorf("there is no link to the end")
				}
			}
		})
	}
}

func TestApprovedPageSaysWhatWasNotShared(t *testing.T) {
	_, doc := signIn(t, newPages(t), "en", sample("approved"))
	for scope, want := range map[string]bool{"scope-profile": false, "scope-is_student": true} {
		_, hidden := doc.one(t, scope).all("em")[0].attr["hidden"]
		if hidden == want {
			t.Errorf("%s is said to be withheld: %v, want %v", scope, !hidden, want)
		}
	}
}

func TestContestedClaimWarns(t *testing.T) {
	p := newPages(t)
	for contested, want := range map[int]bool{0: false, 1: true} {
		page := sample("claimed")
		page.View.Contested = contested
		_, doc := signIn(t, p, "en", page)
		found := false
		doc.walk(func(n *node, inert bool) {
			_, hidden := n.attr["hidden"]
			found = found || !inert && n.attr["data-slot"] == "contested" && !hidden
		})
		if found != want {
			t.Errorf("contested %d: the warning shows: %v", contested, found)
		}
	}
}

func TestFinishStaysOnThisOrigin(t *testing.T) {
	p := newPages(t)
	for _, finish := range []string{"https://evil.example/", "//evil.example/", `/\evil.example`, "javascript:alert(1)", "/\t/evil.example"} {
		page := sample("approved")
		page.View.Finish, page.Plain = finish, true
		if w, _ := signIn(t, p, "en", page); strings.Contains(w.Body.String(), "evil") || strings.Contains(w.Body.String(), "alert(1)") {
			t.Errorf("%q is on the page", finish)
		}
	}
}

func TestFirstPageIsSmall(t *testing.T) {
	p := newPages(t)
	page := sample("waiting")
	page.View.QR.Path = func() string { return strings.Repeat("M12 34h1v1h-1z", 700) } // more than any code of ours
	w, doc := signIn(t, p, "ja", page)
	total := w.Body.Len()
	seen := map[string]bool{}
	fetch := func(address string) {
		if seen[address] || address == "" {
			return
		}
		seen[address] = true
		a := httptest.NewRecorder()
		p.Handler().ServeHTTP(a, httptest.NewRequest(http.MethodGet, address, nil))
		if a.Code != http.StatusOK {
			t.Errorf("%s: %d", address, a.Code)
		}
		total += a.Body.Len()
	}
	for _, n := range append(append(doc.all("link"), doc.all("script")...), doc.all("img")...) {
		fetch(n.attr["href"] + n.attr["src"])
	}
	if len(seen) != 3 {
		t.Errorf("the page needs %v", seen)
	}
	if total > 60_000 {
		t.Errorf("the page weighs %d bytes in all", total)
	}
	t.Logf("%d bytes in all", total)
}

func TestNamesFromOutsideStayText(t *testing.T) {
	p := newPages(t)
	for _, evil := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'--></bdi></template><svg onload=alert(1)>`,
		`</title><script>alert(1)</script>`, `{{.}} {0} {1} \x00`, "</noscript><b>",
	} {
		for _, state := range allStates {
			page := sample(state)
			page.App = App{Name: evil, RedirectHost: evil, Homepage: "javascript:alert(1)//" + evil, Icon: evil}
			page.Scopes = []Scope{{Name: "profile", Title: evil, Reveals: evil}, {Name: evil}}
			page.Query, page.PairingID = evil, evil
			if page.View.Account != nil {
				page.View.Account = &Account{Nickname: evil, Picture: evil}
			}
			_, want := signIn(t, p, "en", sample(state))
			_, got := signIn(t, p, "en", page)
			cleanOfInline(t, got)
			if got.one(t, "app-name").text != evil {
				t.Errorf("%s: the app's name is %q", state, got.one(t, "app-name").text)
			}
			for _, name := range []string{"script", "svg", "b", "template", "noscript"} {
				if g, w := len(got.all(name)), len(want.all(name)); g != w {
					t.Errorf("%s: %d <%s>, want %d", state, g, name, w)
				}
			}
			for _, n := range got.byTestID("account-name") {
				if n.text != evil {
					t.Errorf("%s: the account's name is %q", state, n.text)
				}
			}
		}
	}
}

func TestNamesCannotTurnTheTextAround(t *testing.T) {
	page := sample("claimed")
	page.App.Name, page.View.Account.Nickname = "\u202eevil\u2066 app\x1b[2J", "A\u200fda\u2028\n"
	_, doc := signIn(t, newPages(t), "en", page)
	if got := doc.one(t, "app-name").text; got != "evil app[2J" {
		t.Errorf("the app's name is %q", got)
	}
	if got := doc.one(t, "account-name").text; got != "Ada" {
		t.Errorf("the account's name is %q", got)
	}
	if page.View.Account.Nickname == "Ada" {
		t.Error("the caller's account was changed")
	}
}

func TestThePageLinksToTheHamAppAndToNothingElse(t *testing.T) {
	const good = "ham://sso-authorize?client_id=abc&scope=profile%20is_student&state=x%2By"
	p := newPages(t)
	for link, want := range map[string]string{
		good:                                  good,
		"":                                    "",
		"javascript:alert(1)":                 "",
		"JAVASCRIPT://sso-authorize?a=1":      "",
		"ham:alert(1)":                        "",
		"ham://other?client_id=abc":           "",
		"ham://sso-authorize":                 "",
		"ham://sso-authorize.evil?x=1":        "",
		"intent://sso-authorize?x=1":          "",
		"data:text/html,ham://sso-authorize?": "",
		good + `" onclick="alert(1)`:          "",
		good + `"><script>alert(1)</script>`:  "",
		good + "' autofocus onfocus='x":       "",
		good + "\n\njavascript:alert(1)":      "",
		"\tjava\nscript:alert(1)//" + good:    "",
		good + "#fragment":                    "",
		good + "\u202e":                       "",
	} {
		for _, lang := range []string{"en", "zh-Hans", "ja"} {
			page := sample("waiting")
			page.AppLink, page.AppAtOnce = link, true
			w, doc := signIn(t, p, lang, page)
			cleanOfInline(t, doc)
			noRawKeys(t, p, doc)
			if csp := w.Header().Get("Content-Security-Policy"); strings.Contains(csp, "ham:") || strings.Contains(csp, "unsafe") {
				t.Errorf("the policy grew: %s", csp)
			}
			found := doc.byTestID("open-app")
			if want == "" {
				if len(found) != 0 || len(doc.byTestID("show-code")) != 0 || strings.Contains(w.Body.String(), "alert(1)") {
					t.Errorf("%q is on the page", link)
				}
				continue
			}
			if len(found) != 1 || found[0].attr["href"] != want {
				t.Errorf("%q: the page links to %v", link, found)
			}
		}
	}
}

func TestOnlyThePageThatRunsScriptsIsMadeForPhones(t *testing.T) {
	p := newPages(t)
	page := sample("waiting")
	page.AppLink, page.Plain = "ham://sso-authorize?client_id=abc", true
	if w, _ := signIn(t, p, "en", page); strings.Contains(w.Body.String(), "ham://") || strings.Contains(w.Body.String(), "by-phone") {
		t.Error("the plain page, whose code must be seen, hides it on phones")
	}
	page = sample("waiting")
	if w, _ := signIn(t, p, "en", page); strings.Contains(w.Body.String(), "by-phone") {
		t.Error("a phone would find neither app nor passkey nor code")
	}
	page.AppLink = "ham://sso-authorize?client_id=abc"
	for _, atOnce := range []bool{false, true} {
		page.AppAtOnce = atOnce
		_, doc := signIn(t, p, "en", page)
		if _, marked := doc.one(t, "open-app").attr["data-at-once"]; marked != atOnce {
			t.Errorf("at once: %v, want %v", marked, atOnce)
		}
	}
}
