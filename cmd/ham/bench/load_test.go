package bench

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"
)

// inBubble waits on the bubble's clock, which nap knows nothing of.
func inBubble(ctx context.Context, moment time.Time) error {
	timer := time.NewTimer(time.Until(moment))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stalled is a server that answers at once, but for one second in which it
// answers nobody.
func stalled(from time.Time) func(context.Context, *arrival) error {
	begin := from.Add(time.Second)
	return func(ctx context.Context, _ *arrival) error {
		if now := time.Now(); now.Before(begin) || !now.Before(begin.Add(time.Second)) {
			return nil
		}
		return pause(ctx, time.Until(begin.Add(time.Second)))
	}
}

func TestAStallIsChargedForAllWhoCameInIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const warmUp, duration = 500 * time.Millisecond, 4 * time.Second
		r := newRecorder(warmUp, duration)
		l := &load{
			schedule: newSchedule(200, true, 1), until: warmUp + duration, maxUnderWay: 1000, timeout: 10 * time.Second,
			recorder: r, wait: inBubble, do: stalled(time.Now()),
		}
		if err := l.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r.intended != 800 || r.latency.TotalCount() != 800 || r.failed != 0 || r.notStarted != 0 {
			t.Fatalf("intended %d, completed %d, failed %d, not started %d", r.intended, r.latency.TotalCount(), r.failed, r.notStarted)
		}
		// 200 came in that second: a half of them waited for half of it or more.
		// Whoever asks one after the other sees one slow answer.
		slow := 0
		for _, bar := range r.latency.Distribution() {
			if bar.From >= 500_000 {
				slow += int(bar.Count)
			}
		}
		if slow < 100 || slow > 101 {
			t.Errorf("%d arrivals waited for half a second or more, want 100", slow)
		}
		got := latencyOf(r.latency)
		if got.P50 > 1 || got.P90 < 590 || got.P99 < 955 || got.Max < 990 {
			t.Errorf("p50 %g, p90 %g, p99 %g, max %g ms", got.P50, got.P90, got.P99, got.Max)
		}
		if m := r.timeline[0]; m.done != 200 || r.timeline[1].done != 200 {
			t.Errorf("the timeline counts %d and %d for its first seconds, want 200 each", m.done, r.timeline[1].done)
		}
	})
}

func TestAGeneratorThatIsLateIsChargedToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(0, time.Second)
		late := func(ctx context.Context, moment time.Time) error {
			return inBubble(ctx, moment.Add(40*time.Millisecond))
		}
		l := &load{
			schedule: newSchedule(10, true, 1), until: time.Second, maxUnderWay: 10, timeout: time.Second,
			recorder: r, wait: late, do: func(context.Context, *arrival) error { return nil },
		}
		if err := l.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if took, lag := latencyOf(r.latency), latencyOf(r.lag); took.P50 < 39.9 || took.P50 > 40.1 || lag.Max < 39.9 {
			t.Errorf("latency %g ms, lag %g ms, want 40", took.P50, lag.Max)
		}
	})
}

func TestWhatCannotBeStartedIsCountedAndNotPutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(0, 3*time.Second)
		l := &load{
			schedule: newSchedule(100, true, 1), until: 3 * time.Second, maxUnderWay: 30, timeout: 10 * time.Second,
			recorder: r, wait: inBubble, do: stalled(time.Now()),
		}
		begun := time.Now()
		if err := l.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r.intended != 300 || r.notStarted != 70 || r.latency.TotalCount() != 230 {
			t.Errorf("intended %d, not started %d, completed %d; want 300, 70, 230", r.intended, r.notStarted, r.latency.TotalCount())
		}
		if took := time.Since(begun); took >= 3*time.Second {
			t.Errorf("the load lasted %s: it has waited for the server", took)
		}
	})
}

func TestAnArrivalThatTakesTooLongHasFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(0, 3*time.Second)
		l := &load{
			schedule: newSchedule(10, true, 1), until: 3 * time.Second, maxUnderWay: 100, timeout: 450 * time.Millisecond,
			recorder: r, wait: inBubble, do: stalled(time.Now()),
		}
		if err := l.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		errs := r.errors.sorted()
		if r.failed != 6 || len(errs) != 1 || errs[0] != (Count{errTimeout.Error(), 6}) {
			t.Errorf("failed %d, errors %v; want 6 that had no answer in time", r.failed, errs)
		}
	})
}

func TestALoadStopsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		l := &load{
			schedule: newSchedule(10, true, 1), until: time.Hour, maxUnderWay: 10, timeout: time.Second,
			recorder: newRecorder(0, time.Hour), wait: inBubble, do: stalled(time.Now()),
		}
		if err := l.run(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("run gives %v", err)
		}
	})
}

func TestArrivalsAreFixedBySeedAndRate(t *testing.T) {
	times := func(even bool, seed uint64) (all []time.Duration) {
		s := newSchedule(50, even, seed)
		for range 10_000 {
			all = append(all, s.next())
		}
		return all
	}
	one, again, other := times(false, 7), times(false, 7), times(false, 8)
	differs := false
	for i := range one {
		if one[i] != again[i] {
			t.Fatalf("arrival %d comes at %s and at %s", i, one[i], again[i])
		}
		if i > 0 && one[i] < one[i-1] {
			t.Fatalf("arrival %d comes before the one before it", i)
		}
		differs = differs || one[i] != other[i]
	}
	if !differs {
		t.Error("another seed gives the same times")
	}
	if mean := one[len(one)-1].Seconds() / 10_000; math.Abs(mean-0.02) > 0.001 {
		t.Errorf("arrivals come every %gs, want 0.02", mean)
	}
	if at := newSchedule(3, true, 0); at.next() != 0 || at.next() == 0 || at.next() == 0 || at.next() != time.Second {
		t.Error("of 3 a second the fourth does not come after a second")
	}
	if at := times(true, 0)[500]; at != 10*time.Second {
		t.Errorf("the 501st of 50 a second comes at %s", at)
	}
}
