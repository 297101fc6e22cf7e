package tui

import (
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
)

// click ticks the scope that was pressed, or presses a button. Where they are,
// the screen itself says: scopes have a box at their beginning, and the last
// line has the two buttons.
func (c *consent) click(msg clickMsg) tea.Cmd {
	lines := c.view(msg.width, msg.height)
	if c.try != nil || msg.line < 0 || msg.line >= len(lines) {
		return nil
	}
	line := ansi.Strip(lines[msg.line])
	if msg.line == len(lines)-1 {
		return c.pressAt(line, msg.column)
	}
	if !hasBox(line) || scrolled(lines) {
		return nil
	}
	scope := 0
	for _, above := range lines[:msg.line] {
		if hasBox(ansi.Strip(above)) {
			scope++
		}
	}
	if scope < len(c.off) { // below them is the id, which is always given
		c.focus, c.off[scope] = scope, !c.off[scope]
	}
	return nil
}

func hasBox(line string) bool {
	_, rest, found := strings.Cut(line, " [")
	return found && cells(line)-cells(rest) == 3 && (strings.HasPrefix(rest, "✓]") || strings.HasPrefix(rest, " ]"))
}

// scrolled reports whether scopes are out of sight: then their places cannot be
// counted.
func scrolled(lines []string) bool {
	for _, line := range lines {
		if text := ansi.Strip(line); strings.HasPrefix(text, "↑ ") || strings.HasPrefix(text, "↓ ") {
			return true
		}
	}
	return false
}

// pressAt presses the button in a column of the last line.
func (c *consent) pressAt(line string, column int) tea.Cmd {
	first := strings.Index(line, "]")
	second := strings.LastIndex(line, "[")
	switch {
	case first < 0 || second < first:
		return nil
	case column >= cells(line[:second]) && column < cells(line):
		c.focus = c.refuseAt()
		return c.answer(false)
	case column >= cells(line[:strings.Index(line, "[")]) && column <= cells(line[:first]):
		if c.again && c.app.now().Sub(c.asked) < time.Second {
			return nil // a double click is one yes
		}
		c.focus = c.approveAt()
		return c.answer(true)
	}
	return nil
}
