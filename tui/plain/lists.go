package plain

import (
	"cmp"
	"context"
	"strings"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

// apps are the third-party apps that know the person.
var apps = listing{
	name: "apps",
	load: func(ctx context.Context, s *session) (rows []row, err error) {
		all, err := s.account.Apps(ctx)
		for _, g := range all {
			var sees []string
			for _, scope := range g.Scopes {
				sees = append(sees, scope.Title)
			}
			r := row{id: g.ClientID, name: g.Name}
			if g.Host != "" {
				r.facts = append(r.facts, s.get("apps.host", g.Host))
			}
			r.facts = append(r.facts,
				s.get("apps.sees", cmp.Or(strings.Join(sees, s.get("consent.and")), s.get("consent.only_id"))),
				s.get("apps.since", s.moment(g.Since)), s.get("apps.used", s.moment(g.Used)))
			rows = append(rows, r)
		}
		return rows, err
	},
	acts: []act{{name: "revoke", do: func(s *session, r row) error { return s.account.Revoke(s.ctx, r.id) }}},
}

// devices are the Ham apps that are signed in for the person.
var devices = listing{
	name: "devices",
	load: func(ctx context.Context, s *session) (rows []row, err error) {
		all, err := s.account.Devices(ctx)
		for _, d := range all {
			r := row{id: d.ID, name: d.Name, this: d.This}
			if d.This {
				r.facts = append(r.facts, s.get("devices.this"))
			}
			r.facts = append(r.facts, s.get("list.since", s.moment(d.Since)), s.get("list.used", s.last(d.Used)))
			rows = append(rows, r)
		}
		return rows, err
	},
	acts: []act{{
		name: "remove",
		no: func(s *session, r row) bool {
			if r.this {
				s.say("devices.self")
			}
			return r.this
		},
		do: func(s *session, r row) error { return s.account.RemoveDevice(s.ctx, r.id) },
	}},
}

// browsers are those that are signed in to the person's account.
var browsers = listing{
	name: "browsers",
	load: func(ctx context.Context, s *session) (rows []row, err error) {
		all, err := s.account.Sessions(ctx)
		for _, b := range all {
			how := "browsers." + b.Method
			if b.ByThis {
				how = "browsers.this"
			}
			r := row{id: b.ID, name: b.Browser, facts: []string{s.get("browsers.address", b.Address)}}
			if s.texts.Has(how) {
				r.facts = append(r.facts, s.get(how))
			}
			r.facts = append(r.facts, s.get("list.since", s.moment(b.Since)), s.get("list.used", s.moment(b.Used)))
			rows = append(rows, r)
		}
		return rows, err
	},
	acts: []act{{name: "end", do: func(s *session, r row) error { return s.account.EndSession(s.ctx, r.id) }}},
}

// passkeys are those of the person.
var passkeys = listing{
	name: "passkeys",
	load: func(ctx context.Context, s *session) (rows []row, err error) {
		all, err := s.account.Passkeys(ctx)
		for _, k := range all {
			r := row{id: k.ID, name: cmp.Or(k.Name, s.get("passkeys.unnamed"))}
			if k.Suspicious {
				r.facts = append(r.facts, s.get("passkeys.copied"))
			}
			r.facts = append(r.facts, s.get("list.since", s.moment(k.Since)), s.get("list.used", s.last(k.Used)))
			if k.Where != "" {
				r.facts = append(r.facts, s.get("passkeys.where", k.Where))
			}
			synced := "passkeys.synced_no"
			if k.Synced {
				synced = "passkeys.synced_yes"
			}
			r.facts = append(r.facts, s.get(synced))
			rows = append(rows, r)
		}
		return rows, err
	},
	acts: []act{
		{name: "rename", open: (*session).renamePasskey},
		{name: "remove", do: func(s *session, r row) error { return s.account.RemovePasskey(s.ctx, r.id) }},
	},
	alone: []act{{name: "add", open: (*session).addPasskey}},
}

func (s *session) renamePasskey(r row) error {
	name, err := s.text(s.get("passkeys.new_name", r.name))
	if err != nil {
		return err
	}
	name = client.Clean(name)
	err = s.account.RenamePasskey(s.ctx, r.id, name)
	switch {
	case isFailure(err, pairing.FailNotFound):
		s.say("list.gone")
		return nil
	case err != nil:
		return s.fails("passkeys.rename", err)
	}
	s.say("passkeys.renamed", name)
	return nil
}

// addPasskey gives the link for the browser that shall hold it.
func (s *session) addPasskey(row) error {
	link, err := s.account.PasskeyLink(s.ctx)
	if err != nil {
		return s.fails("passkeys.add", err)
	}
	s.say("passkeys.open")
	s.sayAll(link.Link)
	s.say("passkeys.secret", link.ExpiresIn)
	return nil
}
