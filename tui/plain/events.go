package plain

import (
	"context"
	"errors"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

// event is something that happened by itself. The session calls it while it
// waits for an answer, or just before it asks; an error ends the question.
type event func() error

// post hands an event over, unless ctx ends first. What was meant for something
// that is over does nothing.
func (s *session) post(ctx context.Context, e event) {
	live := func() error {
		select {
		case <-ctx.Done():
			return nil
		default:
			return e()
		}
	}
	select {
	case s.events <- live:
	case <-ctx.Done():
	}
}

// listen waits for news of the account instead of whatever was listened to
// before.
func (s *session) listen() {
	s.quiet()
	var ctx context.Context
	ctx, s.hush = context.WithCancel(s.ctx)
	a := s.account
	ask := func(then func(pairing.Me) error) {
		me, err := a.Me(ctx)
		switch { // what else may be wrong loses the connection too, and is told then
		case errors.Is(err, client.ErrNotSignedIn):
			s.post(ctx, func() error { return err })
		case err == nil:
			s.post(ctx, func() error { return then(me) })
		}
	}
	go func() {
		err := a.Listen(ctx, client.Listener{
			Changed: func() { ask(s.news) },
			Lost: func(err error) {
				s.post(ctx, func() error { return s.lost(err) })
				if isFailure(err, pairing.FailTooOften) { // it answers everything else
					ask(s.learn)
				}
			},
		})
		s.post(ctx, func() error { return err }) // the device was removed
	}()
}

// quiet ends listening.
func (s *session) quiet() {
	if s.hush != nil {
		s.hush()
	}
	s.hush, s.offline = nil, false
}

func (s *session) lost(err error) error {
	if s.offline {
		return nil
	}
	s.offline = true
	if isFailure(err, pairing.FailTooOften) { // there is a connection, and everything works
		s.sayAll(s.sentence(err))
	} else {
		s.say("news.lost")
	}
	return nil
}

// news tells what is new to the person.
func (s *session) news(me pairing.Me) error {
	if s.offline {
		s.offline = false
		s.say("news.back")
	}
	return s.learn(me)
}

// learn takes in what the server says, and tells what is new of it.
func (s *session) learn(me pairing.Me) error {
	s.take(me)
	for i := range s.account.me.Notices {
		n := s.account.me.Notices[len(s.account.me.Notices)-1-i] // the oldest first
		if !s.told[n.ID] {
			s.told[n.ID] = true
			s.say("news.notice", s.noticeText(n))
		}
	}
	s.newRequests()
	return nil
}

// newRequests tells of requests that were not told before.
func (s *session) newRequests() {
	for _, r := range s.account.me.Requests {
		if !s.told[r.ID] {
			s.told[r.ID] = true
			s.say("news.request", s.requestText(r))
		}
	}
}
