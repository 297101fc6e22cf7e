package qr

// pyramid is a picture in smaller and smaller copies: level 0 is the picture,
// each further one half as wide and high. Reducing takes out noise and moiré,
// and what is large in a large picture is found where it is cheap.
type pyramid struct {
	levels []gray
}

const smallest = 48 // pixels of the shorter side below which no further level is made

func newPyramid(g gray) *pyramid { return &pyramid{levels: []gray{g}} }

// level returns a level, or false when the picture is too small for it.
func (p *pyramid) level(n int) (gray, bool) {
	for len(p.levels) <= n {
		last := p.levels[len(p.levels)-1]
		if min(last.w, last.h)/2 < smallest {
			return gray{}, false
		}
		p.levels = append(p.levels, last.halved())
	}
	return p.levels[n], true
}

// halved returns the picture at half its size, each pixel the mean of four.
func (g gray) halved() gray {
	s := newGray(g.w/2, g.h/2)
	for y := range s.h {
		upper, lower, row := g.row(2*y), g.row(2*y+1), s.row(y)
		for x := range row {
			u, l := upper[2*x:2*x+2:2*x+2], lower[2*x:2*x+2:2*x+2]
			row[x] = uint8((int(u[0]) + int(u[1]) + int(l[0]) + int(l[1]) + 2) / 4)
		}
	}
	return s
}
