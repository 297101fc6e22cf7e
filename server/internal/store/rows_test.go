package store_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/store"
	"hamconnect/server/internal/store/storetest"
)

func contextForAProcess() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 30*time.Second)
}

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// house is a database with one client and one user.
type house struct {
	*store.DB
	client oauth.Client
	user   oauth.User
	enrol  oauth.Secret
}

func build(t testing.TB, dir string) house {
	t.Helper()
	db, err := storetest.Open(t, dir)
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return furnish(t, db)
}

// furnish makes one of an empty database.
func furnish(t testing.TB, db *store.DB) house {
	t.Helper()
	h := house{DB: db, user: oauth.User{ID: "lin", Nickname: "Lin", IsStudent: true, Created: now}, enrol: oauth.NewSecret()}
	h.client, _ = oauth.NewClient(now, oauth.Client{
		Name: "Library", RedirectURIs: []string{"https://library.example/cb"}, Scopes: oauth.HamScopes, UserinfoAuth: oauth.UserinfoBoth,
	})
	must(t, db.AddClient(t.Context(), h.client))
	must(t, db.AddUser(t.Context(), h.user, store.Enrolment{CodeHash: h.enrol.Hash(), UserID: "lin", Expires: now.Add(time.Minute)}))
	return h
}

// approved stores a pairing that waits for its finish.
func (h house) approved(t testing.TB) pairing.Pairing {
	t.Helper()
	device := pairing.Device{ID: "phone", UserID: h.user.ID, Nickname: "Lin"}
	p := pairing.Begin(now, pairing.NewID(), "browser", pairing.Request{
		ClientID: h.client.ID, AppName: "Library", RedirectURI: "https://library.example/cb", Scopes: []string{"profile"}, State: "s",
	}, pairing.Browser{Name: "Firefox", Address: "192.0.2.1"})
	_, err := h.Enrol(t.Context(), now, h.enrol.Hash(), store.Device{ID: device.ID, Name: "phone", Thumbprint: "key", Created: now}, func(oauth.User) error { return nil })
	must(t, err)
	must(t, h.BeginPairing(t.Context(), p))
	p, err = h.UpdatePairing(t.Context(), p.ID, func(p *pairing.Pairing) error {
		must(t, p.Scan(now, device, 0, 42))
		return p.Approve(now, device, pairing.Approval{Number: 42, Scopes: []string{"profile"}, Digest: p.Shown().Digest()})
	})
	must(t, err)
	return p
}

func (h house) mint(p pairing.Pairing, c oauth.Client, u oauth.User) (oauth.Code, error) {
	code, _ := oauth.NewCode(now, oauth.Code{ClientID: c.ID, UserID: u.ID, RedirectURI: p.Request.RedirectURI, Scopes: p.Granted})
	return code, nil
}

func finish(p *pairing.Pairing) error { return p.Finish(now, "browser") }

func TestAPairingStaysApprovedWhereNoCodeCanBeMinted(t *testing.T) {
	refused := errors.New("refused")
	for name, c := range map[string]struct {
		break_ func(house) error
		mint   func(pairing.Pairing, oauth.Client, oauth.User) (oauth.Code, error)
		want   error
	}{
		"the mint refuses": {
			func(house) error { return nil },
			func(pairing.Pairing, oauth.Client, oauth.User) (oauth.Code, error) { return oauth.Code{}, refused }, refused,
		},
		"the code cannot be stored": {
			func(house) error { return nil },
			func(pairing.Pairing, oauth.Client, oauth.User) (oauth.Code, error) {
				return oauth.Code{ClientID: "nobody", UserID: "nobody"}, nil
			}, store.ErrNotFound,
		},
		"the client is gone": {func(h house) error { return h.DeleteClient(context.Background(), h.client.ID) }, nil, store.ErrNotFound},
		"the user is gone":   {func(h house) error { return h.DeleteUser(context.Background(), h.user.ID) }, nil, store.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			h := build(t, t.TempDir()+"/data")
			p := h.approved(t)
			must(t, c.break_(h))
			mint := c.mint
			if mint == nil {
				mint = h.mint
			}
			if _, err := h.FinishPairing(t.Context(), p.ID, finish, mint); !errors.Is(err, c.want) {
				t.Fatalf("%v", err)
			}
			after, err := h.Pairing(t.Context(), p.ID)
			if err != nil || after.State != pairing.Approved || after.Version != p.Version {
				t.Errorf("it is %s, version %d after %d (%v)", after.State, after.Version, p.Version, err)
			}
		})
	}
}

func TestAFinishedPairingMintsNoSecondCode(t *testing.T) {
	h := build(t, t.TempDir()+"/data")
	p := h.approved(t)
	_, err := h.FinishPairing(t.Context(), p.ID, finish, h.mint)
	must(t, err)
	minted := false
	_, err = h.FinishPairing(t.Context(), p.ID, finish, func(pairing.Pairing, oauth.Client, oauth.User) (oauth.Code, error) {
		minted = true
		return oauth.Code{}, nil
	})
	var over *pairing.StateError
	if !errors.As(err, &over) || over.State != pairing.Finished || minted {
		t.Errorf("%v, minted again %t", err, minted)
	}
}

func TestWhatARefusedTransitionChangedIsKept(t *testing.T) {
	h := build(t, t.TempDir()+"/data")
	p := h.approved(t)
	late := now.Add(pairing.FinishFor)
	_, err := h.UpdatePairing(t.Context(), p.ID, func(p *pairing.Pairing) error { return p.Finish(late, "browser") })
	var over *pairing.StateError
	if !errors.As(err, &over) || over.State != pairing.Expired {
		t.Fatalf("%v", err)
	}
	if after, err := h.Pairing(t.Context(), p.ID); err != nil || after.State != pairing.Expired {
		t.Errorf("stored is %s (%v)", after.State, err)
	}
	if _, err := h.UpdatePairing(t.Context(), pairing.NewID(), finish); !errors.Is(err, pairing.ErrNotFound) {
		t.Errorf("one that does not exist: %v", err)
	}
}

func TestEverythingSurvivesAReopenAsItWas(t *testing.T) {
	dir := t.TempDir() + "/data"
	h := build(t, dir)
	p := h.approved(t)
	code, _ := oauth.NewCode(now, oauth.Code{ClientID: h.client.ID, UserID: "lin", RedirectURI: "https://library.example/cb", Scopes: oauth.Scopes{"profile"}})
	must(t, h.AddCode(t.Context(), code))
	issued, err := h.RedeemCode(t.Context(), now, code.Hash, oauth.Redemption{Client: oauth.Client{ID: h.client.ID, Dialect: oauth.Ham}})
	must(t, err)
	token, secret := issued.Token, issued.Secret
	key, err := h.Key(t.Context(), "open_id")
	must(t, err)
	must(t, h.Close())

	db, err := storetest.Open(t, dir)
	must(t, err)
	defer db.Close()
	client, err := db.Client(t.Context(), h.client.ID)
	if err != nil || !reflect.DeepEqual(client, h.client) {
		t.Errorf("the client is %+v (%v), was %+v", client, err, h.client)
	}
	if user, err := db.User(t.Context(), "lin"); err != nil || user != h.user {
		t.Errorf("the user is %+v (%v)", user, err)
	}
	stored, err := db.Pairing(t.Context(), p.ID)
	if err != nil || !reflect.DeepEqual(stored, p) {
		t.Errorf("the pairing is %+v (%v), was %+v", stored, err, p)
	}
	if access, err := db.Access(t.Context(), secret.Hash()); err != nil || !reflect.DeepEqual(access.Token, token) {
		t.Errorf("the token is not as it was (%v)", err)
	}
	if again, err := db.Key(t.Context(), "open_id"); err != nil || again != key {
		t.Errorf("the key changed (%v)", err)
	}
	if _, err := db.RedeemCode(t.Context(), now, code.Hash, oauth.Redemption{Client: oauth.Client{ID: h.client.ID, Dialect: oauth.Ham}}); !errors.Is(err, oauth.ErrCodeReused) {
		t.Errorf("the code is no longer spent: %v", err)
	}
}

func TestDeletingAClientOrUserTakesCodesTokensAndDevicesAlong(t *testing.T) {
	for name, remove := range map[string]func(house) error{
		"client": func(h house) error { return h.DeleteClient(context.Background(), h.client.ID) },
		"user":   func(h house) error { return h.DeleteUser(context.Background(), h.user.ID) },
	} {
		t.Run(name, func(t *testing.T) {
			h := build(t, t.TempDir()+"/data")
			codes := [2]oauth.Code{}
			for i := range codes {
				codes[i], _ = oauth.NewCode(now, oauth.Code{ClientID: h.client.ID, UserID: "lin"})
				must(t, h.AddCode(t.Context(), codes[i]))
			}
			issued, err := h.RedeemCode(t.Context(), now, codes[0].Hash, oauth.Redemption{Client: oauth.Client{ID: h.client.ID, Dialect: oauth.Ham}})
			must(t, err)
			secret := issued.Secret
			must(t, remove(h))
			if err := remove(h); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("removing it again: %v", err)
			}
			if _, err := h.Access(t.Context(), secret.Hash()); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("the token: %v", err)
			}
			if _, err := h.RedeemCode(t.Context(), now, codes[1].Hash, oauth.Redemption{Client: oauth.Client{ID: h.client.ID, Dialect: oauth.Ham}}); !errors.Is(err, oauth.ErrCodeUnknown) {
				t.Errorf("the code: %v", err)
			}
		})
	}
}
