package softkey_test

import (
	"encoding/json"
	"errors"
	"sync"
	"testing"

	"github.com/go-webauthn/webauthn/protocol"

	"hamconnect/passkey/softkey"
)

func TestItFindsTheKeyThatTheOptionsAskFor(t *testing.T) {
	key := &softkey.Authenticator{}
	create := func(rp, excluded string) error {
		_, err := key.Create([]byte(`{"publicKey":{"challenge":"AAAA","rp":{"id":"`+rp+`"},"user":{"id":"AAAA","name":"n"},"pubKeyCredParams":[{"type":"public-key","alg":-8}],"excludeCredentials":[`+excluded+`]}}`), site)
		return err
	}
	for _, rp := range []string{"a.example", "b.example", "a.example"} {
		if err := create(rp, ""); err != nil {
			t.Fatal(err)
		}
	}
	keys := key.Keys()
	if len(keys) != 3 || keys[0].RPID != "a.example" || keys[0].Algorithm != softkey.EdDSA || !keys[0].Resident {
		t.Fatalf("%+v", keys)
	}
	chosen := func(rp string, allowed ...[]byte) string {
		list := []map[string]any{}
		for _, id := range allowed {
			list = append(list, map[string]any{"type": "public-key", "id": protocol.URLEncodedBase64(id)})
		}
		answer, err := key.Get(text(t, map[string]any{"publicKey": map[string]any{"challenge": "AAAA", "rpId": rp, "allowCredentials": list}}), site)
		if err != nil {
			if !errors.Is(err, softkey.ErrNoKey) {
				t.Error(err)
			}
			return ""
		}
		var a struct{ RawID protocol.URLEncodedBase64 }
		if err := json.Unmarshal(answer, &a); err != nil {
			t.Error(err)
		}
		return string(a.RawID)
	}
	if chosen("a.example") != string(keys[2].ID) || chosen("b.example") != string(keys[1].ID) {
		t.Error("not the newest key of the site")
	}
	if chosen("a.example", keys[0].ID) != string(keys[0].ID) || chosen("a.example", []byte("x"), keys[0].ID) != string(keys[0].ID) {
		t.Error("not the key that is allowed")
	}
	if chosen("c.example") != "" || chosen("a.example", keys[1].ID) != "" {
		t.Error("a key of another site")
	}
	if err := create("a.example", `{"type":"public-key","id":"`+protocol.URLEncodedBase64(keys[0].ID).String()+`"}`); !errors.Is(err, softkey.ErrExcluded) {
		t.Errorf("%v", err)
	}
	if !key.Remove(keys[2].ID) || key.Remove(keys[2].ID) || chosen("a.example") != string(keys[0].ID) {
		t.Error("a removed key answers")
	}
}

func TestKeysCanBeKeptAndCopied(t *testing.T) {
	for _, algorithm := range []softkey.Algorithm{softkey.ES256, softkey.EdDSA, softkey.RS256} {
		w, u, key := library(t), &user{}, &softkey.Authenticator{Algorithms: []softkey.Algorithm{algorithm}}
		if err := create(t, w, u, key); err != nil {
			t.Fatal(err)
		}
		var kept []softkey.Key
		if err := json.Unmarshal(text(t, key.Keys()), &kept); err != nil {
			t.Fatal(err)
		}
		clone := &softkey.Authenticator{}
		if err := clone.Add(kept[0]); err != nil {
			t.Fatal(err)
		}
		// The clone and the original count by themselves, which shows.
		for i, a := range []*softkey.Authenticator{key, clone} {
			login, err := get(t, w, u, a)
			if err != nil {
				t.Fatal(err)
			}
			u.credentials[0] = *login
			if login.Authenticator.CloneWarning != (i == 1) {
				t.Errorf("%d: clone warning %v", i, login.Authenticator.CloneWarning)
			}
		}
		kept[0].Algorithm = map[softkey.Algorithm]softkey.Algorithm{softkey.ES256: softkey.EdDSA, softkey.EdDSA: softkey.RS256, softkey.RS256: softkey.ES256}[algorithm]
		if clone.Add(kept[0]) == nil {
			t.Error("a key under another algorithm's name is taken")
		}
	}
	if (&softkey.Authenticator{}).Add(softkey.Key{}) == nil {
		t.Error("an empty key is taken")
	}
}

func TestAKeyThatIsNotResidentWantsToBeNamed(t *testing.T) {
	w, u, key := library(t), &user{}, &softkey.Authenticator{NotResident: true}
	if err := create(t, w, u, key); err != nil {
		t.Fatal(err)
	}
	if rk := u.credentials[0].Extensions.RK; rk == nil || *rk {
		t.Errorf("rk %v", rk)
	}
	if _, err := get(t, w, u, key); !errors.Is(err, softkey.ErrNoKey) {
		t.Errorf("%v", err)
	}
	options, session, err := w.BeginLogin(u)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := key.Get(text(t, options), site)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		t.Fatal(err)
	}
	if len(parsed.Response.UserHandle) != 0 {
		t.Error("it gives a user handle")
	}
	if _, err := w.ValidateLogin(u, *session, parsed); err != nil {
		t.Error(err)
	}
}

func TestCountsGrowWhenManySignAtOnce(t *testing.T) {
	w, u, key := library(t), &user{}, &softkey.Authenticator{}
	if err := create(t, w, u, key); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	seen := map[uint32]bool{}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			login, err := get(t, w, u, key)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			seen[login.Authenticator.SignCount] = true
		})
	}
	wg.Wait()
	if len(seen) != 20 {
		t.Errorf("%d different counts", len(seen))
	}
}
