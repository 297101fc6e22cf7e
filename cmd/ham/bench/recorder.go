package bench

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// recorder keeps what came of the measured arrivals.
type recorder struct {
	warmUp time.Duration // arrivals before that are not measured
	until  time.Duration // and the measured part ends
	slice  time.Duration // of the timeline

	mu         sync.Mutex // guards the fields below
	intended   int
	inTime     int // completed while the measured part lasted, whenever they were due
	notStarted int
	failed     int
	latency    *hdrhistogram.Histogram
	lag        *hdrhistogram.Histogram // from the intended time until the generator began
	steps      map[string]*hdrhistogram.Histogram
	order      []string // of the steps
	timeline   []*moment

	errors kinds
}

// moment is what came of the arrivals that were intended for one slice.
type moment struct {
	done, failed, notStarted int
	latency                  *hdrhistogram.Histogram
}

// maxMoments bounds the timeline: of longer runs each slice is longer.
const maxMoments = 300

func newRecorder(warmUp, duration time.Duration) *recorder {
	slice := time.Second
	for duration > maxMoments*slice {
		slice *= 2
	}
	return &recorder{
		warmUp: warmUp, until: warmUp + duration, slice: slice, latency: newHistogram(3), lag: newHistogram(3),
		steps: map[string]*hdrhistogram.Histogram{},
	}
}

// measures reports whether an arrival of that time counts, and counts it.
func (r *recorder) measures(offset time.Duration) bool {
	if offset < r.warmUp {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.intended++
	return true
}

// moment gives that of an arrival's intended time. r.mu is held.
func (r *recorder) moment(offset time.Duration) *moment {
	i := int((offset - r.warmUp) / r.slice)
	for len(r.timeline) <= i {
		r.timeline = append(r.timeline, &moment{latency: newHistogram(2)})
	}
	return r.timeline[i]
}

// completed counts one that was completed at a time, for the rate.
func (r *recorder) completed(at time.Duration) {
	if at < r.warmUp || at >= r.until {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inTime++
}

// skipped counts an arrival that was not started.
func (r *recorder) skipped(offset time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.notStarted++
	r.moment(offset).notStarted++
}

// ended counts what came of an arrival.
func (r *recorder) ended(a *arrival, err error) {
	took := a.end.Sub(a.intended)
	r.mu.Lock()
	put(r.lag, a.began.Sub(a.intended))
	m := r.moment(a.offset)
	if err != nil {
		r.failed++
		m.failed++
	} else {
		put(r.latency, took)
		put(m.latency, took)
		m.done++
		for _, s := range a.steps {
			r.step(s.name, s.took)
		}
	}
	r.mu.Unlock()
	if err != nil {
		r.errors.add(err)
	}
}

func (r *recorder) step(name string, took time.Duration) {
	h, known := r.steps[name]
	if !known {
		h = newHistogram(3)
		r.steps[name] = h
		r.order = append(r.order, name)
	}
	put(h, took)
}
