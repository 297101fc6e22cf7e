package plain

import (
	"context"
	"errors"
	"slices"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
	"hamconnect/tui/internal/failures"
)

// login takes the enrol link of a device that is not signed in.
func (s *session) login(link string) error {
	s.explain = "login.help"
	if s.why != "" {
		s.say(s.why)
	} else {
		s.say("login.welcome")
	}
	s.why = ""
	s.say("login.how")
	text := link
	for text == "" {
		var err error
		if text, err = s.text(s.get("login.ask")); errors.Is(err, errBack) {
			return errLeave // there is nothing behind it
		} else if err != nil {
			return err
		}
	}
	return s.enrolBy(text, s.options)
}

// addAccount enrols this device for one more account, beside those that are there.
func (s *session) addAccount() error {
	s.explain = "login.help"
	s.say("accounts.adding")
	text, err := s.text(s.get("login.ask"))
	if err != nil {
		return err
	}
	o := s.options
	o.Add, o.Replace = true, false
	return s.enrolBy(text, o)
}

// enrolBy goes on with the account that the enrol link in text leads to.
func (s *session) enrolBy(text string, o client.Options) error {
	s.say("login.doing")
	a, err := s.enroll(s.ctx, text, o)
	switch {
	case isFailure(err, pairing.FailNotFound):
		s.sayAll(s.sentenceAbout(failures.AnEnrolLink, err))
		return nil
	case err != nil:
		return s.failsAs(s.get("login.what"), failures.Meant(failures.AnEnrolLink, err))
	}
	s.become(a)
	s.say("login.done")
	return nil
}

// enroll prefers the enrol link where a picture holds several codes.
func enroll(ctx context.Context, text string, o client.Options) (*account, error) {
	links, err := client.FindAll(ctx, text)
	if err != nil {
		return nil, err
	}
	links = slices.DeleteFunc(links, func(l qr.Link) bool { return l.Kind != qr.KindEnroll })
	if len(links) == 0 {
		return nil, failures.ErrSignInFirst
	}
	link, err := client.Only(links, nil)
	if err != nil {
		return nil, err
	}
	a, err := client.Enroll(ctx, link, o)
	if err != nil {
		return nil, err
	}
	return newAccount(a), nil
}

// removed goes back to the sign-in. The enrolment that follows takes the place
// of this account, which no longer works, and of no other.
func (s *session) removed() {
	s.quiet()
	if s.account != nil {
		s.options.Account, s.options.Replace = s.account.folder, true
	}
	s.account, s.why = nil, "login.removed"
}

// become goes on with another account.
func (s *session) become(a *account) {
	s.quiet()
	s.account, s.begun = a, false
	s.options.Account, s.options.Replace = a.folder, false
	clear(s.told)
	clear(s.seen)
}

// scan takes a link, or the path of a picture.
func (s *session) scan() error {
	s.explain = "scan.help"
	text, err := s.text(s.get("scan.ask"))
	if err != nil {
		return err
	}
	return s.look(text)
}

// look finds the link in text and asks the server about it.
func (s *session) look(text string) error {
	s.say("scan.doing")
	ask, err := s.find(text)
	if err != nil {
		return s.fails("scan.what", err)
	}
	return s.consent(ask)
}

func (s *session) find(text string) (*client.Ask, error) {
	link, err := client.Find(s.ctx, text)
	if err != nil {
		return nil, err
	}
	if err := s.account.Check(link); err != nil {
		return nil, err
	}
	switch link.Kind {
	case qr.KindPairing:
		return s.account.Claim(s.ctx, link.Code)
	case qr.KindAuthorize:
		return s.account.CheckAuthorize(s.ctx, link.Authorize)
	case qr.KindLogin:
		return s.account.ClaimTicket(s.ctx, link.Code)
	case qr.KindEnroll:
	}
	return nil, failures.ErrEnrolLink
}
