package qr

import (
	"image"
	"slices"
)

// A code without quiet zone on a dark page has its outermost dark modules
// melted into the page, and no finder pattern is seen. Its light modules still
// form an island about as wide as it is high; cut out along its edges and
// framed in white the code is whole again.

// most islands of one picture that are worth a try, the largest ones.
const maxRegions = 6

// regions returns the whole picture and the light islands in it that could be
// codes, the largest first.
func (g gray) regions() []image.Rectangle {
	low, high := uint8(255), uint8(0)
	for _, v := range g.pix {
		low, high = min(low, v), max(high, v)
	}
	threshold := low + (high-low)/2
	found := []image.Rectangle{image.Rect(0, 0, g.w, g.h)}
	// The cell has to be wider than the dark modules that it bridges, and
	// narrower than the gap to the next light thing: nobody knows, so several.
	for _, cell := range []int{8, 16, 32} {
		islands := g.islands(cell, threshold)
		slices.SortFunc(islands, func(a, b image.Rectangle) int { return b.Dx()*b.Dy() - a.Dx()*a.Dy() })
		for _, r := range islands[:min(len(islands), maxRegions)] {
			if !slices.Contains(found, r) {
				found = append(found, r)
			}
		}
	}
	return found
}

// islands lays a grid over the picture, joins neighbouring cells that have a
// light pixel, and returns the exact bounds of the light pixels of each group
// that is large and square enough for a code.
func (g gray) islands(cell int, threshold uint8) []image.Rectangle {
	cw, ch := (g.w+cell-1)/cell, (g.h+cell-1)/cell
	bounds := make([]image.Rectangle, cw*ch) // of the light pixels; empty when there are none
	for y := range g.h {
		for x, v := range g.row(y) {
			if v > threshold {
				i := y/cell*cw + x/cell
				bounds[i] = bounds[i].Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	var found []image.Rectangle
	var todo []int
	for start := range bounds {
		if bounds[start].Empty() {
			continue
		}
		var island image.Rectangle
		take := func(i int) {
			island = island.Union(bounds[i])
			bounds[i] = image.Rectangle{}
			todo = append(todo, i)
		}
		for take(start); len(todo) > 0; {
			i := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			for y := max(0, i/cw-1); y <= min(ch-1, i/cw+1); y++ {
				for x := max(0, i%cw-1); x <= min(cw-1, i%cw+1); x++ {
					if !bounds[y*cw+x].Empty() {
						take(y*cw + x)
					}
				}
			}
		}
		if w, h := island.Dx(), island.Dy(); min(w, h) >= 21 && 4*min(w, h) >= 3*max(w, h) {
			found = append(found, island)
		}
	}
	return found
}
