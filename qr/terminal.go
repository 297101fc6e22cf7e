package qr

import "strings"

// terminalQuiet is the margin in the terminal in modules: less than the
// standard's four, enough for phones, and it leaves room on 80 × 24.
const terminalQuiet = 2

// Fixed entries of the 256-colour table: themes redefine the first 16
// colours, and a code in beige on brown is not read.
const (
	blackOnWhite = "\x1b[38;5;16;48;5;231m"
	resetColours = "\x1b[0m"
)

// Terminal draws the code with half blocks, two modules to a character cell,
// as lines of equal width without a line break after the last. With color
// each line sets black and white itself. Without, there are no escapes, and
// the light modules are drawn: for a terminal with a dark background.
// TerminalSize tells whether it fits.
func (c *Code) Terminal(color bool) string {
	cols, rows := c.TerminalSize()
	// glyphs is indexed by upper dark (2) and lower dark (1).
	glyphs := [4]string{"█", "▀", "▄", " "}
	if color {
		glyphs = [4]string{" ", "▄", "▀", "█"}
	}
	var b strings.Builder
	for row := range rows {
		if row > 0 {
			b.WriteByte('\n')
		}
		if color {
			b.WriteString(blackOnWhite)
		}
		for col := range cols {
			x, y := col-terminalQuiet, 2*row-terminalQuiet
			i := 0
			if c.at(x, y) {
				i |= 2
			}
			if c.at(x, y+1) {
				i |= 1
			}
			b.WriteString(glyphs[i])
		}
		if color {
			b.WriteString(resetColours)
		}
	}
	return b.String()
}

// TerminalSize returns the character cells that Terminal fills.
func (c *Code) TerminalSize() (cols, rows int) {
	side := c.size + 2*terminalQuiet
	return side, (side + 1) / 2
}
