package bench

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// Options say what is done to which server. All fields but Connect, Said,
// Baseline, People, Once, AtOnce and LoadAfter are required.
type Options struct {
	Server   string   // its public URL, as it says it itself
	Connect  []string // addresses with port to connect to in place of the URL's, in turn: the nodes behind it
	Scenario string
	Accounts Accounts

	Rate        float64 // arrivals a second
	Even        bool    // they come at the same distance, and not as strangers do (a Poisson process)
	Users       int
	People      int           // waiting: with a Ham app; 0: as many as Users
	Once        bool          // waiting: a desktop that is over is not opened again
	AtOnce      int           // of a preparation; 0: 64
	LoadAfter   time.Duration // the load begins that long after the preparation has begun, or when it is done
	Duration    time.Duration // measured
	WarmUp      time.Duration // before that, not measured
	Baseline    time.Duration // how long the bare server is measured before
	MaxUnderWay int           // arrivals at a time
	Timeout     time.Duration // for each; after that it has failed
	Seed        uint64        // of the arrivals' times

	Command string                           // as it was called, for the report
	Program string                           // its version, for the report
	Said    func(format string, args ...any) // is told how it goes; nil: nobody is
}

// HamApps is how many people there have to be.
func (o Options) HamApps() int {
	if o.People > 0 {
		return o.People
	}
	return o.Users
}

// atOnce is how much of a preparation is under way at a time.
func (o Options) atOnce() int {
	if o.AtOnce > 0 {
		return o.AtOnce
	}
	return workers
}

// Scenarios are the names of all that there are.
func Scenarios() []string { return slices.Sorted(maps.Keys(scenarios)) }

const (
	minRate     = 0.001 // of less, the time of the next would not fit a time.Duration
	maxRate     = 100_000
	maxArrivals = 50_000_000
	maxUsers    = 1_000_000
	maxTime     = 30 * 24 * time.Hour
)

// Check reports the first thing that is wrong, Accounts left out.
func (o Options) Check() error {
	s, known := scenarios[o.Scenario]
	switch {
	case o.Scenario == "":
		return fmt.Errorf("say what to do with --scenario: %s", strings.Join(Scenarios(), ", "))
	case !known:
		return fmt.Errorf("there is no scenario %q; there are: %s", o.Scenario, strings.Join(Scenarios(), ", "))
	case !(o.Rate >= minRate && o.Rate <= maxRate):
		return fmt.Errorf("--rate: how many arrivals a second, %g to %d", minRate, maxRate)
	case o.Users < 1 || o.Users > maxUsers:
		return fmt.Errorf("--users: give 1 to %d", maxUsers)
	case o.Duration < time.Second:
		return errors.New("--duration: measure for a second at least")
	case max(o.Duration, o.WarmUp, o.Baseline, o.LoadAfter, o.Timeout) > maxTime:
		return fmt.Errorf("--duration, --warm-up, --baseline, --load-after, --timeout: give %s at most", maxTime)
	case o.People < 0 || o.People > o.Users || o.People > 0 && o.Scenario != "waiting":
		return errors.New("--people: for the scenario waiting, at most as many as --users")
	case o.Once && o.Scenario != "waiting":
		return errors.New("--once is for the scenario waiting")
	case o.Once && o.Rate*(o.WarmUp+o.Duration).Seconds() > float64(o.Users):
		return fmt.Errorf("--once: each arrival takes a desktop away, and there will be %.0f; give as many --users", math.Ceil(o.Rate*(o.WarmUp+o.Duration).Seconds()))
	case o.AtOnce < 0 || o.AtOnce > workers:
		return fmt.Errorf("--prepare-at-once: give 1 to %d", workers)
	case o.LoadAfter < 0:
		return errors.New("--load-after: a length of time, or 0")
	case o.WarmUp < 0 || o.Baseline < 0:
		return errors.New("--warm-up and --baseline: a length of time, or 0 for none")
	case o.Rate*(o.WarmUp+o.Duration).Seconds() > maxArrivals:
		return fmt.Errorf("that makes more than %d arrivals: lower --rate or --duration", maxArrivals)
	case o.MaxUnderWay < 1 || o.MaxUnderWay > maxUsers:
		return fmt.Errorf("--max-under-way: give 1 to %d", maxUsers)
	case o.Timeout < time.Millisecond:
		return errors.New("--timeout: give a length of time, such as 20s")
	case s.perUser > 0 && o.Rate > s.perUser*float64(o.HamApps()):
		return fmt.Errorf("%s: %s; for --rate %g give --users %.0f at least", o.Scenario, s.because, o.Rate, math.Ceil(o.Rate/s.perUser))
	}
	return s.files(o).check()
}

func (o Options) say(format string, args ...any) {
	if o.Said != nil {
		o.Said(format, args...)
	}
}
