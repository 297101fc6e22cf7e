//go:build unix

package main

import (
	"encoding/xml"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// pen is how letters are drawn.
type pen struct {
	ink, paper string // colours, empty for the terminal's own
	bold       bool
	reverse    bool
}

// drawing turns a screen with codes of colour (SGR) into SVG. Each run of
// letters is put where its cells are, and made as wide as they are.
func drawing(screen string) string {
	var b strings.Builder
	for y, line := range strings.Split(screen, "\n") {
		x, p := 0, pen{}
		for line != "" {
			if code := sgr.FindString(line); code != "" {
				p.take(code[2 : len(code)-1])
				line = line[len(code):]
				continue
			}
			text := line
			if next := strings.IndexByte(line, 0x1b); next >= 0 {
				text = line[:max(next, 1)]
			}
			line = line[len(text):]
			x += p.write(&b, x, y, text)
		}
	}
	return b.String()
}

var sgr = regexp.MustCompile(`^\x1b\[[0-9;]*m`)

// write draws a run of letters and gives how many cells it takes.
func (p pen) write(b *strings.Builder, x, y int, text string) int {
	width := ansi.StringWidth(text)
	ink, paper := p.ink, p.paper
	if ink == "" {
		ink = "#d7dee6"
	}
	if p.reverse {
		if paper == "" {
			paper = "#10161d"
		}
		ink, paper = paper, ink
	}
	left, top := margin+float64(x)*cellWidth, margin+float64(y)*cellHeight
	if paper != "" {
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`, left, top, float64(width)*cellWidth, cellHeight, paper)
	}
	trimmed := strings.TrimLeft(text, " ")
	left += float64(len(text)-len(trimmed)) * cellWidth
	trimmed = strings.TrimRight(trimmed, " ")
	if trimmed == "" {
		return width
	}
	weight := ""
	if p.bold {
		weight = ` font-weight="700"`
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" fill="%s"%s textLength="%.1f" lengthAdjust="spacingAndGlyphs" xml:space="preserve">`,
		left, top+cellHeight*0.74, ink, weight, float64(ansi.StringWidth(trimmed))*cellWidth)
	_ = xml.EscapeText(b, []byte(trimmed)) // a Builder takes everything
	b.WriteString("</text>")
	return width
}

// take changes the pen as the numbers of a code say.
func (p *pen) take(numbers string) {
	parts := strings.Split(numbers, ";")
	for i := 0; i < len(parts); i++ {
		n, _ := strconv.Atoi(parts[i]) // an empty one is 0
		switch {
		case n == 0:
			*p = pen{}
		case n == 1:
			p.bold = true
		case n == 22:
			p.bold = false
		case n == 7:
			p.reverse = true
		case n == 27:
			p.reverse = false
		case n >= 30 && n <= 37:
			p.ink = indexed(n - 30)
		case n >= 90 && n <= 97:
			p.ink = indexed(n - 82)
		case n == 39:
			p.ink = ""
		case n >= 40 && n <= 47:
			p.paper = indexed(n - 40)
		case n == 49:
			p.paper = ""
		case n == 38 || n == 48:
			colour, used := extended(parts[i+1:])
			i += used
			if n == 38 {
				p.ink = colour
			} else {
				p.paper = colour
			}
		}
	}
}

// extended reads 5;N or 2;R;G;B.
func extended(parts []string) (colour string, used int) {
	number := func(i int) int {
		if i >= len(parts) {
			return 0
		}
		n, _ := strconv.Atoi(parts[i]) // of tmux's own making
		return n
	}
	if number(0) == 2 {
		return fmt.Sprintf("#%02x%02x%02x", number(1), number(2), number(3)), 4
	}
	return indexed(number(1)), 2
}

// indexed is a colour of xterm's 256.
func indexed(n int) string {
	switch {
	case n < 16:
		return []string{
			"#1b232c", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d7dee6",
			"#5c6773", "#e88388", "#a8cc8c", "#dbab79", "#71bef2", "#d290e4", "#66c2cd", "#ffffff",
		}[max(n, 0)]
	case n < 232:
		n -= 16
		level := func(i int) int { return []int{0, 95, 135, 175, 215, 255}[i] }
		return fmt.Sprintf("#%02x%02x%02x", level(n/36), level(n/6%6), level(n%6))
	}
	grey := 8 + 10*(n-232)
	return fmt.Sprintf("#%02x%02x%02x", grey, grey, grey)
}
