package qr

import "math"

// grid says where in a picture the modules of a code are. It is a perspective
// map that is held by what is known best, the middles of the three marks.
type grid struct {
	size    int   // modules of a side
	a, b, c point // the middles of the marks: modules (3.5, 3.5), (size-3.5, 3.5), (3.5, size-3.5)
	wb, wc  float64
}

func (g grid) version() int { return (g.size - 17) / 4 }

// at maps a place in the code, in modules, into the picture.
func (g grid) at(x, y float64) point {
	n := float64(g.size - 7)
	u, v := (x-3.5)/n, (y-3.5)/n
	wa := 1 - u - v
	ub, vc := u*g.wb, v*g.wc
	w := 1 / (wa + ub + vc)
	return point{(wa*g.a.x + ub*g.b.x + vc*g.c.x) * w, (wa*g.a.y + ub*g.b.y + vc*g.c.y) * w}
}

// sane reports that the whole code lies in front of the camera and is no
// larger than a picture can be.
func (g grid) sane() bool {
	n := float64(g.size - 7)
	for _, e := range [4][2]float64{{-3.5, -3.5}, {n + 3.5, -3.5}, {-3.5, n + 3.5}, {n + 3.5, n + 3.5}} {
		u, v := e[0]/n, e[1]/n
		if w := 1 - u - v + u*g.wb + v*g.wc; w < 0.1 || w > 10 {
			return false
		}
	}
	return true
}

// outline returns the corners of the code, clockwise from its top left.
func (g grid) outline() [4]point {
	n := float64(g.size)
	return [4]point{g.at(0, 0), g.at(n, 0), g.at(n, n), g.at(0, n)}
}

// unit is about the size of a module in pixels.
func (g grid) unit() float64 {
	n := float64(g.size - 7)
	return math.Sqrt(math.Abs(g.b.minus(g.a).cross(g.c.minus(g.a)))) / n
}

// scaled is the same grid in a picture of another size.
func (g grid) scaled(k float64) grid {
	g.a, g.b, g.c = g.a.times(k), g.b.times(k), g.c.times(k)
	return g
}

// match says from -1 to 1 how well what is the same in every code is seen: the
// correlation of its modules with the picture, where light is high.
func (g grid) match(pic gray, sign float64) float64 {
	if !g.sane() {
		return -1
	}
	var n, sum, squares, product, signs float64
	for i, f := range fixtures(g.version()) {
		if i == 81 { // the first mark is complete: where there is none the rest is not looked at
			covariance, variance := n*product-sum*signs, (n*squares-sum*sum)*(n*n-signs*signs)
			if covariance <= 0 || covariance*covariance < 0.06*variance {
				return -1
			}
		}
		p := g.at(f.x, f.y)
		v := sign * pic.sample(p.x, p.y)
		n++
		sum += v
		squares += v * v
		product += f.light * v
		signs += f.light
	}
	variance := (squares - sum*sum/n) * (n - signs*signs/n)
	if variance <= 0 {
		return -1
	}
	return (product - sum*signs/n) / math.Sqrt(variance)
}

// refined moves the corners and the slant as long as the match gets better.
func (g grid) refined(pic gray, sign float64) (grid, float64) {
	best := g.match(pic, sign)
	better := func(h grid) bool {
		if m := h.match(pic, sign); m > best {
			g, best = h, m
			return true
		}
		return false
	}
	// The slant is known worst, and decides where the fourth corner is.
	start := g
	for i := -5.0; i <= 5; i++ {
		for j := -5.0; j <= 5; j++ {
			h := start
			h.wb, h.wc = start.wb*math.Exp(i*0.04), start.wc*math.Exp(j*0.04)
			better(h)
		}
	}
	unit := g.unit()
	for _, step := range []float64{0.5, 0.25, 0.12, 0.06} {
		for range 3 {
			moved := false
			for knob := range 8 {
				for _, sign := range [2]float64{1, -1} {
					if better(g.turned(knob, sign*step, unit)) {
						moved = true
						break
					}
				}
			}
			if !moved {
				break
			}
		}
	}
	return g, best
}

// turned moves one of the eight things that make a grid by about as many modules.
func (g grid) turned(knob int, by, unit float64) grid {
	slant := math.Exp(by * 2 / float64(g.size))
	switch knob {
	case 0:
		g.wb *= slant
	case 1:
		g.wc *= slant
	case 2:
		g.a.x += by * unit
	case 3:
		g.a.y += by * unit
	case 4:
		g.b.x += by * unit
	case 5:
		g.b.y += by * unit
	case 6:
		g.c.x += by * unit
	case 7:
		g.c.y += by * unit
	}
	return g
}
