package tui

import (
	"slices"

	"github.com/charmbracelet/lipgloss"
)

// The sizes of the layout, in cells and lines.
const (
	panelWidth          = 78
	minWidth, minHeight = 32, 10
)

// inPanel reports whether the terminal is so large that the app stands in a
// panel in the middle, where the eye need not travel.
func (r *root) inPanel() bool { return r.width >= panelWidth+14 && r.height >= 32 }

// contentWidth is how wide a line of a screen may be.
func (r *root) contentWidth() int {
	if r.inPanel() {
		return panelWidth - 6
	}
	return max(0, min(r.width-2, panelWidth)-2)
}

// size is what a screen has for its lines. In the panel it is what it may grow
// to.
func (r *root) size() sizeMsg {
	height := r.height
	if r.inPanel() {
		height -= 6
	}
	return sizeMsg{r.contentWidth(), height - around(height)}
}

// View lays out header, screen and help.
func (r *root) View() string {
	width := r.contentWidth()
	switch {
	case r.width == 0:
		return "" // the size is not known yet
	case r.width < minWidth || r.height < minHeight:
		return fit(r.app.texts.get("home.larger", minWidth, minHeight), r.width)
	}
	s := r.app.styles
	if !r.inPanel() {
		content := lipgloss.JoinVertical(lipgloss.Left, r.lines(width, r.height)...)
		return s.plain.PaddingLeft((r.width - width) / 2).Render(content)
	}
	height := r.panelHeight()
	content := lipgloss.JoinVertical(lipgloss.Left, r.lines(width, height)...)
	panel := s.panel.Width(panelWidth).Render(content)
	return lipgloss.Place(r.width, r.height, lipgloss.Center, lipgloss.Center, panel)
}

// panelHeight is how many lines stand in the panel.
func (r *root) panelHeight() int {
	most := r.height - 6
	natural := len(r.screen.view(r.contentWidth(), most-around(most)))
	return min(max(natural+around(most), 20), most)
}

// place is where the lines of the screen begin in the window, and how many
// there are at most.
func (r *root) place() (left, top, height int) {
	const header = 3
	if !r.inPanel() {
		return (r.width - r.contentWidth()) / 2, header, r.height - around(r.height)
	}
	panel := r.panelHeight()
	const border, padding = 1, 1
	return (r.width-panelWidth-2*border)/2 + border + 3, (r.height-panel-2*(border+padding))/2 + border + padding + header, panel - around(panel)
}

// around is how many lines a screen is not given: header, rule, blank line and
// help, and a blank line before the help where there is room for it.
func around(height int) int {
	if height < 22 {
		return 4
	}
	return 5
}

// lines are exactly height lines.
func (r *root) lines(width, height int) []string {
	s := r.app.styles
	lines := []string{r.header(width), s.faint.Render(repeat("─", width)), ""}
	var body []string
	if r.help {
		body = helpLines(r.app, r.screen.keys(), width, height-around(height))
	} else {
		body = r.screen.view(width, height-around(height))
	}
	body = body[:min(len(body), height-around(height))]
	lines = append(lines, body...)
	for len(lines) < height-1 {
		lines = append(lines, "")
	}
	if r.help {
		return append(lines, s.muted.Render(fit(r.app.texts.get("key.any"), width)))
	}
	if r.app.later != nil {
		return append(lines, r.app.later.line(r.app, width))
	}
	keys := r.screen.keys()
	if r.atTheDoor() { // no key leads anywhere else
		at := 1
		if width < 48 { // there is room for one, and the other is plain
			at = 0
		}
		keys = slices.Insert(slices.Clone(keys), at, r.app.texts.told(keyQuit, "key.quit"))
	}
	return append(lines, shortHelp(r.app, keys, width))
}

// atTheDoor reports whether nothing of an account is to be seen before the person
// has enrolled this device, or opened its key.
func (r *root) atTheDoor() bool {
	l, enrols := r.screen.(*login)
	return enrols && !l.adding || r.app.account != nil && r.app.account.locked()
}

func (r *root) header(width int) string {
	s := r.app.styles
	name := s.brand.Render("Ham")
	if r.app.account == nil {
		return name
	}
	state := ""
	switch {
	case r.app.offline:
		state = " ○ " + r.app.texts.get("state.offline")
	case r.app.lost != "":
		state = " ○ " + r.app.texts.get("state.crowded")
	}
	who := fit(r.app.account.name+" · "+r.app.account.host, width-6-cells(state))
	return name + repeat(" ", width-3-cells(who)-cells(state)) + s.muted.Render(who) + s.warn.Render(state)
}
