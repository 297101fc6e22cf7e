package main

import (
	"context"
	"errors"
	"time"

	"hamconnect/qr"
	"hamconnect/server"
)

// approveAll plays the person for every pairing that begins: it reads the
// desktop, scans, reads the number, and approves everything.
func (s *stage) approveAll(ctx context.Context, out *narrator, begun <-chan string, delay time.Duration) {
	for {
		select {
		case <-ctx.Done():
			return
		case id := <-begun:
			go func() {
				if err := s.approveOne(ctx, id, delay); err != nil && ctx.Err() == nil {
					out.line("Not approved: %v", err)
				}
			}()
		}
	}
}

var errGone = errors.New("the sign-in is over already")

func (s *stage) approveOne(ctx context.Context, id string, delay time.Duration) error {
	if err := wait(ctx, delay); err != nil {
		return err
	}
	desktop, err := s.look(ctx, id)
	if err != nil {
		return err
	}
	link, err := qr.ParseLink(desktop.Link)
	if err != nil {
		return errGone
	}
	claim := s.account.Claim
	if link.Kind == qr.KindLogin {
		claim = s.account.ClaimTicket
	}
	ask, err := claim(ctx, link.Code)
	if err != nil {
		return err
	}
	if err := wait(ctx, delay); err != nil {
		return err
	}
	if link.Kind == qr.KindLogin {
		_, err = s.account.Confirm(ctx, ask)
		return err
	}
	if desktop, err = s.look(ctx, id); err != nil {
		return err
	}
	_, err = s.account.Approve(ctx, ask, desktop.Number, ask.ScopeNames())
	return err
}

func (s *stage) look(ctx context.Context, id string) (server.Desktop, error) {
	return s.provider.Desktop(ctx, id)
}

func wait(ctx context.Context, delay time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(delay):
		return nil
	}
}
