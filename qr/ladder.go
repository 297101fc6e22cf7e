package qr

// rung is one way to look at a picture for corner marks. Where they are found,
// the code is read from the picture itself.
type rung struct {
	level int // of the pyramid, or doubled
	mask  kind
	open  bool // the marks may lack their quiet zone
	when  occasion
}

// doubled is the level of the picture at twice its size.
const doubled = -1

// kind is a way to tell dark from light.
type kind int

const (
	wide   kind = iota // by the mean of a large area: follows uneven light
	narrow             // by the mean of some modules: sees blurred ones
	deep               // only what is much darker: steps over the stripes of moiré
)

// occasion is when a rung is worth its time.
type occasion int

const (
	always  occasion = iota
	more             // the first look saw marks that are in no code, or nothing was read
	nothing          // nothing was read
)

const (
	plenty = 3_000_000 // pixels above which the first look is at a smaller copy
	little = 1_200_000 // pixels up to which a picture is also enlarged
)

// quick is the looks for a frame of a video.
func quick(p *pyramid) []rung { return ladder(p)[:3] }

// ladder is all looks, the likely and cheap ones first. Each is here for the
// classes of the gallery (see TestGallery) that lose codes without it.
func ladder(p *pyramid) []rung {
	size := p.levels[0].w * p.levels[0].h
	base := 0
	for n := size; n > plenty; n /= 4 {
		base++
	}
	rungs := []rung{
		{base, wide, false, always},        // most of all classes
		{base + 1, wide, false, always},    // noise
		{base, narrow, false, more},        // several codes, blurred
		{base + 1, narrow, false, nothing}, // blurred, photo of a screen
		{base + 1, deep, false, nothing},   // moiré, photo of a screen
		{base, wide, true, nothing},        // no quiet zone
		{base + 1, wide, true, nothing},    // no quiet zone, under noise
		{base + 2, wide, false, nothing},   // noise
	}
	for level := base - 1; level >= 0; level-- { // small codes in large pictures
		rungs = append(rungs, rung{level, wide, false, nothing}, rung{level, narrow, false, nothing})
	}
	if size <= little {
		rungs = append(rungs, rung{doubled, narrow, false, nothing}) // tiny
	}
	return rungs
}

func (r rung) picture(p *pyramid) (gray, bool) {
	if r.level == doubled {
		return p.levels[0].enlarged(2), true
	}
	return p.level(r.level)
}

// scale is that of level 0 to the picture.
func (r rung) scale() float64 {
	if r.level == doubled {
		return 0.5
	}
	return float64(int(1) << r.level)
}

func (r rung) masked(pic gray) mask {
	area := max(pic.w, pic.h) / 16
	switch r.mask {
	case narrow:
		return pic.against(6, 100)
	case deep:
		return pic.against(area, 60)
	default:
		return pic.against(area, 90) // pages are mostly light, which makes their mean too high
	}
}
