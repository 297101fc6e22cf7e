package tui

import (
	tea "github.com/charmbracelet/bubbletea"

	"hamconnect/qr"
	"hamconnect/tui/internal/failures"
)

// purpose is what codes are for, by whatever way they come in: home asks the
// server about a request, login enrols this device.
type purpose struct {
	enter string // key of what Enter does
	what  string // key of what is waited for
	about failures.About
	which string // key of what to know when there are several to choose from
	wants func(link qr.Link) bool
	use   func(t *try, links []qr.Link) tea.Msg // links has at least one
	// unasked is use for a picture that came in by itself, where that should not
	// be enough; nil is use.
	unasked func(t *try, links []qr.Link) tea.Msg
	back    func(first finder) screen // the screen that codes go into; it looks at first at once, unless that is nil
}

// find looks for links somewhere and uses them.
func (p purpose) find(t *try, find finder) tea.Cmd {
	return tea.Batch(t.spin.Tick, func() tea.Msg {
		links, err := find(t.ctx)
		if err != nil {
			return failedMsg{t, err}
		}
		return p.use(t, links)
	})
}

// requests is the purpose of a device that is signed in.
func requests(a *app) purpose {
	server := a.account
	return purpose{
		enter: "key.look", what: "scan.asking", about: failures.ACode, which: "scan.which_hint",
		wants: func(link qr.Link) bool { return link.Kind != qr.KindEnroll && server.Check(link) == nil },
		use:   func(t *try, links []qr.Link) tea.Msg { return askAbout(t, server, links) },
		back: func(first finder) screen {
			h := newHome(a, remark{}, "")
			h.first = first
			return h
		},
	}
}

// enrolment is the purpose of the screen l, until this device is signed in.
func (l *login) enrolment() purpose {
	a, why, adding := l.app, l.why, l.adding
	return purpose{
		enter: "key.enrol", what: "login.doing", about: failures.AnEnrolLink, which: "login.which_hint",
		wants: isEnrol,
		use:   func(t *try, links []qr.Link) tea.Msg { return enrolBy(a, t, links, adding) },
		// Nothing more is asked before an enrolment, and whoever can put a picture
		// into the folder would choose the server: the person sees its link first.
		unasked: func(t *try, links []qr.Link) tea.Msg {
			if links = only(links, isEnrol); len(links) == 1 {
				return pastedMsg{try: t, text: qr.EnrollLink(links[0].Origin, links[0].Code), waits: true}
			}
			return enrolBy(a, t, links, adding)
		},
		back: func(first finder) screen {
			l := newLogin(a, why, "")
			if adding {
				l = newAdding(a)
			}
			l.first = first
			return l
		},
	}
}

func isEnrol(link qr.Link) bool { return link.Kind == qr.KindEnroll }

// enrolBy enrols this device with the one enrol link among links; the person
// chooses among several.
func enrolBy(a *app, t *try, links []qr.Link, add bool) tea.Msg {
	links = only(links, isEnrol)
	switch len(links) {
	case 0:
		return failedMsg{t, failures.ErrSignInFirst}
	case 1:
	default:
		return severalMsg{t, links}
	}
	account, err := a.enroll(t.ctx, links[0], add)
	if err != nil {
		return failedMsg{t, err}
	}
	return joinedMsg{t, account}
}

// only gives those of links that are wanted.
func only(links []qr.Link, wanted func(qr.Link) bool) (some []qr.Link) {
	for _, link := range links {
		if wanted(link) {
			some = append(some, link)
		}
	}
	return some
}
