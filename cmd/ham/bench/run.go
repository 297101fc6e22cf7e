package bench

import (
	"context"
	"fmt"
	"time"
)

// linger is how far apart several generators may end their loads that begin
// together.
const linger = 4 * time.Second

// Run loads a server and reports. When ctx ends before it is done, there is an
// error and no report.
func Run(ctx context.Context, o Options, target *Target) (*Report, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	if len(o.Accounts.Keys) < o.HamApps() {
		return nil, fmt.Errorf("there are accounts of %d people: give --users %d at most (for waiting --people), or make more of them", len(o.Accounts.Keys), len(o.Accounts.Keys))
	}
	w, err := newWorld(o, target)
	if err != nil {
		return nil, err
	}
	defer w.close()
	if !target.Lifted {
		o.say("the server's limits for one address hold; %s", liftAdvice)
	}
	var bare *Baseline
	if o.Baseline > 0 {
		o.say("measuring the bare server for %s", o.Baseline)
		if bare, err = w.baseline(ctx, o.Baseline); err != nil {
			return nil, err
		}
	}
	beside, stop := context.WithCancel(ctx)
	s := scenarios[o.Scenario].begin(w)
	defer s.close()
	defer stop()
	begun := time.Now()
	if err := s.prepare(beside); err != nil {
		return nil, fmt.Errorf("preparing: %w", err)
	}
	prepared := time.Since(begun)
	if early := o.LoadAfter - prepared; early > 0 {
		if err := pause(ctx, early); err != nil {
			return nil, err
		}
	}
	o.say("%s: %g a second for %s, after a warm-up of %s", o.Scenario, o.Rate, o.Duration, o.WarmUp)
	r := newRecorder(o.WarmUp, o.Duration)
	l := &load{
		schedule: newSchedule(o.Rate, o.Even, o.Seed), until: o.WarmUp + o.Duration,
		maxUnderWay: o.MaxUnderWay, timeout: o.Timeout, recorder: r,
		wait: newClock().until, do: s.arrive,
	}
	started := time.Now()
	desktops := watchDesktops(s, o)
	if err := l.run(ctx); err != nil {
		return nil, err
	}
	took := time.Since(started)
	if o.LoadAfter > 0 { // others load the server as well, and what ends here would weigh on them
		if err := pause(ctx, linger); err != nil {
			return nil, err
		}
	}
	report := newReport(w, r, bare)
	report.Desktops = desktops()
	report.Started, report.PreparedFor, report.Took = started, prepared.Seconds(), took.Seconds()
	return report, nil
}
