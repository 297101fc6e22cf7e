package qr

// mask is a picture in black and white.
type mask struct {
	w, h int
	dark []bool // len w*h
}

func (m mask) row(y int) []bool { return m.dark[y*m.w : (y+1)*m.w] }

// at reports a dark pixel. What is outside is neither dark nor light, and
// inside is false.
func (m mask) at(x, y int) (dark, inside bool) {
	if x < 0 || y < 0 || x >= m.w || y >= m.h {
		return false, false
	}
	return m.dark[y*m.w+x], true
}

// grey is how much darker than its surroundings a pixel has to be; less is the
// grain of a flat area.
const grey = 2

// against compares each pixel with the mean of those up to radius away. A wide
// window follows uneven light, a narrow one brings back what blur has levelled.
// Below percent of the mean is dark.
func (g gray) against(radius, percent int) mask {
	m := mask{w: g.w, h: g.h, dark: make([]bool, g.w*g.h)}
	radius = max(1, min(radius, max(g.w, g.h)))
	columns := make([]int32, g.w) // sums over the rows of the window
	add := func(y int, sign int32) {
		for x, v := range g.row(y) {
			columns[x] += sign * int32(v)
		}
	}
	for y := range min(radius, g.h) {
		add(y, 1)
	}
	for y := range g.h {
		if y+radius < g.h {
			add(y+radius, 1)
		}
		if y-radius-1 >= 0 {
			add(y-radius-1, -1)
		}
		height := min(y+radius, g.h-1) - max(y-radius, 0) + 1
		m.compare(y, g.row(y), columns, radius, height, int64(percent))
	}
	return m
}

// compare does one row, whose columns are summed up over height pixels.
func (m mask) compare(y int, row []uint8, columns []int32, radius, height int, percent int64) {
	dark, w := m.row(y), m.w
	sum, count := int64(0), int64(0)
	for x := range min(radius, w) {
		sum, count = sum+int64(columns[x]), count+int64(height)
	}
	for x, v := range row {
		if x > radius && x+radius < w { // the window is whole
			sum += int64(columns[x+radius] - columns[x-radius-1])
		} else {
			if x+radius < w {
				sum, count = sum+int64(columns[x+radius]), count+int64(height)
			}
			if x > radius {
				sum, count = sum-int64(columns[x-radius-1]), count-int64(height)
			}
		}
		dark[x] = (int64(v)+grey)*count*100 < sum*percent
	}
}
