package plain

import (
	"hamconnect/qr/pairing"
)

func (s *session) noticeText(n pairing.Notice) string {
	browser, address := "", ""
	if n.Browser != "" {
		browser = s.get("notices.browser", n.Browser)
	}
	if n.Address != "" {
		address = s.get("notices.address", n.Address)
	}
	return sentences(s.get("notices.line", n.Title, s.moment(n.At)), browser, address)
}

// tellNotices tells those that were not seen yet, the oldest first, and has
// each marked as seen or kept.
func (s *session) tellNotices() error {
	s.explain = "notices.help"
	all := s.account.me.Notices
	if len(all) > 0 {
		s.say("notices.count", len(all))
	}
	for _, n := range all {
		s.told[n.ID] = true // no news while the ones before it are read
	}
	for i := range all {
		n := all[len(all)-1-i]
		s.sayAll(s.noticeText(n))
		switch n.Kind {
		case pairing.NoticeDevice:
			s.say("notices.todo_device_added")
		case pairing.NoticeLeaving:
			s.say("notices.todo_leaving", s.account.page)
		default:
			s.say("notices.todo", s.account.page)
		}
		choice, err := s.choose("", []string{s.get("notices.seen"), s.get("notices.keep")})
		switch {
		case err != nil:
			return err
		case choice == 1:
			continue
		}
		if err := s.account.SeeNotice(s.ctx, n.ID); err != nil {
			return s.fails("notices.seen", err)
		}
		s.seen[n.ID] = true
		s.take(s.account.me)
		s.say("notices.marked")
	}
	return nil
}

func (s *session) notices() error {
	if err := s.refresh(); err != nil {
		return err
	}
	if len(s.account.me.Notices) == 0 {
		s.say("notices.empty")
	}
	return s.tellNotices()
}
