package tui

import (
	"strconv"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// choice is a line of a menu.
type choice struct {
	name string
	note string
	open func() tea.Cmd
}

// menu is a screen of choices.
type menu struct {
	app     *app
	id      string        // under which its cursor is remembered; empty for none that is
	build   func(m *menu) // puts the fields below, in the language of now
	title   string
	warning string
	choices []choice
	back    func() tea.Cmd
	stays   bool // no digit leads to another screen: there may be no account

	cursor int
	remark remark
}

func newMenu(a *app, id string, build func(m *menu)) *menu {
	m := &menu{app: a, id: id, build: build}
	m.build(m)
	m.turnTo(a.comeBack(id))
	return m
}

// rebuild puts the choices anew, with the cursor on the same one as before.
func (m *menu) rebuild() {
	at := spot{m.choices[m.cursor].name, m.cursor}
	m.choices = nil
	m.build(m)
	m.turnTo(at)
}

// turnTo puts the cursor on a choice, or on the nearest that there is.
func (m *menu) turnTo(to spot) {
	m.cursor = max(0, min(to.at, len(m.choices)-1))
	if m.choices[m.cursor].name == to.name {
		return // others may have the same name
	}
	for i, c := range m.choices {
		if c.name == to.name {
			m.cursor = i
		}
	}
}

// tell shows a remark until it has been read, or has grown old.
func (m *menu) tell(r remark) {
	m.remark = r
	m.remark.at = m.app.now()
}

// open opens the choice with the cursor.
func (m *menu) open() tea.Cmd {
	m.app.leave(m.id, spot{m.choices[m.cursor].name, m.cursor})
	return m.choices[m.cursor].open()
}

func (m *menu) init() tea.Cmd { return nil }

func (m *menu) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case remarkMsg:
		m.tell(msg.remark)
	case meMsg:
		m.rebuild()
		if m.remark.stale(m.app.now()) {
			m.remark = remark{}
		}
	case wheelMsg:
		m.move(int(msg))
	case clickMsg:
		if at := msg.line - len(m.head(msg.width)); at >= 0 && at < len(m.choices) {
			m.cursor = at
			return m.open()
		}
	case tea.KeyMsg:
		m.remark = remark{}
		switch {
		case key.Matches(msg, esc):
			m.app.comeBack(m.id) // and from there it begins anew
			return m.back()
		case key.Matches(msg, listUp), msg.Type == tea.KeyShiftTab:
			m.move(-1)
		case key.Matches(msg, listDown), msg.Type == tea.KeyTab:
			m.move(1)
		case key.Matches(msg, enter):
			return m.open()
		case !m.stays:
			return jump(m.app, msg)
		}
	}
	return nil
}

func (m *menu) move(by int) {
	m.cursor = (m.cursor + by + len(m.choices)) % len(m.choices)
}

// head is what stands above the choices.
func (m *menu) head(width int) []string {
	s := m.app.styles
	lines := []string{s.title.Render(fit(m.title, width)), ""}
	if m.warning == "" {
		return lines
	}
	for i, line := range wrap(m.warning, width-2) {
		lines = append(lines, s.warn.Render(mark("!", i)+" "+line))
	}
	return append(lines, "")
}

func (m *menu) view(width, _ int) []string {
	s := m.app.styles
	lines := m.head(width)
	for i, c := range m.choices {
		pointer, style := "  ", s.plain
		if i == m.cursor {
			pointer, style = s.brand.Render("▸ "), s.brand
		}
		name := fit(c.name, width-2)
		note := fit(c.note, width-cells(name)-4)
		lines = append(lines, pointer+style.Render(name)+repeat(" ", width-2-cells(name)-cells(note))+s.muted.Render(note))
	}
	if m.remark.text != "" {
		lines = append(append(lines, ""), m.remark.lines(s, width)...)
	}
	return lines
}

func (m *menu) keys() []key.Binding {
	t := m.app.texts
	keys := []key.Binding{
		bind(t.get("key.choose"), "enter", "enter"), bind(t.get("key.back"), "esc", "esc"),
		bind(t.get("key.up"), "↑/k", "up", "k"), bind(t.get("key.down"), "↓/j", "down", "j"),
	}
	if m.stays {
		return keys
	}
	return append(keys, bind(t.get("key.jump"), "0-"+strconv.Itoa(len(places)), "0"))
}

func (m *menu) typing() bool { return false }
func (m *menu) leave()       {}
