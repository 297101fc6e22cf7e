package qr

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// point is a place in a picture, in pixels; the centre of the first is (0.5, 0.5).
type point struct{ x, y float64 }

func (p point) plus(q point) point    { return point{p.x + q.x, p.y + q.y} }
func (p point) minus(q point) point   { return point{p.x - q.x, p.y - q.y} }
func (p point) times(k float64) point { return point{p.x * k, p.y * k} }
func (p point) length() float64       { return math.Hypot(p.x, p.y) }
func (p point) cross(q point) float64 { return p.x*q.y - p.y*q.x }

// mark may be one of the three corner marks of a code.
type mark struct {
	at            point
	width, height float64 // of a module, along the row and the column through it
	hits          int     // rows that crossed it
	light         bool    // it is light on dark
}

// Caps on what one look may cost: a hostile picture is made of nothing but
// marks, and the search for three that belong together is cubic in their number.
const (
	maxSeen  = 1024 // marks after which a look is over
	maxMarks = 56   // of one polarity that are put together, those crossed most often
)

// marks looks along the rows for what a line through the middle of a corner
// mark crosses, from any side: dark, light, dark, light, dark, as wide as
// 1:1:3:1:1. Where there may be no quiet zone the outermost are open: they run
// on into a dark page. Light on dark is seen on the same way.
func (m mask) marks(ctx context.Context, open bool) []mark {
	outer := 2.0 // modules that the outermost ring may seem wide
	if open {
		outer = math.Inf(1)
	}
	var found []mark
	edges := make([]int, 0, m.w+1) // where a run begins, and the end of the last
	for y := range m.h {
		if y%32 == 0 && ctx.Err() != nil {
			return nil
		}
		row := m.row(y)
		edges = append(edges[:0], 0)
		for x := 1; x < len(row); x++ {
			if row[x] != row[x-1] {
				edges = append(edges, x)
			}
		}
		edges = append(edges, m.w)
		for i := 0; i+5 < len(edges); i++ {
			e := edges[i : i+6 : i+6]
			if !proportioned(float64(e[1]-e[0]), float64(e[2]-e[1]), float64(e[3]-e[2]), float64(e[4]-e[3]), float64(e[5]-e[4]), outer) {
				continue
			}
			if k, ok := m.confirmed((e[2]+e[3])/2, y, float64(e[4]-e[1])/5, outer); ok {
				if found = noted(found, k); len(found) >= maxSeen {
					return found
				}
			}
		}
	}
	return found
}

// proportioned reports lengths of about 1:1:3:1:1, the outermost up to outer.
func proportioned(a, b, c, d, e, outer float64) bool {
	unit := (b + c + d) / 5
	slack := max(0.55*unit, 0.6) // and a part of a pixel, which edges are off anyway
	return math.Abs(b-unit) < slack && math.Abs(d-unit) < slack && math.Abs(c-3*unit) < 2*slack &&
		min(a, e) > 0.4*unit && max(a, e) < outer*unit+0.6
}

// confirmed crosses a mark up and down, then from side to side through the
// middle that this gives, and last aslant.
func (m mask) confirmed(x, y int, unit, outer float64) (mark, bool) {
	above, below, ok := m.cross(x, y, 0, 1, 3*unit, outer)
	if !ok {
		return mark{}, false
	}
	height := (above + below) / 5
	y += int(math.Floor((below - above + 1) / 2))
	left, right, ok := m.cross(x, y, 1, 0, 3*height, outer)
	if !ok {
		return mark{}, false
	}
	width := (left + right) / 5
	x0 := float64(x) + (right-left)/2 + 0.5
	x = int(x0)
	_, _, falling := m.cross(x, y, 1, 1, 3*max(width, height), outer)
	_, _, rising := m.cross(x, y, 1, -1, 3*max(width, height), outer)
	if !falling && !rising {
		return mark{}, false
	}
	above, below, ok = m.cross(x, y, 0, 1, 3*width, outer)
	if !ok {
		return mark{}, false
	}
	dark, _ := m.at(x, y)
	return mark{
		at:    point{x0, float64(y) + (below-above)/2 + 0.5},
		width: width, height: height, hits: 1, light: !dark,
	}, true
}

// cross walks from the middle of a mark both ways along (dx, dy) and returns
// how far the outermost ring is, in steps; none may be wider than most
// modules are expected to be.
func (m mask) cross(x, y, dx, dy int, most, outer float64) (back, forth float64, ok bool) {
	var runs [2][3]float64 // half of the middle, ring of the other colour, outermost
	ink, inside := m.at(x, y)
	if !inside {
		return 0, 0, false
	}
	for side, sign := range [2]int{-1, 1} {
		want := ink
		px, py := x, y
		for run := range runs[side] {
			limit := most*3 + 2
			for {
				px, py = px+sign*dx, py+sign*dy
				dark, inside := m.at(px, py)
				if !inside || dark != want {
					break
				}
				if runs[side][run]++; runs[side][run] > limit {
					break
				}
			}
			if run < 2 {
				runs[side][run+1] = 1 // the pixel that ended this run begins the next
				if _, inside := m.at(px, py); !inside {
					return 0, 0, false
				}
				want = !want
			}
			if run < 2 && runs[side][run] > limit {
				return 0, 0, false
			}
		}
	}
	b, f := runs[0], runs[1]
	if !proportioned(b[2], b[1], b[0]+1+f[0], f[1], f[2], outer) {
		return 0, 0, false
	}
	return b[0] + b[1] + 0.5, f[0] + f[1] + 0.5, true
}

// noted adds a mark, or counts it where it was seen before.
func noted(marks []mark, k mark) []mark {
	for i := range marks {
		o := &marks[i]
		reach := max(o.width, o.height) * 1.5
		if o.light == k.light && math.Abs(o.at.x-k.at.x) <= reach && math.Abs(o.at.y-k.at.y) <= reach {
			n := float64(o.hits)
			o.at = o.at.times(n).plus(k.at).times(1 / (n + 1))
			o.width, o.height = (o.width*n+k.width)/(n+1), (o.height*n+k.height)/(n+1)
			o.hits++
			return marks
		}
	}
	return append(marks, k)
}

// best returns the marks of one polarity that were crossed most often.
func best(marks []mark, light bool) []mark {
	var some []mark
	for _, k := range marks {
		if k.light == light {
			some = append(some, k)
		}
	}
	slices.SortStableFunc(some, func(a, b mark) int { return cmp.Compare(b.hits, a.hits) })
	return some[:min(len(some), maxMarks)]
}
