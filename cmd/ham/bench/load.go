package bench

import (
	"context"
	"errors"
	"sync"
	"time"
)

// arrival is one of the load, and what is known of it.
type arrival struct {
	number   int
	offset   time.Duration // of the intended time from the first moment
	intended time.Time
	began    time.Time // when the generator came to it
	end      time.Time // set by what it does, or when that returns
	steps    []step
}

type step struct {
	name string
	took time.Duration
}

// timed does one step of an arrival and notes how long it took.
func (a *arrival) timed(name string, do func() error) error {
	begun := time.Now()
	err := do()
	a.steps = append(a.steps, step{name, time.Since(begun)})
	return at(name, err)
}

// load is an open load: when an arrival begins depends on the clock alone.
type load struct {
	schedule    *schedule
	until       time.Duration // arrivals before that begin
	maxUnderWay int
	timeout     time.Duration
	recorder    *recorder
	wait        func(context.Context, time.Time) error // until a moment
	do          func(context.Context, *arrival) error
}

// run begins all arrivals and returns when the last one has ended.
func (l *load) run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	underWay := make(chan struct{}, l.maxUnderWay)
	start := time.Now()
	for n := 0; ; n++ {
		offset := l.schedule.next()
		if offset >= l.until {
			return ctx.Err()
		}
		intended := start.Add(offset)
		if err := l.wait(ctx, intended); err != nil {
			return err
		}
		measured := l.recorder.measures(offset)
		select {
		case underWay <- struct{}{}:
		default:
			if measured {
				l.recorder.skipped(offset)
			}
			continue
		}
		a := &arrival{number: n, offset: offset, intended: intended, began: time.Now()}
		running.Go(func() {
			err := l.attempt(ctx, a)
			<-underWay
			if err == nil {
				l.recorder.completed(a.end.Sub(start))
			}
			if measured {
				l.recorder.ended(a, err)
			}
		})
	}
}

func (l *load) attempt(ctx context.Context, a *arrival) error {
	ctx, cancel := context.WithDeadlineCause(ctx, a.intended.Add(l.timeout), errTimeout)
	defer cancel()
	err := l.do(ctx, a)
	if a.end.IsZero() {
		a.end = time.Now()
	}
	if err != nil && errors.Is(context.Cause(ctx), errTimeout) { // whatever it is taken for
		var step *stepError
		if errors.As(err, &step) {
			return at(step.step, errTimeout)
		}
		return errTimeout
	}
	return err
}
