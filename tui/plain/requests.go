package plain

import (
	"cmp"
	"slices"

	"hamconnect/qr/pairing"
)

func (s *session) requestText(r pairing.BrowserRequest) string {
	what := cmp.Or(r.AppName, s.get("consent.sign_in"))
	if r.RedirectHost != "" {
		what += ", " + r.RedirectHost
	}
	return s.get("requests.line", what, r.Browser.Name, r.Browser.Address)
}

// requests answers, or reports, what browsers ask that know the person.
func (s *session) requests() error {
	s.explain = "requests.help"
	if err := s.refresh(); err != nil {
		return err
	}
	all, left := s.account.me.Requests, s.leftRequest()
	if len(all) == 0 && left == nil {
		s.say("requests.empty")
		if !s.account.me.MayBeAsked {
			s.say("requests.off")
		}
		return nil
	}
	items := make([]string, len(all))
	for i, r := range all {
		s.told[r.ID] = true
		items[i] = s.requestText(r)
	}
	if left != nil { // below: the numbers of the others stay
		items = append(items, s.get("requests.left", s.titleOf(left.ask), left.seconds(s)))
	}
	n, err := s.choose(s.get("requests.title"), items)
	switch {
	case err != nil:
		return err
	case n == len(all):
		return s.takeUp(left)
	}
	act, err := s.choose(items[n], []string{s.get("requests.answer"), s.get("requests.report")})
	if err != nil {
		return err
	}
	if act == 0 {
		s.say("scan.doing")
		ask, err := s.account.AnswerRequest(s.ctx, all[n].ID)
		if err != nil {
			return s.fails("requests.answer", err)
		}
		s.account.me.Requests = slices.Delete(slices.Clone(all), n, n+1) // it is ours now
		return s.consent(ask)
	}
	if err := s.yes(s.get("requests.sure")); err != nil {
		return err
	}
	if err := s.account.ReportRequest(s.ctx, all[n].ID); err != nil {
		return s.fails("requests.report", err)
	}
	s.say("requests.reported")
	return s.refresh()
}
