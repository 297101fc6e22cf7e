package desk

import (
	"fmt"
	"runtime"
	"sync"
	"time"

	"hamconnect/qr"
	"hamconnect/server/internal/web"
)

// keptDrawings bounds the memory: about 1.5 KB each.
const keptDrawings = 2048

// drawings remembers the latest codes that were drawn. Drawing one is the most
// expensive thing about a sign-in, and each is wanted twice: by the page, and
// a moment later by its socket. The zero value is ready.
type drawings struct {
	// turns has as many places as there are processors: drawing a code leaves
	// 130 KB to the collector, and thousands may be due in the same second.
	turns chan struct{}
	ready sync.Once

	mu    sync.Mutex // guards the fields below
	drawn map[string]*web.QR
	order [keptDrawings]string // a ring: the oldest makes room
	next  int
}

// drawWithin is how long anybody waits for their turn. Who waits longer would
// be gone before they are shown anything.
const drawWithin = 2 * time.Second

// of gives the drawing of a link, or ErrBusy.
func (d *drawings) of(link string) (*web.QR, error) {
	d.mu.Lock()
	known := d.drawn[link]
	d.mu.Unlock()
	if known != nil {
		return known, nil
	}
	d.ready.Do(func() {
		if d.turns == nil {
			d.turns = make(chan struct{}, runtime.GOMAXPROCS(0))
		}
	})
	timer := time.NewTimer(drawWithin)
	defer timer.Stop()
	select {
	case d.turns <- struct{}{}:
		defer func() { <-d.turns }()
	case <-timer.C:
		return nil, ErrBusy
	}
	code, err := qr.Encode(link)
	if err != nil {
		return nil, fmt.Errorf("drawing a code: %w", err)
	}
	fresh := &web.QR{Size: code.Size(), Path: code.Path()}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.drawn == nil {
		d.drawn = map[string]*web.QR{}
	}
	if d.drawn[link] == nil {
		delete(d.drawn, d.order[d.next])
		d.drawn[link], d.order[d.next] = fresh, link
		d.next = (d.next + 1) % keptDrawings
	}
	return fresh, nil
}
