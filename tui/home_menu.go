package tui

import (
	"strconv"

	tea "github.com/charmbracelet/bubbletea"
)

// The menu stands in columns of this width below the field.
const menuColumn = 18

func (h *home) menuRows(width int) int {
	columns := max(1, width/menuColumn)
	return (len(places) + columns - 1) / columns
}

// menuLines are the places that a number leads to, column after column.
func (h *home) menuLines(width int) []string {
	s, rows := h.app.styles, h.menuRows(width)
	lines := make([]string, rows)
	for i, place := range places {
		pointer, name := "  ", s.plain
		if h.focus == i+1 {
			pointer, name = s.brand.Render("▸ "), s.brand
		}
		text := fit(h.app.texts.get("menu."+place.name), menuColumn-5)
		lines[i%rows] += pointer + s.key.Render(strconv.Itoa(i+1)) + " " + name.Render(text) + repeat(" ", menuColumn-4-cells(text))
	}
	return lines
}

// steer moves the cursor between the field and the menu.
func (h *home) steer(msg tea.KeyMsg) bool {
	rows := h.menuRows(h.size.width)
	_, menuAt := h.layout(h.size.width, h.size.height)
	to := h.focus
	switch msg.Type {
	case tea.KeyDown, tea.KeyTab:
		to++
	case tea.KeyUp, tea.KeyShiftTab:
		to--
	case tea.KeyRight:
		to += rows
	case tea.KeyLeft:
		to -= rows
	case tea.KeyEsc:
		to = 0
	default:
		return false
	}
	if h.focus == 0 && (msg.Type == tea.KeyRight || msg.Type == tea.KeyLeft) || menuAt < 0 {
		return false
	}
	h.focus = max(0, min(to, len(places)))
	return true
}

// at is the place of the menu that was pressed, 0 for none.
func (h *home) at(msg clickMsg) int {
	rows := h.menuRows(msg.width)
	_, menuAt := h.layout(msg.width, msg.height)
	line, column := msg.line-menuAt, msg.column/menuColumn
	if n := column*rows + line; menuAt >= 0 && msg.column >= 0 && line >= 0 && line < rows && n < len(places) {
		return n + 1
	}
	return 0
}
