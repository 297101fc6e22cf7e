package tui

import (
	tea "github.com/charmbracelet/bubbletea"

	"hamconnect/tui/client"
)

// keeper is where the accounts of this device are kept.
type keeper interface {
	accounts() ([]client.Kept, error)
	use(name string) (*account, error)
}

// folder is the keeper of real life.
type folder struct{ options client.Options }

func (f folder) accounts() ([]client.Kept, error) { return client.Accounts(f.options) }

func (f folder) use(name string) (*account, error) {
	a, err := client.Use(f.options, name)
	if err != nil {
		return nil, err
	}
	return newAccount(a), nil
}

// accounts lists who is signed in on this device, and where; it switches
// between them, and adds one.
type accounts struct {
	*menu
	app *app
	at  spot // where the cursor was before another screen
}

func newAccounts(a *app) screen {
	s := &accounts{app: a, at: a.left["accounts"]}
	s.menu = newMenu(a, "accounts", func(m *menu) {
		m.title, m.back = a.texts.get("accounts.title"), func() tea.Cmd { return send(homeMsg{}) }
		m.choices = []choice{{a.texts.get("accounts.add"), "", s.add}}
	})
	return s
}

func (s *accounts) init() tea.Cmd {
	keep := s.app.keep
	return func() tea.Msg {
		all, err := keep.accounts()
		return keptMsg{of: s, accounts: all, err: err}
	}
}

func (s *accounts) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case keptMsg:
		if msg.of != s {
			return nil
		}
		if msg.err != nil {
			s.tell(remark{text: s.app.sentence(msg.err), bad: true})
		}
		s.build = func(m *menu) { s.list(m, msg.accounts) }
		s.choices = nil
		s.build(s.menu)
		s.turnTo(s.at)
		return nil
	case usedMsg:
		s.tell(remark{text: s.app.sentence(msg.err), bad: true}) // a success has gone home
		return nil
	}
	return s.menu.update(msg)
}

func (s *accounts) list(m *menu, all []client.Kept) {
	t := s.app.texts
	m.title = t.get("accounts.title")
	for _, k := range all {
		c := choice{name: k.Handle(), open: func() tea.Cmd { return s.choose(k.DeviceID) }}
		switch {
		case k.Damaged != nil:
			c = choice{t.get("accounts.damaged"), k.Folder(), func() tea.Cmd {
				return send(remarkMsg{remark{text: s.app.sentence(k.Damaged), bad: true}})
			}}
		case k.InUse:
			c.note = t.get("accounts.in_use")
		}
		m.choices = append(m.choices, c)
	}
	m.choices = append(m.choices, choice{t.get("accounts.add"), "", s.add})
}

func (s *accounts) choose(name string) tea.Cmd {
	if s.app.later != nil { // what waits belongs to the account that is left
		return send(remarkMsg{remark{text: s.app.texts.get("accounts.wait"), bad: true}})
	}
	keep := s.app.keep
	return func() tea.Msg {
		a, err := keep.use(name)
		return usedMsg{a, err}
	}
}

func (s *accounts) add() tea.Cmd {
	if s.app.later != nil {
		return send(remarkMsg{remark{text: s.app.texts.get("accounts.wait"), bad: true}})
	}
	return send(screenMsg{open: func() screen { return newAdding(s.app) }})
}
