package tui

import (
	"context"
	"strings"
	"time"

	"hamconnect/qr/pairing"
)

// dayAndTime is the same in every language.
const dayAndTime = "2006-01-02 15:04"

func (a *account) moment(at time.Time) string { return at.In(a.place).Format(dayAndTime) }

// everything makes a list of what comes whole.
func everything[T any](load func(Server, context.Context) ([]T, error), id func(T) string) func(context.Context, *account, string) ([]row, string, error) {
	return func(ctx context.Context, a *account, _ string) ([]row, string, error) {
		things, err := load(a.Server, ctx)
		return asRows(things, id), "", err
	}
}

func asRows[T any](things []T, id func(T) string) []row {
	rows := make([]row, len(things))
	for i, thing := range things {
		rows[i] = row{id: id(thing), thing: thing}
	}
	return rows
}

// apps are the third-party apps that know the person.
func apps(of *account) listing {
	return listing{
		name: "apps",
		load: everything(Server.Apps, func(g pairing.AppGrant) string { return g.ClientID }),
		row: func(t texts, r *row) {
			g := r.thing.(pairing.AppGrant)
			var sees []string
			for _, s := range g.Scopes {
				sees = append(sees, s.Title)
			}
			if sees == nil {
				sees = []string{t.get("apps.only_id")}
			}
			r.name, r.note = g.Name, of.moment(g.Used)
			r.facts = []fact{{t.get("apps.sees"), strings.Join(sees, t.get("consent.and"))}, {t.get("apps.since"), of.moment(g.Since)}, {t.get("apps.used"), of.moment(g.Used)}}
			if g.Host != "" {
				r.facts = append([]fact{{t.get("apps.host"), g.Host}}, r.facts...)
			}
		},
		acts: []act{{
			name: "revoke", key: "x", undo: true,
			do: func(ctx context.Context, a *account, r row) error { return a.Revoke(ctx, r.id) },
		}},
	}
}
