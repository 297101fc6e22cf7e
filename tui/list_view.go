package tui

import (
	"slices"

	"hamconnect/tui/internal/failures"
)

// most lines of what is known about a row, and fewest of the rows themselves.
const (
	mostFacts = 9
	fewRows   = 4
)

// listTop is the title and a blank line.
const listTop = 2

// view is the title, the rows around the cursor, and below them what is known
// about the one with the cursor. What waits for the person comes last.
func (l *list) view(width, height int) []string {
	top := []string{l.titleLine(width), ""}
	if len(l.shown) == 0 {
		bottom := l.bottom(width)
		return slices.Concat(top, l.nothing(width, max(0, height-listTop-len(bottom))), bottom)
	}
	rows, facts, bottom := l.parts(width, height)
	from := l.from(rows)
	lines := top
	for i := from; i < min(from+rows, len(l.shown)); i++ {
		lines = append(lines, l.rowLine(l.rows[l.shown[i]], i == l.cursor, width))
	}
	return slices.Concat(lines, facts, bottom)
}

// parts gives how many rows there is room for, and what stands below them.
func (l *list) parts(width, height int) (rows int, facts, bottom []string) {
	bottom = l.bottom(width)
	room := height - listTop - len(bottom)
	r, _ := l.chosen()
	facts = l.factLines(r, width)
	facts = facts[:min(len(facts), max(0, min(room-min(fewRows, len(l.shown))-1, mostFacts)))]
	if len(facts) > 0 {
		facts = append([]string{l.app.styles.faint.Render(repeat("─", width))}, facts...)
	}
	return max(1, room-len(facts)), facts, bottom
}

// from is the first row that is shown when there is room for rows: the cursor
// stays in the middle where it can.
func (l *list) from(rows int) int {
	return max(0, min(l.cursor-rows/2, len(l.shown)-rows))
}

func (l *list) titleLine(width int) string {
	s := l.app.styles
	right := ""
	switch {
	case l.filtering || l.filter.Value() != "":
		filter := l.filter
		filter.Width = max(4, min(24, width/3))
		right = s.key.Render("/") + filter.View()
	case l.try != nil && len(l.rows) > 0:
		right = l.try.spin.View()
	case len(l.shown) > 1:
		right = s.muted.Render(l.text("list.count", l.cursor+1, len(l.shown)))
	}
	title := fit(l.text(l.of.name+".title"), width-cells(right)-1)
	return s.title.Render(title) + repeat(" ", width-cells(title)-cells(right)) + right
}

func (l *list) rowLine(r row, chosen bool, width int) string {
	s := l.app.styles
	pointer, name := "  ", s.plain
	if chosen {
		pointer, name = s.brand.Render("▸ "), s.brand
	}
	mark := ""
	if r.warn != "" {
		mark = s.warn.Render("! ")
	}
	note := fit(r.note, width/2)
	text := fit(r.name, width-3-cells(mark)-cells(note))
	return pointer + mark + name.Render(text) + repeat(" ", width-2-cells(mark)-cells(text)-cells(note)) + s.muted.Render(note)
}

func (l *list) factLines(r row, width int) (lines []string) {
	s := l.app.styles
	column := 0
	for _, f := range r.facts {
		column = max(column, cells(f.name)+2)
	}
	if r.warn != "" {
		for i, line := range wrap(r.warn, width-2) {
			lines = append(lines, s.warn.Render(mark("!", i)+" "+line))
		}
	}
	for _, f := range r.facts {
		for i, line := range atMost(3, f.text, width-column) {
			name := f.name
			if i > 0 {
				name = ""
			}
			lines = append(lines, s.muted.Render(name)+repeat(" ", column-cells(name))+line)
		}
	}
	return lines
}

// nothing says why there are no rows, and what to do.
func (l *list) nothing(width, height int) []string {
	s := l.app.styles
	var lines []string
	switch {
	case l.try != nil:
		lines = []string{l.try.line(l.app, width)}
	case l.err != nil:
		for i, line := range wrap(l.app.sentenceAbout(failures.ARow, l.err), width-2) {
			lines = append(lines, s.bad.Render(mark("!", i))+" "+line)
		}
	case l.filter.Value() != "":
		lines = wrap(l.text("list.none", l.filter.Value()), width)
	case !l.loaded:
	default:
		lines = wrap(l.text(l.of.name+".empty"), width)
	}
	return lines[:min(len(lines), height)]
}

// bottom is what waits for the person: a question, an act under way, or word
// of the last one.
func (l *list) bottom(width int) []string {
	s := l.app.styles
	var lines []string
	switch r, ok := l.chosen(); {
	case l.doing != nil:
		lines = []string{l.doing.line(l.app, width)}
	case l.asked != nil && ok:
		for _, line := range wrap(l.text(l.of.name+".ask", fit(r.name, 40)), width-2) {
			lines = append(lines, s.warn.Render(mark("?", len(lines))+" "+line))
		}
		lines = append(lines, "  "+s.key.Render("y")+" "+l.text("key.yes")+"   "+s.key.Render("n")+" "+l.text("key.no"))
	case l.remark.text != "":
		lines = l.remark.lines(s, width)
	case l.err != nil && len(l.shown) > 0:
		lines = remark{text: l.app.sentenceAbout(failures.ARow, l.err), bad: true}.lines(s, width)
	}
	if len(lines) > 0 {
		lines = append([]string{""}, lines...)
	}
	return lines
}

// click chooses the row that was pressed.
func (l *list) click(msg clickMsg) {
	if l.asked != nil || l.filtering || len(l.shown) == 0 {
		return
	}
	rows, _, _ := l.parts(msg.width, msg.height)
	line := msg.line - listTop
	if at := l.from(rows) + line; line >= 0 && line < rows && at < len(l.shown) {
		l.cursor = at
	}
}
