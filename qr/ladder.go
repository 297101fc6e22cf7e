package qr

// rung is one way to look at a picture for corner marks. Where they are found,
// the code is read from the picture itself.
type rung struct {
	level  int  // of the pyramid, or -1 for the picture at twice its size
	narrow bool // the window of the mask
	open   bool // codes without quiet zone
	// desperate rungs are for pictures in which nothing was found yet.
	desperate bool
}

const (
	plenty = 3_000_000 // pixels above which the first look is at a smaller copy
	little = 1_200_000 // pixels up to which a picture is also enlarged
)

// quick is the looks for a frame of a video.
func quick(p *pyramid) []rung { return ladder(p)[:2] }

// ladder is all looks, the likely and cheap ones first.
func ladder(p *pyramid) []rung {
	g := p.levels[0]
	base := 0
	for size := g.w * g.h; size > plenty; size /= 4 {
		base++
	}
	rungs := []rung{
		{level: base},
		{level: base + 1}, // noise, moiré
		{level: base, narrow: true, desperate: true}, // blur
		{level: base + 1, narrow: true, desperate: true},
		{level: base, open: true, desperate: true},
		{level: base + 1, open: true, desperate: true},
		{level: base + 2, desperate: true},
		{level: base + 2, narrow: true, desperate: true},
	}
	for level := base - 1; level >= 0; level-- { // small codes in large pictures
		rungs = append(rungs, rung{level: level, desperate: true}, rung{level: level, narrow: true, desperate: true})
	}
	if g.w*g.h <= little { // modules of hardly more than a pixel
		rungs = append(rungs, rung{level: -1, desperate: true}, rung{level: -1, narrow: true, desperate: true})
	}
	return rungs
}

func (r rung) picture(p *pyramid) (gray, bool) {
	if r.level < 0 {
		return p.levels[0].enlarged(2), true
	}
	return p.level(r.level)
}

// scale is that of level 0 to the picture.
func (r rung) scale() float64 {
	if r.level < 0 {
		return 0.5
	}
	return float64(int(1) << r.level)
}

// radius is that of the window of the mask.
func (r rung) radius(g gray) int {
	if r.narrow {
		return 6
	}
	return max(g.w, g.h) / 16
}
