package bench

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// What is measured lies between these, and is kept to three digits.
const (
	shortest = int64(time.Microsecond)
	longest  = int64(10 * time.Minute)
)

func newHistogram(digits int) *hdrhistogram.Histogram {
	return hdrhistogram.New(1, longest/shortest, digits)
}

// put counts one length of time. What is out of range counts as its end.
func put(h *hdrhistogram.Histogram, took time.Duration) {
	_ = h.RecordValue(min(max(int64(took), shortest), longest) / shortest) // so it is in range
}

// Latency is how long something took, in milliseconds.
type Latency struct {
	Count int64   `json:"count"`
	Mean  float64 `json:"mean_ms"`
	P50   float64 `json:"p50_ms"`
	P90   float64 `json:"p90_ms"`
	P99   float64 `json:"p99_ms"`
	P999  float64 `json:"p999_ms"`
	Max   float64 `json:"max_ms"`
}

func latencyOf(h *hdrhistogram.Histogram) Latency {
	if h.TotalCount() == 0 {
		return Latency{}
	}
	return Latency{
		Count: h.TotalCount(), Mean: h.Mean() / 1000,
		P50: ms(h, 50), P90: ms(h, 90), P99: ms(h, 99), P999: ms(h, 99.9), Max: float64(h.Max()) / 1000,
	}
}

func ms(h *hdrhistogram.Histogram, percent float64) float64 {
	return float64(h.ValueAtPercentile(percent)) / 1000
}

// Percentile is a point of the whole distribution.
type Percentile struct {
	Percent float64 `json:"percent"`
	MS      float64 `json:"ms"`
}

// curve gives the distribution, ever finer towards its slow end, as far as
// there are enough arrivals to tell.
func curve(h *hdrhistogram.Histogram) []Percentile {
	if h.TotalCount() == 0 {
		return []Percentile{}
	}
	var all []Percentile
	for rest, step := 100.0, 10.0; rest*float64(h.TotalCount()) >= 100 && rest > 0.0001; {
		all = append(all, Percentile{100 - rest, ms(h, max(100-rest, 0.0001))})
		if rest -= step; rest < step*1.5 {
			step /= 10
		}
	}
	return append(all, Percentile{100, float64(h.Max()) / 1000})
}
