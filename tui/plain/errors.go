package plain

import (
	"errors"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
	"hamconnect/tui/internal/failures"
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

// sentence puts an error into the language of the person.
func (s *session) sentence(err error) string { return s.sentenceAbout(failures.ACode, err) }

func (s *session) sentenceAbout(about failures.About, err error) string {
	host := ""
	if s.account != nil {
		host = s.account.host
	}
	return failures.Sentence(s.texts.Code, host, about, err)
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
