package client

import (
	"context"
	"errors"

	"hamconnect/qr/pairing"
)

// maxRequests of browsers that Me gives; a server lets through three an hour.
const maxRequests = 10

// checkRequests bounds what came, and refuses what could not be answered.
func (a *Account) checkRequests(me *pairing.Me, raw pairing.Me) error {
	me.Requests = me.Requests[:min(len(me.Requests), maxRequests)]
	for i := range me.Requests {
		if !pairing.ValidID(raw.Requests[i].ID) {
			return a.odd("a browser's request has no proper id")
		}
		me.Requests[i].ExpiresIn = min(max(0, me.Requests[i].ExpiresIn), int(pairing.WaitFor.Seconds()))
	}
	return nil
}

// AllowRequests turns on, or off, that browsers which know the person may ask
// their Ham apps to look at a sign-in. It is off at first.
func (a *Account) AllowRequests(ctx context.Context, allow bool) error {
	_, err := a.post(ctx, "/app/v1/requests/allow", pairing.AllowRequests{Allow: allow})
	return err
}

// AnswerRequest takes a sign-in that a browser asks for, by the id in
// Me.Requests, for this device: as Claim does with a code.
func (a *Account) AnswerRequest(ctx context.Context, id string) (*Ask, error) {
	if !pairing.ValidID(id) {
		return nil, errors.New("not the id of a request")
	}
	return a.claimed(a.post(ctx, "/app/v1/requests/"+id+"/answer", nil))
}

// ReportRequest says that the person did not begin what a browser asks for:
// where it came from asks them no more for a month. It is no error if the
// request is gone.
func (a *Account) ReportRequest(ctx context.Context, id string) error {
	if !pairing.ValidID(id) {
		return errors.New("not the id of a request")
	}
	return a.gone(a.post(ctx, "/app/v1/requests/"+id+"/report", nil))
}
