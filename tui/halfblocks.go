package tui

import (
	"fmt"
	"image"
	"image/color"
	"strings"

	"github.com/charmbracelet/lipgloss"
)

// shades stand for brightness where there are no colours, dark to light.
var shades = []string{" ", "░", "▒", "▓", "█"}

// halfBlocks draws a picture cols cells wide and half as many high.
func (s styles) halfBlocks(img image.Image, cols int) []string {
	return s.blocks(img, cols, cols/2)
}

// blocks draws a picture cols cells wide and rows high: each cell is two
// pixels, one above the other.
func (s styles) blocks(img image.Image, cols, rows int) []string {
	lines := make([]string, rows)
	for y := range lines {
		var line strings.Builder
		for x := range cols {
			upper, lower := mean(img, x, 2*y, cols, 2*rows), mean(img, x, 2*y+1, cols, 2*rows)
			if !s.colours {
				light := (int(color.GrayModel.Convert(upper).(color.Gray).Y) + int(color.GrayModel.Convert(lower).(color.Gray).Y)) / 2
				line.WriteString(shades[light*len(shades)/256])
				continue
			}
			line.WriteString(s.plain.Foreground(hex(upper)).Background(hex(lower)).Render("▀"))
		}
		lines[y] = line.String()
	}
	return lines
}

func hex(c color.RGBA) lipgloss.Color {
	return lipgloss.Color(fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B))
}

// mean is the colour of one of the parts of a picture, of which there are
// across by down.
func mean(img image.Image, x, y, across, down int) color.RGBA {
	b := img.Bounds()
	left, top := b.Min.X+x*b.Dx()/across, b.Min.Y+y*b.Dy()/down
	right, bottom := max(left+1, b.Min.X+(x+1)*b.Dx()/across), max(top+1, b.Min.Y+(y+1)*b.Dy()/down)
	// Of a large part a few pixels are enough, and pictures of a camera come fast.
	stepX, stepY := max(1, (right-left)/8), max(1, (bottom-top)/8)
	var red, green, blue, count uint32
	for py := top; py < bottom; py += stepY {
		for px := left; px < right; px += stepX {
			r, g, bl, _ := img.At(px, py).RGBA()
			red, green, blue, count = red+r>>8, green+g>>8, blue+bl>>8, count+1
		}
	}
	return color.RGBA{uint8(red / count), uint8(green / count), uint8(blue / count), 255}
}
