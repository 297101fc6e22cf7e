package bench

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"runtime"
	"slices"
	"time"
)

// reportKind tells a report from other JSON, and its form from later ones.
const reportKind = "ham bench 1"

// Report is what a run has shown, and what it takes to repeat it. It holds no
// secret.
type Report struct {
	Kind     string  `json:"kind"`
	Scenario string  `json:"scenario"`
	Measures string  `json:"measures"`
	Setup    Setup   `json:"setup"`
	Machine  Machine `json:"machine"`

	Started     time.Time `json:"started"`
	PreparedFor float64   `json:"prepared_seconds"`
	Took        float64   `json:"took_seconds"` // the load, with what was under way at its end

	Counts   Counts  `json:"counts"`
	Rate     float64 `json:"completed_per_second"`
	Latency  Latency `json:"latency"`
	Steps    []Step  `json:"steps"`
	Errors   []Count `json:"errors"`
	Beside   []Count `json:"errors_beside"` // of what goes on beside the arrivals
	Lag      Latency `json:"generator_lag"` // from an arrival's time until the generator came to it
	Baseline *Bare   `json:"baseline,omitempty"`

	Desktops *Desktops `json:"desktops,omitempty"` // of the scenario waiting

	Slice    float64      `json:"slice_seconds"`
	Timeline []Moment     `json:"timeline"`
	Curve    []Percentile `json:"curve"`
}

// Setup is what was asked for.
type Setup struct {
	Command     string   `json:"command"`
	Server      string   `json:"server"`
	Connect     []string `json:"connect"`
	Lifted      bool     `json:"limits_lifted"` // the server has lifted its limits for one address
	Rate        float64  `json:"rate"`
	Arrivals    string   `json:"arrivals"`
	Users       int      `json:"users"`
	Seconds     float64  `json:"duration_seconds"`
	WarmUp      float64  `json:"warm_up_seconds"`
	MaxUnderWay int      `json:"max_under_way"`
	Timeout     float64  `json:"timeout_seconds"`
	Seed        uint64   `json:"seed"`
}

// Machine is where the load was made.
type Machine struct {
	CPUs    int    `json:"cpus"`
	Threads int    `json:"gomaxprocs"`
	System  string `json:"system"`
	Go      string `json:"go"`
	Program string `json:"ham"`
}

// Counts are of the measured arrivals.
type Counts struct {
	Intended   int `json:"intended"`
	Completed  int `json:"completed"`
	Failed     int `json:"failed"`
	NotStarted int `json:"not_started"` // too many were under way
}

// Missed is the share of those that did not complete.
func (c Counts) Missed() float64 {
	if c.Intended == 0 {
		return 1
	}
	return float64(c.Intended-c.Completed) / float64(c.Intended)
}

// Step is a part of each completed arrival.
type Step struct {
	Name    string  `json:"name"`
	Latency Latency `json:"latency"`
}

// Count is how often something went wrong.
type Count struct {
	What  string `json:"what"`
	Count int    `json:"count"`
}

// Bare is the baseline, and the result as multiples of it.
type Bare struct {
	Baseline
	OfRate float64 `json:"rate_ratio"`
	OfP50  float64 `json:"p50_ratio"`
	OfP99  float64 `json:"p99_ratio"`
}

// Moment is what came of the arrivals that were intended for one slice of time.
type Moment struct {
	At         float64 `json:"at_seconds"`
	Completed  int     `json:"completed"`
	Failed     int     `json:"failed"`
	NotStarted int     `json:"not_started"`
	P50        float64 `json:"p50_ms"`
	P99        float64 `json:"p99_ms"`
	Max        float64 `json:"max_ms"`
}

func newReport(w *world, r *recorder, bare *Baseline) *Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := w.o
	report := &Report{
		Kind: reportKind, Scenario: o.Scenario, Measures: scenarios[o.Scenario].measures,
		Setup: Setup{
			Command: o.Command, Server: w.target.URL, Connect: append([]string{}, o.Connect...), Lifted: w.target.Lifted,
			Rate: o.Rate, Arrivals: map[bool]string{true: "even", false: "poisson"}[o.Even], Users: o.Users,
			Seconds: o.Duration.Seconds(), WarmUp: o.WarmUp.Seconds(), MaxUnderWay: o.MaxUnderWay, Timeout: o.Timeout.Seconds(), Seed: o.Seed,
		},
		Machine: Machine{runtime.NumCPU(), runtime.GOMAXPROCS(0), runtime.GOOS + "/" + runtime.GOARCH, runtime.Version(), o.Program},
		Counts:  Counts{Intended: r.intended, Completed: int(r.latency.TotalCount()), Failed: r.failed, NotStarted: r.notStarted},
		Rate:    float64(r.inTime) / o.Duration.Seconds(),
		Latency: latencyOf(r.latency), Lag: latencyOf(r.lag), Curve: curve(r.latency),
		Steps: []Step{}, Errors: r.errors.sorted(), Beside: w.background.sorted(), Slice: r.slice.Seconds(), Timeline: []Moment{},
	}
	for _, name := range r.order {
		report.Steps = append(report.Steps, Step{name, latencyOf(r.steps[name])})
	}
	for i, m := range r.timeline {
		report.Timeline = append(report.Timeline, Moment{
			At: float64(i) * r.slice.Seconds(), Completed: m.done, Failed: m.failed, NotStarted: m.notStarted,
			P50: ms(m.latency, 50), P99: ms(m.latency, 99), Max: float64(m.latency.Max()) / 1000,
		})
	}
	if bare != nil {
		report.Baseline = &Bare{*bare, ratio(report.Rate, bare.Rate), ratio(report.Latency.P50, bare.Latency.P50), ratio(report.Latency.P99, bare.Latency.P99)}
	}
	return report
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

func (k *kinds) sorted() []Count {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := []Count{}
	for _, what := range slices.Sorted(maps.Keys(k.counts)) {
		all = append(all, Count{what, k.counts[what]})
	}
	slices.SortStableFunc(all, func(a, b Count) int { return cmp.Compare(b.Count, a.Count) })
	return all
}

// ReadReport reads a report that was written as JSON.
func ReadReport(r io.Reader) (*Report, error) {
	var report Report
	if err := json.NewDecoder(r).Decode(&report); err != nil || report.Kind != reportKind {
		return nil, errors.New("this is not a report that this 'ham bench' has written with --json or --out")
	}
	return &report, nil
}

// Advice says what stands between the numbers and their use.
func (r *Report) Advice() (all []string) {
	const late = 10 // ms
	if r.Lag.P99 > late {
		all = append(all, "The generator itself was late: its machine is too slow for this rate, or shares its processors with the server. What it was late by is part of the latencies.")
	}
	if r.Counts.NotStarted > 0 {
		all = append(all, "Arrivals were not started because too many were under way: the server does not keep up, or --max-under-way is low for this rate.")
	}
	if !r.Setup.Lifted {
		all = append(all, "The server's limits for one address were in force: "+liftAdvice+".")
	}
	return all
}
