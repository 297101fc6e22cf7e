package qr

import (
	"cmp"
	"math"
	"slices"
)

// corners is a guess where a code is: three marks that belong together.
type corners struct {
	a, b, c mark    // top left, top right, bottom left, as one looks at the code
	wb, wc  float64 // how much farther away b and c are than a
	modules float64 // between the middles of a and b, and of a and c
	cost    float64 // how much the marks contradict each other
}

const maxCorners = 60 // guesses of one look that are followed

// guesses puts marks together, the most plausible first.
func (m mask) guesses(marks []mark) []corners {
	n := len(marks)
	if n < 3 {
		return nil
	}
	legs := make([]leg, n*n)
	for i, k := range marks {
		for j, o := range marks {
			if i != j && alike(k, o) {
				legs[i*n+j] = newLeg(k, o, m.unit(k, o.at), m.unit(o, k.at))
			}
		}
	}
	var found []corners
	for i, a := range marks {
		for j := range marks {
			ab := legs[i*n+j]
			if ab.modules == 0 {
				continue
			}
			for k := j + 1; k < n; k++ {
				ac := legs[i*n+k]
				if ac.modules < ab.modules*0.7 || ac.modules > ab.modules*1.4 {
					continue
				}
				if g, ok := fitting(a, marks[j], marks[k], ab, ac); ok {
					found = append(found, g)
				}
			}
		}
	}
	slices.SortStableFunc(found, func(g, h corners) int { return cmp.Compare(g.cost, h.cost) })
	return found[:min(len(found), maxCorners)]
}

// alike reports that two marks may belong to one code, seen aslant.
func alike(k, o mark) bool {
	return k.width < 2.2*o.width && o.width < 2.2*k.width && k.height < 2.2*o.height && o.height < 2.2*k.height
}

// leg is the way from one mark to another.
type leg struct {
	to      point
	length  float64
	slant   float64 // how much farther away its end is than its beginning
	modules float64 // 0 when the two cannot belong together
}

// newLeg measures a leg by the sizes of a module at its ends. Seen aslant they
// go from one to the other as the squares of the distances, and their
// geometric mean is that of the leg.
func newLeg(k, o mark, here, there float64) leg {
	l := leg{to: o.at.minus(k.at), slant: math.Sqrt(here / there)}
	l.length = l.to.length()
	if n := l.length / math.Sqrt(here*there); n > 11 && n < 200 && l.slant > 0.63 && l.slant < 1.6 {
		l.modules = n
	}
	return l
}

// fitting weighs whether a is the corner between b and c.
func fitting(a, b, c mark, ab, ac leg) (corners, bool) {
	turn := ab.to.cross(ac.to) / (ab.length * ac.length) // sine of the angle at a
	if math.Abs(turn) < 0.3 || ab.length > 3.6*ac.length || ac.length > 3.6*ab.length {
		return corners{}, false
	}
	if turn < 0 { // rows go down in pictures: clockwise is positive
		b, c, ab, ac = c, b, ac, ab
	}
	off := func(x, y float64) float64 { return max(x, y)/min(x, y) - 1 }
	return corners{
		a: a, b: b, c: c, modules: (ab.modules + ac.modules) / 2, wb: ab.slant, wc: ac.slant,
		cost: 3*off(ab.modules, ac.modules) + 2*off(ab.slant, 1) + 2*off(ac.slant, 1) + off(ab.length, ac.length) +
			(1 - math.Abs(turn)) + off(a.width, b.width) + off(a.height, b.height) + off(a.width, c.width) +
			off(a.height, c.height) + 1/float64(min(a.hits, b.hits, c.hits)),
	}, true
}

// unit is the size of a module at a mark in the direction of a point, a fifth
// of the way between the inner edges of its outermost ring.
func (m mask) unit(k mark, towards point) float64 {
	to := towards.minus(k.at)
	step := to.times(0.5 / max(to.length(), 0.5))
	short, long := min(k.width, k.height), max(k.width, k.height)
	across := 0.0
	for _, sign := range [2]float64{-1, 1} {
		across += m.ray(k, step.times(sign), 9*long)
	}
	if unit := across / 5; unit > 0.45*short && unit < 1.6*long {
		return unit
	}
	return math.Sqrt(short * long) // noise stood in the way
}

// ray is the distance to the inner edge of the outermost ring of a mark.
func (m mask) ray(k mark, step point, most float64) float64 {
	want, p := !k.light, k.at
	changes := 0
	for way := 0.0; way < most; way += 0.5 {
		dark, inside := m.at(int(math.Floor(p.x)), int(math.Floor(p.y)))
		if !inside {
			return most
		}
		if dark != want {
			if changes++; changes == 2 {
				return way
			}
			want = !want
		}
		p = p.plus(step)
	}
	return most
}
