package bench

import (
	"math"
	"math/rand/v2"
	"time"
)

// schedule gives the times of arrivals, one after the other, counted from the
// first moment. It knows nothing of what comes of them.
type schedule struct {
	gap    float64 // nanoseconds between two, on average
	even   bool
	random *rand.Rand
	count  int64
	at     float64 // of the latest, in gaps
}

func newSchedule(rate float64, even bool, seed uint64) *schedule {
	return &schedule{
		gap: float64(time.Second) / rate, even: even,
		random: rand.New(rand.NewPCG(seed, 0x68616d)), //nolint:gosec // the same seed gives the same load
	}
}

// next gives the time of the next arrival. People who know nothing of one
// another come as a Poisson process: the gaps between them are exponential.
func (s *schedule) next() time.Duration {
	if s.even {
		s.at = float64(s.count)
	} else {
		s.at += s.random.ExpFloat64()
	}
	s.count++
	return time.Duration(math.Round(s.at * s.gap))
}
