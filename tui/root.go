package tui

import (
	"errors"
	"slices"
	"time"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
	"hamconnect/tui/internal/failures"
)

// root is the model of the program.
type root struct {
	app           *app
	screen        screen
	width, height int
	help          bool
	pressed       time.Time // when a key was pressed last
}

func newRoot(a *app, link, note string) *root {
	r := &root{app: a, pressed: a.now()}
	if a.account != nil && a.account.locked() {
		r.screen = newUnlock(a, "", link)
	} else if a.account == nil {
		r.screen = newLogin(a, "", link)
	} else {
		h := newHome(a, remark{text: note}, link)
		h.why = atStart
		r.screen = h
	}
	return r
}

func (r *root) Init() tea.Cmd {
	if r.app.account == nil || !r.app.account.locked() {
		r.app.listen.to(r.app.account)
	}
	return tea.Batch(r.screen.init(), watchIdle())
}

func (r *root) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		r.width, r.height = msg.Width, msg.Height
		return r, r.screen.update(r.size())
	case idleMsg:
		return r, r.idle()
	case lockMsg:
		return r, r.lock()
	case tea.KeyMsg:
		if r.away() { // the machine has slept: whose key it is is not known
			return r, r.lock()
		}
		r.pressed = r.app.now()
		if len(msg.Runes) > 1 && !msg.Paste && !r.screen.typing() {
			return r, r.eachOf(msg)
		}
		switch {
		case key.Matches(msg, keyUndo) && r.app.later != nil && !msg.Paste && !r.screen.typing():
			return r, r.undo()
		case key.Matches(msg, keySuspend):
			return r, tea.Suspend
		case key.Matches(msg, keyQuit):
			r.screen.leave()
			return r, tea.Quit
		case r.help:
			r.help = false
			return r, nil
		case !msg.Paste && (key.Matches(msg, keyHelpF1) || key.Matches(msg, keyHelp) && !r.screen.typing()):
			r.help = true
			return r, nil
		}
	case tea.MouseMsg:
		return r, r.mouse(msg)
	case newsMsg:
		return r, r.news(msg)
	case lostMsg:
		return r, r.lost(msg)
	case laterMsg:
		return r, r.postpone(msg)
	case dueMsg:
		return r, r.due(msg.later)
	case actedMsg:
		if msg.later {
			return r, r.told(msg)
		}
	case helpMsg:
		r.help = true
		return r, nil
	case screenMsg:
		shown := r.show(msg.open())
		if msg.remark.text == "" {
			return r, shown
		}
		return r, tea.Batch(shown, r.screen.update(remarkMsg{msg.remark}))
	case meMsg:
		return r, r.me(msg)
	case seenMsg:
		return r, r.seen(msg)
	case enrolledMsg:
		return r, r.become(msg.account, r.app.texts.get("login.done"))
	case usedMsg:
		if msg.err == nil {
			return r, r.become(msg.account, r.app.texts.get("accounts.used", msg.account.name, msg.account.host))
		}
	case homeMsg:
		return r, r.show(newHome(r.app, msg.remark, ""))
	case passkeyMsg:
		return r, r.show(newAddPasskey(r.app))
	case askedMsg:
		r.app.aside = nil // it may be the very one
		return r, r.show(newConsent(r.app, msg.ask))
	case resultMsg:
		return r, r.show(newResult(r.app, msg.outcome))
	}
	return r, r.screen.update(msg)
}

// become shows another account's home.
func (r *root) become(a *account, word string) tea.Cmd {
	r.app.account, r.app.notices, r.app.offline, r.app.lost = a, nil, false, ""
	if a.locked() {
		return r.show(newUnlock(r.app, "", ""))
	}
	r.app.listen.to(a)
	return r.show(newHome(r.app, remark{text: word, good: true}, ""))
}

// eachOf takes the letters that came at once, as over a slow line, for keys of
// their own.
func (r *root) eachOf(msg tea.KeyMsg) tea.Cmd {
	var cmds []tea.Cmd
	for _, letter := range msg.Runes {
		_, cmd := r.Update(tea.KeyMsg{Type: msg.Type, Runes: []rune{letter}, Alt: msg.Alt})
		cmds = append(cmds, cmd)
	}
	return tea.Batch(cmds...)
}

func (r *root) show(s screen) tea.Cmd {
	r.screen.leave()
	r.screen = s
	return tea.Batch(s.update(r.size()), s.init())
}

// me takes in who the server says we are, and what is new; a device that it
// has removed has to enrol again. Without an answer what is known stays.
func (r *root) me(msg meMsg) tea.Cmd {
	_, atLogin := r.screen.(*login)
	switch {
	case msg.of != r.app.account || atLogin || r.app.account.locked():
		// It is about an account that is no longer the one here.
	case errors.Is(msg.err, client.ErrNotSignedIn):
		r.app.notices, r.app.later, r.app.offline = nil, nil, false
		r.app.listen.to(nil)
		return r.show(newLogin(r.app, r.app.texts.get("login.removed"), ""))
	case msg.err != nil:
		if msg.asked == atStart {
			offline := errors.Is(msg.err, client.ErrUnreachable)
			r.screen.update(remarkMsg{remark{text: r.app.sentence(msg.err), bad: true, offline: offline}})
		}
	case msg.seen != r.app.seen:
		// A notice was marked as seen meanwhile, and may still be in it.
		return whoAmI(r.app, msg.asked)
	default:
		r.app.account.name, r.app.notices, r.app.account.me = msg.name, msg.notices, msg.me
		r.app.texts = speak(msg.me.Language, r.app.local)
		return tea.Batch(r.app.watchRequests(), r.screen.update(msg))
	}
	return nil
}

// news has everything asked for again that may have changed.
func (r *root) news(msg newsMsg) tea.Cmd {
	if msg.of != r.app.account {
		return nil
	}
	if r.app.lost != "" {
		r.screen.update(remarkMsg{})
	}
	r.app.offline, r.app.lost = false, ""
	return tea.Batch(whoAmI(r.app, byItself), r.screen.update(msg))
}

// lost says that there is no connection. Why is said where there is more to it
// than that nobody answers, and once.
func (r *root) lost(msg lostMsg) tea.Cmd {
	if msg.of != r.app.account {
		return nil
	}
	why, told := "", r.app.lost
	if msg.err != nil && !errors.Is(msg.err, client.ErrUnreachable) {
		why = r.app.sentence(msg.err)
	}
	_, crowded := isFailure(msg.err, pairing.FailTooOften)
	r.app.offline, r.app.lost = !crowded, why
	var look tea.Cmd
	if crowded { // the server is there: what is new is asked for as often as it refuses to tell
		look = whoAmI(r.app, byItself)
	}
	if why == "" || why == told {
		return look
	}
	return tea.Batch(look, r.screen.update(remarkMsg{remark{text: why, bad: true, offline: !crowded}}))
}

// told says what became of an act that had waited.
func (r *root) told(msg actedMsg) tea.Cmd {
	text := remark{text: msg.done(r.app.texts), good: true}
	if msg.err != nil {
		text = remark{text: r.app.texts.get("list.failed", msg.row.name, r.app.sentenceAbout(failures.ARow, msg.err)), bad: true}
	}
	return tea.Batch(r.screen.update(remarkMsg{text}), r.screen.update(newsMsg{of: r.app.account}))
}

// mouse hands clicks and the wheel to the screen, in the screen's own lines.
func (r *root) mouse(msg tea.MouseMsg) tea.Cmd {
	switch {
	case r.help:
		r.help = msg.Action != tea.MouseActionPress
	case msg.Button == tea.MouseButtonWheelUp:
		return r.screen.update(wheelMsg(-1))
	case msg.Button == tea.MouseButtonWheelDown:
		return r.screen.update(wheelMsg(1))
	case msg.Button == tea.MouseButtonLeft && msg.Action == tea.MouseActionPress:
		left, top, height := r.place()
		return r.screen.update(clickMsg{line: msg.Y - top, column: msg.X - left, width: r.contentWidth(), height: height})
	}
	return nil
}

// seen takes a notice away once the server knows that it was seen.
func (r *root) seen(msg seenMsg) tea.Cmd {
	switch {
	case msg.of != r.app.account:
		return nil
	case errors.Is(msg.err, client.ErrNotSignedIn):
		return r.me(meMsg{of: msg.of, err: msg.err})
	case msg.err == nil:
		r.app.seen++
		// A new list: views and messages may hold the one before.
		r.app.notices = slices.DeleteFunc(slices.Clone(r.app.notices), func(n pairing.Notice) bool { return n.ID == msg.id })
	}
	return r.screen.update(msg)
}
