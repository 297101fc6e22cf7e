package plain

import (
	"errors"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
	"hamconnect/tui/internal/rules"
)

// failure says what did not work.
type failure struct {
	what string
	err  error
}

func (f *failure) Error() string { return f.what + ": " + f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// fails names what err made fail, by the key of its text.
func (s *session) fails(key string, err error) error {
	return s.failsAs(s.get(key), err)
}

func (s *session) failsAs(what string, err error) error {
	if err == nil {
		return nil
	}
	return &failure{what, err}
}

// tell says what failed and what to try.
func (s *session) tell(err error) {
	if f, ok := errors.AsType[*failure](err); ok {
		s.say("fail.what", f.what, s.sentence(f.err))
		return
	}
	s.sayAll(s.sentence(err))
}

// sentence puts an error into the language of the person, as far as there are
// words for it.
func (s *session) sentence(err error) string {
	if f, ok := errors.AsType[*client.Failure](err); ok {
		key := "fail." + string(f.Code)
		switch f.Code {
		case pairing.FailState:
			key += "_" + string(f.State)
		case pairing.FailNumber:
			key += "_more"
			if f.TriesLeft < 2 {
				key = "fail.wrong_number_" + [2]string{"none", "one"}[max(0, f.TriesLeft)]
			}
		default:
		}
		if s.texts.Has(key) {
			return s.get(key, f.TriesLeft)
		}
		return rules.Sentence(err)
	}
	if h, ok := errors.AsType[*client.HostError](err); ok {
		return s.get("fail.host", h.Link, h.Enrolled)
	}
	if l, ok := errors.AsType[*qr.LinkError](err); ok {
		return s.get("fail.link", rules.Sentence(l))
	}
	if p, ok := errors.AsType[*qr.PictureError](err); ok {
		return s.get("fail.picture", rules.Sentence(p))
	}
	switch {
	case errors.Is(err, qr.ErrNoCode):
		return s.get("fail.no_code")
	case errors.Is(err, client.ErrUnreachable):
		return s.get("fail.unreachable", s.host())
	case errors.Is(err, errEnrolLink):
		return s.get("fail.enrol_link")
	}
	return rules.Sentence(err)
}

// host is where the person is signed in.
func (s *session) host() string {
	if s.account == nil {
		return s.get("fail.the_server")
	}
	return s.account.host
}

// isFailure reports whether err is the server's refusal for one of reasons.
func isFailure(err error, reasons ...pairing.FailureCode) bool {
	f, ok := errors.AsType[*client.Failure](err)
	if !ok {
		return false
	}
	for _, reason := range reasons {
		if f.Code == reason {
			return true
		}
	}
	return false
}
