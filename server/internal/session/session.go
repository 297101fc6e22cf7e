package session

import (
	"errors"
	"time"

	"hamconnect/server/internal/oauth"
)

// How long what lives.
const (
	Idle  = 30 * time.Minute    // the session secret, from its latest use
	Most  = time.Hour           // the session secret, however much it is used
	Life  = 30 * 24 * time.Hour // the refresh secret, from its making
	Grace = 20 * time.Second    // a used refresh secret, for the retry of a request
	Fresh = 5 * time.Minute     // how old an authentication may be for sensitive acts

	// touchEvery bounds how often the latest use is written down.
	touchEvery = time.Minute
)

// How a person authenticated.
const (
	ByApp     = "app"     // the Ham app scanned and approved
	ByPasskey = "passkey" // a WebAuthn assertion with user verification
	ByPhone   = "phone"   // a phone's browser scanned, brought such an assertion, and approved

	ByRecovery = "recovery" // a recovery code
)

var (
	// ErrOver: the session or its secret has expired, or was ended.
	ErrOver = errors.New("session: over")

	// ErrReused: a refresh secret came a second time, too late for a retry.
	// Somebody has a copy; whoever gets this ends the session and tells the
	// person.
	ErrReused = errors.New("session: a refresh secret was used twice")
)

// Session is one browser in which a person is signed in, at rest.
type Session struct {
	ID            string
	UserID        string
	Method        string    // of the latest authentication: ByApp, ByPasskey, ByPhone
	Opener        string    // the Ham app or passkey that did it: its removal ends the session
	Authenticated time.Time // when that was
	Begun         time.Time
	Seen          time.Time // the latest use, to within a minute
	Browser       string    // as it was shown when it signed in
	Address       string

	Secret  oauth.Hash // opens pages until Idle after Seen
	Refresh oauth.Hash // buys a new pair, once, until Ends
	Ends    time.Time

	// Spent is the refresh secret that was used last, Sealed the answer that
	// its use was given, for whoever brings it again before SpentAt plus Grace.
	Spent   oauth.Hash
	SpentAt time.Time
	Sealed  []byte
}

// Pair is what the browser holds, in two cookies.
type Pair struct {
	Secret  oauth.Secret
	Refresh oauth.Secret
}

func newPair() Pair { return Pair{oauth.NewSecret(), oauth.NewSecret()} }

// Begin gives a session for a person who has just authenticated.
func Begin(now time.Time, userID, method, opener, browser, address string) (Session, Pair) {
	s := Session{ID: oauth.NewID(), UserID: userID, Opener: opener, Begun: now, Browser: browser, Address: address}
	return s, s.Authenticate(now, method)
}

// Authenticate notes a fresh authentication and replaces both secrets, so that
// one that was planted or copied before is worth nothing after.
func (s *Session) Authenticate(now time.Time, method string) Pair {
	pair := newPair()
	s.Method, s.Authenticated = method, now
	s.hold(now, pair)
	s.Spent, s.SpentAt, s.Sealed = oauth.Hash{}, time.Time{}, nil
	return pair
}

func (s *Session) hold(now time.Time, pair Pair) {
	s.Secret, s.Refresh = pair.Secret.Hash(), pair.Refresh.Hash()
	s.Seen, s.Ends = now, now.Add(Life)
}

// Use reports whether the session's secret still opens pages at now, and
// whether the use is worth writing down. However much it is used it is over
// after Most: then the browser buys a new pair, and a copy of the old one,
// which somebody may have kept warm, is worth nothing.
func (s *Session) Use(now time.Time) (write bool, err error) {
	made := s.Ends.Add(-Life)
	if now.Sub(s.Seen) >= Idle || now.Sub(made) >= Most {
		return false, ErrOver
	}
	if now.Sub(s.Seen) < touchEvery {
		return false, nil
	}
	s.Seen = now
	return true, nil
}

// Buy spends a refresh secret and gives the next pair. The same secret within
// Grace is given the same pair again, and nothing changes; later it is
// ErrReused.
func (s *Session) Buy(now time.Time, refresh oauth.Secret) (pair Pair, changed bool, err error) {
	switch {
	case !now.Before(s.Ends):
		return Pair{}, false, ErrOver
	case s.Refresh.Matches(refresh):
		pair = newPair()
		sealed, err := seal(refresh, pair)
		if err != nil {
			return Pair{}, false, err
		}
		s.Spent, s.SpentAt, s.Sealed = s.Refresh, now, sealed
		s.hold(now, pair)
		return pair, true, nil
	case s.Sealed != nil && s.Spent.Matches(refresh) && now.Sub(s.SpentAt) < Grace:
		pair, err = unseal(refresh, s.Sealed)
		return pair, false, err
	}
	return Pair{}, false, ErrReused
}

// Promise has Promised give the session's first pair to whoever brings key, a
// secret of the browser's that began the session, for as long as a retry may
// take: the answer that carried the pair may be lost, or one of several.
func (s *Session) Promise(now time.Time, key oauth.Secret, pair Pair) error {
	sealed, err := seal(key, pair)
	if err != nil {
		return err
	}
	s.Spent, s.SpentAt, s.Sealed = key.Hash(), now, sealed
	return nil
}

// Promised gives that pair; not after Grace, nor once another one was bought.
func (s *Session) Promised(now time.Time, key oauth.Secret) (Pair, bool) {
	if s.Sealed == nil || !s.Spent.Matches(key) || now.Sub(s.SpentAt) >= Grace {
		return Pair{}, false
	}
	pair, err := unseal(key, s.Sealed)
	return pair, err == nil
}

// IsFresh reports whether the person authenticated recently enough for a
// sensitive act.
func (s *Session) IsFresh(now time.Time) bool { return s.Younger(now, Fresh) }

// Younger reports whether the latest authentication is not older than age
// (OpenID Connect Core §3.1.2.1, max_age).
func (s *Session) Younger(now time.Time, age time.Duration) bool {
	return now.Sub(s.Authenticated) <= age
}
