package plain

import (
	"cmp"

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
	all := s.account.me.Requests
	if len(all) == 0 {
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
	n, err := s.choose(s.get("requests.title"), items)
	if err != nil {
		return err
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
		return s.consent(ask, false)
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
