package tui

import (
	"context"
	"strconv"

	"hamconnect/qr/pairing"
)

// happened is what the account remembers, latest first.
func happened(of *account) listing {
	return listing{
		name: "activity",
		load: func(ctx context.Context, a *account, cursor string) ([]row, string, error) {
			events, next, err := a.Activity(ctx, cursor)
			return asRows(events, func(e pairing.Event) string { return e.ID }), next, err
		},
		row: func(t texts, r *row) {
			e := r.thing.(pairing.Event)
			r.name, r.note = e.Title, of.moment(e.At)
			for _, f := range []fact{
				{t.get("activity.when"), of.moment(e.At)},
				{t.get("activity.how"), e.How},
				{t.get("activity.browser"), e.Browser},
				{t.get("activity.address"), e.Address},
			} {
				if f.text != "" {
					r.facts = append(r.facts, f)
				}
			}
			if e.Times > 1 {
				r.facts = append(r.facts, fact{t.get("activity.times"), strconv.Itoa(e.Times)})
			}
			if e.Notice {
				r.warn = advice(t, e.Kind, of.page)
			}
		},
	}
}
