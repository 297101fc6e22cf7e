package passkey_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"hamconnect/passkey"
	"hamconnect/passkey/softkey"
)

// takenStore has every new id already.
type takenStore struct{ *memory }

func (*takenStore) AddCredential(context.Context, passkey.Credential) error {
	return passkey.AlreadyRegistered
}

// brokenStore fails at one step, or does something before it.
type brokenStore struct {
	*memory
	take, look, update error
	before             func()
}

func (s *brokenStore) TakeCeremony(ctx context.Context, id string) (passkey.Ceremony, error) {
	if s.take != nil {
		return passkey.Ceremony{}, s.take
	}
	return s.memory.TakeCeremony(ctx, id)
}

func (s *brokenStore) Credential(ctx context.Context, id string) (passkey.Credential, error) {
	if s.look != nil {
		return passkey.Credential{}, s.look
	}
	return s.memory.Credential(ctx, id)
}

func (s *brokenStore) UpdateCredential(ctx context.Context, id string, change func(*passkey.Credential) error) error {
	if s.before != nil {
		s.before()
	}
	if s.update != nil {
		return s.update
	}
	// As a database that had to start over.
	if err := s.memory.UpdateCredential(ctx, id, func(c *passkey.Credential) error {
		copied := *c
		return change(&copied)
	}); err != nil {
		return err
	}
	return s.memory.UpdateCredential(ctx, id, change)
}

func broken(t *testing.T, s *brokenStore) (*bench, *softkey.Authenticator, passkey.Credential) {
	t.Helper()
	b := newBench(t)
	s.memory = b.store
	key := &softkey.Authenticator{}
	made := b.register(lin, key)
	rp, err := passkey.New(b.Config(), s, s, b.clock)
	if err != nil {
		t.Fatal(err)
	}
	b.RelyingParty = rp
	return b, key, made
}

func TestAFaultOfTheStoreIsNoRefusal(t *testing.T) {
	disk := errors.New("disk full")
	for name, s := range map[string]*brokenStore{"taking": {take: disk}, "looking up": {look: disk}, "recording": {update: disk}} {
		t.Run(name, func(t *testing.T) {
			b, key, _ := broken(t, s)
			_, err := b.login(key)
			var e *passkey.Error
			if !errors.Is(err, disk) || errors.As(err, &e) {
				t.Errorf("%v", err)
			}
		})
	}
	b, key, _ := broken(t, &brokenStore{take: passkey.CeremonyUsed})
	_, err := b.login(key)
	refusal(t, err, passkey.CeremonyUsed)
}

func TestAStoreMayStartOver(t *testing.T) {
	b, key, _ := broken(t, &brokenStore{})
	if _, err := b.login(key); err != nil {
		t.Error(err)
	}
}

func TestAPasskeyRemovedOrReplacedDuringItsLoginIsUnknown(t *testing.T) {
	s := &brokenStore{}
	b, key, made := broken(t, s)
	s.before = func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		c := s.credentials[made.ID]
		c.PublicKey = []byte("another")
		s.credentials[made.ID] = c
	}
	_, err := b.login(key)
	refusal(t, err, passkey.UnknownCredential)

	s.before = func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.credentials, made.ID)
	}
	s.mu.Lock()
	s.credentials[made.ID] = made
	s.mu.Unlock()
	_, err = b.login(key)
	refusal(t, err, passkey.UnknownCredential)
}

// at once calls f from n goroutines and gives how many had no error.
func atOnce(n int, f func(i int) error) int {
	var good atomic.Int32
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			if f(i) == nil {
				good.Add(1)
			}
		})
	}
	close(start)
	wg.Wait()
	return int(good.Load())
}

func TestOfFiftyAnswersToOneCeremonyExactlyOnePasses(t *testing.T) {
	b := newBench(t)
	key := softkey.Synced()
	b.register(lin, key)
	begun := b.begin(passkey.Ask{Purpose: purpose})
	answer, err := key.Get(begun.Options, site)
	if err != nil {
		t.Fatal(err)
	}
	good := atOnce(50, func(int) error {
		_, err := b.FinishLogin(t.Context(), passkey.Answer{Ceremony: begun.Ceremony, Purpose: purpose, JSON: answer})
		if err != nil && !errors.Is(err, passkey.CeremonyUnknown) {
			t.Error(err)
		}
		return err
	})
	if good != 1 {
		t.Errorf("%d logins", good)
	}

	adding, err := b.BeginRegistration(t.Context(), "add", lin, nil)
	if err != nil {
		t.Fatal(err)
	}
	if answer, err = key.Create(adding.Options, site); err != nil {
		t.Fatal(err)
	}
	good = atOnce(50, func(int) error {
		_, err := b.FinishRegistration(t.Context(), passkey.Answer{Ceremony: adding.Ceremony, Purpose: "add", UserID: userID, JSON: answer})
		return err
	})
	if good != 1 || len(b.of(userID)) != 2 {
		t.Errorf("%d registrations", good)
	}
}

func TestOfTwentyLoginsWithTheSameCountExactlyOnePasses(t *testing.T) {
	b := newBench(t)
	key := &softkey.Authenticator{}
	b.register(lin, key)
	var answers []passkey.Answer
	for range 20 {
		begun := b.begin(passkey.Ask{Purpose: purpose})
		answer, err := key.Get(begun.Options, site, softkey.Count(5))
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, passkey.Answer{Ceremony: begun.Ceremony, Purpose: purpose, JSON: answer})
	}
	good := atOnce(len(answers), func(i int) error {
		_, err := b.FinishLogin(t.Context(), answers[i])
		if err != nil && !errors.Is(err, passkey.CounterWentBack) {
			t.Error(err)
		}
		return err
	})
	if good != 1 {
		t.Errorf("%d logins", good)
	}
}

func TestManySignInAtOnceWithSyncedPasskeys(t *testing.T) {
	b := newBench(t)
	key := softkey.Synced()
	b.register(lin, key)
	good := atOnce(20, func(int) error {
		_, err := b.login(key)
		return err
	})
	if good != 20 {
		t.Errorf("%d logins", good)
	}
}
