package tui

import (
	"strings"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/spinner"
	tea "github.com/charmbracelet/bubbletea"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

// kind is how a request ended.
type kind int

const (
	failed kind = iota
	approved
	denied
	wrong // too often a wrong number
	cancelled
	expired
	finished
)

func kindOf(s pairing.State) kind {
	switch s {
	case pairing.Approved:
		return approved
	case pairing.Denied:
		return denied
	case pairing.Cancelled:
		return cancelled
	case pairing.Expired:
		return expired
	case pairing.Finished:
		return finished
	case pairing.Waiting, pairing.Claimed:
	}
	return failed
}

// outcome is what result shows.
type outcome struct {
	ask      *client.Ask
	kind     kind
	status   pairing.Status
	redirect string // of a deep link: where the browser goes on
	text     string // why it failed
}

// result says how it ended. After an approval it stays with the pairing until
// the browser has gone on, because "not me" on the desktop can still stop it.
type result struct {
	app      *app
	outcome  outcome
	try      *try // the wait for the browser, nil when there is none
	failures int
	opened   bool // the system's browser was started
	noOpen   bool // it could not be
}

var keyHome = on("enter", "enter", "esc")

func newResult(a *app, o outcome) *result {
	r := &result{app: a, outcome: o}
	if o.kind == approved && o.ask.IsPairing() {
		r.try = newTry(a, a.texts.get("result.waiting"))
	}
	return r
}

func (r *result) init() tea.Cmd {
	switch {
	case r.try != nil:
		return tea.Batch(r.try.spin.Tick, r.poll())
	case r.outcome.redirect != "":
		return openBrowser(r.app, r, r.outcome.redirect)
	}
	return nil
}

func (r *result) poll() tea.Cmd {
	return watch(r.try.ctx, r.app.account, r, r.outcome.ask.PairingID, r.outcome.status.Version, r.failures)
}

func (r *result) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyMsg:
		if key.Matches(msg, keyHome) {
			return send(homeMsg{})
		}
	case spinner.TickMsg:
		return r.try.turn(msg)
	case openedMsg:
		if msg.of == r {
			r.opened, r.noOpen = msg.err == nil, msg.err != nil
		}
	case statusMsg:
		if msg.of == r && r.try != nil {
			return r.changed(msg)
		}
	}
	return nil
}

func (r *result) changed(msg statusMsg) tea.Cmd {
	if _, over := isFailure(msg.err, pairing.FailNotFound, pairing.FailNotSignedIn, pairing.FailUserDisabled, pairing.FailUserLeaving); over {
		r.leave() // it is too old for the server to know: nothing more will come
		return nil
	}
	if msg.err != nil {
		r.failures++
		return r.poll()
	}
	r.failures = 0
	// The scopes are kept from the approval: the screen goes on to show them.
	r.outcome.status.Version = msg.status.Version
	if msg.status.State == pairing.Approved {
		return r.poll()
	}
	r.outcome.kind = kindOf(msg.status.State)
	r.leave()
	return nil
}

// words are mark, title and what to know or do next.
func (r *result) words() (mark, title, text string) {
	o, t := r.outcome, r.app.texts
	nothing := func(given, signedIn string) string { // came of it
		if o.ask.IsSignIn() {
			return signedIn
		}
		return given
	}
	switch o.kind {
	case approved:
		title = t.get("result.approved")
		switch {
		case r.opened:
			return "✓", title, t.get("result.browser")
		case r.noOpen:
			return "✓", title, t.get("result.no_browser")
		case o.redirect != "":
			return "✓", title, t.get("result.opening")
		}
		if o.ask.IsTicket() { // its page has no "not me"
			return "✓", title, t.get("result.ticket_goes_on", t.get("menu.browsers"))
		}
		return "✓", title, t.get("result.goes_on")
	case finished:
		return "✓", t.get("result.finished"), t.get("result.gone_on")
	case denied:
		return "✗", t.get("result.denied"), nothing(t.get("result.after_denied"), t.get("result.browser_denied"))
	case wrong:
		return "✗", t.get("result.denied"), nothing(t.get("result.after_wrong"), t.get("result.browser_wrong"))
	case cancelled:
		return "✗", t.get("result.cancelled"), nothing(t.get("result.after_cancelled"), t.get("result.browser_cancelled"))
	case expired:
		return "!", t.get("result.expired"), nothing(t.get("result.after_expired"), t.get("result.browser_expired"))
	case failed:
	}
	return "!", t.get("result.failed"), o.text
}

func (r *result) view(width, _ int) []string {
	s := r.app.styles
	m, title, text := r.words()
	style := s.warn
	switch m {
	case "✓":
		style = s.good
	case "✗":
		style = s.bad
	}
	lines := []string{style.Render(m + " " + title), ""}
	lines = append(lines, s.title.Render(fit(titleOf(r.app.texts, r.outcome.ask), width)))
	if r.outcome.kind == approved || r.outcome.kind == finished {
		lines = append(lines, r.given(width)...)
	}
	lines = append(lines, "")
	lines = append(lines, wrap(text, width)...)
	if r.noOpen {
		lines = append(lines, "")
		lines = append(lines, wrap(r.outcome.redirect, width)...)
	}
	if r.try != nil {
		what := r.try.what + "…"
		if r.failures > 0 {
			what = r.app.texts.get("result.again")
		}
		lines = append(lines, "", fit(r.try.spin.View()+" "+what, width))
	}
	return lines
}

// given says what the app gets to see.
func (r *result) given(width int) []string {
	t := r.app.texts
	var titles []string
	for _, name := range r.outcome.status.Scopes {
		for _, scope := range r.outcome.ask.Scopes {
			if scope.Name == name {
				titles = append(titles, scope.Title)
			}
		}
	}
	besides, only := "result.sees", "result.only_id"
	if r.outcome.ask.Username != "" {
		besides, only = "result.sees_username", "result.only_username"
	}
	var text string
	switch {
	case r.outcome.ask.IsSignIn():
		text = t.get("result.account")
	case len(titles) > 0:
		text = t.get(besides, strings.Join(titles, t.get("consent.and")))
	default:
		text = t.get(only)
	}
	var lines []string
	for _, line := range wrap(text, width) {
		lines = append(lines, r.app.styles.muted.Render(line))
	}
	return lines
}

func (r *result) keys() []key.Binding {
	return []key.Binding{r.app.texts.told(keyHome, "key.next_code")}
}
func (r *result) typing() bool { return false }

func (r *result) leave() {
	r.try.stop()
	r.try = nil
}
