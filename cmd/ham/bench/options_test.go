package bench

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestNumbersThatNoLoadCanHaveAreRefused(t *testing.T) {
	good := func() Options {
		return Options{Scenario: "poll", Rate: 10, Users: 5, Duration: time.Second, MaxUnderWay: 10, Timeout: time.Second}
	}
	if err := good().Check(); err != nil {
		t.Fatal(err)
	}
	const forever = time.Duration(math.MaxInt64)
	for name, c := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"a rate that is no number":       {func(o *Options) { o.Rate = math.NaN() }, "--rate"},
		"an endless rate":                {func(o *Options) { o.Rate = math.Inf(1) }, "--rate"},
		"a rate that never comes":        {func(o *Options) { o.Rate = 1e-20 }, "--rate"},
		"the smallest rate there is":     {func(o *Options) { o.Rate = math.SmallestNonzeroFloat64 }, "--rate"},
		"a load of centuries":            {func(o *Options) { o.Duration = forever }, "at most"},
		"a sum that overflows":           {func(o *Options) { o.WarmUp, o.Duration = forever, forever }, "at most"},
		"a time before the beginning":    {func(o *Options) { o.LoadAfter = -1 }, "--load-after"},
		"fewer people than none":         {func(o *Options) { o.Scenario, o.People = "waiting", -1 }, "--people"},
		"more people than desktops":      {func(o *Options) { o.Scenario, o.People = "waiting", 6 }, "--people"},
		"people where nobody approves":   {func(o *Options) { o.People = 1 }, "--people"},
		"once where nothing comes again": {func(o *Options) { o.Once = true }, "--once"},
		"fewer at once than none":        {func(o *Options) { o.AtOnce = -1 }, "--prepare-at-once"},
		"more at once than there are":    {func(o *Options) { o.AtOnce = workers + 1 }, "--prepare-at-once"},
	} {
		o := good()
		c.change(&o)
		if err := o.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The rarest load that may be asked for is one, and no flood.
func TestTheSlowestScheduleGoesForward(t *testing.T) {
	for _, even := range []bool{true, false} {
		s := newSchedule(minRate, even, 1)
		last := time.Duration(-1)
		for range 100_000 {
			at := s.next()
			if at < last {
				t.Fatalf("even %t: after %s comes %s", even, last, at)
			}
			last = at
		}
	}
}

func TestOnceWantsADesktopForEachArrival(t *testing.T) {
	o := Options{
		Scenario: "waiting", Once: true, Rate: 10, Users: 60, WarmUp: time.Second, Duration: 5 * time.Second,
		MaxUnderWay: 10, Timeout: time.Second,
	}
	if err := o.Check(); err != nil {
		t.Error(err)
	}
	o.Users--
	if err := o.Check(); err == nil || !strings.Contains(err.Error(), "there will be 60") {
		t.Error(err)
	}
}
