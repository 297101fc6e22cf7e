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
	build   func(m *menu) // puts the fields below, in the language of now
	title   string
	warning string
	choices []choice
	back    func() tea.Cmd

	cursor int
	remark remark
}

func newMenu(a *app, build func(m *menu)) *menu {
	m := &menu{app: a, build: build}
	m.build(m)
	return m
}

func (m *menu) init() tea.Cmd { return nil }

func (m *menu) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case remarkMsg:
		m.remark = msg.remark
	case meMsg:
		m.choices = nil
		m.build(m)
		m.cursor = min(m.cursor, len(m.choices)-1)
	case wheelMsg:
		m.move(int(msg))
	case clickMsg:
		if at := msg.line - len(m.head(msg.width)); at >= 0 && at < len(m.choices) {
			m.cursor = at
			return m.choices[at].open()
		}
	case tea.KeyMsg:
		m.remark = remark{}
		switch {
		case key.Matches(msg, esc):
			return m.back()
		case key.Matches(msg, listUp), msg.Type == tea.KeyShiftTab:
			m.move(-1)
		case key.Matches(msg, listDown), msg.Type == tea.KeyTab:
			m.move(1)
		case key.Matches(msg, enter):
			return m.choices[m.cursor].open()
		default:
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
	return []key.Binding{
		bind(t.get("key.choose"), "enter", "enter"), bind(t.get("key.back"), "esc", "esc"),
		bind(t.get("key.up"), "↑/k", "up", "k"), bind(t.get("key.down"), "↓/j", "down", "j"),
		bind(t.get("key.jump"), "0-"+strconv.Itoa(len(places)), "0"),
	}
}

func (m *menu) typing() bool { return false }
func (m *menu) leave()       {}
