package bus

import (
	"context"
	"crypto/rand"
	"log/slog"
	mathrand "math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// A Wake says that what Topic names may look different since the step that is
// stamped At, in microseconds of the database's clock. Both together name the
// step.
type Wake struct {
	Topic string
	At    int64
}

// A Carrier takes messages to the other nodes. It may lose, double, delay and
// reorder them.
type Carrier interface {
	// Send sends messages to all nodes, this one included or not.
	Send(ctx context.Context, messages []string) error

	// Receive gives each message that comes to got, until its connection is
	// lost or ctx ends. It calls ready whenever it listens anew, and may have
	// missed something.
	Receive(ctx context.Context, ready func(), got func(message string)) error
}

const (
	// maxOutgoing bounds the wake-ups that wait to be sent. One that finds no
	// place is found by the others' looking.
	maxOutgoing = 8192

	// maxTogether bounds how many are packed at a time.
	maxTogether = 1024

	// lookEvery is how long a wake-up can be late that no hint brought, at most.
	lookEvery = 2 * time.Second

	// overlap is how far back each look begins before the end of the last one:
	// a step is stamped before it commits, and may be seen after a later one.
	// It is longer than a step may take and clocks of nodes may differ.
	overlap = 10 * time.Second

	// maxSeen bounds what is remembered of what has woken this node. Past it,
	// some are woken twice.
	maxSeen = 1 << 17
)

// Nodes wakes who waits on this node for what happens on any: at once by hints
// that a carrier brings, and where one is lost by looking at what the steps
// themselves have left in the database. The exported fields are required.
type Nodes struct {
	Local   *Local
	Carrier Carrier
	Log     *slog.Logger
	Now     func() time.Time // the database's clock

	// Since gives what steps have changed after a time. Of steps that are longer
	// ago than Kept it knows no more.
	Since func(ctx context.Context, after time.Time) ([]Wake, error)
	Kept  time.Duration

	node     string // marks what this node sent
	outgoing chan Wake
	look     chan struct{} // holds one: to look now

	mu   sync.Mutex        // guards seen
	seen map[Wake]struct{} // what has woken this node within overlap
}

// Join gives n its name and makes it ready to publish.
func (n *Nodes) Join() *Nodes {
	n.node, n.outgoing, n.look, n.seen = rand.Text(), make(chan Wake, maxOutgoing), make(chan struct{}, 1), map[Wake]struct{}{}
	return n
}

// Publish wakes who waits here for what w names, and tells the other nodes. It
// does not block.
func (n *Nodes) Publish(w Wake) {
	n.wake(w)
	select {
	case n.outgoing <- w:
	default:
	}
}

// wake wakes who waits here, once for each step. Who begins to wait later reads
// what the step has written.
func (n *Nodes) wake(w Wake) {
	if !n.Local.followed(w.Topic) {
		return
	}
	n.mu.Lock()
	_, known := n.seen[w]
	if len(n.seen) >= maxSeen {
		clear(n.seen)
	}
	n.seen[w] = struct{}{}
	n.mu.Unlock()
	if !known {
		n.Local.Publish(w.Topic)
	}
}

// Run carries wake-ups until ctx ends.
func (n *Nodes) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { n.send(ctx) })
	running.Go(func() { n.receive(ctx) })
	running.Go(func() { n.lookAround(ctx) })
	running.Wait()
}

// send passes on what happens on this node.
func (n *Nodes) send(ctx context.Context) {
	complain := sparingly(n.Log)
	for {
		select {
		case <-ctx.Done():
			return
		case first := <-n.outgoing:
			if err := n.Carrier.Send(ctx, pack(n.node, n.waiting(first))); err != nil && ctx.Err() == nil {
				complain("other nodes could not be told, and will find out by themselves", err)
			}
		}
	}
}

// waiting gives the wake-ups that are to be sent.
func (n *Nodes) waiting(first Wake) []Wake {
	all := []Wake{first}
	for len(all) < maxTogether {
		select {
		case w := <-n.outgoing:
			all = append(all, w)
		default:
			return all
		}
	}
	return all
}

// receive hears what happens on others. A connection that breaks is made anew.
func (n *Nodes) receive(ctx context.Context) {
	const least, most = 100 * time.Millisecond, 5 * time.Second
	complain, wonder := sparingly(n.Log), sparingly(n.Log)
	got := func(message string) {
		if err := n.got(message); err != nil {
			wonder("something that is no node's message came over the bus", err)
		}
	}
	var broke atomic.Bool
	ready := func() {
		if broke.Swap(false) {
			n.Log.Info("other nodes can wake this one again")
		}
		n.lookSoon()
	}
	for pause := least; ; pause = min(most, 2*pause) {
		begun := time.Now()
		err := n.Carrier.Receive(ctx, ready, got)
		broke.Store(true)
		if ctx.Err() != nil {
			return
		}
		complain("the connection by which other nodes wake this one broke", err)
		if time.Since(begun) > most {
			pause = least
		}
		if !rest(ctx, pause) {
			return
		}
	}
}

func (n *Nodes) got(message string) error {
	node, wakes, err := unpack(message)
	if err != nil || node == n.node {
		return err
	}
	for _, w := range wakes {
		n.wake(w)
	}
	return nil
}

// lookSoon asks for a look at the database: hints may have been missed.
func (n *Nodes) lookSoon() {
	select {
	case n.look <- struct{}{}:
	default:
	}
}

// lookAround finds what no hint has brought.
func (n *Nodes) lookAround(ctx context.Context) {
	complain := sparingly(n.Log)
	from := n.Now()
	for {
		timer := time.NewTimer(lookEvery*3/4 + mathrand.N(lookEvery/4)) //nolint:gosec // it only spreads
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-n.look:
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
		now := n.Now()
		wakes, err := n.Since(ctx, from.Add(-overlap))
		if err != nil {
			if ctx.Err() == nil {
				complain("looking for what other nodes have changed", err)
			}
			continue
		}
		if now.Sub(from) > n.Kept-overlap || now.Before(from.Add(-overlap/2)) {
			n.wakeAll(ctx) // nobody knows any more what was changed, or the clock was set back
		}
		for _, w := range wakes {
			n.wake(w)
		}
		n.forget(now)
		from = now
	}
}

// forget drops what no look will bring again: what is long ago, and what no
// step can have left yet.
func (n *Nodes) forget(now time.Time) {
	before, after := now.Add(-2*overlap).UnixMicro(), now.Add(2*overlap).UnixMicro()
	n.mu.Lock()
	defer n.mu.Unlock()
	for w := range n.seen {
		if w.At < before || w.At > after {
			delete(n.seen, w)
		}
	}
}

// wakeAll wakes everyone who waits on this node, a few at a time: each is going
// to ask the database.
func (n *Nodes) wakeAll(ctx context.Context) {
	const together = 50
	for i, topic := range n.Local.all() {
		if i%together == together-1 && !rest(ctx, 20*time.Millisecond) {
			return
		}
		n.Local.Publish(topic)
	}
}

// rest waits about that long, and reports false if ctx ended meanwhile.
func rest(ctx context.Context, long time.Duration) bool {
	timer := time.NewTimer(long/2 + mathrand.N(long)) //nolint:gosec // it only spreads
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// sparingly logs a trouble that lasts once a minute.
func sparingly(log *slog.Logger) func(what string, err error) {
	var last time.Time
	return func(what string, err error) {
		if time.Since(last) > time.Minute {
			last = time.Now()
			log.Warn(what, "error", err)
		}
	}
}
