package plain

import (
	"hamconnect/qr/pairing"
)

const eventsAtOnce = 10

// activity reads what happened, latest first, ten at a time.
func (s *session) activity() error {
	s.explain = "activity.help"
	var waiting []pairing.Event
	for next, first := "", true; ; first = false {
		s.say("list.loading")
		for len(waiting) < eventsAtOnce && (next != "" || first) {
			more, cursor, err := s.account.Activity(s.ctx, next)
			if err != nil {
				return s.failsAs(s.get("list.what", s.get("menu.activity")), err)
			}
			waiting, next, first = append(waiting, more...), cursor, false
		}
		n := min(eventsAtOnce, len(waiting))
		for _, e := range waiting[:n] {
			s.sayAll(s.eventText(e))
		}
		waiting = waiting[n:]
		if len(waiting) == 0 && next == "" {
			s.say("activity.end")
			return nil
		}
		if _, err := s.choose("", []string{s.get("activity.more")}); err != nil {
			return err
		}
	}
}

func (s *session) eventText(e pairing.Event) string {
	all := []string{s.end(s.moment(e.At)), s.end(e.Title)}
	for _, fact := range []struct{ key, text string }{
		{"activity.how", e.How},
		{"activity.browser", e.Browser},
		{"activity.address", e.Address},
	} {
		if fact.text != "" {
			all = append(all, s.get(fact.key, fact.text))
		}
	}
	if e.Times > 1 {
		all = append(all, s.get("activity.times", e.Times))
	}
	if e.Notice {
		all = append(all, s.get("notices.todo", s.account.page))
	}
	return sentences(all...)
}
