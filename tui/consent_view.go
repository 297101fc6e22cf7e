package tui

import (
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

// view keeps the answer at the bottom in sight always; what is asked stands
// above it, shortened first and then scrolled where the terminal is low.
func (c *consent) view(width, height int) []string {
	bottom := c.answerLines(width)
	room := max(0, height-len(bottom))
	top, focus := c.askedLines(width, airy)
	for _, how := range []density{tight, terse} {
		if len(top) > room {
			top, focus = c.askedLines(width, how)
		}
	}
	return slices.Concat(c.window(top, focus, width, room), bottom)
}

// window gives the at most height lines around the focus. What it leaves out
// is told: a person must not approve what they do not know to be there.
func (c *consent) window(lines []string, focus, width, height int) []string {
	if len(lines) <= height || height < 3 {
		return lines[:min(len(lines), height)]
	}
	from := min(max(0, focus-height/2), len(lines)-height)
	shown := slices.Clone(lines[from : from+height])
	more := func(arrow string, n int) string {
		return c.app.styles.warn.Render(fit(arrow+" "+c.app.texts.get("consent.more", n+1), width))
	}
	if from > 0 {
		shown[0] = more("↑", from)
	}
	if below := len(lines) - from - height; below > 0 {
		shown[height-1] = more("↓", below)
	}
	return shown
}

// density is how much of the request stands on the screen at once.
type density int

const (
	airy  density = iota
	tight         // without blank lines and what is said for politeness
	terse         // and only the scope with the focus says what it reveals
)

// askedLines is the request, and the line that has the focus.
func (c *consent) askedLines(width int, how density) (lines []string, focus int) {
	s, t := c.app.styles, c.app.texts
	add := func(more ...string) { lines = append(lines, more...) }
	gap := func() {
		if how == airy {
			add("")
		}
	}
	add(c.titleLine(width))
	if how == airy && !c.ask.IsSignIn() {
		add(wrap(t.get("consent.asks"), width)...)
	}
	if c.status.Contested > 0 {
		gap()
		for i, line := range wrap(t.get("consent.contested"), width-2) {
			add(s.warn.Render(mark("!", i) + " " + line))
		}
	}
	gap()
	if !c.ask.IsSignIn() {
		host := c.ask.RedirectHost()
		add(c.fact("consent.to", host, s.title, width)...)
		if client.LooksAlike(host) {
			for i, line := range wrap(t.get("consent.alike"), width-2) {
				add(s.warn.Render(mark("!", i) + " " + line))
			}
		}
	}
	if b := c.ask.Browser; b != nil {
		add(c.fact("consent.by", strings.TrimSpace(t.get("consent.browser", b.Name, b.Address)), s.plain, width)...)
		if c.ask.IsTicket() {
			add(c.fact("consent.since", c.since(), s.plain, width)...)
		}
	} else if !c.ask.IsPairing() {
		add(c.fact("consent.by", t.get("consent.link"), s.plain, width)...)
	}
	if icon := c.ask.IconHost(); icon != "" && how < terse {
		add(c.fact("consent.icon", t.get("consent.icon_from", icon), s.plain, width)...)
	}
	gap()
	if c.ask.IsSignIn() {
		add(wrap(t.get("consent.whole_account"), width)...)
		gap()
		return lines, 0
	}
	if how == airy {
		add(t.get("consent.sees"))
	}
	for i, scope := range c.ask.Scopes {
		tick, pointer := "[✓]", " "
		if c.off[i] {
			tick = "[ ]"
		}
		note := ""
		switch {
		case scope.LeftOut:
			note = t.get("consent.left_out")
		case scope.Given:
			note = t.get("consent.given")
		}
		values, style := strings.Join(scope.Values, t.get("consent.and")), s.plain
		if c.off[i] && values != "" {
			values, style = t.get("consent.not_given", values), s.muted
		}
		if note != "" && cells(scope.Title)+cells(note)+8 > width && how < terse { // then it stands below
			values, note = strings.TrimSuffix(note+" · "+values, " · "), ""
		}
		line := tick + " " + fit(scope.Title, width-6-cells(note)-2)
		if i == c.focus {
			focus, pointer, line = len(lines), s.brand.Render("▸"), s.brand.Render(line)
		}
		add(pointer + " " + line + s.muted.Render(repeat(" ", min(2, cells(note)))+note))
		if values != "" && (how < terse || i == c.focus) {
			add(repeat(" ", 6) + style.Render(fit(values, width-6)))
		}
		if (how == airy || i == c.focus || scope.Values == nil && how < terse) && scope.Reveals != "" {
			for _, line := range indented(scope.Reveals, 6, width) {
				add(s.muted.Render(line))
			}
		}
	}
	always := t.get("consent.id")
	if c.ask.Username != "" {
		always = t.get("consent.username", c.ask.Username)
	}
	for i, line := range wrap(always, width-6) {
		add(s.muted.Render("  " + mark("[✓]", i) + " " + line))
	}
	gap()
	return lines, focus
}

// titleLine is the app's name, and on the right how long is left.
func (c *consent) titleLine(width int) string {
	s, t := c.app.styles, c.app.texts
	title := titleOf(t, c.ask)
	if !c.ask.IsPairing() {
		return s.title.Render(fit(title, width))
	}
	left := t.get("consent.left", int(c.left()/time.Second))
	style := s.muted
	switch {
	case c.failures > 0:
		left, style = t.get("state.offline"), s.warn
	case c.left() == 0:
		left, style = t.get("consent.over"), s.warn
	case c.left() <= 15*time.Second:
		style = s.warn
	}
	name := fit(title, width-cells(left)-2)
	return s.title.Render(name) + repeat(" ", width-cells(name)-cells(left)) + style.Render(left)
}

// since is when the browser of a ticket began to ask.
func (c *consent) since() string { return c.ask.Since.In(c.app.account.place).Format("15:04:05") }

// titleOf is the name of the app that asks, or that a browser is to be signed in.
func titleOf(t texts, ask *client.Ask) string {
	if ask.IsSignIn() {
		return t.get("consent.sign_in")
	}
	return ask.AppName
}

// fact is a name in the left column, by its key, and a text beside it.
func (c *consent) fact(name, text string, style lipgloss.Style, width int) []string {
	column := 0
	for _, key := range []string{"consent.to", "consent.by", "consent.icon"} {
		column = max(column, cells(c.app.texts.get(key))+2)
	}
	name = c.app.texts.get(name)
	lines := wrap(text, width-column)
	for i, line := range lines {
		lines[i] = repeat(" ", column) + style.Render(line)
	}
	lines[0] = c.app.styles.muted.Render(name) + lines[0][cells(name):]
	return lines
}

// answerLines is the number and the two buttons, or the wait for the server.
func (c *consent) answerLines(width int) []string {
	s := c.app.styles
	var lines []string
	if c.note != "" {
		for i, line := range wrap(c.note, width-2) {
			lines = append(lines, s.warn.Render(mark("!", i)+" "+line))
		}
	}
	if c.numbered() {
		lines = append(lines, c.numberLine(width), "")
	}
	if c.try != nil {
		return append(lines, c.try.line(c.app, width))
	}
	approve := "consent.approve"
	if c.again {
		b := c.ask.Browser
		for i, line := range wrap(c.app.texts.get("consent.no_number", b.Name, b.Address, c.since()), width-2) {
			lines = append(lines, s.warn.Render(mark("!", i)+" "+line))
		}
		lines, approve = append(lines, ""), "consent.sure"
	}
	return append(lines, c.button(approve, c.approveAt())+"  "+c.button("consent.refuse", c.refuseAt()))
}

func (c *consent) numberLine(width int) string {
	s, t := c.app.styles, c.app.texts
	pointer, style := " ", s.button
	typed := []string{"_", "_"}
	for i, digit := range strings.Split(c.number, "") {
		if c.number != "" {
			typed[i] = digit
		}
	}
	if c.focus == c.numberAt() {
		pointer, style = s.brand.Render("▸"), s.chosen
	}
	field := style.Render("[ " + strings.Join(typed, " ") + " ]")
	tries := ""
	switch {
	case c.status.TriesLeft == 1:
		tries = "  " + s.warn.Render(t.get("consent.last_try"))
	case c.status.TriesLeft < pairing.MaxTries:
		tries = "  " + s.warn.Render(t.get("consent.tries", c.status.TriesLeft))
	}
	line := pointer + " " + t.get("consent.number") + "  " + field + tries
	if cells(line) > width {
		line = pointer + " " + t.get("consent.number_short") + "  " + field + tries
	}
	return fit(line, width)
}

func (c *consent) button(name string, place int) string {
	s, text := c.app.styles, c.app.texts.get(name)
	if c.focus == place {
		return s.brand.Render("▸") + " " + s.chosen.Render("[ "+text+" ]")
	}
	return "  " + s.button.Render("[ "+text+" ]")
}
