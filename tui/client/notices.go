package client

import (
	"context"
	"errors"
	"slices"

	"hamconnect/qr/pairing"
)

// maxNotices that Me gives; a server shows no more than 20 at a time, and what
// is beyond that is no news but an attack on the screen.
const maxNotices = 50

// checkNotices bounds what came. A notice that cannot be named could never be
// marked as seen, and one without a title says nothing: an answer with such a
// one is refused, so that nothing is dropped in silence that the person must
// see.
func (a *Account) checkNotices(me *pairing.Me, raw pairing.Me) error {
	me.Notices = me.Notices[:min(len(me.Notices), maxNotices)]
	for i, n := range me.Notices {
		switch {
		case n.ID == "" || !isPlain(n.ID) || n.ID != raw.Notices[i].ID:
			return a.odd("there is a notice without a proper id")
		case n.Title == "":
			return a.odd("there is a notice that says nothing")
		case slices.ContainsFunc(me.Notices[:i], func(m pairing.Notice) bool { return m.ID == n.ID }):
			return a.odd("there is the same notice twice")
		}
	}
	return nil
}

// Origin says where a notice comes from, as the end of a sentence: which
// browser, by its own account, and its address. It is empty if neither is
// known.
func Origin(n pairing.Notice) string {
	switch {
	case n.Browser == "" && n.Address == "":
		return ""
	case n.Browser == "":
		return "from " + n.Address
	case n.Address == "":
		return "by " + n.Browser
	}
	return "by " + n.Browser + " at " + n.Address
}

// SeeNotice tells the server that the person has seen a notice on this device.
// It is no error if the server no longer has it, nor if it was seen before.
func (a *Account) SeeNotice(ctx context.Context, id string) error {
	_, err := a.post(ctx, "/app/v1/notices/seen", pairing.SeenNotice{ID: id})
	if f, ok := errors.AsType[*Failure](err); ok && f.Code == pairing.FailNotFound {
		return nil
	}
	return err
}
