package tui

import (
	"context"

	"hamconnect/qr/pairing"
)

// browsers are those that are signed in to the person's account.
func browsers(of *account) listing {
	return listing{
		name: "browsers",
		load: everything(Server.Sessions, func(s pairing.BrowserSession) string { return s.ID }),
		row: func(t texts, r *row) {
			s := r.thing.(pairing.BrowserSession)
			how := t.get("browsers." + s.Method)
			switch {
			case s.ByThis:
				how = t.get("browsers.this")
			case !t.has("browsers." + s.Method):
				how = s.Method
			}
			r.name, r.note = s.Browser, of.moment(s.Used)
			r.facts = []fact{
				{t.get("browsers.address"), s.Address},
				{t.get("browsers.method"), how},
				{t.get("browsers.since"), of.moment(s.Since)},
				{t.get("browsers.used"), of.moment(s.Used)},
			}
		},
		acts: []act{{
			name: "end", key: "x", asks: true,
			do: func(ctx context.Context, a *account, r row) error { return a.EndSession(ctx, r.id) },
		}},
	}
}
