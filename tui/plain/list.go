package plain

import (
	"context"
	"errors"
)

// listing is a kind of list. Its texts are found below its name.
type listing struct {
	name  string
	load  func(ctx context.Context, s *session) ([]row, error)
	acts  []act // with a row
	alone []act // without one
}

// row is one thing of a list.
type row struct {
	id, name string
	facts    []string // as sentences
	this     bool     // the device that asks
}

// act is something that can be done. Its question is below the listing's name
// as ask_NAME, and what to say afterwards as done_NAME; both are given the
// row's name.
type act struct {
	name string
	no   func(s *session, r row) bool // it was told that this cannot be done
	do   func(s *session, r row) (err error)
	open func(s *session, r row) error // in place of do, and of a question
}

const rowsAtOnce = 20

// list tells what there is, and does things with it until the person goes back.
func (s *session) list(of listing) error {
	for from := 0; ; {
		s.explain = of.name + ".help"
		s.say("list.loading")
		rows, err := of.load(s.ctx, s)
		if err != nil {
			return s.failsAs(s.get("list.what", s.get("menu."+of.name)), err)
		}
		if len(rows) == 0 {
			s.say(of.name + ".empty")
			if len(of.alone) == 0 {
				return nil
			}
		}
		from = min(from, len(rows)-len(rows)%rowsAtOnce)
		shown := rows[from:min(from+rowsAtOnce, len(rows))]
		var items []string
		for _, r := range shown {
			items = append(items, sentences(append([]string{s.end(r.name)}, r.facts...)...))
		}
		more := len(rows) - from - len(shown)
		if more > 0 {
			items = append(items, s.get("list.more", more))
		}
		for _, a := range of.alone {
			items = append(items, s.get(of.name+"."+a.name))
		}
		n, err := s.choose(s.get("list.title", s.get("menu."+of.name), len(rows)), items)
		switch {
		case err != nil:
			return err
		case n < len(shown):
			err = s.withRow(of, shown[n])
		case n == len(shown) && more > 0:
			from += rowsAtOnce
		default:
			err = of.alone[n-len(items)+len(of.alone)].open(s, row{})
		}
		if err != nil && !errors.Is(err, errBack) {
			return err
		}
	}
}

// withRow does something with one row.
func (s *session) withRow(of listing, r row) error {
	names := make([]string, len(of.acts))
	for i, a := range of.acts {
		names[i] = s.get(of.name + "." + a.name)
	}
	n := 0
	if len(of.acts) > 1 {
		var err error
		if n, err = s.choose(s.end(r.name), names); err != nil {
			return err
		}
	}
	a := of.acts[n]
	switch {
	case a.no != nil && a.no(s, r):
		return nil
	case a.open != nil:
		return a.open(s, r)
	}
	if err := s.yes(s.get(of.name+".ask_"+a.name, r.name)); err != nil {
		return err
	}
	if err := a.do(s, r); err != nil {
		return s.failsAs(names[n], err)
	}
	s.say(of.name+".done_"+a.name, r.name)
	return nil
}
