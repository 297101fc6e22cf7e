package tui

import (
	"cmp"
	"context"

	"hamconnect/qr/pairing"
)

// passkeys are those of the person.
func passkeys(of *account) listing {
	return listing{
		name: "passkeys",
		load: everything(Server.Passkeys, func(k pairing.Passkey) string { return k.ID }),
		row: func(t texts, r *row) {
			k := r.thing.(pairing.Passkey)
			synced := "passkeys.synced_no"
			if k.Synced {
				synced = "passkeys.synced_yes"
			}
			r.name, r.note = cmp.Or(k.Name, t.get("passkeys.unnamed")), of.last(t, "list.never", k.Used)
			r.facts = []fact{{t.get("passkeys.since"), of.moment(k.Since)}, {t.get("passkeys.used"), r.note}, {t.get("passkeys.synced"), t.get(synced)}}
			if k.Where != "" {
				r.facts = append(r.facts, fact{t.get("passkeys.where"), k.Where})
			}
			if k.Suspicious {
				r.warn = t.get("passkeys.copied")
			}
		},
		acts: []act{
			{name: "add", key: "a", alone: true, opens: func(a *app, _ row) screen { return newAddPasskey(a) }},
			{name: "rename", key: "r", opens: func(a *app, r row) screen { return newRename(a, r) }},
			{
				name: "remove", key: "x", asks: true,
				do: func(ctx context.Context, a *account, r row) error { return a.RemovePasskey(ctx, r.id) },
			},
		},
	}
}
