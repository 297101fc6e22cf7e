package tui

import (
	"context"
	"errors"
	"time"

	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/bubbles/spinner"
	tea "github.com/charmbracelet/bubbletea"

	"hamconnect/qr"
	"hamconnect/tui/internal/failures"
)

// addPasskey shows a link for the browser that shall hold a passkey.
type addPasskey struct {
	app   *app
	try   *try     // the wait for a link, nil when there is none
	link  string   // empty before it came
	code  *qr.Code // the link's, nil if it fits in none
	until time.Time
	now   time.Time
	note  string // what became of opening a browser
	err   error  // why there is no link
}

var (
	keyBack     = on("esc", "esc")
	keyAgain    = on("r", "r")
	keyOpenHere = on("o", "o")
)

func newAddPasskey(a *app) *addPasskey {
	p := &addPasskey{app: a, now: a.now()}
	p.try = newTry(a, a.texts.get("passkey.asking"))
	return p
}

func (p *addPasskey) init() tea.Cmd {
	return tea.Batch(makeLink(p.app, p.try), tick(p.app, p))
}

func (p *addPasskey) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyMsg:
		return p.press(msg)
	case spinner.TickMsg:
		return p.try.turn(msg)
	case tickMsg:
		if msg.of == p {
			p.now = msg.now
			return tick(p.app, p)
		}
	case linkMsg:
		if p.try != nil && msg.try == p.try {
			p.take(msg)
		}
	case openedMsg:
		if msg.of == p {
			p.note = p.app.texts.get("passkey.opened")
			if msg.err != nil {
				p.note = p.app.texts.get("passkey.no_browser")
			}
		}
	}
	return nil
}

func (p *addPasskey) take(msg linkMsg) {
	p.leave()
	p.now = p.app.now()
	switch {
	case errors.Is(msg.err, context.Canceled):
		p.err = failures.Said(p.app.texts.get("passkey.stopped"))
	case msg.err != nil:
		p.err = msg.err
	default:
		p.link, p.code = msg.link.Link, msg.code
		p.until = p.now.Add(time.Duration(msg.link.ExpiresIn) * time.Second)
	}
}

func (p *addPasskey) left() time.Duration { return max(0, p.until.Sub(p.now)) }

// works reports whether there is a link that can be used. A newer one would
// end it, so none is made as long as it does.
func (p *addPasskey) works() bool { return p.link != "" && p.left() > 0 }

func (p *addPasskey) press(msg tea.KeyMsg) tea.Cmd {
	switch {
	case key.Matches(msg, keyBack):
		return send(homeMsg{remark{text: p.farewell()}})
	case key.Matches(msg, keyAgain) && !p.works() && p.try == nil:
		p.link, p.code, p.err, p.note = "", nil, nil, ""
		p.try = newTry(p.app, p.app.texts.get("passkey.asking"))
		return makeLink(p.app, p.try)
	case key.Matches(msg, keyOpenHere) && p.works():
		return openBrowser(p.app, p, p.link)
	}
	return nil
}

func (p *addPasskey) farewell() string {
	if !p.works() {
		return ""
	}
	return p.app.texts.get("passkey.left", int(p.left()/time.Second))
}

func (p *addPasskey) keys() []key.Binding {
	t := p.app.texts
	back := t.told(keyBack, "key.back")
	switch {
	case p.try != nil:
		return []key.Binding{back}
	case p.works():
		return []key.Binding{back, t.told(keyOpenHere, "key.open_here")}
	}
	return []key.Binding{t.told(keyAgain, "key.new_link"), back}
}

func (p *addPasskey) typing() bool { return false }

func (p *addPasskey) leave() {
	p.try.stop()
	p.try = nil
}

// gap is between the code and the text beside it.
const gap = 3

// view puts the code beside the text or above it, or leaves it out where the
// terminal has no room for both: the link says the same.
func (p *addPasskey) view(width, height int) []string {
	if !p.works() || p.code == nil {
		return p.text(width, false)
	}
	cols, rows := p.code.TerminalSize()
	if column := width - cols - gap; column >= 26 && rows <= height {
		if text := p.text(column, true); len(text) <= height {
			return beside(p.app.styles.code(p.code), cols, text)
		}
	}
	if text := p.text(width, true); cols <= width && rows+1+len(text) <= height {
		return append(append(p.app.styles.code(p.code), ""), text...)
	}
	return p.text(width, false)
}

// beside sets a text to the right of a picture that is cols wide.
func beside(picture []string, cols int, text []string) []string {
	lines := make([]string, max(len(picture), len(text)))
	for i := range lines {
		if i < len(picture) {
			lines[i] = picture[i]
		} else {
			lines[i] = repeat(" ", cols)
		}
		if i < len(text) {
			lines[i] += repeat(" ", gap) + text[i]
		}
	}
	return lines
}

// text is everything but the code.
func (p *addPasskey) text(width int, withCode bool) (lines []string) {
	s, t := p.app.styles, p.app.texts
	title := t.get("passkey.title")
	add := func(more ...string) { lines = append(lines, more...) }
	switch {
	case p.try != nil:
		return []string{s.title.Render(title), "", fit(p.try.spin.View()+" "+p.try.what+"…", width)}
	case p.err != nil:
		add(s.title.Render(title), "")
		for i, line := range wrap(p.app.sentence(p.err), width-2) {
			add(s.bad.Render(mark("!", i)) + " " + line)
		}
		return lines
	case !p.works():
		add(s.title.Render(title), "")
		for i, line := range wrap(t.get("passkey.over"), width-2) {
			add(s.warn.Render(mark("!", i)) + " " + line)
		}
		return lines
	}
	left, style := t.get("consent.left", int(p.left()/time.Second)), s.muted
	if p.left() <= 15*time.Second {
		style = s.warn
	}
	add(s.title.Render(title)+repeat(" ", width-cells(title)-cells(left))+style.Render(left), "")
	how := t.get("passkey.open")
	if withCode {
		how = t.get("passkey.scan")
	}
	add(wrap(how, width)...)
	add("")
	for _, line := range wrap(p.link, width) {
		add(s.key.Render(line))
	}
	add("")
	for i, line := range wrap(t.get("passkey.secret"), width-2) {
		add(s.warn.Render(mark("!", i)) + " " + line)
	}
	if p.note != "" {
		add("")
		add(wrap(p.note, width)...)
	}
	return lines
}
