package client_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/zalando/go-keyring"

	"hamconnect/qr"
	"hamconnect/tui/client"
	"hamconnect/tui/client/clienttest"
)

const passphrase = "correct horse"

// enrolled is an account in a folder of its own.
func enrolled(t *testing.T) (*clienttest.Server, client.Options, *client.Account) {
	t.Helper()
	s := clienttest.New(nil)
	t.Cleanup(s.Close)
	o := client.Options{Dir: t.TempDir() + "/ham"}
	link, err := qr.ParseLink(s.EnrollLink())
	if err != nil {
		t.Fatal(err)
	}
	a, err := client.Enroll(t.Context(), link, o)
	if err != nil {
		t.Fatal(err)
	}
	return s, o, a
}

// kept is what lies in the folder.
func kept(t *testing.T, o client.Options) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(o.Dir, "account.json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestASealedKeyOpensOnlyWithItsPassphrase(t *testing.T) {
	_, o, a := enrolled(t)
	if a.Sealing() != client.Plain || !strings.Contains(kept(t, o), "private_key") {
		t.Fatalf("at first it is kept %s", a.Sealing())
	}
	if err := a.Seal("short"); err == nil {
		t.Error("a short passphrase is taken")
	}
	if err := a.Seal(passphrase); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Me(t.Context()); err != nil || a.Sealing() != client.Passphrase {
		t.Errorf("who has just sealed it is locked out: %v", err)
	}
	if text := kept(t, o); strings.Contains(text, "private_key") || !strings.Contains(text, "sealed_key") {
		t.Error("the key is still there as it was")
	}
	locked, err := client.Load(o)
	if err != nil || !locked.Locked() || locked.Name() != "Ada" {
		t.Fatalf("locked %v, %v", locked.Locked(), err)
	}
	if _, err := locked.Me(t.Context()); !errors.Is(err, client.ErrLocked) {
		t.Errorf("without the key: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	err = locked.Listen(ctx, client.Listener{Lost: func(err error) {
		if !errors.Is(err, client.ErrLocked) {
			t.Errorf("listening: %v", err)
		}
		stop()
	}})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for _, wrong := range []string{"", "correct horsf", passphrase + " "} {
		again, err := client.Load(o)
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Unlock(wrong); !errors.Is(err, client.ErrPassphrase) || !again.Locked() {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	o.Passphrase = func() (string, error) { return passphrase, nil }
	open, err := client.Load(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open.Me(t.Context()); err != nil {
		t.Error(err)
	}
	open.Lock()
	if _, err := open.Me(t.Context()); !errors.Is(err, client.ErrLocked) {
		t.Errorf("after locking: %v", err)
	}
	if err := open.Unseal(); !errors.Is(err, client.ErrLocked) {
		t.Errorf("unsealing a locked key: %v", err)
	}
	if err := open.Unlock(passphrase); err != nil {
		t.Fatal(err)
	}
	if err := open.Unseal(); err != nil || open.Sealing() != client.Plain {
		t.Fatal(err)
	}
	if text := kept(t, o); !strings.Contains(text, "private_key") || strings.Contains(text, "sealed_key") {
		t.Error("the key is not kept as at first")
	}
	o.Passphrase = func() (string, error) { t.Error("asked for a passphrase"); return "", nil }
	if a, err = client.Load(o); err != nil {
		t.Fatal(err)
	}
	a.Lock()
	if a.Locked() {
		t.Error("a plain key can be locked, and then nothing opens it")
	}
}

func TestAKeyInTheKeyring(t *testing.T) {
	keyring.MockInit()
	_, o, a := enrolled(t)
	if err := a.ToKeyring(); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(kept(t, o), "private_key") {
		t.Error("the key is still in the folder")
	}
	again, err := client.Load(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Me(t.Context()); err != nil || again.Sealing() != client.Keyring {
		t.Errorf("%s, %v", again.Sealing(), err)
	}
	if err := again.Seal(passphrase); err != nil {
		t.Fatal(err)
	}
	if err := again.ToKeyring(); err != nil {
		t.Fatal(err)
	}
	if err := again.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Load(o); !errors.Is(err, client.ErrNotSignedIn) {
		t.Errorf("after signing out: %v", err)
	}
}

func TestAKeyringThatIsGoneOrLies(t *testing.T) {
	keyring.MockInit()
	_, o, a := enrolled(t)
	if err := a.ToKeyring(); err != nil {
		t.Fatal(err)
	}
	keyring.MockInit() // empty
	if _, err := client.Load(o); !errors.Is(err, client.ErrKeyring) {
		t.Errorf("an empty keyring: %v", err)
	}
	keyring.MockInitWithError(errors.New("locked by its owner"))
	if _, err := client.Load(o); !errors.Is(err, client.ErrKeyring) || !strings.Contains(err.Error(), "locked by its owner") {
		t.Errorf("a keyring that refuses: %v", err)
	}
	_, _, b := enrolled(t)
	if err := b.ToKeyring(); err == nil || b.Sealing() != client.Plain {
		t.Errorf("a key is moved where it cannot be: %v", err)
	}
	if _, err := b.Me(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestASealedAccountThatWasTamperedWith(t *testing.T) {
	_, o, a := enrolled(t)
	if err := a.Seal(passphrase); err != nil {
		t.Fatal(err)
	}
	good := kept(t, o)
	_, p, other := enrolled(t)
	if err := other.Seal("another one"); err != nil {
		t.Fatal(err)
	}
	box := func(text string) string {
		_, after, _ := strings.Cut(text, `"age": "`)
		value, _, _ := strings.Cut(after, `"`)
		return value
	}
	for name, text := range map[string]string{
		"both ways":        strings.Replace(good, `"sealed_key"`, `"private_key": "`+strings.Repeat("A", 43)+`=", "sealed_key"`, 1),
		"no box":           strings.Replace(good, box(good), "", 1),
		"another's box":    strings.Replace(good, box(good), box(kept(t, p)), 1),
		"a broken box":     strings.Replace(good, box(good), box(good)[:100]+"AAAA"+box(good)[104:], 1),
		"a box and a ring": strings.Replace(good, `"age"`, `"keyring": true, "age"`, 1),
	} {
		if err := os.WriteFile(filepath.Join(o.Dir, "account.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		a, err := client.Load(o)
		if err == nil {
			err = a.Unlock(passphrase)
		}
		if err == nil {
			t.Errorf("%s: it opens", name)
		}
	}
}

func TestSealingDoesNotTakeThePlaceOfAnotherKey(t *testing.T) {
	s, o, a := enrolled(t)
	link, err := qr.ParseLink(s.EnrollLink())
	if err != nil {
		t.Fatal(err)
	}
	replacing := o
	replacing.Replace = true
	if _, err := client.Enroll(t.Context(), link, replacing); err != nil {
		t.Fatal(err)
	}
	before := kept(t, o)
	if err := a.Seal(passphrase); err == nil || kept(t, o) != before {
		t.Errorf("the new key was overwritten: %v", err)
	}
}

func TestTwoWhoKeepTheKeyAnewAtOnceDoNotLoseIt(t *testing.T) {
	keyring.MockInit()
	for range 40 {
		_, o, a := enrolled(t)
		if err := a.ToKeyring(); err != nil {
			t.Fatal(err)
		}
		one, err := client.Load(o)
		if err != nil {
			t.Fatal(err)
		}
		two, err := client.Load(o)
		if err != nil {
			t.Fatal(err)
		}
		var both sync.WaitGroup
		both.Go(func() { _ = one.Unseal() }) // one of them may be told that it came too late
		both.Go(func() { _ = two.ToKeyring() })
		both.Wait()
		if _, err := client.Load(o); err != nil {
			t.Fatalf("the key is lost: %v", err)
		}
	}
}

func TestANewKeyIsNotOverwrittenByOneThatIsKeptAnew(t *testing.T) {
	for range 20 {
		s, o, old := enrolled(t)
		link, err := qr.ParseLink(s.EnrollLink())
		if err != nil {
			t.Fatal(err)
		}
		var both sync.WaitGroup
		both.Go(func() {
			for range 8 {
				if old.Unseal() != nil {
					return
				}
			}
		})
		replacing := o
		replacing.Replace = true
		fresh, err := client.Enroll(t.Context(), link, replacing)
		both.Wait()
		if err != nil {
			t.Fatal(err)
		}
		if now, err := client.Load(o); err != nil || now.DeviceID != fresh.DeviceID {
			t.Fatalf("the old key took the new one's place: %v", err)
		}
	}
}

func TestWhatACrashLeftBehindIsSweptWithTheKey(t *testing.T) {
	_, o, a := enrolled(t)
	draft := filepath.Join(o.Dir, ".account-123.json")
	for i, change := range []func() error{func() error { return a.Seal(passphrase) }, a.Forget} {
		if err := os.WriteFile(draft, []byte(`{"private_key":"x"}`), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(draft); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the %d-th change leaves a key behind: %v", i+1, err)
		}
	}
}

func TestAKeyThatWasReplacedLeavesTheKeyring(t *testing.T) {
	keyring.MockInit()
	s, o, a := enrolled(t)
	if err := a.ToKeyring(); err != nil {
		t.Fatal(err)
	}
	before := kept(t, o)
	link, err := qr.ParseLink(s.EnrollLink())
	if err != nil {
		t.Fatal(err)
	}
	o.Replace = true
	if _, err := client.Enroll(t.Context(), link, o); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(o.Dir, "account.json"), []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Load(client.Options{Dir: o.Dir}); !errors.Is(err, client.ErrKeyring) {
		t.Errorf("the old key still opens: %v", err)
	}
}
