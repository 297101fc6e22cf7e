package qr

import "math"

// modules are the luminances of a code's modules, with a border of two around
// it: a reading is what they are taken for.
type modules struct {
	size  int
	light []float64 // about -1 to 1, row after row of size+2*border
}

const border = 2 // modules around the code that are sampled too

func (m modules) at(x, y int) float64 { return m.light[(y+border)*(m.size+2*border)+x+border] }

// sampled takes each module as the mean of points in its middle part, which
// the neighbours have touched least.
func (g grid) sampled(pic gray, sign float64) modules {
	m := modules{size: g.size, light: make([]float64, (g.size+2*border)*(g.size+2*border))}
	n := min(max(int(g.unit()*0.9), 1), 5)
	sum, squares := 0.0, 0.0
	for i := range m.light {
		x := float64(i%(g.size+2*border) - border)
		y := float64(i/(g.size+2*border) - border)
		v := 0.0
		for s := range n * n {
			p := g.at(x+0.2+0.6*(float64(s%n)+0.5)/float64(n), y+0.2+0.6*(float64(s/n)+0.5)/float64(n))
			v += pic.sample(p.x, p.y)
		}
		v *= sign / float64(n*n)
		m.light[i] = v
		sum, squares = sum+v, squares+v*v
	}
	mean := sum / float64(len(m.light))
	deviation := math.Sqrt(max(squares/float64(len(m.light))-mean*mean, 1e-9))
	for i := range m.light {
		m.light[i] = (m.light[i] - mean) / deviation
	}
	return m
}

// capped takes for equally light whatever is a good deal lighter than dark:
// moiré puts out the light in stripes, and leaves the dark alone.
func (m modules) capped() modules {
	var sum, n [2]float64
	for _, f := range fixtures((m.size - 17) / 4) {
		k := int(f.light+1) / 2
		sum[k], n[k] = sum[k]+m.at(int(f.x), int(f.y)), n[k]+1
	}
	dark, light := sum[0]/n[0], sum[1]/n[1]
	top := dark + 0.5*(light-dark)
	out := modules{size: m.size, light: make([]float64, len(m.light))}
	for i, v := range m.light {
		out.light[i] = (min(v, top) - dark) * 2 / max(light-dark, 0.1)
	}
	return out
}

// Features of a module by which it is judged: plain ones, and those of its
// neighbours, which have leaked into it when the picture is blurred.
const (
	plain   = 4
	blurred = 9
)

func (m modules) features(x, y int) [blurred]float64 {
	return [blurred]float64{
		m.at(x, y), 1, 2*float64(x)/float64(m.size) - 1, 2*float64(y)/float64(m.size) - 1,
		m.at(x-1, y) + m.at(x+1, y), m.at(x, y-1) + m.at(x, y+1),
		m.at(x-1, y-1) + m.at(x+1, y-1) + m.at(x-1, y+1) + m.at(x+1, y+1),
		m.at(x-2, y) + m.at(x+2, y), m.at(x, y-2) + m.at(x, y+2),
	}
}

// judge learns from modules whose colour is known how to tell light (above 0)
// from dark: weights of the first n features, by least squares. The fixtures
// of the code itself show what the camera has done to the rest.
type judge struct {
	n      int
	normal [blurred][blurred + 1]float64 // the normal equations
}

func (j *judge) learn(features [blurred]float64, light float64) {
	for r := range j.n {
		for c := range j.n {
			j.normal[r][c] += features[r] * features[c]
		}
		j.normal[r][blurred] += features[r] * light
	}
}

// weights solves the equations, leaning towards small weights so that noise
// teaches nothing.
func (j *judge) weights() (w [blurred]float64) {
	a := j.normal
	for i := range j.n {
		a[i][i] += 1
	}
	for i := range j.n { // symmetric and positive: no pivot is zero
		for r := i + 1; r < j.n; r++ {
			k := a[r][i] / a[i][i]
			for c := i; c < j.n; c++ {
				a[r][c] -= k * a[i][c]
			}
			a[r][blurred] -= k * a[i][blurred]
		}
	}
	for i := j.n - 1; i >= 0; i-- {
		w[i] = a[i][blurred]
		for c := i + 1; c < j.n; c++ {
			w[i] -= a[i][c] * w[c]
		}
		w[i] /= a[i][i]
	}
	return w
}

// judged tells light from dark by the first n features.
func (m modules) judged(n int) []float64 {
	j := judge{n: n}
	for _, f := range fixtures((m.size - 17) / 4) {
		j.learn(m.features(int(f.x), int(f.y)), f.light)
	}
	return m.weighed(j.weights())
}

// reconsidered learns once more, from all modules as they were judged, which
// are many more than the fixtures.
func (m modules) reconsidered(verdicts []float64) []float64 {
	j := judge{n: blurred}
	for i, v := range verdicts {
		j.learn(m.features(i%m.size, i/m.size), math.Copysign(1, v))
	}
	for _, f := range fixtures((m.size - 17) / 4) {
		j.learn(m.features(int(f.x), int(f.y)), f.light)
	}
	return m.weighed(j.weights())
}

func (m modules) weighed(weights [blurred]float64) []float64 {
	out := make([]float64, m.size*m.size)
	for i := range out {
		for k, f := range m.features(i%m.size, i/m.size) {
			out[i] += weights[k] * f
		}
	}
	return out
}
