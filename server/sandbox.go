package server

import (
	"context"
	"errors"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
)

// Desktop is what a person in front of the desktop would read from it.
type Desktop struct {
	State  string
	Link   string // while waiting
	Number int    // while claimed
}

// ErrNoSandbox is returned to who wants to look at a desktop that is not on
// this machine.
var ErrNoSandbox = errors.New("only a server on loopback lets a program look at its desktops")

// Desktop plays the eyes of the person in front of the desktop, for sandboxes
// that approve by themselves. It is refused unless the server is on loopback,
// and no route leads to it.
func (s *Server) Desktop(ctx context.Context, pairingID string) (Desktop, error) {
	if !isSandbox(s.config.PublicURL) {
		return Desktop{}, ErrNoSandbox
	}
	p, err := s.desk.Follower.Brought(ctx, pairingID)
	if err != nil {
		return Desktop{}, err
	}
	now := s.config.Now()
	p.Settle(now)
	d := Desktop{State: string(p.State), Number: p.Claim.Number}
	switch {
	case p.State == pairing.Waiting && p.Kind == pairing.KindTicket:
		d.Link = qr.LoginLink(s.desk.Codes.Ticket(p.ID))
	case p.State == pairing.Waiting:
		d.Link = qr.PairingLink(s.config.PublicURL, s.desk.Codes.At(p.ID, pairing.Step(now.Sub(p.Begun))))
	}
	return d, nil
}
