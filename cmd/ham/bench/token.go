package bench

import (
	"context"
	"math"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"hamconnect/qr/pairing"
)

// token swaps codes. They come from browsers that are signed in, of people who
// have allowed the client everything: such a browser gets one without a
// question. They are fetched beside the arrivals, a little before these.
type token struct {
	w        *world
	browsers []*cookies
	stock    chan code
	next     atomic.Int64 // browser that is asked
	running  sync.WaitGroup
}

type code struct {
	text string
	made time.Time
}

// codeFor is how long a code is taken: it lives for five minutes.
const codeFor = 4 * time.Minute

func beginToken(w *world) scenario {
	stock := max(8, int(math.Ceil(2*w.o.Rate)))
	return &token{w: w, browsers: make([]*cookies, w.o.Users), stock: make(chan code, stock)}
}

func (s *token) prepare(ctx context.Context) error {
	err := s.w.prepared(ctx, "signing browsers in", len(s.browsers), func(ctx context.Context, i int) error {
		c, err := s.w.signIn(ctx, i)
		s.browsers[i] = c
		return err
	})
	if err != nil {
		return err
	}
	err = s.w.prepared(ctx, "allowing the client", len(s.w.people), func(ctx context.Context, i int) error {
		_, err := s.w.allow(ctx, s.w.people[i])
		return err
	})
	if err != nil {
		return err
	}
	for range min(workers, cap(s.stock)) {
		s.running.Go(func() { s.fetch(ctx) })
	}
	return filled(ctx, s.w, s.stock, min(cap(s.stock), len(s.browsers)), "code")
}

// fetch fills the stock of codes.
func (s *token) fetch(ctx context.Context) {
	for ctx.Err() == nil {
		b := s.browsers[int(s.next.Add(1))%len(s.browsers)]
		text, err := s.w.silent(ctx, b)
		if err != nil {
			if ctx.Err() == nil {
				s.w.background.add(at("fetching a code", err))
				_ = pause(ctx, patience)
			}
			continue
		}
		select {
		case s.stock <- code{text, time.Now()}:
		case <-ctx.Done():
		}
	}
}

func (s *token) arrive(ctx context.Context, a *arrival) error {
	var c code
	err := a.timed("a code that is ready", func() error {
		for {
			select {
			case c = <-s.stock:
				if time.Since(c.made) < codeFor {
					return nil
				}
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	})
	if err != nil {
		return err
	}
	return a.timed("token", func() error {
		_, err := s.w.exchange(ctx, c.text)
		return err
	})
}

func (s *token) close() { s.running.Wait() }

// silent asks for a code in a browser that is signed in.
func (w *world) silent(ctx context.Context, c *cookies) (string, error) {
	answer, _, err := w.send(ctx, http.MethodGet, "/sso-authorize?"+w.asking.Encode(), nil, http.Header{"Cookie": {c.header()}}, http.StatusSeeOther)
	if err != nil {
		return "", err
	}
	c.take(answer)
	to, err := where(answer)
	if err != nil {
		return "", err
	}
	return codeIn(to)
}

// signIn signs a browser in to a person's own account, without a socket.
func (w *world) signIn(ctx context.Context, number int) (*cookies, error) {
	person := w.person(number)
	p, err := w.open(ctx, "/account", nil)
	if err != nil {
		return nil, at("page", err)
	}
	v, err := p.begin(ctx)
	if err != nil {
		return nil, at("sign-in", err)
	}
	link, err := scanned(v.Link)
	if err != nil {
		return nil, err
	}
	ask, err := person.Claim(ctx, link)
	if err != nil {
		return nil, at("scan", err)
	}
	if v, err = p.poll(ctx); err != nil {
		return nil, at("number", err)
	}
	if v.State != pairing.Claimed {
		return nil, &oddError{"the sign-in is " + string(v.State) + " after its scan"}
	}
	if _, err := person.Approve(ctx, ask, v.Number, ask.ScopeNames()); err != nil {
		return nil, at("approval", err)
	}
	if _, err := p.finish(ctx); err != nil {
		return nil, at("finish", err)
	}
	return &p.cookies, nil
}
