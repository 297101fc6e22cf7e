package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// places are the screens that a number leads to, in the order of the menu.
var places = []struct {
	name string // of its text below menu
	open func(a *app) screen
}{
	{"apps", func(a *app) screen { return newList(a, apps(a.account)) }},
	{"devices", func(a *app) screen { return newList(a, devices(a.account)) }},
	{"passkeys", func(a *app) screen { return newList(a, passkeys(a.account)) }},
	{"browsers", func(a *app) screen { return newList(a, browsers(a.account)) }},
	{"activity", func(a *app) screen { return newList(a, happened(a.account)) }},
	{"profile", newProfile},
	{"accounts", newAccounts},
	{"more", newMore},
}

// jump goes to the screen of a digit; 0 is home.
func jump(a *app, msg tea.KeyMsg) tea.Cmd {
	if msg.Paste || len(msg.Runes) != 1 {
		return nil
	}
	switch n := int(msg.Runes[0] - '0'); {
	case n == 0:
		return send(homeMsg{})
	case n >= 1 && n <= len(places):
		return send(toPlace(a, n))
	}
	return nil
}

// toPlace goes to the n-th place.
func toPlace(a *app, n int) screenMsg {
	return screenMsg{open: func() screen { return places[n-1].open(a) }}
}

// isPlace reports whether a key is a digit that leads somewhere.
func isPlace(msg tea.KeyMsg) bool {
	return !msg.Paste && len(msg.Runes) == 1 && msg.Runes[0] >= '0' && int(msg.Runes[0]-'0') <= len(places)
}

// jumpAfter is how long a digit stands in home's field by itself before it
// leads away: the path of a picture may begin with one.
const jumpAfter = 400 * time.Millisecond

func jumpSoon(h *home, msg tea.KeyMsg) tea.Cmd {
	return tea.Tick(jumpAfter, func(time.Time) tea.Msg { return digitMsg{h, msg} })
}
