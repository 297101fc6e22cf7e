package tui

import (
	"fmt"
	"image"
	"image/color"

	"github.com/charmbracelet/lipgloss"
)

// shades stand for brightness where there are no colours, dark to light.
var shades = []string{" ", "░", "▒", "▓", "█"}

// halfBlocks draws a picture cols cells wide and half as many high: each cell
// is two pixels, one above the other.
func (s styles) halfBlocks(img image.Image, cols int) []string {
	lines := make([]string, cols/2)
	for y := range lines {
		for x := range cols {
			upper, lower := mean(img, x, 2*y, cols), mean(img, x, 2*y+1, cols)
			if !s.colours {
				light := (int(color.GrayModel.Convert(upper).(color.Gray).Y) + int(color.GrayModel.Convert(lower).(color.Gray).Y)) / 2
				lines[y] += shades[light*len(shades)/256]
				continue
			}
			lines[y] += s.plain.Foreground(hex(upper)).Background(hex(lower)).Render("▀")
		}
	}
	return lines
}

func hex(c color.RGBA) lipgloss.Color {
	return lipgloss.Color(fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B))
}

// mean is the colour of one of n by n squares of a picture.
func mean(img image.Image, x, y, n int) color.RGBA {
	b := img.Bounds()
	var red, green, blue, count uint32
	for py := b.Min.Y + y*b.Dy()/n; py < max(b.Min.Y+y*b.Dy()/n+1, b.Min.Y+(y+1)*b.Dy()/n); py++ {
		for px := b.Min.X + x*b.Dx()/n; px < max(b.Min.X+x*b.Dx()/n+1, b.Min.X+(x+1)*b.Dx()/n); px++ {
			r, g, bl, _ := img.At(px, py).RGBA()
			red, green, blue, count = red+r>>8, green+g>>8, blue+bl>>8, count+1
		}
	}
	return color.RGBA{uint8(red / count), uint8(green / count), uint8(blue / count), 255}
}
