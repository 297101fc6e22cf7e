package main

import (
	"io"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"
)

const (
	screenWidth = 80 // cells, where the terminal does not say another
	narrowest   = 8  // that a column gets when it has to yield
	gap         = "  "
)

// table has aligned columns. Wide characters take two cells, and what does not
// fit is cut with an ellipsis in the columns that yield: --json has it whole.
type table struct {
	titles []string
	rows   [][]string
	yields []int // columns that may be cut
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) write(w io.Writer) error {
	lines := append([][]string{t.titles}, t.rows...)
	widths := make([]int, len(t.titles))
	for _, cells := range lines {
		for i, cell := range cells {
			widths[i] = max(widths[i], ansi.StringWidth(cell))
		}
	}
	t.shrink(widths, widthOf(w))
	var b strings.Builder
	for _, cells := range lines {
		var line strings.Builder
		for i, cell := range cells {
			if i > 0 {
				line.WriteString(gap)
			}
			cell = ansi.Truncate(cell, widths[i], "…")
			line.WriteString(cell + strings.Repeat(" ", widths[i]-ansi.StringWidth(cell)))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// shrink takes a cell at a time off the widest column that yields.
func (t *table) shrink(widths []int, room int) {
	total := len(gap) * (len(widths) - 1)
	for _, w := range widths {
		total += w
	}
	for ; total > room; total-- {
		widest := -1
		for _, i := range t.yields {
			if widths[i] > narrowest && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return
		}
		widths[widest]--
	}
}

func widthOf(w io.Writer) int {
	if f, ok := w.(interface{ Fd() uintptr }); ok && term.IsTerminal(f.Fd()) {
		if width, _, err := term.GetSize(f.Fd()); err == nil && width > 0 {
			return width
		}
	}
	return screenWidth
}

// minute is how a moment is shown to people.
func minute(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }

func minuteOrNever(t *time.Time) string {
	if t == nil || t.IsZero() {
		return "never"
	}
	return minute(*t)
}

// writeList prints what a list command has found, for people or for programs.
func writeList[T any](e *env, asJSON bool, items []T, none string, t *table, row func(T) []string) error {
	switch {
	case asJSON:
		return writeJSON(e.stdout, append([]T{}, items...)) // never null
	case len(items) == 0:
		_, err := io.WriteString(e.stdout, none+"\n")
		return err
	}
	for _, item := range items {
		t.add(row(item)...)
	}
	return t.write(e.stdout)
}
