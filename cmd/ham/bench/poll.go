package bench

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"hamconnect/qr/pairing"
)

// poll asks how tickets of Ham Web stand, one after the other. A ticket lasts
// for minutes, so each is replaced before it is over.
type poll struct {
	w       *world
	running sync.WaitGroup

	mu      sync.RWMutex // guards tickets
	tickets []ticket
}

type ticket struct {
	path   string
	cookie http.Header
	made   time.Time
}

func beginPoll(w *world) scenario { return &poll{w: w, tickets: make([]ticket, w.o.Users)} }

func (s *poll) prepare(ctx context.Context) error {
	err := s.w.prepared(ctx, "making tickets", len(s.tickets), s.renew)
	if err != nil {
		return err
	}
	s.running.Go(func() { s.replace(ctx) })
	return nil
}

func (s *poll) renew(ctx context.Context, i int) error {
	header, body, err := s.w.send(ctx, http.MethodPost, "/web/auth/qr/ticket", nil, http.Header{"Sec-Fetch-Site": {"same-origin"}}, http.StatusOK)
	if err != nil {
		return err
	}
	var answer struct {
		Ticket string `json:"ticket"`
	}
	var c cookies
	c.take(header)
	if json.Unmarshal(body, &answer) != nil || answer.Ticket == "" || c.header() == "" {
		return &oddError{"the answer holds no ticket, or no cookie"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tickets[i] = ticket{"/web/auth/qr/ticket/" + answer.Ticket, http.Header{"Cookie": {c.header()}, "Sec-Fetch-Site": {"same-origin"}}, time.Now()}
	return nil
}

// replace goes round the tickets once in two thirds of what they last.
func (s *poll) replace(ctx context.Context) {
	every := pairing.WaitFor * 2 / 3 / time.Duration(len(s.tickets))
	for i := 0; ; i = (i + 1) % len(s.tickets) {
		if pause(ctx, every) != nil {
			return
		}
		if err := s.renew(ctx, i); err != nil && ctx.Err() == nil {
			s.w.background.add(at("replacing a ticket", err))
		}
	}
}

func (s *poll) arrive(ctx context.Context, a *arrival) error {
	s.mu.RLock()
	t := s.tickets[a.number%len(s.tickets)]
	s.mu.RUnlock()
	_, body, err := s.w.send(ctx, http.MethodGet, t.path, nil, t.cookie, http.StatusOK)
	if err != nil {
		return at("poll", err)
	}
	var answer struct {
		State string `json:"state"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.State != "PENDING" {
		return at("poll", &oddError{"the ticket does not wait"})
	}
	return nil
}

func (s *poll) close() { s.running.Wait() }
