package desk

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Each socket is looked at once in clockEvery. They are in groups, one after the
// other, so that what is due does not come all at once: codes have to be drawn
// and sent, and whoever approves meanwhile would wait for all of them.
const (
	clockEvery = time.Second
	groups     = 20
)

// hub keeps the open sockets and is their only clock. Its zero value is ready.
type hub struct {
	buffers sync.Pool // write buffers, lent to a socket while it writes

	mu     sync.Mutex // guards the fields below
	groups [groups]map[*socket]struct{}
	many   int // sockets that are open
	added  int // that ever were
	closed bool
}

// add reports false once the server is stopping.
func (h *hub) add(s *socket) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	s.group = uint8(h.added % groups)
	h.added++
	if h.groups[s.group] == nil {
		h.groups[s.group] = map[*socket]struct{}{}
	}
	h.groups[s.group][s] = struct{}{}
	h.many++
	return true
}

func (h *hub) remove(s *socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.groups[s.group][s]; ok {
		delete(h.groups[s.group], s)
		h.many--
	}
}

func (h *hub) all() []*socket {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make([]*socket, 0, h.many)
	for _, group := range h.groups {
		all = slices.AppendSeq(all, maps.Keys(group))
	}
	return all
}

func (h *hub) group(i int) []*socket {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.AppendSeq(make([]*socket, 0, len(h.groups[i])), maps.Keys(h.groups[i]))
}

// Run moves the sockets' clocks until ctx ends.
func (d *Desk) Run(ctx context.Context) {
	ticker := time.NewTicker(clockEvery / groups)
	defer ticker.Stop()
	for i := 0; ; i = (i + 1) % groups {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			tick, now := ticks(), d.Now()
			for _, s := range d.hub.group(i) {
				s.tick(tick, now)
			}
		}
	}
}

// CloseSockets tells every browser to come back later (1012, service restart)
// and returns when all were told, or could not be.
func (d *Desk) CloseSockets() {
	d.hub.mu.Lock()
	d.hub.closed = true
	d.hub.mu.Unlock()
	var told sync.WaitGroup
	for _, s := range d.hub.all() {
		told.Go(func() { s.shut(websocket.CloseServiceRestart) })
	}
	told.Wait()
}

// Drain tells the browsers that wait to come back, spread over a time, those
// too that come meanwhile. It returns when ctx ends.
func (d *Desk) Drain(ctx context.Context, over time.Duration) {
	const every = 50 * time.Millisecond
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	end := time.Now().Add(over - 2*every)
	owed := 0.0 // how many should have been told by now, and were not
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		all := d.hub.all()
		owed = min(float64(len(all)), owed+float64(len(all))/max(1, time.Until(end).Seconds()/every.Seconds()))
		for ; owed >= 1; owed-- {
			go all[int(owed)-1].shut(websocket.CloseServiceRestart)
		}
	}
}

// Waiting is how many sockets are open.
func (d *Desk) Waiting() int {
	d.hub.mu.Lock()
	defer d.hub.mu.Unlock()
	return d.hub.many
}
