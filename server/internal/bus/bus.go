// Package bus carries wake-ups: "something about this topic may have changed".
// A wake-up says nothing else and may be lost, doubled, late or out of order;
// who is woken reads the row, which alone is the truth.
//
//	step commits ──▶ Nodes.Publish ──▶ Local: who waits on this node
//	     │                  └────────▶ Carrier: PostgreSQL or NATS ──▶ other nodes' Local
//	     └─ leaves a row in wakes ◀─── Nodes looks every two seconds: what no hint brought
//
// One process that has its database for itself needs Local alone.
package bus

import (
	"maps"
	"slices"
	"sync"
)

// Local is the bus of a single process.
type Local struct {
	mu     sync.Mutex // guards topics
	topics map[string]map[*subscription]struct{}
}

type subscription struct{ wake func() }

// NewLocal gives a bus that nobody listens to yet.
func NewLocal() *Local {
	return &Local{topics: map[string]map[*subscription]struct{}{}}
}

// Subscribe has wake called at every Publish of topic until cancel is called;
// one call may still be under way then. wake must not block.
func (b *Local) Subscribe(topic string, wake func()) (cancel func()) {
	s := &subscription{wake}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.topics[topic] == nil {
		b.topics[topic] = map[*subscription]struct{}{}
	}
	b.topics[topic][s] = struct{}{}
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.topics[topic], s)
		if len(b.topics[topic]) == 0 {
			delete(b.topics, topic)
		}
	}
}

// Publish wakes everyone on this node who listens to topic.
func (b *Local) Publish(topic string) {
	b.mu.Lock()
	wakes := make([]func(), 0, len(b.topics[topic]))
	for s := range b.topics[topic] {
		wakes = append(wakes, s.wake)
	}
	b.mu.Unlock()
	for _, wake := range wakes {
		wake()
	}
}

// followed reports whether somebody listens to topic.
func (b *Local) followed(topic string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.topics[topic]) > 0
}

// all gives the topics that somebody listens to.
func (b *Local) all() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Keys(b.topics))
}
