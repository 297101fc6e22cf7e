package qr

import "sync"

// fixture is a module that is the same in every code of a version.
type fixture struct {
	x, y  float64 // its middle
	light float64 // 1, or -1 for dark
}

// fixtures returns the corner marks, the timing patterns between them and the
// alignment patterns (ISO/IEC 18004 §6.3) of a version, 1 to 40.
func fixtures(version int) []fixture {
	return allFixtures[version]()
}

var allFixtures = func() (all [41]func() []fixture) {
	for version := range all {
		all[version] = sync.OnceValue(func() []fixture { return makeFixtures(version) })
	}
	return all
}()

func makeFixtures(version int) []fixture {
	size := 17 + 4*version
	var found []fixture
	add := func(x, y int, dark bool) {
		f := fixture{float64(x) + 0.5, float64(y) + 0.5, 1}
		if dark {
			f.light = -1
		}
		found = append(found, f)
	}
	// rings is a pattern of squares around (cx, cy) whose colour changes with
	// the distance; the corner marks have a core of nine.
	rings := func(cx, cy, radius int, dark func(ring int) bool) {
		for y := cy - radius; y <= cy+radius; y++ {
			for x := cx - radius; x <= cx+radius; x++ {
				if x >= 0 && y >= 0 && x < size && y < size {
					add(x, y, dark(max(x-cx, cx-x, y-cy, cy-y)))
				}
			}
		}
	}
	corner := func(ring int) bool { return ring != 2 && ring != 4 }
	rings(3, 3, 4, corner)
	rings(size-4, 3, 4, corner)
	rings(3, size-4, 4, corner)
	for i := 8; i < size-8; i++ {
		add(i, 6, i%2 == 0)
		add(6, i, i%2 == 0)
	}
	centres := alignment(version)
	last := len(centres) - 1
	for i, cy := range centres {
		for j, cx := range centres {
			if i == 0 && j == 0 || i == 0 && j == last || i == last && j == 0 {
				continue // a corner mark is there
			}
			rings(cx, cy, 2, func(ring int) bool { return ring != 1 })
		}
	}
	return found
}

// alignment returns the rows and columns in which alignment patterns lie
// (ISO/IEC 18004 annex E): evenly spread, the first gap taking the rest.
func alignment(version int) []int {
	if version < 2 {
		return nil
	}
	gaps := version/7 + 1
	step := (version*4 + 4 + gaps*2 - 1) / (gaps * 2) * 2
	if version == 32 {
		step = 26 // the exception in the table
	}
	centres := make([]int, gaps+1)
	for i := range centres {
		centres[i] = version*4 + 10 - (gaps-i)*step
	}
	centres[0] = 6
	return centres
}
