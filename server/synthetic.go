package server

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store"
)

// Synthetic is what a load test adds to the data: a client, and people with a
// Ham app each, who do not exist. Its name is in all of them, so that it can be
// found and removed. Both the people's email addresses and the client's redirect
// URI lie in a domain that cannot be (RFC 6761 §6.4) and that only who
// administers the data can give them.
type Synthetic struct {
	Name    string // of capital letters and digits
	Created time.Time
	Beat    time.Time // when the load test said last that it goes on; zero if it never did
	Users   int
}

const (
	syntheticDomain   = "ham-bench.invalid"
	syntheticRedirect = "https://" + syntheticDomain + "/"
	syntheticPeople   = "load test "
	atOnce            = 64 // writes under way, which then share commits
)

// SyntheticClient registers the client of the load test called name.
func (a *Admin) SyntheticClient(ctx context.Context, name string) (Client, oauth.Secret, error) {
	return a.AddClient(ctx, Client{
		Name: syntheticPeople + name, RedirectURIs: []string{syntheticRedirect + name},
		Scopes: oauth.Scopes{oauth.ScopeProfile}, UserinfoAuth: UserinfoBoth,
	})
}

// SyntheticUsers adds the users of the load test called name, one for each key,
// which becomes that of their Ham app. done, if not nil, is called after each.
func (a *Admin) SyntheticUsers(ctx context.Context, name string, keys []ed25519.PublicKey, done func()) ([]User, error) {
	users := make([]User, len(keys))
	return users, inParallel(ctx, len(keys), done, func(i int) error {
		jwk := jose.JSONWebKey{Key: keys[i]}
		thumbprint, err := jwk.Thumbprint(crypto.SHA256)
		if err != nil {
			return fmt.Errorf("reading a key: %w", err)
		}
		now := a.now()
		users[i] = User{
			ID: oauth.NewID(), Created: now, Nickname: fmt.Sprintf("%s%s %06d", syntheticPeople, name, i),
			Email: strings.ToLower(fmt.Sprintf("%s.%06d@%s", name, i, syntheticDomain)),
		}
		if err := users[i].Validate(); err != nil {
			return err
		}
		return a.db.AddUserWithDevice(ctx, users[i], store.Device{
			ID: oauth.NewID(), Name: "ham bench", Thumbprint: base64.RawURLEncoding.EncodeToString(thumbprint), Created: now,
		})
	})
}

// Synthetics gives what load tests have added and not removed, by name.
func (a *Admin) Synthetics(ctx context.Context) (map[string]Synthetic, error) {
	users, err := a.syntheticUsers(ctx, "")
	if err != nil {
		return nil, err
	}
	clients, err := a.syntheticClients(ctx)
	if err != nil {
		return nil, err
	}
	all := map[string]Synthetic{}
	add := func(name string, created time.Time, users int) {
		s := all[name]
		if s.Name = name; s.Created.IsZero() || created.Before(s.Created) {
			s.Created = created
		}
		s.Users += users
		all[name] = s
	}
	for name, c := range clients {
		add(name, c.Created, 0)
	}
	for _, u := range users {
		name, _, _ := strings.Cut(u.Email, ".")
		add(strings.ToUpper(name), u.Created, 1)
	}
	for name, s := range all {
		if s.Beat, err = a.beat(ctx, name); err != nil {
			return nil, err
		}
		all[name] = s
	}
	return all, nil
}

// beatSetting begins the name under which a load test says that it goes on, so
// that another one, on whichever machine, does not take its people away.
const beatSetting = "load_test_"

// BeatSynthetic says that the load test called name goes on.
func (a *Admin) BeatSynthetic(ctx context.Context, name string) error {
	return a.db.Set(ctx, beatSetting+name, strconv.FormatInt(a.now().Unix(), 10))
}

func (a *Admin) beat(ctx context.Context, name string) (time.Time, error) {
	text, err := a.db.Setting(ctx, beatSetting+name)
	if errors.Is(err, ErrNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading when a load test was seen last: %w", err)
	}
	return time.Unix(seconds, 0), nil
}

// RemoveSynthetic removes the users and the client of the load test called
// name, and with them all that they were given.
func (a *Admin) RemoveSynthetic(ctx context.Context, name string, done func()) error {
	users, err := a.syntheticUsers(ctx, strings.ToLower(name)+".")
	if err != nil {
		return err
	}
	err = inParallel(ctx, len(users), done, func(i int) error { return gone(a.db.DeleteUser(ctx, users[i].ID)) })
	if err != nil {
		return err
	}
	clients, err := a.syntheticClients(ctx)
	if err != nil {
		return err
	}
	if c, ok := clients[name]; ok {
		if err := gone(a.db.DeleteClient(ctx, c.ID)); err != nil {
			return err
		}
	}
	return a.db.Unset(ctx, beatSetting+name)
}

func (a *Admin) syntheticUsers(ctx context.Context, beginning string) ([]User, error) {
	return a.db.UsersByEmail(ctx, beginning+"%@"+syntheticDomain)
}

func (a *Admin) syntheticClients(ctx context.Context) (map[string]Client, error) {
	all, err := a.db.Clients(ctx)
	if err != nil {
		return nil, err
	}
	synthetic := map[string]Client{}
	for _, c := range all {
		if name, ok := strings.CutPrefix(c.RedirectURIs[0], syntheticRedirect); ok && c.Name == syntheticPeople+name {
			synthetic[name] = c
		}
	}
	return synthetic, nil
}

func gone(err error) error {
	if errors.Is(err, ErrNotFound) { // somebody else was faster
		return nil
	}
	return err
}

// inParallel calls do for 0 … n-1, some at a time, until one fails.
func inParallel(ctx context.Context, n int, done func(), do func(int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(n, atOnce) {
		workers.Go(func() {
			for i := range next {
				if err := do(i); err != nil {
					cancel(err)
					return
				}
				if done != nil {
					done()
				}
			}
		})
	}
	for i := 0; i < n && ctx.Err() == nil; i++ {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	workers.Wait()
	return context.Cause(ctx)
}
