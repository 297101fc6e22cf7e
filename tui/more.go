package tui

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"hamconnect/qr/pairing"
	"hamconnect/tui/internal/failures"
	"hamconnect/tui/internal/rules"
)

// newMore is the screen of what one seldom does.
func newMore(a *app) screen {
	show := func(open func(*app) screen) func() tea.Cmd {
		return func() tea.Cmd { return send(screenMsg{open: func() screen { return open(a) }}) }
	}
	return newMenu(a, "more", func(m *menu) {
		t := a.texts
		m.title, m.warning, m.back = t.get("more.title"), "", func() tea.Cmd { return send(homeMsg{}) }
		m.choices = []choice{
			{t.get("more.language"), t.get("language." + spoken(a)), show(newLanguage)},
			{t.get("more.keys"), "?", func() tea.Cmd { return send(helpMsg{}) }},
			{t.get("more.export"), "JSON", show(newExport)},
			{t.get("more.deactivate"), "", show(newDeactivate)},
		}
		asks := "requests.off"
		if a.account.me.MayBeAsked {
			asks = "requests.on"
		}
		m.choices = slices.Insert(m.choices, 1, choice{t.get("requests.allow"), t.get(asks), show(newAllow)})
		if leaves := a.account.me.Leaves; leaves != nil {
			m.warning = t.get("more.leaving", a.account.moment(*leaves))
			m.choices[4] = choice{t.get("more.keep"), "", show(newKeep)}
		}
	})
}

// spoken names the language that the person has chosen.
func spoken(a *app) string {
	if code := a.account.me.Language; a.texts.has("language." + code) {
		return code
	}
	return "auto"
}

// newLanguage chooses the person's language, in which pages speak to them too.
func newLanguage(a *app) screen {
	m := newMenu(a, "", func(m *menu) {
		t := a.texts
		m.title, m.back = t.get("language.title"), func() tea.Cmd { return send(screenMsg{open: func() screen { return newMore(a) }}) }
		for _, code := range append([]string{"auto"}, languages...) {
			m.choices = append(m.choices, choice{name: t.get("language." + code), open: func() tea.Cmd { return send(screenMsg{open: func() screen { return newSetLanguage(a, code) }}) }})
		}
	})
	m.cursor = slices.Index(languages, spoken(a)) + 1
	return m
}

// newSetLanguage tells the server at once.
func newSetLanguage(a *app, code string) screen {
	p := newDoing(a, a.texts.get("language.title"), a.texts.get("language.saving"), func(ctx context.Context, server *account) (string, error) {
		language := code
		if code == "auto" {
			language = ""
		}
		return a.texts.get("profile.saved"), server.SetProfile(ctx, pairing.Profile{Language: &language})
	})
	p.back = func() screen { return newMore(a) }
	return p
}

// newAllow turns on, or off, that browsers may ask the app.
func newAllow(a *app) screen {
	allow := !a.account.me.MayBeAsked
	text := "requests.now_off"
	if allow {
		text = "requests.now_on"
	}
	p := newDoing(a, a.texts.get("requests.allow"), a.texts.get("language.saving"), func(ctx context.Context, server *account) (string, error) {
		return a.texts.get(text), server.AllowRequests(ctx, allow)
	})
	p.back = func() screen { return newMore(a) }
	return p
}

// newKeep keeps an account that was deactivated.
func newKeep(a *app) screen {
	p := newDoing(a, a.texts.get("more.keep"), a.texts.get("more.keeping"), func(ctx context.Context, server *account) (string, error) {
		return a.texts.get("more.kept"), server.Keep(ctx)
	})
	p.back = func() screen { return newMore(a) }
	return p
}

// newDeactivate wants the nickname typed: nobody does this by mistake.
func newDeactivate(a *app) screen {
	t, nickname := a.texts, a.account.me.Nickname
	return newPrompt(prompt{
		app: a, title: t.get("more.deactivate"), text: t.get("more.confirm", nickname), grave: true,
		what: t.get("more.deactivating"), yes: t.get("more.deactivate"),
		check: func(value string) string {
			if value != nickname {
				return t.get("more.mismatch")
			}
			return ""
		},
		do: func(ctx context.Context, server *account, _ string) (string, error) {
			leaves, err := server.Deactivate(ctx)
			return t.get("more.deactivated", server.moment(leaves)), err
		},
		back: func() screen { return newMore(a) },
	}, "")
}

// newExport writes everything that is kept about the person into a file.
func newExport(a *app) screen {
	t := a.texts
	return newPrompt(prompt{
		app: a, title: t.get("more.export"), what: t.get("more.exporting"), yes: t.get("key.save"),
		do: func(ctx context.Context, server *account, value string) (string, error) {
			name := path(value)
			all, err := server.Export(ctx)
			if err != nil {
				return "", err
			}
			err = rules.WriteNew(name, all)
			if errors.Is(err, fs.ErrExist) {
				err = failures.Said(t.get("more.file_exists", name))
			}
			return t.get("more.exported", name), err
		},
		back: func() screen { return newMore(a) },
	}, "ham-account.json")
}
