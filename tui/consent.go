package tui

import (
	"context"
	"errors"
	"time"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/spinner"
	tea "github.com/charmbracelet/bubbletea"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

// consent shows what is asked, and takes the answer. A deep link has no
// desktop, and so neither number nor time limit; everything else is the same.
// A ticket's browser shows no number: after the first yes the person is asked
// once more, by another key, with which browser asks, from where and since when.
type consent struct {
	app    *app
	ask    *client.Ask
	status pairing.Status
	until  time.Time // when the pairing expires
	now    time.Time

	off    []bool    // scopes that were unticked, by their place in ask.Scopes
	number string    // digits typed so far
	focus  int       // a scope's place, then the number, approve, refuse
	again  bool      // the first yes to a ticket was given
	asked  time.Time // the second time; what comes right after it was meant for the first
	note   string    // what went wrong with the last answer
	try    *try      // the answer on its way, nil before

	watching context.Context // of the long poll; ended by leave
	stop     context.CancelFunc
	failures int // polls in a row that did not reach the server
}

var (
	keyMove    = on("↑/↓", "up", "down", "k", "j", "tab", "shift+tab")
	keyUp      = on("↑", "up", "k", "shift+tab")
	keyToggle  = on("space", " ")
	keyPress   = on("enter", "enter")
	keyDigits  = on("0-9", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
	keyDelete  = on("backspace", "backspace")
	keyApprove = on("a", "a")
	keyRefuse  = on("r", "r")
	keySure    = on("y", "y")
	keyLeave   = on("esc", "esc")
)

func newConsent(a *app, ask *client.Ask) *consent {
	c := &consent{app: a, ask: ask, off: make([]bool, len(ask.Scopes)), now: a.now()}
	for i, scope := range ask.Scopes { // what was left out before is not given by one Enter
		c.off[i] = scope.LeftOut
	}
	c.watching, c.stop = context.WithCancel(a.ctx)
	c.take(ask.Status)
	switch {
	case c.numbered():
		c.focus = c.numberAt()
	case len(ask.Scopes) == 0:
		c.focus = c.refuseAt() // the Enter that opened the link must not be taken for a yes
	}
	return c
}

// numbered reports whether the desktop shows a number to type.
func (c *consent) numbered() bool { return c.ask.IsPairing() && !c.ask.IsTicket() }

// The places after the scopes. Where there is no number,  its place stays,
// so that places mean the same everywhere; move steps over it.
func (c *consent) numberAt() int  { return len(c.ask.Scopes) }
func (c *consent) approveAt() int { return len(c.ask.Scopes) + 1 }
func (c *consent) refuseAt() int  { return len(c.ask.Scopes) + 2 }

func (c *consent) init() tea.Cmd {
	if !c.ask.IsPairing() {
		return nil
	}
	return tea.Batch(tick(c.app, c), c.poll())
}

func (c *consent) poll() tea.Cmd {
	return watch(c.watching, c.app.account, c, c.ask.PairingID, c.status.Version, c.failures)
}

func (c *consent) take(s pairing.Status) {
	c.status = s
	c.until = c.now.Add(time.Duration(s.ExpiresIn) * time.Second)
}

func (c *consent) left() time.Duration { return max(0, c.until.Sub(c.now)) }

func (c *consent) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyMsg:
		return c.press(msg)
	case clickMsg:
		return c.click(msg)
	case spinner.TickMsg:
		return c.try.turn(msg)
	case tickMsg:
		if msg.of == c {
			c.now = msg.now
			return tick(c.app, c)
		}
	case statusMsg:
		if msg.of == c {
			return c.changed(msg)
		}
	case decidedMsg:
		if msg.try == c.try {
			return c.decided(msg)
		}
	}
	return nil
}

// changed takes in what the long poll says.
func (c *consent) changed(msg statusMsg) tea.Cmd {
	switch {
	case msg.err != nil:
		if f, over := isFailure(msg.err, pairing.FailNotFound, pairing.FailState, pairing.FailNotSignedIn, pairing.FailUserDisabled, pairing.FailUserLeaving); over {
			return send(resultMsg{outcome{ask: c.ask, kind: failed, text: c.app.sentence(f)}})
		}
		c.failures++
		return c.poll()
	case c.try != nil && !msg.status.State.Over():
		// Our own answer may be what changed it; that says more.
	case msg.status.State != pairing.Claimed:
		ended := kindOf(msg.status.State)
		if ended == denied && msg.status.TriesLeft == 0 { // our wrong number did it, and this came before its answer
			ended = wrong
		}
		return send(resultMsg{outcome{ask: c.ask, kind: ended, status: msg.status}})
	}
	c.failures = 0
	c.now = c.app.now()
	c.take(msg.status)
	return c.poll()
}

// decided takes in the server's answer to ours.
func (c *consent) decided(msg decidedMsg) tea.Cmd {
	c.try.stop()
	c.try = nil
	t := c.app.texts
	f, refused := isFailure(msg.err, pairing.FailNumber)
	switch {
	case msg.err == nil:
		kind := denied
		if msg.approved {
			kind = approved
		}
		return send(resultMsg{outcome{ask: c.ask, kind: kind, status: msg.status, redirect: msg.redirect}})
	case refused && f.TriesLeft > 0:
		c.number, c.focus = "", c.numberAt()
		c.note = t.get("consent.wrong_more", f.TriesLeft)
		if f.TriesLeft == 1 {
			c.note = t.get("consent.wrong_one")
		}
	case refused:
		return send(resultMsg{outcome{ask: c.ask, kind: wrong}})
	case f != nil && f.Code == pairing.FailState && f.State.Over() && f.State != pairing.Finished:
		return send(resultMsg{outcome{ask: c.ask, kind: kindOf(f.State), status: pairing.Status{State: f.State}}})
	case f != nil:
		return send(resultMsg{outcome{ask: c.ask, kind: failed, text: c.app.sentence(f)}})
	case errors.Is(msg.err, context.Canceled):
		c.note = t.get("consent.stopped")
	case errors.Is(msg.err, client.ErrUnreachable):
		c.note = c.app.sentence(msg.err)
	default:
		return send(resultMsg{outcome{ask: c.ask, kind: failed, text: c.app.sentence(msg.err)}})
	}
	return nil
}

func (c *consent) press(msg tea.KeyMsg) tea.Cmd {
	if c.try != nil {
		if key.Matches(msg, keyStop) {
			c.try.stop() // decided says what that means
		}
		return nil
	}
	switch {
	case key.Matches(msg, keyLeave):
		return send(homeMsg{c.putAside()})
	case key.Matches(msg, keyUp):
		c.move(-1)
	case key.Matches(msg, keyMove):
		c.move(1)
	case key.Matches(msg, keyToggle):
		if c.focus < len(c.off) {
			c.off[c.focus] = !c.off[c.focus]
		}
	case key.Matches(msg, keyDelete):
		c.number = c.number[:max(0, len(c.number)-1)]
	case key.Matches(msg, keyApprove) && !c.again, key.Matches(msg, keySure) && c.again:
		return c.answer(true)
	case key.Matches(msg, keyRefuse):
		return c.answer(false)
	case key.Matches(msg, keyPress):
		switch {
		case c.focus == c.refuseAt():
			return c.answer(false)
		case c.focus == c.approveAt(), c.focus == c.numberAt():
			return c.answer(true)
		}
		c.move(1)
	case c.numbered():
		c.digits(msg)
	}
	return nil
}

// digits takes typed or pasted digits from anywhere on the screen.
func (c *consent) digits(msg tea.KeyMsg) {
	for _, r := range msg.Runes {
		if r >= '0' && r <= '9' && len(c.number) < 2 && (r != '0' || c.number != "") {
			c.number += string(r)
			c.focus, c.note = c.numberAt(), ""
		}
	}
}

func (c *consent) move(by int) {
	places := c.refuseAt() + 1
	c.focus = (c.focus + by + places) % places
	if c.focus == c.numberAt() && !c.numbered() {
		c.focus += by
	}
}

func (c *consent) answer(yes bool) tea.Cmd {
	number, ok := CheckNumber(c.number)
	if yes && c.ask.IsTicket() && !c.again {
		c.again, c.asked, c.focus = true, c.app.now(), c.refuseAt() // the same key twice is no second yes
		return nil
	}
	if yes && c.numbered() && !ok {
		c.focus = c.numberAt()
		c.note = c.app.texts.get("consent.first_number")
		return nil
	}
	what := "consent.refusing"
	if yes {
		what = "consent.approving"
	}
	c.note = ""
	c.try = newTry(c.app, c.app.texts.get(what))
	return decide(c.app, c.try, c.ask, yes, number, c.ticked())
}

func (c *consent) ticked() []string {
	names := []string{}
	for i, name := range c.ask.ScopeNames() {
		if !c.off[i] {
			names = append(names, name)
		}
	}
	return names
}

// farewell says that a request is left alone.
func (c *consent) farewell() string {
	return c.app.texts.get("consent.farewell", fit(titleOf(c.app.texts, c.ask), 40))
}

func (c *consent) typing() bool { return false }

func (c *consent) leave() {
	c.stop()
	c.try.stop()
}

func (c *consent) keys() []key.Binding {
	t := c.app.texts
	if c.try != nil {
		return []key.Binding{t.told(keyStop, "key.stop")}
	}
	press := "key.press"
	switch c.focus {
	case c.numberAt(), c.approveAt():
		press = "key.approve"
	case c.refuseAt():
		press = "key.refuse"
	}
	keys := []key.Binding{
		t.told(keyPress, press), t.told(keyLeave, "key.leave"), t.told(keyMove, "key.move"), t.told(keyToggle, "key.tick"),
		t.told(keyApprove, "key.approve"), t.told(keyRefuse, "key.refuse"),
	}
	if c.again {
		keys[4] = t.told(keySure, "key.approve")
	}
	if c.numbered() {
		keys = append(keys, t.told(keyDigits, "key.number"), t.told(keyDelete, "key.delete"))
	}
	return keys
}
