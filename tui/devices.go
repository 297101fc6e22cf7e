package tui

import (
	"context"
	"time"

	"hamconnect/qr/pairing"
)

// devices are the Ham apps that are signed in for the person.
func devices(of *account) listing {
	return listing{
		name: "devices",
		load: everything(Server.Devices, func(d pairing.HamApp) string { return d.ID }),
		row: func(t texts, r *row) {
			d := r.thing.(pairing.HamApp)
			r.name, r.note = d.Name, of.last(t, "list.never", d.Used)
			r.facts = []fact{{t.get("devices.since"), of.moment(d.Since)}, {t.get("devices.used"), r.note}}
			if d.This {
				r.note = t.get("devices.this")
			}
		},
		acts: []act{{
			name: "remove", key: "x", asks: true,
			refuses: func(t texts, r row) string {
				if r.thing.(pairing.HamApp).This {
					return t.get("devices.self")
				}
				return ""
			},
			do: func(ctx context.Context, a *account, r row) error { return a.RemoveDevice(ctx, r.id) },
		}},
	}
}

// last is when something was used, or the text never.
func (a *account) last(t texts, never string, at *time.Time) string {
	if at == nil {
		return t.get(never)
	}
	return a.moment(*at)
}
