package qr

import "strconv"

// Dark returns the modules row after row, without quiet zone, as hexadecimal
// digits: a bit is a module, the highest the first, and 1 is dark.
func (c *Code) Dark() string {
	const digits = "0123456789abcdef"
	text := make([]byte, (c.size*c.size+3)/4)
	for y, row := range c.dark {
		for x, dark := range row {
			if i := y*c.size + x; dark {
				text[i/4] |= 8 >> (i % 4)
			}
		}
	}
	for i, value := range text {
		text[i] = digits[value]
	}
	return string(text)
}

// heading is a direction along the grid lines, numbered clockwise so that
// adding one turns right.
type heading uint8

const (
	east heading = iota
	south
	west
	north
)

var steps = [4]struct{ x, y int }{{1, 0}, {0, 1}, {-1, 0}, {0, -1}}

// Path returns SVG path data of the dark modules, in module units without
// quiet zone, for a filled <path>. It traces the outlines of the dark areas
// instead of drawing each module: the data is short, and no hairlines shine
// between modules at odd sizes. Outlines of areas run clockwise and those of
// holes the other way, so both fill rules draw the same.
func (c *Code) Path() string {
	n := c.size + 1 // grid points of a side
	// edges[y*n+x] has bit h set when an outline, with its dark side to the
	// right, leaves the grid point (x, y) with heading h.
	edges := make([]uint8, n*n)
	for y := range n {
		var nw, sw bool
		for x := range n {
			ne, se := c.at(x, y-1), c.at(x, y)
			var e uint8
			if se && !ne {
				e |= 1 << east
			}
			if sw && !se {
				e |= 1 << south
			}
			if nw && !sw {
				e |= 1 << west
			}
			if ne && !nw {
				e |= 1 << north
			}
			edges[y*n+x] = e
			nw, sw = ne, se
		}
	}
	path := make([]byte, 0, 2*n*n) // most take less
	lastX, lastY := 0, 0           // where the pen is after z: at the start of the loop before
	for y := range n {
		for x := range n {
			for edges[y*n+x]&(1<<east) != 0 {
				if len(path) == 0 {
					path = appendPoint(append(path, 'M'), x, y)
				} else {
					path = appendPoint(append(path, 'm'), x-lastX, y-lastY)
				}
				path = appendLoop(path, edges, n, x, y)
				lastX, lastY = x, y
			}
		}
	}
	return string(path)
}

// appendLoop follows the outline that leaves (x, y) to the east until it is
// closed, and takes its edges away. The first corner in reading order is
// never in the middle of a straight line, so no side is split.
func appendLoop(path []byte, edges []uint8, n, x, y int) []byte {
	h, length := east, 0
	for {
		bit := uint8(1) << h
		edges[y*n+x] &^= bit
		x, y = x+steps[h].x, y+steps[h].y
		length++
		here := edges[y*n+x]
		if here&bit != 0 {
			continue
		}
		if here == 0 {
			return append(path, 'z') // back at the start; z draws the last side
		}
		path = appendSide(path, h, length)
		length = 0
		// Where two dark modules touch at a corner both turns are open: the
		// left one joins their outlines into one.
		if left := (h + 3) % 4; here&(1<<left) != 0 {
			h = left
		} else {
			h = (h + 1) % 4
		}
	}
}

func appendSide(path []byte, h heading, length int) []byte {
	if h == west || h == north {
		length = -length
	}
	if h == east || h == west {
		path = append(path, 'h')
	} else {
		path = append(path, 'v')
	}
	return strconv.AppendInt(path, int64(length), 10)
}

func appendPoint(path []byte, x, y int) []byte {
	path = strconv.AppendInt(path, int64(x), 10)
	path = append(path, ' ')
	return strconv.AppendInt(path, int64(y), 10)
}
