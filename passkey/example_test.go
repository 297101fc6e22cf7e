package passkey_test

import (
	"context"
	"fmt"
	"log"
	"sync"

	"hamconnect/passkey"
	"hamconnect/passkey/softkey"
)

// memory keeps ceremonies and passkeys in memory. It shows what is atomic.
type memory struct {
	mu          sync.Mutex
	ceremonies  map[string]passkey.Ceremony
	credentials map[string]passkey.Credential
}

func newMemory() *memory {
	return &memory{ceremonies: map[string]passkey.Ceremony{}, credentials: map[string]passkey.Credential{}}
}

func (m *memory) PutCeremony(_ context.Context, c passkey.Ceremony) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ceremonies[c.ID] = c
	return nil
}

func (m *memory) TakeCeremony(_ context.Context, id string) (passkey.Ceremony, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, found := m.ceremonies[id]
	if !found {
		return passkey.Ceremony{}, passkey.CeremonyUnknown
	}
	delete(m.ceremonies, id)
	return c, nil
}

func (m *memory) Credential(_ context.Context, id string) (passkey.Credential, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, found := m.credentials[id]
	if !found {
		return passkey.Credential{}, passkey.UnknownCredential
	}
	return c, nil
}

func (m *memory) AddCredential(_ context.Context, c passkey.Credential) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, found := m.credentials[c.ID]; found {
		return passkey.AlreadyRegistered
	}
	n := 0
	for _, other := range m.credentials {
		if other.UserID == c.UserID {
			n++
		}
	}
	if n >= passkey.MaxPerUser {
		return passkey.TooMany
	}
	m.credentials[c.ID] = c
	return nil
}

func (m *memory) UpdateCredential(_ context.Context, id string, change func(*passkey.Credential) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, found := m.credentials[id]
	if !found {
		return passkey.UnknownCredential
	}
	if err := change(&c); err != nil {
		return err
	}
	m.credentials[id] = c
	return nil
}

// A person adds a passkey, and signs in with it later. The software
// authenticator stands for the browser.
func Example() {
	config, err := passkey.FromURL("https://login.example.org", "Example")
	if err != nil {
		log.Fatal(err) // an *OffError says why a site can have no passkeys
	}
	store := newMemory()
	rp, err := passkey.New(config, store, store, nil)
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	browser := softkey.Synced()
	browser.AAGUID, _ = passkey.ParseAAGUID("d548826e-79b4-db40-a3d8-11116f7e8349")

	// On the account page, signed in as Lin a short while ago.
	lin := passkey.User{ID: "k3v7…", Name: "lin@example.org", DisplayName: "Lin"}
	begun, err := rp.BeginRegistration(ctx, "add", lin, nil)
	if err != nil {
		log.Fatal(err)
	}
	attestation, err := browser.Create(begun.Options, "https://login.example.org")
	if err != nil {
		log.Fatal(err)
	}
	added, err := rp.FinishRegistration(ctx, passkey.Answer{
		Ceremony: begun.Ceremony, Purpose: "add", UserID: lin.ID, JSON: attestation,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("added:", added.Name)

	// On the sign-in page, later. Nobody has said who they are.
	begun, err = rp.BeginLogin(ctx, passkey.Ask{Purpose: "login"})
	if err != nil {
		log.Fatal(err)
	}
	assertion, err := browser.Get(begun.Options, "https://login.example.org")
	if err != nil {
		log.Fatal(err)
	}
	answer := passkey.Answer{Ceremony: begun.Ceremony, Purpose: "login", JSON: assertion}
	login, err := rp.FinishLogin(ctx, answer)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("signed in:", login.UserID == lin.ID)

	// The same answer a second time.
	_, err = rp.FinishLogin(ctx, answer)
	fmt.Println(err)

	// Output:
	// added: Bitwarden
	// signed in: true
	// passkey: this attempt is not known: it was used already or is long over; begin again
}
