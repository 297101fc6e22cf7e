package bench

import (
	"context"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

// waiting holds a desktop for each user, all of which wait for a scan, and
// answers some. What an arrival needs is made ready a second or so before its
// time: a desktop whose code a Ham app has scanned, and the number that it then
// shows. A scan costs the server about what an approval does, and it lasts for a
// minute at most: so as many are made as are approved, all the time, and are
// part of the load, though not of what is measured. With Once all that a short
// load needs are made before it.
type waiting struct {
	w       *world
	ahead   bool // all scans come before the load
	ready   chan *scan
	running sync.WaitGroup

	scans   atomic.Int64 // begun: whose turn it is
	scanned atomic.Int64 // and done

	openedFor time.Duration // how long all took at first

	mu     sync.Mutex // guards the fields below
	open   []*desktop // that wait, or did so a moment ago
	there  map[*desktop]struct{}
	opened int // ever
}

// scan is a desktop that a Ham app looks at.
type scan struct {
	desktop *desktop
	person  *client.Account
	ask     *client.Ask
	number  int
	since   time.Time
}

const (
	// scanFor is how long a scan is good: the server gives the person a minute.
	scanFor = 45 * time.Second
	// scanWithin is how long it may take to scan the first, and scanAllWithin those
	// of a whole load.
	scanWithin    = 5 * time.Second
	scanAllWithin = 20 * time.Second
	// spareWait is how long a desktop must have left to be scanned.
	spareWait = 20 * time.Second
	// reopenAfter spreads what comes back after a failure.
	reopenAfter = time.Second
)

func beginWaiting(w *world) scenario {
	stock, all := w.o.Rate, w.o.Rate*(w.o.WarmUp+w.o.Duration).Seconds()
	all += 4 * math.Sqrt(all) // as they come by chance, and more than that in one load of ten thousand
	ahead := w.o.Once && w.o.WarmUp+w.o.Duration <= scanFor/2
	if ahead {
		stock = all
	}
	most := max(1, w.o.Users/2)
	return &waiting{w: w, ahead: ahead, ready: make(chan *scan, min(max(int(math.Ceil(stock)), 4), most)), there: map[*desktop]struct{}{}}
}

func (s *waiting) prepare(ctx context.Context) error {
	begun := time.Now()
	err := s.w.prepared(ctx, "opening desktops", s.w.o.Users, func(opening context.Context, _ int) error {
		d, err := s.sit(opening)
		if err != nil {
			return err
		}
		s.running.Go(func() { s.keep(ctx, d) })
		return nil
	})
	if err != nil {
		return err
	}
	s.openedFor = time.Since(begun)
	s.w.o.say("%d desktops wait, after %s", s.w.o.Users, s.openedFor.Round(time.Millisecond))
	within := scanWithin
	if s.ahead {
		within = scanAllWithin
	}
	if early := s.w.o.LoadAfter - s.openedFor - within; early > 0 { // a scan does not last long
		if err := pause(ctx, early); err != nil {
			return err
		}
	}
	pace := make(chan struct{})
	close(pace)
	if s.ahead {
		pace = make(chan struct{})
		s.running.Go(func() { s.beat(ctx, pace, scanAllWithin*3/4/time.Duration(cap(s.ready))) })
	}
	for range min(workers, cap(s.ready)) {
		s.running.Go(func() { s.scanAll(ctx, pace) })
	}
	return filled(ctx, s.w, s.ready, cap(s.ready), "scan")
}

// sit opens one desktop.
func (s *waiting) sit(ctx context.Context) (*desktop, error) {
	p, err := s.w.open(ctx, "/sso-authorize", s.w.asking)
	if err != nil {
		return nil, at("page", err)
	}
	d, err := p.connect(ctx)
	return d, at("socket", err)
}

// keep follows a desktop, and opens another one in its place whenever it is
// over, so that as many wait all the time, or with Once leaves it at that.
func (s *waiting) keep(ctx context.Context, d *desktop) {
	for ctx.Err() == nil {
		if d != nil {
			s.follow(ctx, d)
		}
		if s.w.o.Once {
			return
		}
		var err error
		if d, err = s.sit(ctx); err != nil && ctx.Err() == nil {
			s.w.background.add(at("opening a desktop again", err))
			d = nil
			_ = pause(ctx, reopenAfter/2+rand.N(reopenAfter)) //nolint:gosec // spreads, and nothing else
		}
	}
	if d != nil {
		_ = d.socket.Close()
	}
}

// follow offers a desktop to be scanned until it is over.
func (s *waiting) follow(ctx context.Context, d *desktop) {
	s.offer(d)
	defer s.forget(d)
	defer context.AfterFunc(ctx, func() { _ = d.socket.Close() })()
	d.read()
}

func (s *waiting) offer(d *desktop) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = append(s.open, d)
	s.there[d] = struct{}{}
	s.opened++
}

func (s *waiting) forget(d *desktop) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.there, d)
}

// take gives a desktop that waits, any of them.
func (s *waiting) take() *desktop {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.open) > 0 {
		i := rand.IntN(len(s.open)) //nolint:gosec // any of them
		d, last := s.open[i], len(s.open)-1
		s.open[i] = s.open[last]
		s.open[last] = nil
		s.open = s.open[:last]
		if _, there := s.there[d]; there && time.Since(d.begun) < pairing.WaitFor-spareWait {
			return d
		}
	}
	return nil
}

// desktops is how many there are, and how many ever were.
func (s *waiting) desktops() (open, opened int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.there), s.opened
}

// beat lets one scan begin at a time, until all are made.
func (s *waiting) beat(ctx context.Context, pace chan<- struct{}, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	defer close(pace)
	for s.scanned.Load() < int64(cap(s.ready)) {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		select {
		case pace <- struct{}{}:
		case <-ticker.C: // nobody is free
		case <-ctx.Done():
			return
		}
	}
}

// scanAll keeps as many scans ready as there is room for, or makes as many once,
// each of them when pace lets it.
func (s *waiting) scanAll(ctx context.Context, pace <-chan struct{}) {
	for ctx.Err() == nil && (!s.ahead || s.scanned.Load() < int64(cap(s.ready))) {
		select {
		case <-pace:
		case <-ctx.Done():
			return
		}
		d := s.take()
		if d == nil {
			_ = pause(ctx, 5*time.Millisecond)
			continue
		}
		scan, err := s.scan(ctx, d, s.w.person(int(s.scans.Add(1))))
		if err != nil {
			_ = d.socket.Close() // another one comes in its place
			if ctx.Err() == nil {
				s.w.background.add(at("scanning", err))
				_ = pause(ctx, patience)
			}
			continue
		}
		s.scanned.Add(1)
		select {
		case s.ready <- scan:
		case <-ctx.Done():
		}
	}
}

func (s *waiting) scan(ctx context.Context, d *desktop, person *client.Account) (*scan, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.w.o.Timeout, errTimeout)
	defer cancel()
	if _, _, err := d.until(ctx, pairing.Waiting); err != nil {
		return nil, err
	}
	link, _ := d.waits()
	code, err := scanned(link)
	if err != nil {
		return nil, err
	}
	ask, err := person.Claim(ctx, code)
	if err != nil {
		return nil, err
	}
	v, _, err := d.until(ctx, pairing.Claimed)
	if err != nil {
		return nil, err
	}
	return &scan{d, person, ask, v.Number, time.Now()}, nil
}

// arrive sends an approval and waits for the browser to be told.
func (s *waiting) arrive(ctx context.Context, a *arrival) error {
	var one *scan
	err := a.timed("a scan that is ready", func() error {
		for {
			select {
			case one = <-s.ready:
				if time.Since(one.since) < scanFor {
					return nil
				}
				_ = one.desktop.socket.Close()
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	})
	if err != nil {
		return err
	}
	defer one.desktop.socket.Close() // the page would go on to the app
	begun := time.Now()
	err = a.timed("the app is answered", func() error {
		_, err := one.person.Approve(ctx, one.ask, one.number, one.ask.ScopeNames())
		return err
	})
	if err != nil {
		return err
	}
	_, told, err := one.desktop.until(ctx, pairing.Approved)
	if err != nil {
		return at("the browser is told", err)
	}
	a.steps = append(a.steps, step{"the browser is told", told.Sub(begun)})
	a.end = told
	return nil
}

func (s *waiting) close() { s.running.Wait() }
