package passkey_test

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"hamconnect/passkey"
	"hamconnect/passkey/softkey"
)

const (
	site    = "https://login.example.org"
	userID  = "k3v7q2mzn5xw4t6y8rpa"
	purpose = "login"
)

var lin = passkey.User{ID: userID, Name: "lin@example.org", DisplayName: "Lin"}

// bench is a relying party with its stores and a clock that tests can set.
type bench struct {
	*passkey.RelyingParty
	t     testing.TB
	store *memory

	mu  sync.Mutex
	now time.Time
}

func newBench(t testing.TB, origins ...string) *bench {
	t.Helper()
	b := &bench{t: t, store: newMemory(), now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	if len(origins) == 0 {
		origins = []string{site}
	}
	rp, err := passkey.New(passkey.Config{RPID: "login.example.org", RPName: "Example", Origins: origins}, b.store, b.store, b.clock)
	if err != nil {
		t.Fatal(err)
	}
	b.RelyingParty = rp
	return b
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

func (b *bench) of(user string) []passkey.Credential {
	b.store.mu.Lock()
	defer b.store.mu.Unlock()
	return slices.DeleteFunc(slices.Collect(maps.Values(b.store.credentials)), func(c passkey.Credential) bool { return c.UserID != user })
}

func (b *bench) begin(ask passkey.Ask) passkey.Begun {
	b.t.Helper()
	begun, err := b.BeginLogin(b.t.Context(), ask)
	if err != nil {
		b.t.Fatal(err)
	}
	return begun
}

func (b *bench) tryRegister(user passkey.User, key *softkey.Authenticator, faults ...softkey.Fault) (passkey.Credential, error) {
	b.t.Helper()
	begun, err := b.BeginRegistration(b.t.Context(), "add", user, b.of(user.ID))
	if err != nil {
		return passkey.Credential{}, err
	}
	answer, err := key.Create(begun.Options, site, faults...)
	if err != nil {
		return passkey.Credential{}, err
	}
	return b.FinishRegistration(b.t.Context(), passkey.Answer{Ceremony: begun.Ceremony, Purpose: "add", UserID: user.ID, JSON: answer})
}

func (b *bench) register(user passkey.User, key *softkey.Authenticator) passkey.Credential {
	b.t.Helper()
	c, err := b.tryRegister(user, key)
	if err != nil {
		b.t.Fatalf("registering: %v", err)
	}
	return c
}

func (b *bench) login(key *softkey.Authenticator, faults ...softkey.Fault) (passkey.Login, error) {
	b.t.Helper()
	return b.loginFrom(site, key, faults...)
}

func (b *bench) loginFrom(origin string, key *softkey.Authenticator, faults ...softkey.Fault) (passkey.Login, error) {
	b.t.Helper()
	begun := b.begin(passkey.Ask{Purpose: purpose})
	answer, err := key.Get(begun.Options, origin, faults...)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.FinishLogin(b.t.Context(), passkey.Answer{Ceremony: begun.Ceremony, Purpose: purpose, JSON: answer})
}

// refusal checks that err is the one refusal that is wanted, with a text, and
// gives its details.
func refusal(t testing.TB, err error, want passkey.Reason) *passkey.Error {
	t.Helper()
	var e *passkey.Error
	if !errors.As(err, &e) || e.Reason != want || !errors.Is(err, want) {
		t.Fatalf("%v, wanted %q", err, want)
	}
	if len(e.Error()) < len("passkey: ")+20 || len(e.Error()) > 1000 {
		t.Errorf("the text says too little or too much: %v", e)
	}
	return e
}

func remarshal(t testing.TB, text []byte, change func(map[string]any)) []byte {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	change(m)
	out, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEveryAlgorithmRegistersAndSignsIn(t *testing.T) {
	for name, algorithm := range map[string]softkey.Algorithm{"ES256": softkey.ES256, "EdDSA": softkey.EdDSA, "RS256": softkey.RS256} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			key := &softkey.Authenticator{Algorithms: []softkey.Algorithm{algorithm}}
			made := b.register(lin, key)
			if made.UserID != userID || !made.Created.Equal(b.now) || made.BackupEligible || made.Name != "" {
				t.Errorf("%+v", made)
			}
			b.pass(time.Hour)
			for want := uint32(1); want < 4; want++ {
				login, err := b.login(key)
				if err != nil {
					t.Fatal(err)
				}
				if login.UserID != userID || login.Credential.ID != made.ID || login.Credential.SignCount != want || !login.Credential.LastUsed.Equal(b.now) {
					t.Errorf("%+v", login)
				}
			}
		})
	}
}

func TestTheOptionsSayWhatIsRequired(t *testing.T) {
	b := newBench(t)
	one := b.register(lin, softkey.Synced())
	begun, err := b.BeginRegistration(t.Context(), "add", lin, b.of(userID))
	if err != nil {
		t.Fatal(err)
	}
	var create struct {
		PublicKey struct {
			RP               struct{ ID, Name string }
			User             struct{ ID, Name, DisplayName string }
			Challenge        string
			Timeout          int
			Attestation      string
			PubKeyCredParams []struct {
				Type string
				Alg  int
			}
			ExcludeCredentials []struct {
				ID         string
				Transports []string
			}
			AuthenticatorSelection struct {
				ResidentKey, UserVerification string
				RequireResidentKey            bool
			}
		}
	}
	if err := json.Unmarshal(begun.Options, &create); err != nil {
		t.Fatal(err)
	}
	p := create.PublicKey
	if p.RP.ID != "login.example.org" || p.RP.Name != "Example" || p.User.ID != "azN2N3EybXpuNXh3NHQ2eThycGE" || p.User.Name != lin.Name ||
		p.User.DisplayName != "Lin" || p.Timeout != 300_000 || p.Attestation != "none" || len(p.Challenge) < 43 ||
		p.AuthenticatorSelection.ResidentKey != "required" || !p.AuthenticatorSelection.RequireResidentKey || p.AuthenticatorSelection.UserVerification != "required" {
		t.Errorf("%+v", p)
	}
	var algorithms []int
	for _, c := range p.PubKeyCredParams {
		algorithms = append(algorithms, c.Alg)
	}
	if !slices.Equal(algorithms, []int{-7, -8, -257}) {
		t.Errorf("algorithms %v", algorithms)
	}
	if len(p.ExcludeCredentials) != 1 || p.ExcludeCredentials[0].ID != one.ID || !slices.Equal(p.ExcludeCredentials[0].Transports, []string{"hybrid", "internal"}) {
		t.Errorf("excluded: %+v", p.ExcludeCredentials)
	}

	seen := map[string]bool{}
	for range 100 {
		var get struct {
			PublicKey map[string]any
		}
		if err := json.Unmarshal(b.begin(passkey.Ask{Purpose: purpose}).Options, &get); err != nil {
			t.Fatal(err)
		}
		challenge, _ := get.PublicKey["challenge"].(string)
		allowed, there := get.PublicKey["allowCredentials"].([]any)
		if !there || len(allowed) != 0 || get.PublicKey["userVerification"] != "required" || get.PublicKey["rpId"] != "login.example.org" || seen[challenge] {
			t.Fatalf("%v", get.PublicKey)
		}
		seen[challenge] = true
	}
}

func TestASyncedPasskeyCountsNothingAndMayChangeItsBackupState(t *testing.T) {
	b := newBench(t)
	key := softkey.Synced()
	key.BackedUp = false
	made := b.register(lin, key)
	if !made.BackupEligible || made.BackedUp {
		t.Fatalf("%+v", made)
	}
	for i, faults := range [][]softkey.Fault{nil, {softkey.BackedUp}, {softkey.BackedUp}, nil} {
		login, err := b.login(key, faults...)
		if err != nil {
			t.Fatal(err)
		}
		if c := login.Credential; c.SignCount != 0 || c.BackedUp != (len(faults) > 0) || !c.BackupEligible {
			t.Errorf("login %d: %+v", i, c)
		}
		if stored := b.of(userID)[0]; stored.BackedUp != (len(faults) > 0) {
			t.Errorf("login %d is not written back", i)
		}
	}
}

func TestSeveralOriginsAndAnAppMaySignIn(t *testing.T) {
	const app = "android:apk-key-hash:pNiP5iKyQ8JwgGOaKA1zGPUPJIS-0H1xKCQcfIoGLck"
	b := newBench(t, site, "https://www.example.net:8443", app)
	key := softkey.Synced()
	b.register(lin, key)
	for _, origin := range []string{site, "https://www.example.net:8443", app} {
		if _, err := b.loginFrom(origin, key); err != nil {
			t.Errorf("%s: %v", origin, err)
		}
	}
}

func TestWhatBrowsersAddIsTolerated(t *testing.T) {
	b := newBench(t)
	key := softkey.Synced()
	if _, err := b.tryRegister(lin, key, softkey.Strange); err != nil {
		t.Error(err)
	}
	if _, err := b.login(key, softkey.Strange); err != nil {
		t.Error(err)
	}
}

func TestTheNameIsSuggestedFromTheAAGUID(t *testing.T) {
	b := newBench(t)
	key := softkey.Synced()
	var err error
	if key.AAGUID, err = passkey.ParseAAGUID("EA9B8D66-4D01-1D21-3CE4-B6B48CB575D4"); err != nil {
		t.Fatal(err)
	}
	if made := b.register(lin, key); made.Name != "Google Password Manager" || made.AAGUID != key.AAGUID {
		t.Errorf("%+v", made)
	}
}
