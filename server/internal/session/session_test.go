package session_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/session"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func begin() (session.Session, session.Pair) {
	return session.Begin(start, "lin", session.ByApp, "phone", "Chrome on Linux", "192.0.2.1")
}

func TestASessionLastsHalfAnHourFromItsLatestUse(t *testing.T) {
	for name, c := range map[string]struct {
		uses []time.Duration // since the start
		want error           // of the last one
	}{
		"just before":           {[]time.Duration{session.Idle - time.Second}, nil},
		"at the moment":         {[]time.Duration{session.Idle}, session.ErrOver},
		"each use prolongs it":  {[]time.Duration{25 * time.Minute, 50 * time.Minute, session.Most - time.Second}, nil},
		"but not for ever":      {[]time.Duration{25 * time.Minute, 50 * time.Minute, session.Most}, session.ErrOver},
		"idle after a use":      {[]time.Duration{25 * time.Minute, 56 * time.Minute}, session.ErrOver},
		"never beyond its life": {[]time.Duration{session.Life}, session.ErrOver},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := begin()
			var err error
			for _, since := range c.uses {
				_, err = s.Use(start.Add(since))
			}
			if !errors.Is(err, c.want) {
				t.Errorf("the last use: %v, want %v", err, c.want)
			}
		})
	}
}

func TestAUseIsWrittenDownOnceAMinuteAtMost(t *testing.T) {
	s, _ := begin()
	if write, _ := s.Use(start.Add(59 * time.Second)); write {
		t.Error("a use within the minute was written")
	}
	if write, _ := s.Use(start.Add(60 * time.Second)); !write {
		t.Error("a use after a minute was not written")
	}
}

func TestARefreshSecretBuysOneNewPair(t *testing.T) {
	s, first := begin()
	second, changed, err := s.Buy(start.Add(time.Hour), first.Refresh)
	if err != nil || !changed {
		t.Fatalf("changed %v, error %v", changed, err)
	}
	if second == first || s.Secret.Matches(first.Secret) || !s.Secret.Matches(second.Secret) || !s.Refresh.Matches(second.Refresh) {
		t.Error("the old pair still opens the session, or the new one does not")
	}
}

func TestARetryWithinTheGraceIsGivenTheSameAnswer(t *testing.T) {
	s, first := begin()
	second, _, err := s.Buy(start, first.Refresh)
	if err != nil {
		t.Fatal(err)
	}
	version := s
	again, changed, err := s.Buy(start.Add(session.Grace-time.Millisecond), first.Refresh)
	if err != nil || changed || again != second || !bytes.Equal(version.Sealed, s.Sealed) {
		t.Errorf("changed %v, error %v, same answer %v", changed, err, again == second)
	}
}

func TestARefreshSecretUsedTwiceIsReported(t *testing.T) {
	for name, c := range map[string]struct {
		wait  time.Duration
		twice bool // the second pair was used as well in between
	}{
		"after the grace":                  {session.Grace, false},
		"long after":                       {24 * time.Hour, false},
		"within it, but the next was used": {time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			s, first := begin()
			second, _, err := s.Buy(start, first.Refresh)
			if err != nil {
				t.Fatal(err)
			}
			if c.twice {
				if _, _, err := s.Buy(start, second.Refresh); err != nil {
					t.Fatal(err)
				}
			}
			if _, _, err := s.Buy(start.Add(c.wait), first.Refresh); !errors.Is(err, session.ErrReused) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAnUnknownRefreshSecretIsReported(t *testing.T) {
	s, _ := begin()
	if _, _, err := s.Buy(start, oauth.NewSecret()); !errors.Is(err, session.ErrReused) {
		t.Errorf("got %v", err)
	}
}

func TestARefreshSecretLastsThirtyDays(t *testing.T) {
	s, first := begin()
	late := s
	if _, _, err := late.Buy(start.Add(session.Life), first.Refresh); !errors.Is(err, session.ErrOver) {
		t.Errorf("at its end: %v", err)
	}
	if _, _, err := s.Buy(start.Add(session.Life-time.Second), first.Refresh); err != nil {
		t.Errorf("just before: %v", err)
	}
}

func TestAnAuthenticationReplacesEverySecret(t *testing.T) {
	s, first := begin()
	if _, _, err := s.Buy(start, first.Refresh); err != nil {
		t.Fatal(err)
	}
	fresh := s.Authenticate(start.Add(time.Second), session.ByPasskey)
	if s.Secret.Matches(first.Secret) || !s.Secret.Matches(fresh.Secret) || s.Method != session.ByPasskey {
		t.Error("the session did not change hands")
	}
	if _, _, err := s.Buy(start.Add(2*time.Second), first.Refresh); !errors.Is(err, session.ErrReused) {
		t.Errorf("a secret from before bought a pair: %v", err)
	}
}

func TestWhatIsStoredDoesNotHoldTheSecrets(t *testing.T) {
	s, first := begin()
	second, _, err := s.Buy(start, first.Refresh)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []oauth.Secret{first.Refresh, second.Secret, second.Refresh} {
		if bytes.Contains(s.Sealed, []byte(secret.Reveal())) {
			t.Error("a secret lies in the open")
		}
	}
}

func TestOnlyAYoungAuthenticationIsFresh(t *testing.T) {
	s, _ := begin()
	if !s.IsFresh(start.Add(session.Fresh)) || s.IsFresh(start.Add(session.Fresh+time.Microsecond)) {
		t.Error("the limit is not at 5 minutes")
	}
}

func TestTheFirstPairIsGivenAgainForAWhile(t *testing.T) {
	key := oauth.NewSecret()
	for name, c := range map[string]struct {
		key  oauth.Secret
		wait time.Duration
		buy  bool
		want bool
	}{
		"at once":                {key, 0, false, true},
		"within the grace":       {key, session.Grace - time.Millisecond, false, true},
		"after it":               {key, session.Grace, false, false},
		"another secret":         {oauth.NewSecret(), 0, false, false},
		"once another is bought": {key, 0, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			s, first := begin()
			if _, again := s.Promised(start, key); again {
				t.Error("it is given without a promise")
			}
			if err := s.Promise(start, key, first); err != nil {
				t.Fatal(err)
			}
			if c.buy {
				if _, _, err := s.Buy(start, first.Refresh); err != nil {
					t.Fatal(err)
				}
			}
			pair, again := s.Promised(start.Add(c.wait), c.key)
			if again != c.want || again && pair != first {
				t.Errorf("given %v, the same %v", again, pair == first)
			}
		})
	}
}
