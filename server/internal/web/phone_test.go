package web

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
)

func someStart() PhoneStart {
	return PhoneStart{AppLink{PairLink, "https://ham.example/Q/ABC"}, "ABC"}
}

func someClaim(state string) PhonePage {
	return PhonePage{
		State: state, Path: "/Q/pairing/ABCDEFGHIJKLMNOP",
		App:      App{Name: "Campus Library", RedirectHost: "library.example", Icon: "/pictures/app/library"},
		Scopes:   []Scope{{Name: "profile"}, {Name: "is_student"}, {Name: "of_nobody"}},
		Nickname: "Ada Lovelace", Browser: "Firefox on Linux", Address: "192.0.2.1",
		Form: "token", Digest: "digest", TriesLeft: 2, Seconds: 61, DecideFor: 90,
	}
}

func phonePageOf(t *testing.T, p *Pages, lang string, page PhonePage) *node {
	t.Helper()
	w := render(t, lang, func(w http.ResponseWriter, r *http.Request) error { return p.Phone(w, r, 200, page) })
	return parse(t, w.Body.String())
}

func TestThePhonesPagesInEveryStateAndLanguage(t *testing.T) {
	p := newPages(t)
	for _, lang := range []string{"en", "zh-Hans", "ja"} {
		pages := map[string]*node{
			"start": parse(t, render(t, lang, func(w http.ResponseWriter, r *http.Request) error { return p.PhoneStart(w, r, someStart()) }).Body.String()),
		}
		for _, state := range laterStates {
			pages[state] = phonePageOf(t, p, lang, someClaim(state))
			here := someClaim(state)
			here.App, here.Scopes, here.Contested = App{}, nil, true
			pages[state+" here"] = phonePageOf(t, p, lang, here)
		}
		wrong, none := someClaim("claimed"), someClaim("claimed")
		wrong.Typed, none.Typed = Typed{Sent: true, WrongNumber: true}, Typed{Sent: true, NoNumber: true}
		pages["wrong number"], pages["no number"] = phonePageOf(t, p, lang, wrong), phonePageOf(t, p, lang, none)
		headings := map[string]bool{}
		for name, doc := range pages {
			cleanOfInline(t, doc)
			noRawKeys(t, p, doc)
			if got := doc.all("html")[0].attr["lang"]; got != lang || len(doc.all("h1")) != 1 {
				t.Errorf("%s: lang is %q, or there is no heading", name, got)
			}
			headings[doc.all("h1")[0].text] = true
		}
		if want := len(laterStates) + 2; len(headings) != want { // the start, and the two kinds of a decision
			t.Errorf("%s: there are %d headings, want %d", lang, len(headings), want)
		}
	}
}

func TestThePhonesPageTicksWhatWasTickedBefore(t *testing.T) {
	p := newPages(t)
	page := someClaim("claimed")
	ticked := func(page PhonePage) (names []string) {
		phonePageOf(t, p, "en", page).walk(func(n *node, _ bool) {
			if _, checked := n.attr["checked"]; n.attr["name"] == "scope" && checked {
				names = append(names, n.attr["value"])
			}
		})
		return names
	}
	if got := ticked(page); len(got) != 3 {
		t.Errorf("at first %v are ticked", got)
	}
	page.Typed = Typed{Sent: true, WrongNumber: true, Scopes: []string{"is_student"}}
	if got := ticked(page); len(got) != 1 || got[0] != "is_student" {
		t.Errorf("after a wrong number %v are ticked", got)
	}
}

func TestNamesOnThePhonesPageAreTextAndTurnNothingAround(t *testing.T) {
	p := newPages(t)
	const hostile = "<script>alert(1)</script>\u202eevil"
	page := someClaim("claimed")
	page.App.Name, page.App.RedirectHost, page.Nickname, page.Browser, page.Address = hostile, hostile, hostile, hostile, hostile
	page.Form, page.Digest, page.Path = `"><script>`, `"><script>`, `/Q/pairing/"><script>`
	w := render(t, "en", func(w http.ResponseWriter, r *http.Request) error { return p.Phone(w, r, 200, page) })
	if body := w.Body.String(); strings.Contains(body, "<script>") || strings.Contains(body, "\u202e") {
		t.Error("a name became markup, or turns the text around it")
	}
	start := PhoneStart{AppLink{PairLink, "https://ham.example/Q/$(reboot)"}, `"><script>`}
	w = render(t, "en", func(w http.ResponseWriter, r *http.Request) error { return p.PhoneStart(w, r, start) })
	if body := w.Body.String(); strings.Contains(body, "<script>") || strings.Contains(body, "reboot") {
		t.Error("the link became markup, or a command")
	}
}

func TestAScriptNamesWhatItImportsByAddress(t *testing.T) {
	p := newPages(t)
	shared, err := p.assets.address("webauthn.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"phone.js", "passkeys.js"} {
		address, err := p.assets.address(name)
		if err != nil {
			t.Fatal(err)
		}
		script := p.assets.byAddress[address].content
		if !bytes.Contains(script, []byte("from '"+shared+"'")) || bytes.Contains(script, []byte("'./")) {
			t.Errorf("%s imports something that is not there", name)
		}
	}
}

func TestEveryRefusalOnThePhoneHasATextOfItsOwn(t *testing.T) {
	p := newPages(t)
	for _, texts := range p.catalogues.texts {
		seen := map[string]string{}
		for _, reason := range []string{
			"none", "not_found", "already_claimed", "expired", "cancelled", "over", "disabled", "slow_down", "other_user", "unknown_credential",
			"ceremony_unknown", "ceremony_expired", "user_not_verified", "counter_went_back", "backup_eligible_changed", "anything else",
		} {
			text := texts.PasskeyRefusal(reason, "x")
			if before, twice := seen[text]; twice {
				t.Errorf("%s: %s says the same as %s", texts.Lang, reason, before)
			}
			seen[text] = reason
		}
	}
}
