package bench

import (
	"encoding/json"
	"errors"
	"io"
)

// Accounts are what a load test works with: a client and people who do not
// exist. They are secrets as those of real ones are.
type Accounts struct {
	Name         string   `json:"name"`
	Server       string   `json:"server,omitempty"`
	ClientID     string   `json:"client_id"`
	ClientSecret string   `json:"client_secret"`
	RedirectURI  string   `json:"redirect_uri"`
	Keys         [][]byte `json:"device_keys"` // Ed25519 seeds, of one Ham app of each person
}

// ReadAccounts reads what an Accounts was written as, as JSON.
func ReadAccounts(r io.Reader) (a Accounts, err error) {
	if err := json.NewDecoder(r).Decode(&a); err != nil || a.ClientID == "" || a.ClientSecret == "" || a.RedirectURI == "" || len(a.Keys) == 0 {
		return a, errors.New("this is not what 'ham bench accounts' has written")
	}
	return a, nil
}

// String keeps the secrets out of every message.
func (a Accounts) String() string { return "load test " + a.Name }
