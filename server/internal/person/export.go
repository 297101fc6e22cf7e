package person

import (
	"context"
	"time"

	"hamconnect/server/internal/activity"
	"hamconnect/server/internal/oauth"
)

// Everything is all that is kept about a person, save what is a secret even to
// them: keys, hashes and counters.
type Everything struct {
	Exported time.Time         `json:"exported_at"`
	Account  exportedAccount   `json:"account"`
	Passkeys []exportedPasskey `json:"passkeys"`
	HamApps  []exportedDevice  `json:"ham_apps"`
	Browsers []exportedSession `json:"browsers"`
	Apps     []exportedApp     `json:"apps"`
	ByHand   []exportedByHand  `json:"authorizations"` // that the person made by email and password
	Tokens   []exportedToken   `json:"api_tokens"`
	Recovery int               `json:"recovery_codes_left"`
	Activity []exportedEvent   `json:"activity"` // of the last 90 days, latest first
}

type exportedAccount struct {
	ID        string     `json:"user_id"`
	Nickname  string     `json:"nickname"`
	AvatarURL string     `json:"avatar_url,omitempty"`
	IsStudent bool       `json:"is_student"`
	Email     string     `json:"email,omitempty"`
	Username  string     `json:"username,omitempty"`
	Language  string     `json:"language,omitempty"`
	Created   time.Time  `json:"created_at"`
	Leaves    *time.Time `json:"deleted_at,omitempty"` // when a deactivated account will be
}

type exportedPasskey struct {
	ID       string     `json:"credential_id"`
	Name     string     `json:"name"`
	Created  time.Time  `json:"created_at"`
	LastUsed *time.Time `json:"last_used_at,omitempty"`
	Synced   bool       `json:"synced"`
}

type exportedDevice struct {
	Name     string     `json:"name"`
	Created  time.Time  `json:"created_at"`
	LastUsed *time.Time `json:"last_used_at,omitempty"`
}

type exportedSession struct {
	Browser string    `json:"browser"`
	Address string    `json:"address"`
	Method  string    `json:"method"`
	Begun   time.Time `json:"begun_at"`
	Seen    time.Time `json:"last_used_at"`
}

type exportedApp struct {
	ClientID string    `json:"client_id"`
	Name     string    `json:"name"`
	Scopes   []string  `json:"scopes"`
	Since    time.Time `json:"since"`
	LastUsed time.Time `json:"last_used_at"`
}

type exportedByHand struct {
	ID      string    `json:"id"`
	App     string    `json:"app"`
	Scopes  []string  `json:"scopes"`
	Note    string    `json:"note"`
	Created time.Time `json:"created_at"`
}

type exportedToken struct {
	Name     string     `json:"name"`
	Scopes   []string   `json:"scopes"`
	Created  time.Time  `json:"created_at"`
	Expires  time.Time  `json:"expires_at"`
	LastUsed *time.Time `json:"last_used_at,omitempty"`
}

type exportedEvent struct {
	At      time.Time     `json:"at"`
	Kind    activity.Kind `json:"kind"`
	Method  string        `json:"method,omitempty"`
	Name    string        `json:"name,omitempty"`
	Browser string        `json:"browser,omitempty"`
	Address string        `json:"address,omitempty"`
	Times   int           `json:"times"`
}

// maxExported bounds how many events an export holds: the latest.
const maxExported = 20_000

// Export gives everything, and notes that it did.
func (a *Acts) Export(ctx context.Context, u oauth.User) (all Everything, err error) {
	all = Everything{
		Exported: a.Now().UTC(),
		Account:  exportedAccount{u.ID, u.Nickname, u.AvatarURL, u.IsStudent, u.Email, u.Username, u.Language, u.Created, moment(u.Leaves)},
		Passkeys: []exportedPasskey{}, HamApps: []exportedDevice{}, Browsers: []exportedSession{}, Apps: []exportedApp{}, ByHand: []exportedByHand{}, Tokens: []exportedToken{}, Activity: []exportedEvent{},
	}
	keys, err := a.DB.Passkeys(ctx, u.ID)
	if err != nil {
		return all, err
	}
	for _, k := range keys {
		all.Passkeys = append(all.Passkeys, exportedPasskey{k.ID, k.Name, k.Created, moment(k.LastUsed), k.BackedUp})
	}
	devices, err := a.DB.Devices(ctx, u.ID)
	if err != nil {
		return all, err
	}
	for _, d := range devices {
		all.HamApps = append(all.HamApps, exportedDevice{d.Name, d.Created, moment(d.Used)})
	}
	sessions, err := a.DB.Sessions(ctx, u.ID, a.Now())
	if err != nil {
		return all, err
	}
	for _, s := range sessions {
		all.Browsers = append(all.Browsers, exportedSession{s.Browser, s.Address, s.Method, s.Begun, s.Seen})
	}
	grants, err := a.DB.Grants(ctx, u.ID)
	if err != nil {
		return all, err
	}
	for _, g := range grants {
		all.Apps = append(all.Apps, exportedApp{g.Client.ID, g.Client.Name, g.Scopes, g.Begun, g.Used})
	}
	byHand, err := a.DB.Authorizations(ctx, u.ID, a.Now())
	if err != nil {
		return all, err
	}
	for _, b := range byHand {
		all.ByHand = append(all.ByHand, exportedByHand{b.ID, b.App, b.Scopes, b.Note, b.Created})
	}
	tokens, err := a.DB.APITokens(ctx, u.ID, a.Now())
	if err != nil {
		return all, err
	}
	for _, t := range tokens {
		all.Tokens = append(all.Tokens, exportedToken{t.Name, t.Scopes, t.Created, t.Expires, moment(t.Used)})
	}
	if all.Recovery, err = a.DB.RecoveryCodes(ctx, u.ID); err != nil {
		return all, err
	}
	events, err := a.DB.Activity(ctx, u.ID, activity.Start, maxExported)
	if err != nil {
		return all, err
	}
	for _, e := range events {
		all.Activity = append(all.Activity, exportedEvent{e.At, e.Kind, e.Method, e.Name, e.Browser, e.Address, e.Times})
	}
	return all, a.DB.Note(ctx, activity.Event{UserID: u.ID, Kind: activity.Exported})
}

// moment leaves out one that has not come.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
