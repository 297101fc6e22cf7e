package bus_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hamconnect/server/internal/bus"
)

// badWire joins nodes, and does everything to what it carries that a bus may
// do: of four messages it loses one, doubles one, delays one, and so mixes them
// up.
type badWire struct {
	mu   sync.Mutex // guards ends
	ends []func(string)
}

type end struct {
	wire *badWire
	sent atomic.Uint64
}

func (e *end) Send(_ context.Context, messages []string) error {
	e.wire.mu.Lock()
	defer e.wire.mu.Unlock()
	for _, m := range messages {
		for _, to := range e.wire.ends {
			switch e.sent.Add(1) % 4 {
			case 0: // lost
			case 1:
				to(m)
				to(m)
			case 2:
				time.AfterFunc(rand.N(4*time.Second), func() { to(m) })
			default:
				to(m)
			}
		}
	}
	return nil
}

func (e *end) Receive(ctx context.Context, ready func(), got func(string)) error {
	e.wire.mu.Lock()
	e.wire.ends = append(e.wire.ends, got)
	e.wire.mu.Unlock()
	ready()
	<-ctx.Done()
	return ctx.Err()
}

// steps is what a database remembers of steps. Some are seen late, after steps
// that were stamped later.
type steps struct {
	mu    sync.Mutex // guards all
	all   []bus.Wake
	fails atomic.Int64 // the next so many looks fail
}

func (s *steps) commit(w bus.Wake) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, w)
}

func (s *steps) since(_ context.Context, after time.Time) (found []bus.Wake, err error) {
	if s.fails.Add(-1) >= 0 {
		return nil, fmt.Errorf("it is away")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.all {
		if w.At > after.UnixMicro() {
			found = append(found, w)
		}
	}
	return found, nil
}

func TestHintsThatAreLostLateDoubledOrMixedUpWakeEverybodyOnce(t *testing.T) {
	t.Parallel()
	var wire badWire
	var database steps
	database.fails.Store(3)
	const nodes, topics = 3, 200
	all := make([]*bus.Nodes, nodes)
	woken := make([][topics]atomic.Int64, nodes)
	var running sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	defer running.Wait()
	defer cancel()
	for i := range all {
		all[i] = (&bus.Nodes{
			Local: bus.NewLocal(), Carrier: &end{wire: &wire}, Log: slog.New(slog.DiscardHandler), Now: time.Now,
			Since: database.since, Kept: time.Minute,
		}).Join()
		for topic := range topics {
			all[i].Local.Subscribe(fmt.Sprint(topic), func() { woken[i][topic].Add(1) })
		}
		running.Go(func() { all[i].Run(ctx) })
	}
	for topic := range topics {
		running.Go(func() {
			w := bus.Wake{Topic: fmt.Sprint(topic), At: time.Now().UnixMicro()}
			time.Sleep(rand.N(2 * time.Second)) // a step takes a while until it commits
			database.commit(w)
			all[topic%nodes].Publish(w)
		})
	}
	quiet := func() (missing, twice int) {
		for i := range woken {
			for topic := range woken[i] {
				switch woken[i][topic].Load() {
				case 0:
					missing++
				case 1:
				default:
					twice++
				}
			}
		}
		return missing, twice
	}
	deadline := time.Now().Add(30 * time.Second) // far longer than a look
	for missing, _ := quiet(); missing > 0; missing, _ = quiet() {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d were never woken", missing, nodes*topics)
		}
		time.Sleep(20 * time.Millisecond)
	}
	time.Sleep(5 * time.Second) // what was late has come, and others have looked again
	if _, twice := quiet(); twice > 0 {
		t.Errorf("%d of %d were woken more than once for one step", twice, nodes*topics)
	}
}

// silence is a bus that carries nothing.
type silence struct{}

func (silence) Send(context.Context, []string) error { return nil }

func (silence) Receive(ctx context.Context, _ func(), _ func(string)) error {
	<-ctx.Done()
	return ctx.Err()
}

// After an outage longer than the database remembers steps, nobody can say who
// has to look.
func TestWhoeverWasAwayTooLongHasEverybodyLook(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	var woken atomic.Int64
	n := (&bus.Nodes{
		Local: bus.NewLocal(), Carrier: silence{}, Log: slog.New(slog.DiscardHandler),
		Now:   func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
		Since: func(context.Context, time.Time) ([]bus.Wake, error) { return nil, nil }, Kept: time.Minute,
	}).Join()
	n.Local.Subscribe("a", func() { woken.Add(1) })
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() { n.Run(ctx) })
	time.Sleep(3 * time.Second) // one look at least
	if woken.Load() != 0 {
		t.Error("woken without a reason")
	}
	ahead.Store(int64(2 * time.Minute))
	for deadline := time.Now().Add(20 * time.Second); woken.Load() == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nobody was told to look")
		}
	}
	// A database that takes over may be behind: what steps leave there seems to
	// be from before the last look.
	woken.Store(0)
	ahead.Store(-int64(time.Minute))
	for deadline := time.Now().Add(20 * time.Second); woken.Load() == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nobody was told to look after the clock was set back")
		}
	}
}

// babble is a bus to which somebody else writes.
type babble struct {
	silence

	messages []string
	said     chan struct{} // closed when all was said
}

func (b babble) Receive(ctx context.Context, _ func(), got func(string)) error {
	for _, m := range b.messages {
		got(m)
	}
	close(b.said)
	<-ctx.Done()
	return ctx.Err()
}

func TestWhoeverWritesNonsenseToTheBusFillsNoLog(t *testing.T) {
	t.Parallel()
	var lines atomic.Int64
	b := babble{messages: slices.Repeat([]string{"", "nonsense", "node\nx y", "node\n1", strings.Repeat("x", 1<<20)}, 1000), said: make(chan struct{})}
	n := (&bus.Nodes{
		Local: bus.NewLocal(), Carrier: b, Log: slog.New(slog.NewTextHandler(counter{&lines}, nil)), Now: time.Now,
		Since: func(context.Context, time.Time) ([]bus.Wake, error) { return nil, nil }, Kept: time.Minute,
	}).Join()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() { n.Run(ctx) })
	<-b.said
	if lines.Load() != 1 {
		t.Errorf("%d lines in the log, want 1", lines.Load())
	}
}

// counter counts what is written to it.
type counter struct{ lines *atomic.Int64 }

func (c counter) Write(line []byte) (int, error) {
	c.lines.Add(1)
	return len(line), nil
}
