package desk

import (
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hamconnect/qr"
	"hamconnect/server/internal/web"
)

// manyDrawings is how many codes the encoder draws before a stencil is made,
// which costs as much as some hundred of them, and how many are remembered.
const manyDrawings = 256

// drawings draws the codes of a public URL. The first are drawn by the encoder,
// for which drawing one is the most expensive thing about a sign-in, and each is
// wanted twice: by the page, and a moment later by its socket. So the latest
// are remembered. Once there were many a stencil draws them, in no time worth
// waiting or remembering for. The zero value is ready.
type drawings struct {
	stencil atomic.Pointer[qr.Stencil] // nil until it is made
	making  sync.Once

	// turns has as many places as there are processors: the encoder leaves
	// 130 KB to the collector for a code, and thousands may be due in the same
	// second.
	turns chan struct{}
	ready sync.Once

	mu    sync.Mutex // guards the fields below
	drawn map[string]*web.QR
	order [manyDrawings]string // a ring: the oldest makes room
	next  int
}

// drawWithin is how long anybody waits for their turn. Who waits longer would
// be gone before they are shown anything.
const drawWithin = 2 * time.Second

// of gives the drawing of a pairing's link, or ErrBusy.
func (d *drawings) of(link string, log *slog.Logger) (*web.QR, error) {
	if d.stencil.Load() != nil {
		return d.draw(link)
	}
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
	fresh, err := d.draw(link)
	if err != nil {
		return nil, err
	}
	if d.remember(link, fresh) {
		d.making.Do(func() { go d.makeStencil(link, log) })
	}
	return fresh, nil
}

// draw has the stencil draw, if there is one and the link is one of its own.
func (d *drawings) draw(link string) (*web.QR, error) {
	if stencil := d.stencil.Load(); stencil != nil {
		if code, err := stencil.Encode(link); err == nil {
			return drawn(code), nil
		}
	}
	code, err := qr.Encode(link)
	if err != nil {
		return nil, fmt.Errorf("drawing a code: %w", err)
	}
	return drawn(code), nil
}

func drawn(code *qr.Code) *web.QR {
	return &web.QR{Size: code.Size(), Dark: code.Dark(), Path: code.Path}
}

// remember keeps a drawing and reports whether there were many by now.
func (d *drawings) remember(link string, fresh *web.QR) (many bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.drawn == nil {
		d.drawn = map[string]*web.QR{}
	}
	if d.drawn[link] == nil {
		delete(d.drawn, d.order[d.next])
		d.drawn[link], d.order[d.next] = fresh, link
		d.next = (d.next + 1) % manyDrawings
	}
	return len(d.drawn) == manyDrawings
}

// makeStencil makes the stencil for links like this one, which end in a code.
func (d *drawings) makeStencil(link string, log *slog.Logger) {
	prefix := link[:strings.LastIndexByte(link, '/')+1]
	stencil, err := qr.NewStencil(prefix, len(link)-len(prefix))
	if err != nil {
		log.Warn("codes are drawn one by one, which takes more of the processors", "error", err)
		return
	}
	d.stencil.Store(stencil)
}
